"""The combination of the ear's parameters that answers leave widest, compared with how people vary."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.inference.delta_method import delta_sd
from hearfit.inference.ear_directions import QUANTITIES, UNITS, ear_directions
from hearfit.inference.frequency_estimates import MeasuredKnots
from hearfit.inference.identifiability import SMALLEST_ATTENUATION_SD_DB
from hearfit.inference.posterior import data_share_along
from hearfit.inference.sampled import EarPosterior
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.listener.parameters import NUM_KNOTS, PARAMETER_NAMES
from hearfit.listener.profile import Direction, DirectionPart

# A coordinate that moves by less than this part of the largest one is no part that anybody needs to hear of.
_SMALLEST_PART: Final = 0.3
_ATTENUATION, _INHIBITION = QUANTITIES.index("attenuation"), QUANTITIES.index("lateral inhibition")
_PARTS: Final = (
    ("division of the loss", UNITS["attenuation"]),
    ("threshold", UNITS["threshold"]),
    ("lateral inhibition", UNITS["lateral inhibition"]),
)
"""Quantity and unit of each curve of coordinates, in their order."""


def least_determined(posterior: EarPosterior, measured: MeasuredKnots) -> Direction | None:
    """What the answers leave widest of what was measured of the ear, re how people vary. Under `jax.enable_x64`.

    It is a combination of the coordinates of thresholds and of the division of the loss where thresholds were measured,
    and of inhibition at frequencies with a test of selectivity. None where nothing was measured. It need not be that of
    which answers say least: what hardly varies among people may have lost a smaller part of its variance.
    """
    directions = ear_directions(posterior.mode)
    has_threshold = measured.is_threshold_tested
    knots = np.arange(NUM_KNOTS)
    is_open = delta_sd(directions[_ATTENUATION], posterior.covariance) > SMALLEST_ATTENUATION_SD_DB
    indices = [
        curve * NUM_KNOTS + int(knot)
        for curve, chosen in enumerate((has_threshold & is_open, has_threshold, measured.is_selective))
        for knot in np.flatnonzero(chosen)
    ]
    if not indices:
        return None
    share, weight = widest_combination(posterior, indices)
    step = weight * np.sqrt(np.diag(posterior.reference_covariance)[indices])
    # What one step of each coordinate changes in its own unit. A threshold is in decibels already.
    own_unit = np.concatenate(
        [
            directions[_ATTENUATION, knots, knots],
            np.ones(NUM_KNOTS),
            directions[_INHIBITION, knots, 2 * NUM_KNOTS + knots],
        ]
    )[indices]
    largest = np.argsort(-np.abs(weight), kind="stable")
    sign = np.sign(weight[largest[0]])
    return Direction(
        data_share=share,
        parts=tuple(
            DirectionPart(
                coordinate=PARAMETER_NAMES[indices[i]],
                weight=float(sign * weight[i]),
                quantity=_PARTS[indices[i] // NUM_KNOTS][0],
                frequency_hz=AUDIOMETRIC_FREQUENCIES_HZ[indices[i] % NUM_KNOTS],
                sd=float(abs(own_unit[i] * step[i])),
                unit=_PARTS[indices[i] // NUM_KNOTS][1],
            )
            for i in largest
            if abs(weight[i]) >= _SMALLEST_PART * abs(weight[largest[0]])
        ),
    )


def widest_combination(posterior: EarPosterior, indices: Sequence[int]) -> tuple[float, Float[np.ndarray, " chosen"]]:
    """Data share of the combination of these coordinates that is left widest, and one posterior SD along it.

    Both in units of each coordinate's SD among people: it is the first principal component of the posterior. The ratio
    to the variance of the same combination among people would not do to choose it: that is smallest for differences
    between neighbouring frequencies in which people hardly vary, so that nobody asks for them.
    """
    chosen = np.ix_(indices, indices)
    people = posterior.reference_covariance[chosen]
    scale = np.sqrt(np.diag(people))
    variance, vectors = np.linalg.eigh(posterior.covariance[chosen] / np.outer(scale, scale))
    widest = vectors[:, -1]
    share = data_share_along(widest / scale, posterior.covariance[chosen], people)
    return float(np.clip(share, 0.0, 1.0)), np.asarray(np.sqrt(variance[-1]) * widest)
