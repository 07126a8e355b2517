"""Moving ripples end to end: published normal values, what they show of an ear, and the way back to the listener."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.experiment.protocol_file import parse_protocol
from hearfit.experiment.rippled_noise import Ripple
from hearfit.experiment.stimulus_columns import MODULATION_DEPTH, RIPPLE_DENSITY, RIPPLE_RATE
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.inference.information import plan_session
from hearfit.inference.laplace import laplace
from hearfit.inference.likelihood import predict
from hearfit.inference.simulate import normal_position, position_from_thresholds, thresholds_at_knots
from hearfit.inference.task_model import TASK_SENSITIVITY
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS
from hearfit.protocols.loader import load_protocol, shipped_protocols
from hearfit.storage.trial_files import read_trials, write_trials
from tests.inference.sessions import (
    TRANSDUCER,
    detection,
    expected_sd,
    fit_data,
    loudness,
    mode_of,
    simulated,
    simulated_blocks,
    trials_of,
    truth,
)
from tests.observer.ripple_reference import COCHLEA, detectability_of_the_cortex
from tests.studies.ripple_thresholds import SHARE_CORRECT, moving_ripples, planned, thresholds_db, with_inhibition

pytestmark = pytest.mark.usefixtures("float64")

NAME = "spectro_temporal_modulation"


def test_simulated_answers_of_a_normal_ear_have_the_threshold_of_the_convention() -> None:
    # Truth: the -20 dB at 4 Hz and 2 cycles per octave to which this task's prior is set. The way there shares nothing
    # with the model: a psychometric function through simulated answers.
    protocol = moving_ripples(depth_db=tuple(np.arange(-30.0, -9.0, 2.0)), repetitions=60)
    (block,) = simulated_blocks([protocol], seed=5, position=normal_position(NORMAL))
    depth, correct = block.parameters[MODULATION_DEPTH], block.response

    def cost(at: np.ndarray) -> float:
        share = 1.0 / 3.0 + (0.98 - 1.0 / 3.0) * norm.cdf((depth - at[0]) / np.exp(at[1]))
        return -float(np.sum(np.log(np.where(correct == 1, share, 1.0 - share))))

    middle, spread = minimize(cost, [-20.0, 1.0], method="Nelder-Mead").x
    threshold = middle + np.exp(spread) * norm.ppf((SHARE_CORRECT - 1.0 / 3.0) / (0.98 - 1.0 / 3.0))
    assert threshold == pytest.approx(-20.0, abs=1.0)


def test_the_transfer_function_of_a_normal_ear_is_that_of_chi_et_al() -> None:
    # Truth: Chi et al. 1999: low-pass in both dimensions; twice the depth is needed at about 16 Hz and 2 cycles per
    # octave. To within 1.4 of either.
    position = normal_position(NORMAL)
    rates, densities = (2.0, 4.0, 8.0, 16.0, 32.0), (0.25, 0.5, 1.0, 2.0, 4.0)
    by_rate = thresholds_db(position, moving_ripples(rate_hz=rates, density=(1.0,), duration_s=1.0))
    by_density = thresholds_db(position, moving_ripples(density=densities, duration_s=1.0))
    for found, axis, published in ((by_rate, rates, 16.0), (by_density, densities, 2.0)):
        threshold = np.array(list(found.values()))
        best = int(np.argmin(threshold))
        upper = threshold[best:]
        assert np.all(np.diff(upper) > 0.0)
        # Below the best, sensitivity hardly falls.
        assert threshold[0] - threshold[best] < 3.0
        cutoff = np.interp(upper[0] + 20.0 * np.log10(2.0), upper, np.log(axis[best:]))
        assert abs(cutoff - np.log(published)) < np.log(1.4)


def test_both_directions_and_the_level_make_little_difference() -> None:
    # Truth: Chi et al. 1999 found thresholds of ripples that move up and down alike. Where all of it is well audible,
    # a ripple is heard at any level.
    position = normal_position(NORMAL)
    found = thresholds_db(position, moving_ripples(rate_hz=(-8.0, 8.0)))
    assert abs(found[-8.0, 2.0] - found[8.0, 2.0]) < 0.5
    protocol = moving_ripples()
    soft = replace(protocol, design=replace(protocol.design, levels_db_hl=(55.0,)))
    assert abs(thresholds_db(position, soft)[4.0, 2.0] - thresholds_db(position, protocol)[4.0, 2.0]) < 0.5


def test_a_narrow_carrier_needs_deeper_ripples() -> None:
    # Truth: independent channels add up as squared d', and d' grows as squared depth: 5 lg 4 = 3 dB for a quarter of
    # the channels, and some more because those that lie lower have filters that are broader in octaves.
    position = normal_position(NORMAL)
    broad = thresholds_db(position, moving_ripples())[4.0, 2.0]
    narrow = thresholds_db(position, moving_ripples(octaves=1.0, centre_hz=1000.0))[4.0, 2.0]
    assert 2.0 < narrow - broad < 8.0


def test_a_broadly_tuned_ear_hears_dense_ripples_worse_and_sparse_ones_as_well() -> None:
    # Truth: Bernstein et al. 2013, Mehraei et al. 2014: impaired listeners are worse at 2 and 4 cycles per octave and
    # low rates, not at low densities.
    densities = moving_ripples(density=(0.5, 2.0))
    normal, broad = (
        thresholds_db(with_inhibition(normal_position(NORMAL), strength), densities) for strength in (0.5, 0.02)
    )
    loss = {density: broad[4.0, density] - normal[4.0, density] for density in (0.5, 2.0)}
    assert loss[0.5] < 3.0
    assert loss[2.0] > 5.0
    assert loss[2.0] > loss[0.5] + 4.0


def test_a_sloping_loss_of_compression_and_tuning_is_worse_at_the_same_level() -> None:
    # Truth: the direction of Bernstein et al. 2013, with more than audibility: the level is 75 dB HL.
    wanted = thresholds_at_knots(standard_audiogram("N4"), Ear.LEFT)
    position = with_inhibition(position_from_thresholds(wanted, outer_hair_cell_share=0.65, normal=NORMAL), 0.1)
    protocol = moving_ripples()
    at_2 = thresholds_db(normal_position(NORMAL), protocol)[4.0, 2.0]
    impaired = thresholds_db(position, protocol)[4.0, 2.0]
    assert impaired - at_2 > 5.0


@pytest.mark.parametrize("interval_count", [1, 3])
def test_probabilities_are_those_of_the_cortical_stage(interval_count: int) -> None:
    # Truth: d' of the cortical stage run on whole sounds; the shares of yes and of correct answers by quadrature.
    position = truth()
    protocol = moving_ripples(
        rate_hz=(-4.0, 10.0),
        density=(1.0,),
        depth_db=(-20.0, -14.0),
        catch_trials=1 if interval_count == 1 else 0,
        interval_count=interval_count,
    )
    conditions = planned(protocol, position)
    (responses,) = predict(position, fit_data([conditions]), normal=NORMAL)
    assert responses.probability.shape == (2 * (2 + (interval_count == 1)), 2)
    ear = ear_on_channels(channel_coordinates(jnp.asarray(position), COCHLEA))
    sensitivity = np.exp(position[3 * NUM_KNOTS] + position[TASK_SENSITIVITY["spectro-temporal modulation"]])
    criterion, lapse = position[3 * NUM_KNOTS + 1], 1.0 / (1.0 + np.exp(-position[3 * NUM_KNOTS + 2]))
    for row in range(len(conditions.counts)):
        value = dict(conditions.stimuli[conditions.stimulus_index[row]].parameters)
        ripple = Ripple(1500.0, 4.0, value[RIPPLE_RATE], value[RIPPLE_DENSITY])
        depth, level = conditions.parameters[MODULATION_DEPTH][row], float(conditions.level_db_hl[row])
        detectability = 0.0
        if not conditions.is_catch[row]:
            assert np.isfinite(depth)
            detectability = sensitivity * detectability_of_the_cortex(
                ripple, float(depth), ear, level_db_hl=level, duration_s=0.48
            )
        if interval_count == 1:
            expected = 0.5 * lapse + (1.0 - lapse) * norm.cdf(detectability - criterion)
        else:
            grid = detectability + np.linspace(-9.0, 9.0, 20_001)
            density = norm.pdf(grid - detectability) * norm.cdf(grid) ** (interval_count - 1)
            expected = lapse / interval_count + (1.0 - lapse) * np.sum(density) * (grid[1] - grid[0])
        assert responses.probability[row, 1] == pytest.approx(expected, abs=0.03)


def test_the_jacobian_is_that_of_finite_differences() -> None:
    # Truth: central differences of the probabilities in every coordinate that matters.
    position = truth()
    data = fit_data([planned(moving_ripples(depth_db=(-18.0, -12.0, 0.0), density=(0.5, 2.0)), position)])
    (at,) = predict(position, data, normal=NORMAL)
    step = 1e-5
    for index in range(len(position)):
        moved = []
        for sign in (1.0, -1.0):
            other = position.copy()
            other[index] += sign * step
            moved.append(predict(other, data, normal=NORMAL)[0].probability)
        difference = (moved[0] - moved[1]) / (2.0 * step)
        np.testing.assert_allclose(at.jacobian[:, :, index], difference, atol=2e-6)
    assert np.abs(at.jacobian[:, :, 2 * NUM_KNOTS : 3 * NUM_KNOTS]).max() > 0.005


def test_the_inhibition_of_a_simulated_listener_is_found_again() -> None:
    # Truth: the listener who answered; 3 SDs, in the mean over the band.
    position = with_inhibition(truth(), 0.2)
    ripples = moving_ripples(
        density=(0.5, 1.0, 2.0), depth_db=tuple(np.arange(-28.0, 0.0, 4.0)), repetitions=16, interval_count=3
    )
    posterior = laplace(
        mode_of(simulated([detection(), loudness(), ripples], seed=11, position=position)), DEFAULT_PRIOR
    )
    band = slice(2 * NUM_KNOTS + 2, 2 * NUM_KNOTS + 10)
    share = np.full(8, 1.0 / 8.0)
    sd = float(np.sqrt(share @ posterior.covariance[band, band] @ share))
    assert abs(float(share @ (posterior.mode - position)[band])) < 3.0 * sd
    assert sd < 0.7 * float(np.sqrt(share @ posterior.reference_covariance[band, band] @ share))


def test_what_a_planned_session_tells_of_inhibition() -> None:
    # Truth: without a test of selectivity the SD is nearly that of the prior; ripples narrow it.
    wanted = thresholds_at_knots(standard_audiogram("N2"), Ear.LEFT)
    position = with_inhibition(position_from_thresholds(wanted, outer_hair_cell_share=0.65, normal=NORMAL), 0.3)
    plain = [load_protocol("pure_tone_detection"), load_protocol("categorical_loudness")]
    without, with_ripples = (
        expected_sd(
            plan_session(protocols, position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL).posterior()
        )[3, 4:9]
        for protocols in (plain, [*plain, load_protocol(NAME)])
    )
    assert np.all(with_ripples < 0.85 * without)


def test_trials_read_back_as_they_were_written(tmp_path: Path) -> None:
    protocol = moving_ripples(
        rate_hz=(-4.0, 12.0), density=(0.5, 2.0), depth_db=(-20.0, -10.5), catch_trials=2, interval_count=1
    )
    blocks = simulated_blocks([protocol, detection((1000.0,))], seed=2)
    path = tmp_path / "trials.tsv"
    write_trials(path, trials_of(blocks))
    (back,), warnings = read_trials([path], protocols=[protocol, detection((1000.0,))])
    assert warnings == ()
    (found,) = [block for block in back.blocks if block.protocol.name == NAME]
    (written,) = [block for block in blocks if block.protocol.name == NAME]
    assert list(found.parameters) == [RIPPLE_RATE, RIPPLE_DENSITY, MODULATION_DEPTH]
    for name, values in written.parameters.items():
        np.testing.assert_array_equal(found.parameters[name], values)
    np.testing.assert_array_equal(found.is_catch, written.is_catch)
    np.testing.assert_array_equal(found.level_db_hl, written.level_db_hl)
    assert np.isnan(found.parameters[MODULATION_DEPTH][found.is_catch]).all()
    assert np.count_nonzero(found.is_catch) == 8


COLUMNS = (
    "listener\tear\tsession\tprotocol\ttrial\tfrequency_hz\tlevel_db_hl\tresponse\tcatch\tinterval_count\t"
    "ripple_rate_hz\tripple_density_per_octave\tmodulation_depth_db"
)


@pytest.mark.parametrize(
    ("rate", "density", "depth", "catch", "sentence"),
    [
        ("0", "2", "-10", "0", "ripple_rate_hz: '0' is not the rate of a moving ripple."),
        ("40", "2", "-10", "0", "Allowed in spectro_temporal_modulation: 2 to 32 Hz, with a minus sign where the"),
        ("4", "9", "-10", "0", "ripple_density_per_octave: '9' is not a density of ripples."),
        ("4", "0.1", "-10", "0", "Allowed in spectro_temporal_modulation: 0.25 to 8 per octave."),
        ("4", "2", "3", "0", "modulation_depth_db: '3' is not the depth of a modulation."),
        ("4", "2", "n/a", "0", "Allowed in spectro_temporal_modulation: -60 to 0 dB."),
        ("4", "2", "-10", "1", "is a signal in a catch trial"),
        ("n/a", "2", "-10", "0", "is not the rate of a moving ripple"),
    ],
)
def test_ripples_that_cannot_be_are_refused(
    tmp_path: Path, rate: str, density: str, depth: str, catch: str, sentence: str
) -> None:
    row = f"S1\tleft\t2026-01-31\t{NAME}\t1\t1500\t75\t1\t{catch}\t1\t{rate}\t{density}\t{depth}"
    path = tmp_path / "trials.tsv"
    path.write_text(f"{COLUMNS}\n{row}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_trials([path], protocols=shipped_protocols(), transducer=TRANSDUCER)
    assert any(sentence in problem for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("bandwidth_octaves = 4\n", "", "stimulus.bandwidth_octaves is missing. A moving_ripple needs it"),
        ("is_transducer_required = true", "is_transducer_required = false", "is_transducer_required is false."),
        (
            "ripple_rate_hz = [4, 12]",
            "ripple_rate_hz = [0, 12]",
            "design.values.ripple_rate_hz has 0. Allowed: 2 to 32",
        ),
        ("[0.5, 1, 2]", "[0.5, 1, 20]", "design.values.ripple_density_per_octave has 20. Allowed: 0.25 to 8 per"),
        ("-10, -6]", "-10, 6]", "design.values.modulation_depth_db has 6. Allowed: -60 to 0 dB."),
        ("ripple_rate_hz = [4, 12]\n", "", "design.values has ripple_density_per_octave, modulation_depth_db."),
        ('task = "discrimination"', 'task = "detection"', "the key design.level_offsets_db is missing."),
    ],
)
def test_protocols_that_cannot_be_are_refused(source_root: Path, old: str, new: str, sentence: str) -> None:
    text = (source_root / "protocols" / f"{NAME}.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(InputError) as caught:
        parse_protocol(text.replace(old, new), source="my.toml")
    assert any(problem.startswith(f"my.toml: {sentence}") for problem in caught.value.problems), caught.value.problems
