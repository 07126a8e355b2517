"""The models of an ear that are compared on a listener's answers.

A model is a set of constants (the family of compression) and a prior. A part of the model is taken away by fixing its
coordinates in the prior, so that every model has the same code and the same number of coordinates.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hearfit.listener.normal import BROKEN_STICK, NORMAL, CompressionFamily, NormalEar
from hearfit.listener.parameters import DEFAULT_PRIOR, Prior, SmoothPrior, inhibition_coordinate

# Logits of 6 in a million from none and all: 0.0005 dB of a loss of 80 dB.
_NONE, _ALL = -12.0, 12.0
# Not zero, so that the prior keeps an inverse; no answer is predicted differently within it.
_FIXED_SD = 1e-3


@dataclass(frozen=True)
class ModelVariant:
    """One of the models, with its number in tables; `attenuation` and `inhibition` say how they are treated."""

    number: int
    attenuation: str
    inhibition: str
    normal: NormalEar
    prior: Prior

    @property
    def family(self) -> CompressionFamily:
        """How amplitude grows with level."""
        return self.normal.compression

    @property
    def name(self) -> str:
        """The model in words."""
        family = self.family.value.replace("_", " ")
        return f"{family}, attenuation {self.attenuation}, inhibition {self.inhibition}"


def without_attenuation(prior: Prior) -> Prior:
    """All of a loss is loss of compression, as far as that can explain it: about 95 dB of threshold.

    With the family BROKEN_STICK no more than 54.6 dB of gain can be lost, and what is beyond stays linear.
    """
    return replace(prior, compressive_share_logit=_fixed(prior.compressive_share_logit, _ALL))


def without_loss_of_compression(prior: Prior) -> Prior:
    """All of a loss is attenuation."""
    return replace(prior, compressive_share_logit=_fixed(prior.compressive_share_logit, _NONE))


def with_normal_inhibition(prior: Prior, normal: NormalEar) -> Prior:
    """Lateral inhibition is that of the normal ear at every frequency."""
    at = float(inhibition_coordinate(np.array(normal.inhibition)))
    return replace(prior, inhibition=_fixed(prior.inhibition, at))


def without_inhibition(prior: Prior) -> Prior:
    """Neither this ear nor, with `no_inhibition`, the normal one has lateral inhibition: filters stay broad."""
    return replace(prior, inhibition=_fixed(prior.inhibition, _NONE))


def no_inhibition(normal: NormalEar) -> NormalEar:
    """The normal ear without lateral inhibition; its thresholds stay within 1.2 dB of 0 dB HL."""
    return replace(normal, inhibition=0.0)


def _fixed(curve: SmoothPrior, value: float) -> SmoothPrior:
    return replace(curve, mean=value, common_sd=0.0, smooth_sd=0.0, independent_sd=_FIXED_SD)


def compared_models(prior: Prior) -> tuple[ModelVariant, ...]:
    """Each family with and without attenuation, with inhibition fitted and fixed at normal.

    What is not fixed has this prior. Number 1 is the model that a fit with this prior makes the profile with.
    """
    models: list[ModelVariant] = []
    for normal in (NORMAL, BROKEN_STICK):
        for inhibition, base in (("fitted", prior), ("normal", with_normal_inhibition(prior, normal))):
            for attenuation, own in (("fitted", base), ("none", without_attenuation(base))):
                models.append(ModelVariant(len(models) + 1, attenuation, inhibition, normal, own))
    return tuple(models)


COMPARED_MODELS: Final = compared_models(DEFAULT_PRIOR)
"""Those with the prior of the population; number 1 is the default."""

FURTHER_MODELS: Final = (
    ModelVariant(9, "all of the loss", "fitted", NORMAL, without_loss_of_compression(DEFAULT_PRIOR)),
    ModelVariant(10, "fitted", "none", no_inhibition(NORMAL), without_inhibition(DEFAULT_PRIOR)),
    ModelVariant(11, "all of the loss", "fitted", BROKEN_STICK, without_loss_of_compression(DEFAULT_PRIOR)),
    ModelVariant(12, "fitted", "none", no_inhibition(BROKEN_STICK), without_inhibition(DEFAULT_PRIOR)),
)
"""What only the study of the real runs compares."""
