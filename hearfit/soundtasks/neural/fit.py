"""A frontend and a readout, fitted to the training sounds; whatever is chosen is chosen on the validation sounds.

The linear readout starts at its closed form on the frontend's initial features. If the frontend learns, both are then
trained on the same objective, squared error plus penalty |weights|^2, by gradient; if not, that start is the minimum
already. First a last stage that gives few features learns alone, by variable projection (`projection`), which needs no
waveform; then everything together. The recurrent readout is a correction of the linear one, trained on the features of
the frontend that was fitted with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, PRNGKeyArray

from hearfit.corpora.ns1 import SoundSplit
from hearfit.learnable.interface import Frontend
from hearfit.soundtasks.learned import num_learned
from hearfit.soundtasks.neural.data import Recorded
from hearfit.soundtasks.neural.projection import train_late
from hearfit.soundtasks.neural.readouts import (
    LinearReadout,
    NetworkInputs,
    RecurrentCorrection,
    RecurrentDesign,
    RecurrentReadout,
    UnitScale,
)
from hearfit.soundtasks.neural.responses import Responses
from hearfit.soundtasks.neural.ridge import LinearField, fit_linear_field
from hearfit.soundtasks.neural.scores import normalised_correlation
from hearfit.soundtasks.neural.staging import Given, Inputs, computed, staged, with_learned
from hearfit.training.curve import CurvePoint, best_point
from hearfit.training.loop import train
from hearfit.training.settings import Settings, TrainingSettings

Tell = Callable[[str, float], None]
# Below this deviation (spikes per bin) a unit is silent, and its responses are left as they are.
_LEAST_DEVIATION = 1e-6


@dataclass(frozen=True)
class FitDesign:
    """How the two readouts are trained.

    Attributes:
        late: of a frontend's last stage alone, before `linear`; the batch is always all sounds.
        most_late_features: with more a last stage is not trained alone, since a step takes their square.
    """

    late: TrainingSettings
    most_late_features: int
    linear: TrainingSettings
    recurrent: TrainingSettings
    readout: RecurrentDesign


@dataclass(frozen=True)
class Fitting:
    """What a fit is made of, and where it keeps its checkpoints (None: nowhere)."""

    recorded: Recorded
    split: SoundSplit
    design: FitDesign
    seed: int
    workspace: Path | None
    tell: Tell


@dataclass(frozen=True)
class Fitted:
    """A fitted frontend with its readout.

    Attributes:
        readout: of the frontend's features, to standardised responses.
        scale: of the units' responses.
        curve: of the last training; that of the linear readout begins with the closed form at step 0, and steps of the
            last stage alone and then of everything are counted through.
    """

    frontend: Frontend
    readout: LinearReadout | RecurrentReadout
    scale: UnitScale
    curve: tuple[CurvePoint, ...]

    def respond(self, waveform_pa: Float[Array, "batch samples"]) -> Float[Array, "batch frames units"]:
        """Predicted mean count per bin, differentiable in the waveform."""
        standardised = self.readout(self.frontend(waveform_pa))
        return standardised * self.scale.deviation[None, None] + self.scale.mean[None, None]


class NeuralModel(nnx.Module):
    """A stage that learns, in the attribute that the training takes for the frontend, and its linear readout."""

    def __init__(self, frontend: nnx.Module, readout: LinearReadout) -> None:
        self.frontend = frontend
        self.readout = readout

    def __call__(self, inputs: Inputs) -> Float[Array, "batch frames units"]:
        """Standardised responses."""
        return self.readout(self.frontend(inputs))


class _Batch(NamedTuple):
    inputs: Inputs
    responses: Float[Array, "batch frames units"]


class _CorrectionBatch(NamedTuple):
    columns: Float[Array, "batch frames features"]
    linear: Float[Array, "batch frames units"]
    responses: Float[Array, "batch frames units"]
    key: PRNGKeyArray


def fit_linear(frontend: Frontend, fitting: Fitting) -> Fitted:
    """The linear readout, and with it whatever learns in the frontend."""
    frontend, before = _with_trained_late_stage(frontend, fitting)
    design, tell = fitting.design.linear, fitting.tell
    stage = staged(frontend)
    tell("features", 0.0)
    inputs = computed(stage.fixed, fitting.recorded.waveform_pa)
    features = inputs if isinstance(stage.learned, Given) else computed(stage.learned, inputs)
    scale, targets = _standardised(fitting)
    training, validation = list(fitting.split.training), list(fitting.split.validation)
    columns = features.reshape(*features.shape[:2], -1)
    validated = _Validated(fitting)
    tell("closed form", 0.0)
    field = fit_linear_field(
        columns[training], targets[training], score=lambda each: validated.score(each(columns[validation]))
    )
    readout = LinearReadout(field)
    start = _start(field, columns, targets, fitting, validated)
    if isinstance(stage.learned, Given):
        return Fitted(frontend, readout, scale, (start,))
    share = field.penalty / targets[training].size

    def loss(model: NeuralModel, batch: _Batch) -> Float[Array, ""]:
        error = jnp.mean(jnp.square(model(batch.inputs) - batch.responses))
        return error + share * jnp.sum(jnp.square(model.readout.weights[...]))

    predict = jax.jit(lambda graph, state, some: nnx.merge(graph, state)(some), static_argnums=0)

    def validate(model: NeuralModel) -> float:
        graph, state = nnx.split(model)
        # One after the other: the waveforms of all would need three times the memory.
        predicted = [np.asarray(predict(graph, state, jnp.asarray(inputs[index : index + 1]))) for index in validation]
        return validated.score(np.concatenate(predicted))

    def fetch(_step: int, indices: np.ndarray) -> _Batch:
        chosen = np.asarray(training)[indices]
        return _Batch(jnp.asarray(inputs[chosen]), jnp.asarray(targets[chosen], jnp.float32))

    trained = train(
        NeuralModel(stage.learned, readout),
        loss=loss,
        validate=validate,
        fetch=fetch,
        num_items=len(training),
        settings=replace(design, seed=fitting.seed),
        checkpoint=None if fitting.workspace is None else fitting.workspace / "linear.safetensors",
        identity=_identity(fitting),
        on_progress=lambda step, steps, _loss, _score: tell("frontend and linear readout", step / steps),
    )
    curve = (*(before or (start,)), *(replace(point, step=_last(before) + point.step) for point in trained.curve))
    if start.validation_score >= trained.best.validation_score:
        return Fitted(frontend, readout, scale, curve)
    return Fitted(with_learned(frontend, trained.model.frontend), trained.model.readout, scale, curve)


def fit_recurrent(frontend: Frontend, fitting: Fitting) -> Fitted:
    """The linear readout first, with the frontend; then its correction by a recurrent network."""
    tell = fitting.tell
    linear = fit_linear(frontend, replace(fitting, tell=lambda what, share: tell(what, 0.5 * share)))
    assert isinstance(linear.readout, LinearReadout)
    _, targets = _standardised(fitting)
    training, validation = list(fitting.split.training), list(fitting.split.validation)
    features = computed(linear.frontend, fitting.recorded.waveform_pa)
    responses = computed(linear.readout, features)
    of_training = responses[training].reshape(-1, responses.shape[-1])
    network_inputs = NetworkInputs(linear.readout, of_training, fitting.design.readout.num_components)
    columns = computed(lambda some: network_inputs(some)[0], features)
    from_parameters, from_steps = jax.random.split(jax.random.key(fitting.seed))
    correction = RecurrentCorrection(columns.shape[-1], linear.scale, fitting.design.readout, from_parameters)
    validated = _Validated(fitting)
    correct = jax.jit(lambda graph, state, some, base: nnx.merge(graph, state)(some, base), static_argnums=0)

    def loss(model: RecurrentCorrection, batch: _CorrectionBatch) -> Float[Array, ""]:
        corrected = model(batch.columns, batch.linear, batch.key)
        return jnp.mean(jnp.square(corrected - batch.responses))

    def validate(model: RecurrentCorrection) -> float:
        graph, state = nnx.split(model)
        corrected = correct(graph, state, jnp.asarray(columns[validation]), jnp.asarray(responses[validation]))
        return validated.score(np.asarray(corrected))

    def fetch(step: int, indices: np.ndarray) -> _CorrectionBatch:
        chosen = np.asarray(training)[indices]
        return _CorrectionBatch(
            jnp.asarray(columns[chosen]),
            jnp.asarray(responses[chosen]),
            jnp.asarray(targets[chosen], jnp.float32),
            jax.random.fold_in(from_steps, step),
        )

    trained = train(
        correction,
        loss=loss,
        validate=validate,
        fetch=fetch,
        num_items=len(training),
        settings=replace(fitting.design.recurrent, seed=fitting.seed),
        checkpoint=None if fitting.workspace is None else fitting.workspace / "recurrent.safetensors",
        identity=_identity(fitting),
        on_progress=lambda step, steps, _loss, _score: tell("recurrent readout", 0.5 + 0.5 * step / steps),
    )
    readout = RecurrentReadout(network_inputs, trained.model)
    return Fitted(linear.frontend, readout, linear.scale, trained.curve)


def predicted_responses(
    fitted: Fitted, recorded: Recorded, sounds: tuple[int, ...]
) -> Float[np.ndarray, "sounds bins units"]:
    """Predicted mean counts for some of the sounds."""
    return computed(fitted.respond, recorded.waveform_pa[list(sounds)])


def _with_trained_late_stage(frontend: Frontend, fitting: Fitting) -> tuple[Frontend, tuple[CurvePoint, ...]]:
    """The frontend with its last stage trained alone, and that training's curve; unchanged where it has none."""
    layer, design = frontend.late, fitting.design
    if layer is None or num_learned(layer) == 0:
        return frontend, ()
    if layer.num_maps * frontend.layout.num_channels > design.most_late_features:
        return frontend, ()
    fitting.tell("features", 0.0)
    spectrograms = computed(frontend.early, fitting.recorded.waveform_pa)
    _, targets = _standardised(fitting)
    training, validation = list(fitting.split.training), list(fitting.split.validation)
    validated = _Validated(fitting)

    def closed_form(late: Callable[[Inputs], Inputs]) -> tuple[LinearField, CurvePoint]:
        features = computed(late, spectrograms)
        columns = features.reshape(*features.shape[:2], -1)
        field = fit_linear_field(
            columns[training], targets[training], score=lambda each: validated.score(each(columns[validation]))
        )
        return field, _start(field, columns, targets, fitting, validated)

    field, start = closed_form(layer)
    settings = replace(design.late, seed=fitting.seed, batch_size=len(training))
    trained = train_late(
        layer,
        spectrograms[training],
        targets[training],
        penalty=field.penalty,
        score=lambda late: closed_form(late)[1].validation_score,
        settings=settings,
        on_step=lambda step: fitting.tell("last stage", step / settings.num_steps),
    )
    curve = (start, *trained.curve)
    if best_point(curve, is_higher_better=True) == start:
        return frontend, curve
    learned = nnx.clone(frontend)
    assert learned.late is not None, "a copy has the stages of its original"
    nnx.update(learned.late, nnx.state(trained.model))
    return learned, curve


