"""The enhancement experiment as the command hands it over."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from hearfit.soundtasks.enhancement.data import read_parts, test_sources
from hearfit.soundtasks.enhancement.description import DESCRIPTION, MEANING_OF_SNR, REFERENCES
from hearfit.soundtasks.enhancement.design import DESIGN
from hearfit.soundtasks.enhancement.examples import EXAMPLES
from hearfit.soundtasks.enhancement.task import EnhancementTask, condition_of, snr_of
from hearfit.soundtasks.experiment import Experiment, run_names
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.recipe_figures import recipe_sheets
from hearfit.soundtasks.result import DataSource, ExperimentFacts, ExperimentResult

_SOURCES: Final = (
    DataSource("VoxAngeles", "CC BY-NC 4.0", "Chodroff, Pažon, Baker and Moran 2024, github.com/pacscilab/voxangeles"),
    DataSource("ESC-10", "CC BY 3.0", "Piczak 2015, doi:10.1145/2733373.2806390"),
)
_HELD_OUT: Final = (
    (
        "A fifth of the languages is for validation and a fifth for the test, the same in every run; no language, and "
        "so no talker, is in two parts."
    ),
    (
        "Noises are of ESC-10: folds 1 to 3 in training, 4 in validation, 5 in the test; no source recording is in two "
        "parts, but all ten classes of noise are in each."
    ),
    "The test mixtures are the same in every run, and the same utterances and noises at every ratio.",
    "The width of the network was chosen on the validation, the other settings by hand after trial runs.",
)
_REMARKS: Final = (
    (
        "An utterance is a row of words of one language, without the silence around them and with pauses of up to "
        "150 ms, so that there are four seconds for ESTOI. Of a noise only the active part is used, repeated where it "
        "is short."
    ),
    (
        "Speech and noise are limited to 100 Hz to 7.5 kHz; the ratio is that of their energies over the whole "
        "mixture. Speech has 65 dB SPL."
    ),
    (
        "The score compares with the speech as it is in the mixture, and the noise of its recording counts as speech. "
        "All networks learn as many numbers as that with the trained cortex, to 2 %. They look "
        f"{DESIGN.network.look_ahead_frames * 10} ms ahead of a frame; the frontends do not."
    ),
    (
        "One network of each frontend and seed serves all ratios, so it is trained and learns once; its time counts in "
        "the first ratio that is done."
    ),
    (
        f"To listen to: speech, mixture and what networks of the first seed made of it are sound files in the folder "
        f"`{EXAMPLES}` beside this page."
    ),
)


def enhancement_experiment(
    *,
    speech: Path,
    noise: Path,
    snrs_db: Sequence[float],
    frontends: tuple[str, ...],
    seeds: tuple[int, ...],
) -> Experiment:
    """All frontends and references at all ratios with all seeds.

    Raises:
        InputError: a ratio that no mixture can have, or the data are missing or damaged.
    """
    conditions = tuple(dict.fromkeys(condition_of(snr_db) for snr_db in snrs_db))
    for condition in conditions:
        snr_of(condition)
    # Read here once, so that whatever is wrong with the data is told before the first run.
    parts = read_parts(speech, noise)
    return Experiment(
        description=replace(DESCRIPTION, conditions=tuple((each, MEANING_OF_SNR) for each in conditions)),
        task=EnhancementTask(speech, noise, example_seed=seeds[0]),
        names=run_names(DESCRIPTION.task, (*frontends, *REFERENCES), conditions, seeds),
        facts=ExperimentFacts(
            held_out=_HELD_OUT,
            settings={},
            sources=_SOURCES,
            references=REFERENCES,
            remarks=(*_REMARKS, *parts.left_out),
            # How much can be gained is above all a matter of the noise: mixtures of one source are alike.
            item_group="noise recording",
            item_groups=test_sources(noise, scenes_per_clip=DESIGN.scenes_per_clip),
        ),
        pictures=pictures_of,
    )


def pictures_of(result: ExperimentResult, out: Path) -> tuple[Sheet, ...]:
    """Filters of the first seed of each frontend."""
    del out
    records = [record for record in result.records if record.name.seed == result.seeds[0]]
    return recipe_sheets(records, num_maps=DESIGN.network.num_maps, has_one_network=True)
