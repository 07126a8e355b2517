"""The prior over people: what its constants are, from which people, and how they follow.

    python -m tests.studies.population_prior ../shared/data > hearfit/listener/population.py

**Thresholds** are those of 797 ears of a hearing clinic's research register (OHHR; Jafri et al. 2025) and of 38,898
ears of a population survey (NHANES 1999-2016), each group with half of the weight, because a client may come from
either. Mean and covariance of the mixture, with the frequencies that one of the groups lacks filled in by regression
(EM; Dempster, Laird & Rubin 1977), less the variance of a retest (NHANES, 1 kHz). Losses are skewed and have heavier
tails than a Gaussian, so the covariance is widened until 99.9 % of the ears of either group lie within the 99.9 %
ellipsoid, and each frequency's SD until the poorest ear lies within 3.5 of them.

**Shares of loss in compression and category boundaries** are those of 100 listeners to loudness (qCLS; Shen et al.
2024, Rasetshwane et al. 2015): their boundary levels are inverted with the two-number map of each frequency by itself
and ten boundary shifts a listener, and mean and covariance over listeners are those of an empirical Bayes fit (EM), so
that a share that a small loss leaves open does not count as variation. The data are a reconstruction from five
principal components, without what varies independently: an independent part is added. A hundred listeners do not tell
55 correlations of shares from each other, so a common and a smooth part are fitted to them. All variances of shares
are doubled, because nobody with a conductive loss is among these listeners and because the map is not exact.

Shares and thresholds are independent. A joint fit finds correlations of 0.4 to 0.7 in these listeners, but it predicts
no better: the error of `threshold_from_loudness` differs by 0.1 dB, held-out answers of four real runs by 0.002 nats a
trial. And a threshold by itself would then decide the share.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, Int
from scipy.linalg import block_diag
from scipy.optimize import least_squares
from scipy.stats import chi2

from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU, normal_category_cu
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import NUM_BOUNDARIES, NUM_KNOTS, SmoothPrior, TabulatedPrior, compression_exponent
from tests.studies.loudness_boundaries import Boundaries, read_boundaries

# Share of the ears that must lie within the ellipsoid of as much probability.
_WITHIN = 0.999
_FARTHEST_SD = 3.5
# A category boundary's SD over repeated runs is 4.7 to 5.5 dB (differences of 6.6 to 7.8 dB; Al-Salim et al. 2010),
# less what the five components smooth away.
_BOUNDARY_NOISE_DB = 4.0
_SHARE_INFLATION = 2.0
# Where EM starts: wide and smooth. From here 30 and 100 steps agree (share logits within 0.03). Because EM is slow
# where shares and boundaries trade, another start (boundaries independent, SD 3 CU) is after 40 steps still up to 0.4
# away and 10 nats less likely; held-out answers of four real runs tell the two apart by less than 0.002 nats a trial.
_START_SHARE = SmoothPrior(mean=0.6, common_sd=0.7, smooth_sd=0.7, smoothness_octaves=3.0, independent_sd=0.1)
_START_THRESHOLD = SmoothPrior(mean=25.0, common_sd=18.0, smooth_sd=15.0, smoothness_octaves=3.0, independent_sd=3.0)
_START_BOUNDARY_COMMON_SD_CU, _START_BOUNDARY_SD_CU = 2.5, 1.5
# The independent parts that the reconstruction lacks. Held-out answers of four real runs do not tell 0.5 from 1 CU
# (0.003 nats a trial); 1.5 CU is worse (0.005).
_SHARE_INDEPENDENT_SD = 0.2
_BOUNDARY_INDEPENDENT_SD_CU = 0.5
_EM_STEPS = 30
_DAMPED_STEPS = 8
_LEVELS_DB_HL = np.arange(-30.0, 161.0)


@dataclass(frozen=True)
class Ears:
    """Audiograms of one group of people, all at the same audiometric frequencies."""

    knots: Int[np.ndarray, " tested"]
    level_db_hl: Float[np.ndarray, "ears tested"]


@dataclass(frozen=True)
class Moments:
    """Mean and covariance over people."""

    mean: Float[np.ndarray, " size"]
    covariance: Float[np.ndarray, "size size"]

    def prior(self) -> TabulatedPrior:
        """The Gaussian of these moments."""
        sd = np.sqrt(np.diag(self.covariance))
        correlation = self.covariance / np.outer(sd, sd)
        rows = tuple(tuple(map(float, row[:index])) for index, row in enumerate(correlation))
        return TabulatedPrior(tuple(map(float, self.mean)), tuple(map(float, sd)), rows)


@dataclass(frozen=True)
class Population:
    """All that is learned from people."""

    threshold: Moments
    share_logit: SmoothPrior
    boundary_shift: Moments


def read_ears(data: Path) -> tuple[Ears, Ears]:
    """Air-conduction thresholds of clients (OHHR) and of everybody (NHANES); ears with all frequencies only."""
    table = pd.read_csv(data / "ohhr" / "audiograms.csv")
    air = table[(table["type"] == "htl") & (table["transducertype"] == "ac")]
    clients = air.pivot_table(index=["clientid", "side"], columns="frequency", values="level").dropna()
    survey = pd.read_csv(data / "nhanes" / "ears_1999_2016.csv.gz").drop(columns=["SEQN", "ear"]).dropna()
    return (
        Ears(_knots([float(f) for f in clients.columns]), clients.to_numpy(float)),
        Ears(_knots([float(name.removeprefix("f")) for name in survey.columns]), survey.to_numpy(float)),
    )


def retest_sd_db(data: Path) -> float:
    """SD of one threshold about the mean of its repetitions: that of the differences of test and retest over sqrt 2."""
    table = pd.read_csv(data / "nhanes" / "AUX_G_2011_2012.csv.gz")
    differences = []
    for side in "RL":
        first, second = (table[f"AUXU1K{run}{side}"] for run in (1, 2))
        # 666 is no response, 888 not obtained.
        is_obtained = (first < 600.0) & (second < 600.0)
        differences.append((second - first)[is_obtained].to_numpy(float))
    return float(np.concatenate(differences).std() / np.sqrt(2.0))


def threshold_moments(groups: Sequence[Ears], retest_sd: float) -> Moments:
    """Mean and widened covariance of the thresholds at all audiometric frequencies; groups weigh alike."""
    mean, covariance = np.full(NUM_KNOTS, 25.0), 400.0 * np.eye(NUM_KNOTS)
    for _ in range(200):
        filled, left = [], np.zeros((NUM_KNOTS, NUM_KNOTS))
        for group in groups:
            known = covariance[:, group.knots]
            weights = known @ np.linalg.inv(known[group.knots])
            filled.append(mean + (group.level_db_hl - mean[group.knots]) @ weights.T)
            left += (covariance - weights @ covariance[group.knots]) / len(groups)
        mean = np.mean([each.mean(axis=0) for each in filled], axis=0)
        covariance = left + np.mean([(each - mean).T @ (each - mean) / len(each) for each in filled], axis=0)
    factor = 1.0
    for group in groups:
        deviation = group.level_db_hl - mean[group.knots]
        within = covariance[np.ix_(group.knots, group.knots)]
        distance = np.einsum("ef,fg,eg->e", deviation, np.linalg.inv(within), deviation)
        factor = max(factor, float(np.quantile(distance, _WITHIN) / chi2.ppf(_WITHIN, len(group.knots))))
    covariance = factor * (covariance - retest_sd**2 * np.eye(NUM_KNOTS))
    sd = np.sqrt(np.diag(covariance))
    octave, stretch = np.log2(AUDIOMETRIC_FREQUENCIES_HZ), np.ones(NUM_KNOTS)
    for group in groups:
        farthest = np.abs(group.level_db_hl - mean[group.knots]).max(axis=0) / (_FARTHEST_SD * sd[group.knots])
        stretch = np.maximum(stretch, np.interp(octave, octave[group.knots], farthest))
    return Moments(mean, covariance * np.outer(stretch, stretch))


def loudness_moments(boundaries: Boundaries) -> tuple[SmoothPrior, Moments]:
    """Share logits and boundary shifts of these listeners. Under `jax.enable_x64`.

    Boundary shifts are relative to those of a normal ear's listener, who by definition has none: their moments are
    about zero.
    """
    num = len(boundaries.frequency_hz)
    table = jnp.asarray(np.stack([normal_category_cu(_LEVELS_DB_HL, f) for f in boundaries.frequency_hz]))
    knots = _knots([float(f) for f in boundaries.frequency_hz])
    curves = [(start.mean, start.covariance()[np.ix_(knots, knots)]) for start in (_START_SHARE, _START_THRESHOLD)]
    mean = np.concatenate([*(np.full(num, start) for start, _ in curves), np.zeros(NUM_BOUNDARIES)])
    start_boundary = _START_BOUNDARY_COMMON_SD_CU**2 + _START_BOUNDARY_SD_CU**2 * np.eye(NUM_BOUNDARIES)
    covariance = block_diag(*(start for _, start in curves), start_boundary)
    level = jnp.asarray(boundaries.level_db_hl)
    position = jnp.asarray(np.tile(mean, (len(level), 1)))
    blocks = np.split(np.arange(len(mean)), [num, 2 * num])
    for _ in range(_EM_STEPS):
        position, spread = _fitted(position, level, table, mean, np.linalg.inv(covariance))
        found = np.asarray(position)
        mean = np.where(np.arange(len(mean)) < 2 * num, found.mean(axis=0), 0.0)
        total = (found - mean).T @ (found - mean) / len(found) + np.asarray(spread).mean(axis=0)
        # Shares, thresholds and boundaries vary independently of each other: what they have in common here predicts
        # nothing better, and a threshold must not decide the share.
        covariance = 1e-6 * np.eye(len(mean))
        for block in blocks:
            covariance[np.ix_(block, block)] += total[np.ix_(block, block)]
    share, _, shift = blocks
    own = np.eye(len(shift)) * _BOUNDARY_INDEPENDENT_SD_CU**2
    return (
        _smooth(mean[share], covariance[np.ix_(share, share)], boundaries.frequency_hz),
        Moments(mean[shift], covariance[np.ix_(shift, shift)] + own),
    )


def learned_population(data: Path) -> Population:
    """Everything, from the data folder."""
    with jax.enable_x64(True):
        share_logit, boundary_shift = loudness_moments(read_boundaries(data))
    return Population(threshold_moments(read_ears(data), retest_sd_db(data)), share_logit, boundary_shift)


def _knots(frequency_hz: Sequence[float]) -> Int[np.ndarray, " tested"]:
    return np.array([AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in frequency_hz])


def _smooth(
    mean: Float[np.ndarray, " frequencies"],
    covariance: Float[np.ndarray, "frequencies frequencies"],
    frequency_hz: Float[np.ndarray, " frequencies"],
) -> SmoothPrior:
    """Common and smooth part by least squares on the covariance between frequencies; 125 Hz is as 250 Hz."""
    octave = np.log2(frequency_hz)
    distance = np.abs(octave[:, None] - octave[None, :])
    smoothness = _START_SHARE.smoothness_octaves

    def misfit(sds: Float[np.ndarray, "2"]) -> Float[np.ndarray, " pairs"]:
        return (sds[0] ** 2 + sds[1] ** 2 * np.exp(-distance / smoothness) - covariance).ravel()

    common, smooth = np.sqrt(_SHARE_INFLATION) * np.abs(least_squares(misfit, [0.5, 0.5]).x)
    everywhere = np.interp(np.log(AUDIOMETRIC_FREQUENCIES_HZ), np.log(frequency_hz), mean)
    return SmoothPrior(
        mean=tuple(map(float, everywhere)),
        common_sd=float(common),
        smooth_sd=float(smooth),
        smoothness_octaves=smoothness,
        independent_sd=float(np.sqrt(_SHARE_INFLATION) * _SHARE_INDEPENDENT_SD),
    )


def _two_number_map(
    position: Float[Array, " parameters"], table: Float[Array, "frequencies levels"]
) -> Float[Array, "frequencies boundaries"]:
    """Level of each boundary: t + (alpha_0/alpha) times the level at which a normal ear reaches that loudness."""
    share_logit, threshold = position[: len(table)], position[len(table) : 2 * len(table)]
    loudness = jnp.asarray(CATEGORY_BOUNDARIES_CU) + position[2 * len(table) :]
    slope = NORMAL.compression_exponent / compression_exponent(share_logit, threshold)
    level = jnp.stack([jnp.interp(loudness, row, jnp.asarray(_LEVELS_DB_HL)) for row in table])
    return threshold[:, None] + slope[:, None] * level


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None, None, None))
def _fitted(
    start: Float[Array, " parameters"],
    level: Float[Array, "frequencies boundaries"],
    table: Float[Array, "frequencies levels"],
    mean: Float[Array, " parameters"],
    precision: Float[Array, "parameters parameters"],
) -> tuple[Float[Array, " parameters"], Float[Array, "parameters parameters"]]:
    """Mode and Laplace covariance of one listener by a few damped Gauss-Newton steps; EM goes on where they end."""

    def misfit(at: Float[Array, " parameters"]) -> Float[Array, " data"]:
        return ((_two_number_map(at, table) - level) / _BOUNDARY_NOISE_DB).ravel()

    def cost(at: Float[Array, " parameters"]) -> Float[Array, ""]:
        return 0.5 * jnp.sum(misfit(at) ** 2) + 0.5 * (at - mean) @ precision @ (at - mean)

    def curvature(at: Float[Array, " parameters"]) -> tuple[Array, Array]:
        slope = jax.jacfwd(misfit)(at)
        return slope.T @ slope + precision, slope.T @ misfit(at) + precision @ (at - mean)

    def step(_: int, state: tuple[Array, Array]) -> tuple[Array, Array]:
        at, damping = state
        hessian, gradient = curvature(at)
        proposed = at - jnp.linalg.solve(hessian + damping * jnp.diag(jnp.diag(hessian)), gradient)
        is_better = cost(proposed) < cost(at)
        return jnp.where(is_better, proposed, at), jnp.where(is_better, 0.25 * damping, 6.0 * damping)

    mode, _ = jax.lax.fori_loop(0, _DAMPED_STEPS, step, (start, jnp.asarray(0.1)))
    return mode, jnp.linalg.inv(curvature(mode)[0])


def _numbers(name: str, values: Float[np.ndarray, " size"], digits: int) -> str:
    return f"{name} = ({', '.join(f'{value:.{digits}f}' for value in values)})\n"


def _correlations(name: str, covariance: Float[np.ndarray, "size size"]) -> str:
    """Strictly lower rows of the correlation matrix."""
    sd = np.sqrt(np.diag(covariance))
    rows = (covariance / np.outer(sd, sd)).round(3)
    lines = [", ".join(f"{value:.3f}" for value in row[:index]) for index, row in enumerate(rows)]
    body = "".join(f"    ({line}{',' if index == 1 else ''}),\n" for index, line in enumerate(lines))
    return f"{name}: tuple[tuple[float, ...], ...] = (\n{body})\n"


_HEADER = '''"""What is assumed of people before any answer: numbers learned from people, none of whom is in here.

