"""Simulates the ears of a listener and writes their trials: what `simulate` and `demo` share."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.cli.inputs import Problems, read_protocols
from hearfit.cli.output import Output
from hearfit.errors import InputError
from hearfit.listener.normal import NORMAL
from hearfit.reports.wording import ear_name
from hearfit.storage.files import check_not_replaced, check_output

if TYPE_CHECKING:
    from hearfit.experiment.trials import Trials

# Of the ear that `simulate`, `demo` and `protocol check` assume. The median of the population prior is 0.68 to 0.79 by
# frequency; 0.9, which `simulate` once assumed, is more than four of five people have.
DEFAULT_OUTER_HAIR_CELL_SHARE: Final = 0.65
InhibitionOption = Annotated[
    float | None,
    typer.Option(
        "--inhibition",
        help="Assumed strength of lateral inhibition, more than 0 (filters broadest) and less than 0.55.",
        show_default=f"{NORMAL.inhibition:g}, the normal one",
    ),
]


def today() -> str:
    """The date at this place, for a session that is not given one."""
    return datetime.now().astimezone().date().isoformat()


def simulate_session(
    audiogram: str,
    protocols: Sequence[str],
    *,
    ear: Ear | None,
    listener: str | None,
    session: str,
    transducer: str,
    outer_hair_cell_share: float,
    inhibition: float | None,
    seed: int,
    out: Path,
    output: Output,
) -> tuple["Trials", ...]:
    """The trials of each ear, which are also written to `out`."""
    from hearfit.audiology.retspl import reference_thresholds
    from hearfit.experiment.trial_cells import check_listener, check_session
    from hearfit.storage.audiogram_files import read_audiogram
    from hearfit.storage.trial_files import write_trials
    from hearfit.storage.trial_sidecar import sidecar_path

    problems = Problems()
    measured: Audiogram | None = None
    with problems.collected():
        measured = read_audiogram(audiogram)
        present = measured.ears()
        if ear is not None and ear not in present:
            raise InputError(
                f"{audiogram}: has no thresholds of the {ear} ear. It has {' and '.join(present) or 'no ear'}."
            )
        check_listener(f"SIM-{measured.listener}" if listener is None else listener)
    tests = read_protocols(protocols, problems)
    with problems.collected():
        check_session(session)
    with problems.collected():
        reference_thresholds(transducer)
    if inhibition is not None:
        from hearfit.inference.simulate import check_assumed_ear

        with problems.collected():
            check_assumed_ear(outer_hair_cell_share=outer_hair_cell_share, inhibition=inhibition)
    with problems.collected():
        check_output(out.parent, [out.name, sidecar_path(out).name])
        check_not_replaced(out, [Path(audiogram)])
        check_not_replaced(sidecar_path(out), [Path(audiogram)])
    problems.tell()
    assert measured is not None
    from hearfit.fitting import simulate_trials
    from hearfit.inference.compilation import use_compilation_cache

    use_compilation_cache()

    trials: list[Trials] = []
    for each in measured.ears() if ear is None else (ear,):
        with output.progress(ear_name(each)) as progress:
            progress("Simulating the answers", 0.1)
            trials.append(
                simulate_trials(
                    measured,
                    each,
                    tests,
                    listener=f"SIM-{measured.listener}" if listener is None else listener,
                    session=session,
                    transducer=transducer,
                    seed=seed,
                    outer_hair_cell_share=outer_hair_cell_share,
                    inhibition=inhibition,
                )
            )
    write_trials(out, *trials)
    return tuple(trials)
