"""The frontends by name, described without importing anything heavy; a builder is imported when it is called."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from hearfit.errors import InputError
from hearfit.learnable.request import FrontendRequest

if TYPE_CHECKING:
    from hearfit.learnable.interface import Frontend

_HERE: Final = "hearfit.learnable.builders"
_BIOMIMETIC: Final = "hearfit.learnable.biomimetic_builders"


@dataclass(frozen=True)
class Entry:
    """One frontend.

    Attributes:
        module, function: where its builder is, `FrontendRequest -> Frontend`.
    """

    name: str
    description: str
    is_learned: bool
    module: str
    function: str


CATALOGUE: Final[tuple[Entry, ...]] = (
    Entry("mel", "log-mel spectrogram of the past", False, _HERE, "mel"),
    Entry("mel-cube-root", "mel spectrogram, cube root of amplitude", False, _HERE, "mel_cube_root"),
    Entry("gammatone", "log gammatone spectrogram, one ERB wide", False, _HERE, "gammatone"),
    Entry("sincnet", "band-pass filters with learned edges", True, _HERE, "sincnet"),
    Entry("leaf", "learned Gabor filters, pooling and per-channel energy normalisation", True, _HERE, "leaf"),
    Entry("pcen-fixed", "mel, per-channel energy normalisation as published", False, _HERE, "pcen_fixed"),
    Entry("pcen", "mel, per-channel energy normalisation learned", True, _HERE, "pcen"),
    Entry(
        "adaptation-fixed", "log-mel above its running average, as in the midbrain", False, _HERE, "adaptation_fixed"
    ),
    Entry("adaptation", "the same with learned time constants", True, _HERE, "adaptation"),
    Entry("on-off-fixed", "log-mel, ON and OFF responses of 50 ms", False, _HERE, "on_off_fixed"),
    Entry("on-off", "the same with learned time constants", True, _HERE, "on_off"),
    Entry("adaptation-both-fixed", "log-mel, adapted, ON and OFF", False, _HERE, "adaptation_both_fixed"),
    Entry("adaptation-both", "the same with learned time constants", True, _HERE, "adaptation_both"),
    Entry("cascade-fixed", "log-mel adapted twice: ON and OFF of the adapted channels", False, _HERE, "cascade_fixed"),
    Entry("cascade", "the same with learned time constants", True, _HERE, "cascade"),
    Entry("biomimetic", "the paper's cochlea, learned within physiology", True, _BIOMIMETIC, "biomimetic"),
    Entry("biomimetic-frozen", "the paper's cochlea, fixed", False, _BIOMIMETIC, "biomimetic_frozen"),
    Entry("full", "the paper's cochlea and cortex, both learned", True, _BIOMIMETIC, "full"),
    Entry("cortical", "the paper's cochlea fixed, its cortex learned", True, _BIOMIMETIC, "cortical"),
    Entry("frozen", "the paper's cochlea and cortex, both fixed", False, _BIOMIMETIC, "frozen"),
    Entry("gabor", "log-mel, learned Gabor filters in time and frequency", True, _BIOMIMETIC, "gabor"),
)


def entry(name: str) -> Entry:
    """The frontend of this name.

    Raises:
        InputError: there is none.
    """
    for each in CATALOGUE:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in CATALOGUE)
    raise InputError(f"There is no frontend {name!r}. Known are: {known}.")


def build(name: str, request: FrontendRequest) -> "Frontend":
    """A frontend with its initial parameters.

    Raises:
        InputError: there is none of this name, or it cannot serve the request.
    """
    found = entry(name)
    return getattr(import_module(found.module), found.function)(request)
