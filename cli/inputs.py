"""Reading what the commands are given."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.errors import InputError

if TYPE_CHECKING:
    from hearfit.cli.output import Output
    from hearfit.experiment.trials import Trials

_UNSAFE_IN_NAMES: Final = re.compile(r"[^\w.-]+")


def read_session(
    paths: Sequence[Path],
    *,
    own_protocols: Sequence[Path] | None,
    listener: str | None,
    ear: Ear | None,
    session: str | None,
    transducer: str | None,
    output: "Output",
) -> tuple["Trials", ...]:
    """The trials of one listener in one session, an entry an ear; warnings are printed."""
    from hearfit.protocols.loader import load_protocol, shipped_protocols
    from hearfit.storage.trial_files import read_trials

    protocols = (*shipped_protocols(), *(load_protocol(path) for path in own_protocols or ()))
    trials, warnings = read_trials(
        paths, protocols=protocols, listener=listener, ear=ear, session=session, transducer=transducer
    )
    for warning in warnings:
        output.warning(warning)
    return trials


def read_audiogram_of(source: str, trials: Sequence["Trials"]) -> Audiogram:
    """The audiogram to compare with, which must have every ear that was tested."""
    from hearfit.storage.audiogram_files import read_audiogram

    audiogram = read_audiogram(source, listener=trials[0].listener)
    present = audiogram.ears()
    if missing := [each.ear.value for each in trials if each.ear not in present]:
        raise InputError(
            f"{source}: has no thresholds of the {' and '.join(missing)} ear, whose trials are to be fitted. It has "
            f"{' and '.join(present) or 'no ear'}. Choose an ear with --ear, or give another audiogram."
        )
    return audiogram


def folder_name(listener: str) -> str:
    """A listener's id as a folder name that stays where it is put."""
    return _UNSAFE_IN_NAMES.sub("_", listener).lstrip(".") or "listener"
