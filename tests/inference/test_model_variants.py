"""What is taken away from a model is away in every ear that its prior allows."""

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.frontend.cochlea import gain_loss_db
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.map import whitened_prior
from hearfit.inference.model_variants import COMPARED_MODELS, FURTHER_MODELS, ModelVariant, compared_models
from hearfit.inference.simulate import normal_position
from hearfit.listener.normal import BROKEN_STICK, NORMAL, CompressionFamily, NormalEar
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, Listener, listener_at
from hearfit.listener.priors import FLAT_PRIOR

pytestmark = pytest.mark.usefixtures("float64")
ALL_MODELS = (*COMPARED_MODELS, *FURTHER_MODELS)


def ears_of(model: ModelVariant, rng: np.random.Generator) -> list[Listener]:
    whitened = whitened_prior(model.prior)
    return [
        listener_at(jnp.asarray(whitened.mean + whitened.factor @ rng.standard_normal(NUM_PARAMETERS)))
        for _ in range(20)
    ]


def test_the_first_model_is_the_default() -> None:
    first = COMPARED_MODELS[0]
    assert (first.number, first.normal, first.prior) == (1, NORMAL, DEFAULT_PRIOR)
    assert [model.number for model in ALL_MODELS] == list(range(1, 13))
    assert len({model.name for model in ALL_MODELS}) == 12
    assert {model.family for model in COMPARED_MODELS} == set(CompressionFamily)


def test_the_first_of_the_models_with_another_prior_has_that_prior() -> None:
    # Truth: the prior itself, and of the others the blocks that nothing fixes.
    models = compared_models(FLAT_PRIOR)
    assert models[0].prior == FLAT_PRIOR
    assert [model.name for model in models] == [model.name for model in COMPARED_MODELS]
    threshold = slice(NUM_KNOTS, 2 * NUM_KNOTS)
    for model in models:
        np.testing.assert_array_equal(
            model.prior.covariance[threshold, threshold], FLAT_PRIOR.covariance[threshold, threshold]
        )


@pytest.mark.parametrize("model", ALL_MODELS, ids=lambda model: model.name)
def test_parts_are_away(model: ModelVariant, rng: np.random.Generator) -> None:
    # Truth: what the words say, in ears drawn from the prior.
    for ear in ears_of(model, rng):
        threshold = np.asarray(ear.attenuation_db) + np.asarray(gain_loss_db(ear.exponent, NORMAL))
        if model.attenuation == "none":
            assert np.asarray(ear.attenuation_db)[threshold < 80.0].max(initial=0.0) < 0.1
        elif model.attenuation == "all of the loss":
            np.testing.assert_allclose(np.asarray(ear.exponent)[threshold > 5.0], 0.3, atol=0.002)
        if model.inhibition != "fitted":
            wanted = 0.5 if model.inhibition == "normal" else 0.0
            np.testing.assert_allclose(np.asarray(ear.inhibition), wanted, atol=0.002)


def test_what_is_not_fixed_is_as_free_as_ever() -> None:
    # Truth: the default prior, whose blocks are independent.
    own, default = COMPARED_MODELS[1].prior.covariance, DEFAULT_PRIOR.covariance
    np.testing.assert_array_equal(own[NUM_KNOTS:, NUM_KNOTS:], default[NUM_KNOTS:, NUM_KNOTS:])


@pytest.mark.parametrize("normal", [NORMAL, BROKEN_STICK], ids=["power", "broken stick"])
def test_the_normal_ear_without_inhibition_is_at_threshold(normal: NormalEar) -> None:
    # Truth: 0 dB HL within the 1.2 dB that the documentation promises.
    model = next(m for m in FURTHER_MODELS if m.inhibition == "none" and m.family is normal.compression)
    position = normal_position(NORMAL)
    position[2 * NUM_KNOTS : 3 * NUM_KNOTS] = model.prior.inhibition.mean
    thresholds = np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=model.normal))
    assert np.abs(thresholds).max() < 1.2
