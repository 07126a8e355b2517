"""Readouts against explicit loops and the closed form, and receptive fields against weights and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.learnable.catalogue import build
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.neural.figures import receptive_field_sheets
from hearfit.soundtasks.neural.fit import Fitted
from hearfit.soundtasks.neural.readouts import (
    LinearReadout,
    NetworkInputs,
    RecurrentCorrection,
    RecurrentDesign,
    RecurrentReadout,
    UnitScale,
)
from hearfit.soundtasks.neural.receptive_fields import spectrogram_fields, waveform_field
from hearfit.soundtasks.neural.ridge import LinearField, fit_linear_field
from hearfit.training.loop import train
from hearfit.training.settings import TrainingSettings

CHANNELS, UNITS, LAGS = 4, 3, 5
REQUEST = FrontendRequest(48_000, 0.005, CHANNELS, 500.0, 20_000.0)
DESIGN = RecurrentDesign(num_hidden=6, num_components=2, feature_dropout=0.3, hidden_dropout=0.5)


def a_field(rng: np.random.Generator, features: int = CHANNELS) -> LinearField:
    weights = rng.standard_normal((LAGS, features, UNITS))
    return LinearField(
        rng.standard_normal(features), 1.0 + rng.random(features), weights, rng.standard_normal(UNITS), 1.0
    )


def a_scale(rng: np.random.Generator) -> UnitScale:
    return UnitScale(rng.random(UNITS), 0.5 + rng.random(UNITS))


def sigmoid(values: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-values)))


def test_the_linear_readout_is_the_field(rng: np.random.Generator) -> None:
    field, features = a_field(rng), rng.standard_normal((2, 20, CHANNELS))
    readout = LinearReadout(field)(jnp.asarray(features[..., None], jnp.float32))
    np.testing.assert_allclose(readout, field(features), rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("standard_promotion")
def test_gradient_descent_from_zero_reaches_the_closed_form(rng: np.random.Generator) -> None:
    # Truth: the objective is strictly convex, so its only minimum is the ridge solution.
    features, targets = rng.standard_normal((4, 60, 2)), rng.standard_normal((4, 60, UNITS))
    field = fit_linear_field(features, targets, score=lambda _: 0.0, num_lags=2, penalties=[30.0])
    start = LinearField(field.mean, field.deviation, 0.0 * field.weights, 0.0 * field.offset, 30.0)
    inputs, wanted = jnp.asarray(features[..., None], jnp.float32), jnp.asarray(targets, jnp.float32)

    def loss(model: LinearReadout, batch: jax.Array) -> jax.Array:
        error = jnp.mean(jnp.square(model(inputs[batch]) - wanted[batch]))
        return error + 30.0 / targets.size * jnp.sum(jnp.square(model.weights[...]))

    settings = TrainingSettings(0.03, 0.0, 4, 400, 400, None, is_higher_better=True, seed=0, is_cosine=True)
    trained = train(
        LinearReadout(start),
        loss=loss,
        validate=lambda _: 0.0,
        fetch=lambda _, chosen: jnp.asarray(chosen),
        num_items=4,
        settings=settings,
    )
    np.testing.assert_allclose(trained.model.weights[...], field.weights, atol=2e-4)
    np.testing.assert_allclose(trained.model.offset[...], field.offset, atol=2e-4)


def test_the_correction_is_a_loop_over_frames(rng: np.random.Generator, key: jax.Array) -> None:
    # Truth: Cho et al. 2014 in NumPy, frame by frame.
    scale = a_scale(rng)
    network = RecurrentCorrection(CHANNELS, scale, DESIGN, key)
    hidden = DESIGN.num_hidden
    network.output_weights[...] = jnp.asarray(rng.standard_normal((hidden, UNITS)), jnp.float32)
    network.hidden_offset[...] = jnp.asarray(rng.standard_normal(hidden), jnp.float32)
    network.steepness[...] = jnp.asarray([0.5, 1.0, 2.0])
    columns, linear = rng.standard_normal((1, 12, CHANNELS)), rng.standard_normal((1, 12, UNITS))
    got = network(jnp.asarray(columns, jnp.float32), jnp.asarray(linear, jnp.float32))[0]
    w_in, w_hidden, w_out, b_hidden, steep = (
        np.asarray(each[...], np.float64)
        for each in (
            network.input_weights,
            network.hidden_weights,
            network.output_weights,
            network.hidden_offset,
            network.steepness,
        )
    )
    state, no_spike, steep = np.zeros(hidden), -scale.mean / scale.deviation, np.log1p(np.exp(steep))
    for frame in range(12):
        drive, fed_back = columns[0, frame] @ w_in, state @ w_hidden
        reset = sigmoid(drive[:hidden] + fed_back[:hidden])
        update = sigmoid(drive[hidden : 2 * hidden] + fed_back[hidden : 2 * hidden])
        candidate = np.tanh(drive[2 * hidden :] + reset * (fed_back[2 * hidden :] + b_hidden))
        state = update * candidate + (1.0 - update) * state
        above = linear[0, frame] + state @ w_out - no_spike
        np.testing.assert_allclose(got[frame], no_spike + np.log1p(np.exp(steep * above)) / steep, rtol=1e-3, atol=1e-4)


def test_the_correction_begins_with_nothing_and_never_undercuts_silence(
    rng: np.random.Generator, key: jax.Array
) -> None:
    scale = a_scale(rng)
    network = RecurrentCorrection(CHANNELS, scale, DESIGN, key)
    columns = jnp.asarray(rng.standard_normal((1, 12, CHANNELS)), jnp.float32)
    far_above = jnp.full((1, 12, UNITS), 40.0)
    np.testing.assert_allclose(network(columns, far_above), far_above, rtol=1e-5)
    rate = network(columns, -far_above) * scale.deviation[None, None] + scale.mean[None, None]
    assert float(jnp.min(rate)) > -1e-6


def test_dropout_is_drawn_from_its_key_and_absent_without(rng: np.random.Generator, key: jax.Array) -> None:
    network = RecurrentCorrection(CHANNELS, a_scale(rng), DESIGN, key)
    network.output_weights[...] = jnp.ones((DESIGN.num_hidden, UNITS))
    columns = jnp.asarray(rng.standard_normal((1, 12, CHANNELS)), jnp.float32)
    linear = jnp.zeros((1, 12, UNITS))
    first, second = network(columns, linear, jax.random.key(1)), network(columns, linear, jax.random.key(2))
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(first, network(columns, linear, jax.random.key(1)))
    np.testing.assert_array_equal(network(columns, linear), network(columns, linear))


def test_components_of_the_linear_responses_are_uncorrelated(rng: np.random.Generator) -> None:
    linear = LinearReadout(a_field(rng, features=2 * CHANNELS))
    features = jnp.asarray(rng.standard_normal((3, 200, CHANNELS, 2)), jnp.float32)
    responses = np.asarray(linear(features), np.float64).reshape(-1, UNITS)
    columns, same = NetworkInputs(linear, responses, 2)(features)
    np.testing.assert_allclose(same, linear(features), rtol=1e-6)
    components = np.asarray(columns, np.float64)[..., :2].reshape(-1, 2)
    np.testing.assert_allclose(components.T @ components / len(components), np.eye(2), atol=1e-3)
    standardised = linear.standardised(features).reshape(3, 200, CHANNELS, 2)
    np.testing.assert_array_equal(columns[..., 2:], standardised[..., 0])


def a_fit(rng: np.random.Generator, key: jax.Array, *, is_recurrent: bool, frontend: str = "mel") -> Fitted:
    built = build(frontend, REQUEST)
    linear = LinearReadout(a_field(rng, features=CHANNELS * built.layout.num_maps))
    scale = a_scale(rng)
    readout: LinearReadout | RecurrentReadout = linear
    if is_recurrent:
        network = RecurrentCorrection(2 + CHANNELS, scale, DESIGN, key)
        network.output_weights[...] = jnp.asarray(rng.standard_normal((DESIGN.num_hidden, UNITS)), jnp.float32)
        readout = RecurrentReadout(NetworkInputs(linear, rng.standard_normal((50, UNITS)), 2), network)
    return Fitted(built, readout, scale, ())


@pytest.mark.parametrize("is_recurrent", [False, True])
def test_a_response_hears_nothing_later(rng: np.random.Generator, key: jax.Array, is_recurrent: bool) -> None:
    fitted = a_fit(rng, key, is_recurrent=is_recurrent, frontend="cascade")
    sound = jnp.asarray(0.02 * rng.standard_normal((1, 240 * 30)), jnp.float32)
    gradient = np.asarray(jax.jit(jax.grad(lambda each: jnp.sum(fitted.respond(each)[:, 20])))(sound))[0]
    assert np.all(gradient[21 * 240 :] == 0.0)
    assert np.any(gradient[20 * 240 : 21 * 240] != 0.0)


def test_the_field_of_a_linear_model_is_its_weights(rng: np.random.Generator, key: jax.Array) -> None:
    fitted = a_fit(rng, key, is_recurrent=False)
    sound = (0.02 * rng.standard_normal(240 * 40)).astype(np.float32)
    first, last = spectrogram_fields(fitted, sound, (0, 2), num_lags=10, num_frames=4)
    assert isinstance(fitted.readout, LinearReadout)
    weights = (
        np.asarray(fitted.readout.weights[...]) / np.asarray(fitted.readout.standardised.deviation[...])[None, :, None]
    )
    expected = np.concatenate([weights * fitted.scale.deviation, np.zeros((10 - LAGS, CHANNELS, UNITS))])
    np.testing.assert_allclose(first.gradient, expected[..., 0], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(last.gradient, expected[..., 2], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(first.lag_s, 0.005 * np.arange(10))


@pytest.mark.parametrize("frontend", ["leaf", "pcen"])
def test_the_field_shows_the_memory_of_gain_control(rng: np.random.Generator, key: jax.Array, frontend: str) -> None:
    """Truth: central differences of the last response by the energies that PCEN is given."""
    fitted = a_fit(rng, key, is_recurrent=False, frontend=frontend)
    sound = (0.02 * rng.standard_normal(240 * 40)).astype(np.float32)
    (field,) = spectrogram_fields(fitted, sound, (1,), num_lags=40, num_frames=1)
    late = fitted.frontend.late
    assert late is not None
    energies = np.asarray(fitted.frontend.early(jnp.asarray(sound)[None]))[0]
    direction = energies * rng.standard_normal(energies.shape)

    def response(step: float) -> float:
        moved = jnp.asarray(energies + step * direction, jnp.float32)[None]
        return float(fitted.readout(late(moved))[0, -1, 1] * fitted.scale.deviation[1])

    numeric = (response(0.01) - response(-0.01)) / 0.02
    assert np.sum(field.gradient[::-1].astype(np.float64) * direction) == pytest.approx(numeric, rel=0.02)
    # The readout alone reaches no further back than its weights.
    assert np.abs(field.gradient[LAGS:]).max() > 0.0


@pytest.mark.parametrize(
    ("frontend", "words"), [("mel", "no memory of its own"), ("pcen", "before PCEN"), ("adaptation", "log-mel")]
)
def test_a_caption_says_with_respect_to_what(
    rng: np.random.Generator, key: jax.Array, frontend: str, words: str
) -> None:
    fitted = a_fit(rng, key, is_recurrent=False, frontend=frontend)
    sound = (0.02 * rng.standard_normal(240 * 12)).astype(np.float32)
    (sheet, _) = receptive_field_sheets(fitted, sound, np.arange(UNITS, dtype=float), frontend)
    assert words in sheet.caption


@pytest.mark.parametrize("reduction", ["last", "peak", "sum"])
def test_the_waveform_field_is_a_gradient(rng: np.random.Generator, key: jax.Array, reduction: str) -> None:
    fitted = a_fit(rng, key, is_recurrent=False)
    sound = (0.02 * rng.standard_normal(240 * 20)).astype(np.float32)
    field = waveform_field(fitted, sound, 1, reduction)  # type: ignore[arg-type]
    direction = rng.standard_normal(sound.size)

    def reduced(step: float) -> float:
        moved = jnp.asarray(sound + step * direction, jnp.float32)[None]
        response = np.asarray(fitted.respond(moved))[0, :, 1].astype(np.float64)
        return float({"last": response[-1], "peak": response.max(), "sum": response.sum()}[reduction])

    # Central differences in single precision.
    numeric = (reduced(1e-4) - reduced(-1e-4)) / 2e-4
    assert float(field.gradient @ direction) == pytest.approx(numeric, rel=0.02)
    assert field.time_s[-1] == pytest.approx((sound.size - 1) / 48_000)


def test_learned_numbers_of_the_readouts(rng: np.random.Generator, key: jax.Array) -> None:
    linear = LinearReadout(a_field(rng))
    counts = {path[-1]: value.size for path, value in nnx.to_flat_state(nnx.state(linear, nnx.Param))}
    assert counts == {"weights": LAGS * CHANNELS * UNITS, "offset": UNITS}
