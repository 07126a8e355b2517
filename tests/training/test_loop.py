"""The training loop: least squares in closed form, Adam's first step, Optax written out by hand, early stopping."""

from dataclasses import replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from hearfit.errors import InputError, TrainingError
from hearfit.training.loop import Trained, train
from hearfit.training.optimiser import rate_factor
from tests.training.regression import (
    NUM_ITEMS,
    SETTINGS,
    Regression,
    fetch,
    items,
    run,
    squared_error,
    validate,
)

Pure = dict[str, Any]
WHOLE = replace(
    SETTINGS, batch_size=NUM_ITEMS, largest_gradient=None, is_cosine=False, num_warm_up_steps=0, steps_per_validation=1
)


@cache
def converged() -> Trained[Regression]:
    return run(replace(WHOLE, num_steps=400, steps_per_validation=100, is_cosine=True))


def test_least_squares_is_reached() -> None:
    x, y = items()
    solution, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(NUM_ITEMS)]), y, rcond=None)
    model = converged().model
    found = [*(model.weights[...] * model.frontend.gain[...]), model.bias[...]]
    np.testing.assert_allclose(found, solution, atol=1e-4)


def test_the_first_step_of_adam_is_the_learning_rate_downhill() -> None:
    """Kingma & Ba 2015: both bias-corrected moments are those of one gradient, so its size cancels."""
    x, y = items()
    before = Regression()
    gradient = nnx.grad(squared_error)(before, (x, y))
    after = run(replace(WHOLE, num_steps=1)).model
    steps = after.weights[...] - before.weights[...]
    np.testing.assert_allclose(steps, -WHOLE.learning_rate * np.sign(gradient.weights[...]), rtol=1e-4)
    steps = after.frontend.gain[...] - before.frontend.gain[...]
    np.testing.assert_allclose(steps, -WHOLE.frontend_learning_rate * np.sign(gradient.frontend.gain[...]), rtol=1e-4)


@pytest.mark.usefixtures("standard_promotion")
def test_it_is_what_optax_gives_by_hand() -> None:
    """AdamW with a rate for each group, as Optax itself offers it; decay of the readout alone."""
    settings = replace(SETTINGS, weight_decay=0.1, num_steps=6, is_cosine=False, num_warm_up_steps=0)
    labels = {"frontend": {"gain": "slow"}, "weights": "fast", "bias": "fast"}
    pure: Pure = nnx.to_pure_dict(nnx.state(Regression(), nnx.Param))
    by_hand = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.partition(
            {"fast": optax.adamw(settings.learning_rate, weight_decay=0.1), "slow": optax.adam(0.02)}, labels
        ),
    )

    order = np.concatenate([np.random.default_rng([3, epoch]).permutation(NUM_ITEMS) for epoch in (0, 1)])

    def loss(values: Pure, batch: tuple[jax.Array, jax.Array]) -> jax.Array:
        x, y = batch
        return jnp.mean((x * values["frontend"]["gain"] @ values["weights"] + values["bias"] - y) ** 2)

    @jax.jit
    def update(values: Pure, state: optax.OptState, batch: tuple[jax.Array, jax.Array]) -> tuple[Pure, optax.OptState]:
        updates, new = by_hand.update(jax.grad(loss)(values, batch), state, values)
        changed: Any = optax.apply_updates(values, updates)
        return changed, new

    with jax.numpy_rank_promotion("allow"):
        state = by_hand.init(pure)
        for step in range(settings.num_steps):
            pure, state = update(pure, state, fetch(step, order[step * 7 : step * 7 + 7]))
    trained = nnx.to_pure_dict(nnx.state(run(settings).model, nnx.Param))
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-5), trained, pure)


def test_rates_rise_and_fall() -> None:
    settings = replace(SETTINGS, num_steps=103, num_warm_up_steps=3)
    factors = [float(rate_factor(jnp.array(step), settings)) for step in (0, 1, 2, 3, 28, 53, 78, 103)]
    quarter = 0.5 * (1.0 + np.cos(np.pi / 4.0))
    np.testing.assert_allclose(factors, [0.25, 0.5, 0.75, 1.0, quarter, 0.5, 1.0 - quarter, 0.0], atol=1e-6)
    constant = replace(settings, is_cosine=False)
    assert float(rate_factor(jnp.array(90), constant)) == 1.0


