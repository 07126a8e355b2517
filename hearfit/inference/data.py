"""The conditions of a session, grouped by the model that predicts their answers."""

from collections.abc import Callable, Sequence
from typing import Final

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Protocol, StimulusKind, Task
from hearfit.inference.task_detection import detection_data
from hearfit.inference.task_discrimination import discrimination_data
from hearfit.inference.task_forward_masking import forward_masking_data
from hearfit.inference.task_loudness import loudness_data
from hearfit.inference.task_model import OWN_SENSITIVITY, TaskData
from hearfit.inference.task_ripple import ripple_data
from hearfit.inference.task_stored import stored_data
from hearfit.listener.normal import NormalEar

FitData = tuple[TaskData, ...]
"""Everything that the likelihood of one ear's session reads; nothing of tasks that were not done."""

_BUILDERS: Final[tuple[Callable[..., TaskData], ...]] = (
    detection_data,
    loudness_data,
    stored_data,
    discrimination_data,
    ripple_data,
    forward_masking_data,
)

_OF_THEIR_TASK: Final = (Task.DETECTION, Task.CATEGORICAL_LOUDNESS, Task.STORED_THRESHOLD, Task.DISCRIMINATION)
# Of these tasks, but with models of their own; the builders stand in this order too.
_OF_THEIR_KIND: Final = (StimulusKind.MOVING_RIPPLE, StimulusKind.TONE_AFTER_TONE)


def task_group(protocol: Protocol) -> int:
    """Which model predicts the answers of a protocol: groups come in this order in `build_fit_data`."""
    if protocol.stimulus.kind in _OF_THEIR_KIND:
        return len(_OF_THEIR_TASK) + _OF_THEIR_KIND.index(protocol.stimulus.kind)
    return _OF_THEIR_TASK.index(protocol.task)


def build_fit_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> FitData:
    """Arrays in float64 for `conditions` of any number of protocols. Call under `jax.enable_x64`.

    Protocols of one group stand in it in the order in which they are given.
    """
    groups = sorted({task_group(c.protocol) for c in conditions})
    return tuple(
        _BUILDERS[group](
            [c for c in conditions if task_group(c.protocol) == group], transducer=transducer, normal=normal
        )
        for group in groups
    )


def own_sensitivities(conditions: Sequence[Conditions]) -> tuple[str, ...]:
    """Names of the sensitivities, other than the general one, that these conditions depend on; each once."""
    kinds = [c.protocol.stimulus.kind for c in conditions]
    return tuple(dict.fromkeys(OWN_SENSITIVITY[kind] for kind in kinds if kind in OWN_SENSITIVITY))
