"""Reading what the commands are given."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.errors import InputError

if TYPE_CHECKING:
    from hearfit.cli.output import Output
    from hearfit.experiment.column_map import ColumnMap
    from hearfit.experiment.protocol import Protocol
    from hearfit.experiment.trials import Trials

NO_COLUMN_MAP: Final = "none"
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
    columns: Sequence[str] | None = None,
) -> tuple["Trials", ...]:
    """The trials of one listener in one session, an entry an ear; warnings are printed."""
    from hearfit.protocols.agreement import NamedProtocol, check_agreement, shipped
    from hearfit.protocols.loader import load_protocol
    from hearfit.storage.column_map_files import read_column_map
    from hearfit.storage.trial_files import read_trials

    problems = Problems()
    known = [*shipped()]
    for path in own_protocols or ():
        with problems.collected():
            own = NamedProtocol(str(path), load_protocol(path))
            check_agreement(own, known)
            if own.protocol.name not in [other.protocol.name for other in known]:
                known.append(own)
    maps: list[ColumnMap | None] = []
    for name in columns or ():
        with problems.collected():
            maps.append(None if name == NO_COLUMN_MAP else read_column_map(Path(name)))
    # Without a protocol or a map its trials would be refused for a reason that is not theirs.
    problems.tell()
    trials, warnings = read_trials(
        paths,
        protocols=[each.protocol for each in known],
        listener=listener,
        ear=ear,
        session=session,
        transducer=transducer,
        column_maps=maps,
    )
    for warning in warnings:
        output.warning(warning)
    return trials


def read_audiogram_of(source: str, trials: Sequence["Trials"], *, listener: str | None = None) -> Audiogram | None:
    """The audiogram to compare with, which must have every ear that was tested.

    Where the trials could not be read it is only checked, as far as that goes without knowing the listener.
    """
    from hearfit.storage.audiogram_files import check_audiogram_file, read_audiogram

    if not trials and listener is None:
        check_audiogram_file(source)
        return None
    audiogram = read_audiogram(source, listener=trials[0].listener if trials else listener)
    present = audiogram.ears()
    if missing := [each.ear.value for each in trials if each.ear not in present]:
        raise InputError(
            f"{source}: has no thresholds of the {' and '.join(missing)} ear, whose trials are to be fitted. It has "
            f"{' and '.join(present) or 'no ear'}. Choose an ear with --ear, or give another audiogram."
        )
    return audiogram


def with_thresholds_of(
    audiogram: Audiogram, trials: Sequence["Trials"], *, source: str, output: "Output"
) -> tuple["Trials", ...]:
    """The trials of each ear and the thresholds of an audiogram as further data; warnings are printed."""
    from hearfit.experiment.stored_audiogram import with_stored_thresholds
    from hearfit.protocols.loader import load_protocol

    protocol = load_protocol("stored_thresholds")
    joined = []
    for each in trials:
        more, warnings = with_stored_thresholds(each, audiogram, protocol, source=Path(source).name)
        joined.append(more)
        for warning in warnings:
            output.warning(warning)
    return tuple(joined)


class Problems:
    """Goes on after a refusal, so that a person hears of everything that is wrong at once."""

    def __init__(self) -> None:
        self._sentences: list[str] = []

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Ends the block at a refusal and remembers it."""
        try:
            yield
        except InputError as error:
            self._sentences += error.problems

    def tell(self) -> None:
        """Raises all of them, if there are any."""
        if self._sentences:
            raise InputError(list(dict.fromkeys(self._sentences)))


def read_protocols(names: Sequence[str], problems: Problems) -> tuple["Protocol", ...]:
    """Each protocol by its name or file, once; what is wrong with any of them is collected."""
    from hearfit.protocols.agreement import NamedProtocol, check_agreement, shipped
    from hearfit.protocols.loader import load_protocol

    chosen: list[NamedProtocol] = []
    for name in names:
        with problems.collected():
            new = NamedProtocol(name, load_protocol(name))
            # What it is used for, a table or a plan, would be read by its name.
            check_agreement(new, [*chosen, *shipped()])
            if new.protocol.name in [other.protocol.name for other in chosen]:
                raise InputError(f"The protocol {new.protocol.name} is given twice. Give each protocol once.")
            chosen.append(new)
    return tuple(each.protocol for each in chosen)


def folder_name(listener: str) -> str:
    """A listener's id as a folder name that stays where it is put."""
    return _UNSAFE_IN_NAMES.sub("_", listener).lstrip(".") or "listener"