def test_it_is_traced_once_and_the_given_model_is_not_changed() -> None:
    model = Regression()
    before = model.weights[...].tolist()
    num_traces = 0

    def loss(model: Regression, batch: tuple[jax.Array, jax.Array]) -> jax.Array:
        nonlocal num_traces
        num_traces += 1
        return squared_error(model, batch)

    trained = train(
        model, loss=loss, validate=validate, fetch=fetch, num_items=NUM_ITEMS, settings=replace(WHOLE, num_steps=2)
    )
    assert num_traces == 1
    assert model.weights[...].tolist() == before
    assert trained.model.weights[...].tolist() != before
    assert trained.model.frontend.offset[...].tolist() == [0.0, 0.0, 0.0]


def test_a_frozen_frontend_stays() -> None:
    model = run(replace(SETTINGS, frontend_learning_rate=0.0)).model
    assert model.frontend.gain[...].tolist() == [1.0, 1.0, 1.0]
    assert model.weights[...].tolist() != [0.5, -0.5, 0.25]


def scripted(
    scores: list[float], *, is_higher_better: bool, patience: int | None
) -> tuple[Trained[Regression], list[float]]:
    """A training whose validation scores are given, and the bias at each validation."""
    biases: list[float] = []

    def score(model: Regression) -> float:
        biases.append(float(model.bias[...]))
        return scores[len(biases) - 1]

    settings = replace(WHOLE, num_steps=len(scores), is_higher_better=is_higher_better, patience=patience)
    trained = train(
        Regression(), loss=squared_error, validate=score, fetch=fetch, num_items=NUM_ITEMS, settings=settings
    )
    return trained, biases


@pytest.mark.parametrize(
    ("is_higher_better", "patience", "best", "num_steps"),
    [(True, None, 7, 7), (True, 2, 3, 5), (True, 1, 1, 2), (False, 3, 2, 5)],
)
def test_validation_alone_stops_and_chooses(
    is_higher_better: bool, patience: int | None, best: int, num_steps: int
) -> None:
    """Step by step by hand; of the equal fives the first counts."""
    scores = [3.0, 2.0, 5.0, 5.0, 4.0, 2.5, 6.0]
    trained, biases = scripted(scores, is_higher_better=is_higher_better, patience=patience)
    assert trained.best.step == best
    assert trained.num_steps == num_steps == len(biases)
    assert float(trained.model.bias[...]) == biases[best - 1]


def test_the_curve_is_mean_loss_and_score() -> None:
    told: list[tuple[int, int, float, float | None]] = []
    trained = run(replace(SETTINGS, num_steps=20), on_progress=lambda *each: told.append(each))
    assert [each[:2] for each in told] == [(step, 20) for step in range(1, 21)]
    assert [each[0] for each in told if each[3] is not None] == [8, 16, 20] == [point.step for point in trained.curve]
    assert trained.curve[1].training_loss == pytest.approx(np.mean([each[2] for each in told[8:16]]), rel=1e-12)
    assert trained.curve[1].validation_score == told[15][3]


def test_a_loss_that_is_no_number_names_its_step() -> None:
    def breaks(step: int, indices: object) -> tuple[np.ndarray, np.ndarray]:
        x, y = items()
        return (x * np.float32(np.nan if step == 4 else 1.0), y)

    with pytest.raises(TrainingError, match=r"The training loss of step 5 is nan, which is not a finite number\."):
        train(Regression(), loss=squared_error, validate=validate, fetch=breaks, num_items=5, settings=SETTINGS)


def test_a_validation_that_is_no_number_is_no_best() -> None:
    with pytest.raises(TrainingError, match=r"The validation score after step 2 is nan"):
        scripted([1.0, float("nan"), 3.0], is_higher_better=True, patience=None)


def test_nothing_to_train() -> None:
    class Nothing(nnx.Module):
        pass

    with pytest.raises(InputError, match="nothing to train"):
        train(
            Nothing(),
            loss=lambda m, b: jnp.array(0.0),
            validate=lambda m: 0.0,
            fetch=fetch,
            num_items=1,
            settings=WHOLE,
        )


def test_settings_outside_their_range_are_all_named() -> None:
    with pytest.raises(InputError) as caught:
        replace(SETTINGS, learning_rate=-1.0, batch_size=0, patience=0, num_warm_up_steps=40, largest_gradient=0.0)
    assert len(caught.value.problems) == 5
