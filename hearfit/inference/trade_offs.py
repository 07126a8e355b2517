"""Parameters that the answers could not tell apart: large correlations in the posterior of a finished fit, in words."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from hearfit.inference.delta_method import delta_correlation, delta_sd
from hearfit.inference.ear_directions import QUANTITIES, ear_directions
from hearfit.inference.identifiability import SMALLEST_ATTENUATION_SD_DB, frequencies_in_words
from hearfit.inference.sampled import EarPosterior
from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.listener.parameters import (
    NUM_KNOTS,
    NUM_PARAMETERS,
    TASKS_OF_OWN_SENSITIVITY,
    Prior,
)

SMALLEST_CORRELATION = 0.7
MOST_SENTENCES = 3

OBSERVER_NAMES: tuple[str, ...] = (
    "sensitivity re normal",
    "criterion",
    "lapse rate",
    "spread of loudness answers",
    "sensitivity in noise re in quiet",
    *(f"category boundary nominally at {boundary:g} CU" for boundary in CATEGORY_BOUNDARIES_CU),
    *(f"sensitivity in {task}" for task in TASKS_OF_OWN_SENSITIVITY),
    "time of recovery from a masker re normal",
    "level of the tail of tuning re normal",
)
"""The coordinates of the person who answers, in their order, by the names of `observer_estimates`."""


@dataclass(frozen=True)
class TradeOff:
    """Two parameters and their posterior correlation at each audiometric frequency of `knots` where it is large.

    The second one is of the ear at these frequencies; the name of the first says where it is, if not there too.
    """

    first: str
    second: str
    knots: tuple[int, ...]
    correlations: tuple[float, ...]

    @property
    def largest(self) -> float:
        """The size of the largest correlation."""
        return max(map(abs, self.correlations))

    @property
    def sentence(self) -> str:
        """For the report."""
        where = frequencies_in_words(np.isin(np.arange(NUM_KNOTS), self.knots))
        ends = dict.fromkeys(
            f"{value:.2f}".replace("-", "−") for value in (min(self.correlations), max(self.correlations))
        )
        return (
            f"{self.first[0].upper()}{self.first[1:]} and {self.second} at {where} trade off (correlation "
            f"{' to '.join(ends)}): the answers fix their combination better than either."
        )


@dataclass(frozen=True)
class _Quantity:
    """A parameter by its name in reports, and its derivative by every coordinate; no knot where it is a person's."""

    name: str
    knot: int | None
    direction: Float[np.ndarray, " parameters"]


def trade_offs(posterior: EarPosterior, prior: Prior, is_tested: Bool[np.ndarray, " knots"]) -> tuple[TradeOff, ...]:
    """Pairs whose correlation the answers made large, the largest first. Call under `jax.enable_x64`.

    They are parameters of the ear at tested frequencies with each other and with those of the person who answers, by
    the delta method at the mode. The variance that one leaves of the other, 1 - r^2, must be at most half of what it is
    under the prior that was used: what varies together among people is no trade-off that the answers made.
    """
    quantities = _quantities(posterior, is_tested)
    directions = np.stack([quantity.direction for quantity in quantities])
    correlation = delta_correlation(directions, posterior.covariance)
    assumed = delta_correlation(directions, prior.covariance)
    # One of the other sign made no part of it.
    assumed = np.where(assumed * correlation > 0.0, assumed, 0.0)
    is_made = (np.abs(correlation) > SMALLEST_CORRELATION) & (1.0 - correlation**2 <= 0.5 * (1.0 - assumed**2))
    pairs: dict[tuple[str, str, int, bool], list[tuple[int, float]]] = {}
    for i, j in zip(*np.nonzero(np.triu(is_made, 1)), strict=True):
        first, second, value = quantities[i], quantities[j], float(correlation[i, j])
        if second.knot is None:
            continue
        is_there = first.knot is None or first.knot == second.knot
        name = first.name if is_there else f"{first.name} at {AUDIOMETRIC_FREQUENCIES_HZ[first.knot or 0]:g} Hz"
        # Pairs of the same two at several frequencies share a sentence.
        pairs.setdefault((name, second.name, -1 if is_there else second.knot, value > 0.0), []).append(
            (second.knot, value)
        )
    found = [
        TradeOff(first, second, tuple(knot for knot, _ in own), tuple(value for _, value in own))
        for (first, second, _, _), own in pairs.items()
    ]
    return tuple(sorted(found, key=lambda each: -each.largest))


def trade_off_sentences(
    posterior: EarPosterior, prior: Prior, is_tested: Bool[np.ndarray, " knots"]
) -> tuple[str, ...]:
    """The largest trade-offs in words, at most three. Call under `jax.enable_x64`."""
    return tuple(each.sentence for each in trade_offs(posterior, prior, is_tested)[:MOST_SENTENCES])


def _quantities(posterior: EarPosterior, is_tested: Bool[np.ndarray, " knots"]) -> list[_Quantity]:
    """What may trade off, the person's first. An increasing function of one coordinate has its correlations."""
    unit, tested = np.eye(NUM_PARAMETERS), [int(k) for k in np.flatnonzero(is_tested)]
    found = [_Quantity(name, None, unit[3 * NUM_KNOTS + k]) for k, name in enumerate(OBSERVER_NAMES)]
    directions = ear_directions(posterior.mode)
    for name, smallest_sd in (("attenuation", SMALLEST_ATTENUATION_SD_DB), ("compression exponent", 0.0)):
        own = directions[QUANTITIES.index(name)]
        sd = delta_sd(own, posterior.covariance)
        found += [_Quantity(name, k, own[k]) for k in tested if sd[k] > smallest_sd]
    return found + [_Quantity("lateral inhibition", k, unit[2 * NUM_KNOTS + k]) for k in tested]
