"""The neural experiment as the command hands it over."""

from pathlib import Path
from typing import Final

from hearfit.corpora.ns1 import BIN_S, MEAN_LEVEL_DB_SPL, SAMPLING_RATE_HZ, SPLITS, load_ns1
from hearfit.learnable.catalogue import build
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.experiment import Experiment, run_names
from hearfit.soundtasks.filter_figures import PicturedRun, filter_sheets
from hearfit.soundtasks.neural.description import DESCRIPTION
from hearfit.soundtasks.neural.task import HIGHEST_HZ, LOWEST_HZ, NUM_CHANNELS, TASK, NeuralTask
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.record import RunRecord
from hearfit.soundtasks.result import DataSource, ExperimentFacts, ExperimentResult

_SOURCE: Final = DataSource(
    "NS1", "not stated by its authors", "Harper et al. 2016; Rahman et al. 2019; osf.io/ayw2p (SH.En.C)"
)


def neural_experiment(
    folder: Path, *, split: str, frontends: tuple[str, ...], readouts: tuple[str, ...], seeds: tuple[int, ...]
) -> Experiment:
    """All frontends with all readouts and seeds.

    Raises:
        InputError: the data are missing or damaged.
    """
    # Read here once, so that whatever is wrong with the data is told before the first run.
    load_ns1(folder)
    chosen = SPLITS[split]
    facts = ExperimentFacts(
        held_out=(
            (
                f"Of 20 sounds of 5 s, {_list(chosen.test)} (counted from 0) are for the test and "
                f"{_list(chosen.validation)} for validation, the same in every run. Every unit heard all of them."
            ),
            (
                "Penalty and early stopping are chosen on validation sounds; so were the settings, on those of the "
                "published split. That frontends with adaptation are compared was suggested by earlier trials whose "
                "scores of the test sounds had been seen."
            ),
        ),
        settings={},
        sources=(_SOURCE,),
        remarks=(
            f"The level of the sounds was not published; their mean is declared to be {MEAN_LEVEL_DB_SPL:g} dB SPL.",
            (
                "Trials were smoothed with a Hann window of 21 ms before everything else, as in the published "
                "comparison, so that signal power and score are of smoothed responses."
            ),
            (
                "The interval over seeds says nothing of other sounds: a test set of three or four is small. A linear "
                "readout behind a frontend that does not learn is a closed form, the same for every seed."
            ),
            "Units of one animal and recording are not independent, as a bootstrap over them assumes.",
            (
                "The time constants of `adaptation` are first trained alone, by variable projection; those of "
                "`cascade` and `on-off`, which give too many features for that, only together with the readout."
            ),
        ),
    )
    return Experiment(
        DESCRIPTION,
        NeuralTask(folder, split, pictured_seed=seeds[0]),
        run_names(TASK, frontends, readouts, seeds),
        facts,
        pictures_of,
    )


def pictures_of(result: ExperimentResult, out: Path) -> tuple[Sheet, ...]:
    """Filters of the first seed of each frontend that learns them."""
    del out
    return filter_sheets(
        [_pictured(record) for record in result.records if record.learned and record.name.seed == result.seeds[0]]
    )


def _pictured(record: RunRecord) -> PicturedRun:
    name = record.name
    request = FrontendRequest(SAMPLING_RATE_HZ, BIN_S, NUM_CHANNELS, LOWEST_HZ, HIGHEST_HZ, name.seed)
    start = build(name.frontend, request)
    return PicturedRun(record, f"{name.frontend}, {name.condition}", start, start.layout)


def _list(sounds: tuple[int, ...]) -> str:
    return ", ".join(map(str, sounds[:-1])) + f" and {sounds[-1]}"
