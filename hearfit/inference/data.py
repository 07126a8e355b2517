"""The conditions of a session, grouped by the model that predicts their answers."""

from collections.abc import Callable, Sequence
from typing import Final

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Protocol, Task
from hearfit.inference.task_detection import detection_data
from hearfit.inference.task_loudness import loudness_data
from hearfit.inference.task_model import TaskData
from hearfit.inference.task_stored import stored_data
from hearfit.listener.normal import NormalEar

FitData = tuple[TaskData, ...]
"""Everything that the likelihood of one ear's session reads; nothing of tasks that were not done."""

_BUILDERS: Final[tuple[Callable[..., TaskData], ...]] = (detection_data, loudness_data, stored_data)


def task_group(protocol: Protocol) -> int:
    """Which model predicts the answers of a protocol: groups come in this order in `build_fit_data`."""
    return {Task.DETECTION: 0, Task.CATEGORICAL_LOUDNESS: 1, Task.STORED_THRESHOLD: 2}[protocol.task]


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
