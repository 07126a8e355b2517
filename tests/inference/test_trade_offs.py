"""Trade-offs against correlations that were put into a covariance by hand."""

import jax
import numpy as np
import pytest
from jaxtyping import Float

from hearfit.experiment.protocol import Task
from hearfit.inference.estimates import observer_estimates
from hearfit.inference.laplace import LaplacePosterior, posterior_about
from hearfit.inference.simulate import position_from_thresholds
from hearfit.inference.trade_offs import OBSERVER_NAMES, trade_off_sentences, trade_offs
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, TASKS_OF_OWN_SENSITIVITY, listener_at

pytestmark = pytest.mark.usefixtures("float64")

K500, K1000, K2000, K4000 = (AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in (500.0, 1000.0, 2000.0, 4000.0))
TESTED = np.isin(AUDIOMETRIC_FREQUENCIES_HZ, [500.0, 1000.0, 2000.0, 4000.0])
SENSITIVITY = 3 * NUM_KNOTS
ENDING = "the answers fix their combination better than either."


def posterior(covariance: Float[np.ndarray, "parameters parameters"]) -> LaplacePosterior:
    """About an ear with 40 dB of loss, half of it loss of compression."""
    mode = position_from_thresholds(np.full(NUM_KNOTS, 40.0), outer_hair_cell_share=0.5, normal=NORMAL)
    return LaplacePosterior(mode, covariance, DEFAULT_PRIOR.covariance, 1.0)


def correlated(*entries: tuple[int, int, float]) -> Float[np.ndarray, "parameters parameters"]:
    """Coordinates of SD 0.3 with these correlations."""
    correlation = np.eye(NUM_PARAMETERS)
    for i, j, value in entries:
        correlation[i, j] = correlation[j, i] = value
    return 0.3**2 * correlation


def cochlear(correlation: float, knot: int) -> Float[np.ndarray, "parameters parameters"]:
    """Exponent and attenuation at one knot with this correlation, by finite differences of what they are.

    Their SDs are 0.05 and 3 dB; the coordinates' covariance is G^-1 C G^-T.
    """
    mode = posterior(np.eye(NUM_PARAMETERS)).mode
    gradient, step = np.zeros((2, 2)), 1e-5
    for column, index in enumerate((knot, NUM_KNOTS + knot)):
        up, down = (listener_at(mode + sign * step * np.eye(NUM_PARAMETERS)[index]) for sign in (1.0, -1.0))
        gradient[0, column] = float(up.exponent[knot] - down.exponent[knot]) / (2.0 * step)
        gradient[1, column] = float(up.attenuation_db[knot] - down.attenuation_db[knot]) / (2.0 * step)
    wanted = np.array([[0.05**2, correlation * 0.15], [correlation * 0.15, 3.0**2]])
    back = np.linalg.inv(gradient)
    covariance = correlated()
    covariance[np.ix_([knot, NUM_KNOTS + knot], [knot, NUM_KNOTS + knot])] = back @ wanted @ back.T
    return covariance


def without_cochlear_pairs() -> Float[np.ndarray, "parameters parameters"]:
    """Exponent and attenuation uncorrelated at every tested frequency."""
    covariance = correlated()
    for knot in np.flatnonzero(TESTED):
        own = np.ix_([knot, NUM_KNOTS + knot], [knot, NUM_KNOTS + knot])
        covariance[own] = cochlear(0.0, int(knot))[own]
    return covariance


def test_nothing_trades_off_where_nothing_is_correlated() -> None:
    assert trade_offs(posterior(without_cochlear_pairs()), DEFAULT_PRIOR, TESTED) == ()


@pytest.mark.parametrize("correlation", [-0.86, 0.86])
def test_attenuation_against_compression(correlation: float) -> None:
    # Truth: the correlation from which the covariance was made.
    covariance = without_cochlear_pairs()
    own = np.ix_([K1000, NUM_KNOTS + K1000], [K1000, NUM_KNOTS + K1000])
    covariance[own] = cochlear(correlation, K1000)[own]
    (found,) = trade_offs(posterior(covariance), DEFAULT_PRIOR, TESTED)
    assert (found.first, found.second, found.knots) == ("attenuation", "compression exponent", (K1000,))
    assert found.correlations[0] == pytest.approx(correlation, abs=1e-6)
    shown = f"{correlation:.2f}".replace("-", "−")
    assert found.sentence == (
        f"Attenuation and compression exponent at 1000 Hz trade off (correlation {shown}): {ENDING}"
    )