def _last(curve: tuple[CurvePoint, ...]) -> int:
    return curve[-1].step if curve else 0


class _Validated:
    """Mean score of the validation sounds; NaN units count as nothing."""

    def __init__(self, fitting: Fitting) -> None:
        self._recorded: Responses = fitting.recorded.responses.of(fitting.split.validation)

    def score(self, predicted: Float[np.ndarray, "sounds bins units"]) -> float:
        """Of standardised responses too: scale and offset do not matter."""
        scores = normalised_correlation(predicted, self._recorded)
        # Where the repeats share no signal there is nothing to choose by.
        return float(np.mean(np.nan_to_num(scores)))


def _start(
    field: LinearField, columns: np.ndarray, targets: np.ndarray, fitting: Fitting, validated: _Validated
) -> CurvePoint:
    training, validation = list(fitting.split.training), list(fitting.split.validation)
    error = float(np.mean(np.square(field(columns[training]) - targets[training])))
    return CurvePoint(0, error, validated.score(field(columns[validation])))


def _standardised(fitting: Fitting) -> tuple[UnitScale, Float[np.ndarray, "sounds bins units"]]:
    psth = fitting.recorded.responses.psth
    of_training = psth[list(fitting.split.training)]
    mean, deviation = of_training.mean(axis=(0, 1)), of_training.std(axis=(0, 1))
    scale = UnitScale(mean, np.where(deviation > _LEAST_DEVIATION, deviation, 1.0))
    return scale, (psth - scale.mean) / scale.deviation


def _identity(fitting: Fitting) -> Settings:
    return {"split": fitting.split.name, "readout": str(fitting.design.readout)}