Made by `python -m tests.studies.population_prior`, whose docstring says how, from the thresholds of OHHR (Jafri et al.
2025, Scientific Data; CC BY 4.0) and NHANES 1999-2016 (US CDC/NCHS; public domain) and the category boundaries of qCLS
(Shen et al. 2024, JASA 156:262; Rasetshwane et al. 2015, JASA 137:1899). Not norms: a wide assumption that a few dozen
answers outweigh. Correlations are the rows below the diagonal.
"""
'''


def module_text(population: Population) -> str:
    """The module of constants."""
    threshold, share, shift = population.threshold, population.share_logit, population.boundary_shift
    return "\n".join(
        [
            _HEADER,
            "# In dB, at the audiometric frequencies.",
            _numbers("THRESHOLD_MEAN_DB_HL", threshold.mean, 1)
            + _numbers("THRESHOLD_SD_DB", np.sqrt(np.diag(threshold.covariance)), 1)
            + _correlations("THRESHOLD_CORRELATION", threshold.covariance),
            "# Logits of the share of a loss that is loss of compression, at the audiometric frequencies.",
            _numbers("SHARE_LOGIT_MEAN", np.broadcast_to(share.mean, NUM_KNOTS), 2)
            + f"SHARE_LOGIT_COMMON_SD = {share.common_sd:.2f}\n"
            + f"SHARE_LOGIT_SMOOTH_SD = {share.smooth_sd:.2f}\n"
            + f"SHARE_LOGIT_SMOOTHNESS_OCTAVES = {share.smoothness_octaves:.1f}\n"
            + f"SHARE_LOGIT_INDEPENDENT_SD = {share.independent_sd:.2f}\n",
            "# In categorical units, about those of a normal ear's listener.",
            _numbers("BOUNDARY_SD_CU", np.sqrt(np.diag(shift.covariance)), 1)
            + _correlations("BOUNDARY_CORRELATION", shift.covariance),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    print(module_text(learned_population(parser.parse_args().data)), end="")


if __name__ == "__main__":
    main()