def test_one_sentence_for_several_frequencies_and_none_for_those_that_were_not_tested() -> None:
    covariance = without_cochlear_pairs()
    for knot, correlation in ((K500, -0.95), (K1000, -0.6), (K2000, -0.86), (0, -0.99)):
        own = np.ix_([knot, NUM_KNOTS + knot], [knot, NUM_KNOTS + knot])
        covariance[own] = cochlear(correlation, knot)[own]
    assert trade_off_sentences(posterior(covariance), DEFAULT_PRIOR, TESTED) == (
        f"Attenuation and compression exponent at 500 and 2000 Hz trade off (correlation −0.95 to −0.86): {ENDING}",
    )


def test_the_ear_against_the_person_who_answers() -> None:
    covariance = without_cochlear_pairs() + correlated((SENSITIVITY + 4, 2 * NUM_KNOTS + K2000, 0.8)) - correlated()
    assert trade_off_sentences(posterior(covariance), DEFAULT_PRIOR, TESTED) == (
        f"Sensitivity in noise re in quiet and lateral inhibition at 2000 Hz trade off (correlation 0.80): {ENDING}",
    )


def test_what_one_says_of_oneself_twice_is_left_out() -> None:
    # Sensitivity and criterion are both of the person who answers.
    covariance = without_cochlear_pairs() + correlated((SENSITIVITY, SENSITIVITY + 1, 0.9)) - correlated()
    assert trade_offs(posterior(covariance), DEFAULT_PRIOR, TESTED) == ()


def test_two_frequencies_are_named_and_three_sentences_are_the_most() -> None:
    first = 2 * NUM_KNOTS
    pairs = [(first + K500, first + K4000, -0.75), *((SENSITIVITY + k, first + K1000, 0.8) for k in (5, 9))]
    pairs += [(SENSITIVITY + 2, first + K2000, -0.9)]
    covariance = without_cochlear_pairs() + correlated(*pairs) - correlated()
    sentences = trade_off_sentences(posterior(covariance), DEFAULT_PRIOR, TESTED)
    assert len(sentences) == 3
    assert sentences[0].startswith("Lapse rate and lateral inhibition at 2000 Hz trade off (correlation −0.90)")
    four = trade_offs(posterior(covariance), DEFAULT_PRIOR, TESTED)
    assert four[3].sentence.startswith("Lateral inhibition at 500 Hz and lateral inhibition at 4000 Hz trade off")


def test_what_varies_together_among_people_is_no_trade_off() -> None:
    """Without an answer the posterior is the prior, whose neighbours are alike: nothing was fixed by answers."""
    everywhere = np.ones(NUM_KNOTS, bool)
    nothing = posterior_about(posterior(correlated()).mode, np.zeros((NUM_PARAMETERS, NUM_PARAMETERS)), DEFAULT_PRIOR)
    block = nothing.covariance[2 * NUM_KNOTS : 3 * NUM_KNOTS, 2 * NUM_KNOTS : 3 * NUM_KNOTS]
    assert block[4, 5] / np.sqrt(block[4, 4] * block[5, 5]) > 0.9
    assert trade_offs(nothing, DEFAULT_PRIOR, everywhere) == ()


def test_an_attenuation_that_is_known_leaves_nothing_open() -> None:
    # Truth: SDs of 0.3 dB and 0.005 with the correlation of another test.
    covariance = without_cochlear_pairs()
    own = np.ix_([K1000, NUM_KNOTS + K1000], [K1000, NUM_KNOTS + K1000])
    covariance[own] = 0.01 * cochlear(-0.86, K1000)[own]
    assert trade_offs(posterior(covariance), DEFAULT_PRIOR, TESTED) == ()


def test_names_are_those_of_the_table_of_the_person_who_answers() -> None:
    with jax.enable_x64(True):
        rows = observer_estimates(
            posterior(correlated()),
            frozenset(Task),
            has_masker=True,
            own_sensitivities=TASKS_OF_OWN_SENSITIVITY,
        )
    assert {row.name for row in rows} == set(OBSERVER_NAMES)
    assert len(OBSERVER_NAMES) == NUM_PARAMETERS - 3 * NUM_KNOTS
