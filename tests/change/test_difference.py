"""Posterior of the difference against closed forms, the model's own formulas and simulation."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import MEASURED_SHARE, Quantity, difference_of, differences
from hearfit.change.retest import exponent_per_db
from hearfit.listener.parameters import cochlear_coordinates, compression_exponent
from hearfit.listener.profile import Posterior
from tests.change.profiles import FREQUENCIES_HZ, estimate, profile_with, with_estimates

FLAT = [30.0] * len(FREQUENCIES_HZ)


def test_difference_of_gaussians() -> None:
    # Truth: 3-4-5 triangle.
    found = difference_of(estimate(10.0, 3.0), estimate(17.0, 4.0))
    assert (found.mean, found.sd) == (7.0, 5.0)
    assert found.upper_95 - found.lower_95 == pytest.approx(2 * 1.959964 * 5.0, abs=1e-5)


def test_quantities_are_fields_of_a_profile() -> None:
    row = profile_with(FLAT).frequencies[0]
    assert [quantity.of(row) for quantity in Quantity] == [
        row.threshold_db_hl,
        row.compression_exponent,
        row.attenuation_db,
        row.inhibition,
        row.equivalent_bandwidth_hz,
    ]


def test_exponent_per_db_is_that_of_the_model() -> None:
    # Truth: the listener's parameters. At the same attenuation the threshold rises by (step) / (exponent per dB).
    low, high = 0.35, 0.8
    with jax.enable_x64(True):
        x, t = (jnp.asarray(v) for v in cochlear_coordinates(np.array([low, high]), np.array([6.0, 6.0])))
        np.testing.assert_allclose(np.asarray(compression_exponent(x, t)), [low, high], rtol=1e-6)
    assert (high - low) / exponent_per_db(low, high) == pytest.approx(float(t[1] - t[0]), rel=1e-6)


def test_pair_is_the_mean_of_neighbours_with_their_correlation() -> None:
    # Truth: by hand. Coordinates with variances 6 and covariances 4 of thresholds with variances 4: the person adds 2,
    # so thresholds correlate at (4 - 2) / 4, and the variance of a mean is (4 + 4 + 2 0.5 4) / 4 = 3 in each session.
    names = tuple(f"threshold coordinate at {f:g} Hz" for f in FREQUENCIES_HZ)
    size = len(names)
    covariance = tuple(tuple(6.0 if i == j else 4.0 for j in range(size)) for i in range(size))
    posterior = Posterior(names, (0.0,) * size, covariance)
    before, after = (
        dataclasses.replace(profile_with(levels, sd=2.0), posterior=posterior)
        for levels in (FLAT, [30.0, 36.0, 40.0, *FLAT[3:]])
    )
    pair = next(row for row in differences(before, after) if row.frequencies_hz == (500.0, 1000.0))
    assert pair.difference.mean == pytest.approx(8.0)
    assert pair.difference.sd == pytest.approx(np.sqrt(6.0))


def test_unknown_correlation_gains_nothing() -> None:
    pair = differences(profile_with(FLAT, sd=2.0), profile_with(FLAT, sd=2.0))[-1]
    assert pair.difference.sd == pytest.approx(np.sqrt(8.0))


@pytest.mark.parametrize(
    ("trials", "share", "reason"),
    [
        ((55, 0), 0.9, "not tested in the later session"),
        ((0, 0), 0.9, "not tested in the earlier and the later session"),
        ((55, 55), 0.4, "mostly the prior in the earlier and the later session"),
        ((55, 55), None, "mostly the prior in the earlier and the later session"),
        ((55, 55), MEASURED_SHARE, None),
    ],
)
def test_what_answers_did_not_measure_is_said(trials: tuple[int, int], share: float | None, reason: str | None) -> None:
    profiles = []
    for number in trials:
        profile = with_estimates(profile_with(FLAT), attenuation_db=estimate(5.0, 3.0, share))
        rows = tuple(dataclasses.replace(row, num_trials=number) for row in profile.frequencies)
        profiles.append(dataclasses.replace(profile, frequencies=rows))
    found = [row for row in differences(*profiles) if row.quantity is Quantity.ATTENUATION]
    assert {row.not_measured for row in found} == {reason}


def test_swapped_sessions_change_signs() -> None:
    first, second = profile_with(FLAT), profile_with([f + i for i, f in enumerate(FLAT)], ear=Ear.RIGHT)
    for there, back in zip(differences(first, second), differences(second, first), strict=True):
        assert there.difference.mean == pytest.approx(-back.difference.mean)
        assert there.difference.lower_95 == pytest.approx(-back.difference.upper_95)
        assert there.unit_per_db == back.unit_per_db


def test_variance_of_two_posteriors_with_one_prior(rng: np.random.Generator) -> None:
    """An ear from the prior, unchanged, measured twice with unequal noise: truth is simulation and a closed form.

    The difference of posterior means varies by V1 + V2 - 2 V1 V2 / P, so intervals of V1 + V2 hold 0 at least as often
    as they say.
    """
    prior, noises = 20.0**2, (6.0**2, 12.0**2)
    ears = rng.normal(0.0, np.sqrt(prior), 200_000)
    means, variances = [], []
    for noise in noises:
        share = prior / (prior + noise)
        means.append(share * (ears + rng.normal(0.0, np.sqrt(noise), ears.shape)))
        variances.append((1.0 - share) * prior)
    step = means[1] - means[0]
    claimed = sum(variances)
    assert np.var(step) == pytest.approx(claimed - 2.0 * variances[0] * variances[1] / prior, rel=0.02)
    is_covered = np.abs(step) < 1.96 * np.sqrt(claimed)
    assert 0.95 < is_covered.mean() < 0.99


def test_intervals_hold_changes_of_independent_ears(rng: np.random.Generator) -> None:
    # Truth: simulation of what N(m2 - m1, V1 + V2) says: two ears of one prior, 95 % of differences inside.
    prior, noise = 20.0**2, 6.0**2
    share = prior / (prior + noise)
    ears = rng.normal(0.0, np.sqrt(prior), (2, 100_000))
    means = share * (ears + rng.normal(0.0, np.sqrt(noise), ears.shape))
    sd = np.sqrt((1.0 - share) * prior)
    found = difference_of(estimate(0.0, sd), estimate(0.0, sd))
    error = (means[1] - means[0]) - (ears[1] - ears[0])
    assert np.mean(np.abs(error) < found.upper_95) == pytest.approx(0.95, abs=0.003)


def test_sum_of_variances_bounds_repeats_of_the_same_test_but_not_of_others() -> None:
    # Truth: linear Gaussian posteriors with prior I, mean S y and S = I - V. The means of two sessions of an ear differ
    # with covariance (S2 - S1)(S2 - S1)' + S1 V1 + S2 V2 = V1 + V2 - (V1 V2 + V2 V1).
    def excess(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        shares = [np.eye(2) - first, np.eye(2) - second]
        true = (shares[1] - shares[0]) @ (shares[1] - shares[0]).T + shares[0] @ first + shares[1] @ second
        np.testing.assert_allclose(true, first + second - first @ second - second @ first, atol=1e-12)
        return first + second - true

    tied = np.array([[0.1, 0.25], [0.25, 0.9]])
    tied_otherwise = tied * np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert np.linalg.eigvalsh(excess(tied, tied)).min() > 0.0
    # What the docstring warns of: 0.1 of variance too little where 0.2 is claimed.
    assert excess(tied, tied_otherwise)[0, 0] == pytest.approx(2 * (0.1 * 0.1 - 0.25 * 0.25))
