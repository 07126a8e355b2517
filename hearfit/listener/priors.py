"""The priors that a fit can be given, by name."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hearfit.errors import InputError
from hearfit.listener.parameters import DEFAULT_PRIOR, Prior, SmoothPrior


def _independent(mean: float, sd: float) -> SmoothPrior:
    return SmoothPrior(mean=mean, common_sd=0.0, smooth_sd=0.0, smoothness_octaves=1.0, independent_sd=sd)


# A logit with this SD is nearly uniform between 0 and 1 (its logistic has the uniform's quantiles within 0.01); a wider
# one would favour nothing and everything over all that lies between.
_UNIFORM_LOGIT_SD = 1.7

# Any level of loss (SD 63 dB) and any share of it, but thresholds an octave apart differ by an SD of 23 dB. Were they
# independent, an untested frequency could hear 60 dB better than a tested one beside it, whose tones would then be
# heard there: the answers would fix no threshold at all. What is assumed of the person who answers (criterion, lapses,
# use of loudness words) stays: no test of the ear could do without it.
FLAT_PRIOR: Final = replace(
    DEFAULT_PRIOR,
    threshold=SmoothPrior(mean=30.0, common_sd=55.0, smooth_sd=30.0, smoothness_octaves=3.0, independent_sd=1.0),
    compressive_share_logit=_independent(0.0, _UNIFORM_LOGIT_SD),
    inhibition=_independent(0.0, _UNIFORM_LOGIT_SD),
)

POPULATION: Final = "population"
PRIORS: Final[Mapping[str, Prior]] = MappingProxyType({POPULATION: DEFAULT_PRIOR, "flat": FLAT_PRIOR})


def prior_named(name: str) -> Prior:
    """The prior of this name.

    Raises:
        InputError: there is none.
    """
    if name not in PRIORS:
        raise InputError(f"The prior {name!r} is not known. Known are {', '.join(PRIORS)}.")
    return PRIORS[name]
