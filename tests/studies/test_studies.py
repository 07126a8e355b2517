"""The studies at a size that a test suite can bear, against what the issue asks for."""

from pathlib import Path

import jax
import numpy as np
import pytest
from scipy.stats import binom

from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR
from hearfit.protocols.loader import load_protocol
from tests.studies.loudness_boundaries import fitted_boundaries, normal_boundaries, read_boundaries
from tests.studies.real_runs import cross_validated
from tests.studies.recovery import study, summary
from tests.studies.recovery import tested_knots as knots_of

pytestmark = pytest.mark.slow

NUM_LISTENERS = 21
# Intervals of one listener miss together: over 42 listeners the variance of a listener's coverage was up to 1.9 times
# that of eight independent intervals.
DESIGN_EFFECT = 2.0


def honest_range(num_intervals: int, lowest: float, highest: float) -> tuple[float, float]:
    """Where an observed coverage lies with 99.9 % probability at either end, if the true one is in this range."""
    effective = round(num_intervals / DESIGN_EFFECT)
    return float(binom.ppf(0.001, effective, lowest)) / effective, float(
        binom.ppf(0.999, effective, highest)
    ) / effective


def test_simulated_listeners_are_recovered_as_well_as_the_information_allows() -> None:
    # Truth: the simulated listeners; the Cramer-Rao bound of the same design. The issue: at most 1.15 times the bound,
    # and 92 to 98 % of the 95 % intervals hold the truth.
    protocols = (load_protocol("pure_tone_detection"), load_protocol("categorical_loudness"))
    results = study(NUM_LISTENERS, seed=1, protocols=protocols)
    tested = knots_of(protocols)
    assert all(result.is_converged for result in results)
    table = summary(results, tested)
    low, high = honest_range(NUM_LISTENERS * int(np.sum(tested)), 0.92, 0.98)
    for quantity in ("log exponent", "threshold dB HL"):
        assert table[quantity]["ratio"] <= 1.15, (quantity, table[quantity])
        assert low <= table[quantity]["coverage"] <= high, (quantity, table[quantity])
        # 168 intervals cannot show a coverage that is too high, but intervals 1.4 times too wide or narrow show here.
        assert 1.0 / 1.4 <= table[quantity]["calibration"] <= 1.4, (quantity, table[quantity])


def test_answers_of_real_listeners_are_predicted(shared_data: Path) -> None:
    # Truth: held-out answers of four real runs. Category frequencies alone reach -2.3 nats a trial.
    scores = cross_validated(shared_data, prior=DEFAULT_PRIOR, normal=NORMAL)
    assert len(scores) == 4
    assert np.mean(scores) >= -1.50


def test_category_boundaries_of_real_listeners_are_described(shared_data: Path) -> None:
    # Truth: published boundaries of ten of the 100 listeners. A two-number map a frequency leaves 1.7 to 2.8 dB rms.
    boundaries = read_boundaries(shared_data)
    chosen = boundaries.level_db_hl[::10]
    with jax.enable_x64(True):
        fitted = np.stack([fitted_boundaries(boundaries.frequency_hz, own) for own in chosen])
    assert len(chosen) == 10
    assert np.sqrt(np.mean((fitted - chosen) ** 2)) <= 2.8


def test_normal_ear_has_the_loudness_growth_of_the_best_hearing_third(shared_data: Path) -> None:
    # Truth: mean boundaries of the 33 listeners with the lowest first boundary, at all 10 frequencies.
    boundaries = read_boundaries(shared_data)
    with jax.enable_x64(True):
        difference = normal_boundaries(boundaries.frequency_hz) - boundaries.best_third
    assert difference.shape == (10, 10)
    assert np.abs(difference).max() <= 3.0
