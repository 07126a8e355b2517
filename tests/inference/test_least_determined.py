"""The combination that is left widest against one that was put into a covariance by hand."""

import numpy as np
import pytest
from jaxtyping import Bool, Float
from scipy.linalg import eigh

from hearfit.experiment.conditions import collapse
from hearfit.inference.frequency_estimates import MeasuredKnots, measured_knots
from hearfit.inference.laplace import LaplacePosterior, posterior_about
from hearfit.inference.least_determined import least_determined, widest_combination
from hearfit.inference.simulate import planned_block, position_from_thresholds
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, PARAMETER_NAMES, listener_at
from hearfit.protocols.loader import load_protocol

pytestmark = pytest.mark.usefixtures("float64")

K1000, K2000, K4000 = (AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in (1000.0, 2000.0, 4000.0))
SHARE, INHIBITION = K1000, 2 * NUM_KNOTS + K2000
PEOPLE_SD = np.sqrt(np.diag(DEFAULT_PRIOR.covariance))


def at(*knots: int) -> Bool[np.ndarray, " knots"]:
    return np.isin(np.arange(NUM_KNOTS), knots)


def measured(threshold: Bool[np.ndarray, " knots"], selective: Bool[np.ndarray, " knots"]) -> MeasuredKnots:
    return MeasuredKnots(threshold | selective, threshold, selective)


def posterior(step: Float[np.ndarray, " parameters"], *, loss_db_hl: float = 40.0) -> LaplacePosterior:
    """All is known well but for one direction, of which `step` is an SD, in units of the SDs among people."""
    mode = position_from_thresholds(np.full(NUM_KNOTS, loss_db_hl), outer_hair_cell_share=0.5, normal=NORMAL)
    along = step * PEOPLE_SD
    covariance = np.diag((1e-3 * PEOPLE_SD) ** 2) + np.outer(along, along)
    return LaplacePosterior(mode, covariance, DEFAULT_PRIOR.covariance, 1.0)


def moved(**weights: float) -> Float[np.ndarray, " parameters"]:
    step = np.zeros(NUM_PARAMETERS)
    for name, weight in weights.items():
        step[{"share": SHARE, "inhibition": INHIBITION}[name]] = weight
    return step


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_direction_that_was_put_in_is_found_and_has_natural_units(sign: float) -> None:
    # Truth: the direction itself; its SDs by finite differences of the ear along it; the share of variance by hand.
    step = sign * moved(share=0.5, inhibition=-0.3)
    own = posterior(step)
    found = least_determined(own, measured(at(K1000, K2000, K4000), at(K2000)))
    assert found is not None
    assert [part.coordinate for part in found.parts] == [PARAMETER_NAMES[SHARE], PARAMETER_NAMES[INHIBITION]]
    assert [(part.quantity, part.frequency_hz, part.unit) for part in found.parts] == [
        ("division of the loss", 1000.0, "dB"),
        ("lateral inhibition", 2000.0, ""),
    ]
    # The largest part rises, whichever sign an eigenvector has.
    np.testing.assert_allclose([part.weight for part in found.parts], [0.5, -0.3], rtol=1e-4)
    small = 1e-4 * step * PEOPLE_SD
    up, down = listener_at(own.mode + small), listener_at(own.mode - small)
    attenuation = abs(float(up.attenuation_db[K1000] - down.attenuation_db[K1000])) / 2e-4
    inhibition = abs(float(up.inhibition[K2000] - down.inhibition[K2000])) / 2e-4
    np.testing.assert_allclose([part.sd for part in found.parts], [attenuation, inhibition], rtol=1e-4)
    # Share and inhibition are independent among people: variance 0.5^2 + 0.3^2 in these units is left of 1.
    assert found.data_share == pytest.approx(1.0 - 0.34, abs=1e-4)


def test_only_what_was_measured_counts() -> None:
    own = posterior(moved(share=0.5, inhibition=0.9))
    untested = least_determined(own, measured(at(K2000, K4000), at(K2000)))
    assert untested is not None
    assert [part.coordinate for part in untested.parts] == [PARAMETER_NAMES[INHIBITION]]
    without_masking = least_determined(own, measured(at(K1000, K2000), at()))
    assert without_masking is not None
    assert [part.coordinate for part in without_masking.parts] == [PARAMETER_NAMES[SHARE]]
    assert least_determined(own, measured(at(), at())) is None


def test_thresholds_and_their_division_are_not_measured_by_broad_sounds() -> None:
    # Truth: a rippled noise about 60 dB is far above threshold at each frequency of its band.
    own = posterior(moved(share=0.9, inhibition=0.2))
    ripple = load_protocol("spectral_ripple_discrimination")
    block = planned_block(ripple, own.mode, transducer="HDA200", normal=NORMAL, generator=np.random.default_rng(0))
    knots = measured_knots([collapse(block)])
    assert knots.is_tested[K1000]
    assert not knots.is_threshold_tested.any()
    found = least_determined(own, knots)
    assert found is not None
    assert {part.quantity for part in found.parts} == {"lateral inhibition"}


def test_the_division_of_no_loss_is_no_matter() -> None:
    # Truth: at -10 dB HL there is no loss to be divided, however little the answers say of it.
    own = posterior(moved(share=0.9, inhibition=0.2), loss_db_hl=-10.0)
    found = least_determined(own, measured(at(K1000, K2000), at(K2000)))
    assert found is not None
    assert found.parts[0].coordinate == PARAMETER_NAMES[INHIBITION]


def test_nothing_is_wider_in_units_of_the_spread_among_people() -> None:
    # Truth: SciPy's generalised symmetric eigenproblem, on a posterior of random information.
    root = np.random.default_rng(4).standard_normal((NUM_PARAMETERS, 20))
    own = posterior_about(posterior(moved()).mode, root @ root.T, DEFAULT_PRIOR)
    indices = [0, 3, NUM_KNOTS + 1, 2 * NUM_KNOTS + 5, 2 * NUM_KNOTS + 6]
    chosen = np.ix_(indices, indices)
    share, step = widest_combination(own, indices)
    variance, functionals = eigh(own.covariance[chosen], np.diag(PEOPLE_SD[indices] ** 2))
    assert step @ step == pytest.approx(variance[-1])
    after, before = (
        functionals[:, -1] @ of[chosen] @ functionals[:, -1] for of in (own.covariance, own.reference_covariance)
    )
    assert share == pytest.approx(1.0 - after / before)
