"""The excitations of a task's stimuli as arrays of one shape."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import excite
from hearfit.frontend.integration import leaky_weights
from hearfit.inference.task_model import round_up
from hearfit.listener.normal import NormalEar

# Sessions of up to 16 stimuli with up to 16 frames, which is nearly all, have equal shapes.
STIMULUS_STEP = 16
_FRAME_STEP = 16


class PaddedStimuli(NamedTuple):
    """Stimuli of all protocols end to end; `leak` are the weights of the leaky integrator."""

    power: Float[np.ndarray, "stimuli frames channels"]
    masker: Float[np.ndarray, "stimuli channels"]
    duration_s: Float[np.ndarray, "stimuli frames"]
    leak: Float[np.ndarray, "stimuli frames frames"]


def padded_stimuli(
    conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar, num_before: int
) -> PaddedStimuli:
    """All stimuli on frames of one number, after `num_before` empty ones of no duration."""
    excitations = [e for group in conditions for e in excite(group.stimuli, transducer=transducer, normal=normal)]
    num_stimuli = round_up(len(excitations), STIMULUS_STEP)
    num_frames = round_up(num_before + max(len(e.duration_s) for e in excitations), _FRAME_STEP)
    num_channels = excitations[0].power.shape[1]
    power = np.zeros((num_stimuli, num_frames, num_channels))
    masker = np.zeros((num_stimuli, num_channels))
    duration_s = np.zeros((num_stimuli, num_frames))
    # A padding stimulus must have a duration, or its time average would be 0/0.
    duration_s[len(excitations) :, num_before] = 1.0
    for i, excitation in enumerate(excitations):
        own = slice(num_before, num_before + len(excitation.duration_s))
        power[i, own], duration_s[i, own] = excitation.power, excitation.duration_s
        if excitation.masker is not None:
            masker[i] = excitation.masker
    leak = np.stack([leaky_weights(d, time_constant_s=normal.time_constant_s) for d in duration_s])
    return PaddedStimuli(power, masker, duration_s, leak)


def num_frames_used(seconds: Float[np.ndarray, "*stimuli frames"]) -> int:
    """Up to the last frame that lasts for any time in any stimulus."""
    return int(np.flatnonzero(np.any(seconds > 0.0, axis=tuple(range(seconds.ndim - 1))))[-1]) + 1
