"""The path that hearfit avoids: every trial from its waveform through every 10 ms frame, differentiated end to end."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.conditions import collapse
from hearfit.experiment.excitation import FRAME_S, RATE_HZ, waveform_pa
from hearfit.experiment.protocol import Task
from hearfit.experiment.trials import TrialBlock
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.filterbank import analytic_output, frequency_response
from hearfit.frontend.integration import leaky_weights, with_steady_past
from hearfit.frontend.power_terms import power_terms
from hearfit.frontend.transmission import transmission_gain
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.inference.task_detection import detection_evidence
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import listener_at
from hearfit.observer.categories import category_probabilities, listener_boundaries
from hearfit.observer.detection import probability_yes, window_weights
from hearfit.observer.loudness import category_spline, log_total_loudness, normal_growth
from hearfit.observer.splines import MonotoneSpline, evaluate_spline
from tests.benchmarks.sessions import TRANSDUCER


class NaiveLikelihood:
    """Log likelihood of the first trials of one protocol and its gradient, one trial after the other."""

    def __init__(self, block: TrialBlock, num_trials: int) -> None:
        conditions = collapse(block)
        self.task = block.protocol.task
        chosen = slice(0, num_trials)
        reference = reference_thresholds(TRANSDUCER)
        cochlea = cochlea_of(NORMAL)
        frequencies = [stimulus.frequency_hz for stimulus in conditions.stimuli]
        stimulus = np.array([frequencies.index(f) for f in block.frequency_hz[chosen]])
        level = np.nan_to_num(block.level_db_hl[chosen], nan=-200.0)
        waveforms = np.stack(
            [waveform_pa(s, level_db_hl=0.0, reference=reference, rate_hz=RATE_HZ) for s in conditions.stimuli]
        )
        self.num_samples = waveforms.shape[1] + round(cochlea.bank.ringing_s * RATE_HZ)
        self.fft_size = self.num_samples + self.num_samples % 2
        bin_hz = np.fft.fftfreq(self.fft_size, 1.0 / RATE_HZ)
        self.response = jnp.asarray(frequency_response(cochlea.bank, bin_hz))
        self.transmission = jnp.asarray(transmission_gain(np.abs(bin_hz), reference))
        duration = np.full(-(-self.num_samples // round(FRAME_S * RATE_HZ)), FRAME_S)
        self.duration = jnp.asarray(duration)
        self.leak = jnp.asarray(leaky_weights(duration, time_constant_s=NORMAL.time_constant_s))
        # Detection has a first frame for the time before the tone.
        after = np.concatenate([[0.0], duration])
        self.past = jnp.asarray(with_steady_past(leaky_weights(after, time_constant_s=NORMAL.time_constant_s)))
        self.window = jnp.asarray(window_weights(after, window_s=NORMAL.detection_window_s))
        gain = 10.0 ** (level / 20.0)
        self.trials = (jnp.asarray(waveforms[stimulus] * gain[:, None]), jnp.asarray(stimulus))
        values = np.array(block.protocol.response_values)
        self.response_index = jnp.asarray(np.searchsorted(values, block.response[chosen]))
        splines = []
        for waveform, frequency in zip(waveforms, frequencies, strict=True):
            growth = normal_growth(self.power(jnp.asarray(waveform)), self.duration, self.leak, cochlea)
            splines.append(category_spline(np.asarray(growth), frequency))
        self.splines = MonotoneSpline(*(jnp.stack(part) for part in zip(*splines, strict=True)))
        self.value_and_gradient = jax.jit(jax.value_and_grad(self._log_likelihood))

    def power(self, waveform: Float[Array, " samples"]) -> Float[Array, "frames channels"]:
        """Frame power of one waveform; the filter bank runs here, inside the differentiated function."""
        output = analytic_output(waveform, self.transmission, self.response)
        return power_terms(output[None, :, : self.num_samples], frame_samples=round(FRAME_S * RATE_HZ))[0]

    def _log_likelihood(self, position: Float[Array, " parameters"]) -> Float[Array, ""]:
        one = partial(self._log_probability, position)
        return jnp.sum(jax.lax.map(lambda trial: one(*trial), (*self.trials, self.response_index)))

    def _log_probability(
        self,
        position: Float[Array, " parameters"],
        waveform: Float[Array, " samples"],
        stimulus: Int[Array, ""],
        response: Int[Array, ""],
    ) -> Float[Array, ""]:
        cochlea, listener = cochlea_of(NORMAL), listener_at(position)
        coordinates, power = channel_coordinates(position, cochlea), self.power(waveform)
        if self.task is Task.DETECTION:
            masker, none, one = jnp.zeros(power.shape[1]), jnp.zeros(()), jnp.ones(())
            after = jnp.pad(power, ((1, 0), (0, 0)))
            evidence = detection_evidence(coordinates, none, after, masker, self.past, self.window, one, none, cochlea)
            detectability = jnp.exp(evidence + listener.log_sensitivity)
            yes = probability_yes(detectability, criterion=listener.criterion, lapse=listener.lapse)
            return jnp.log(jnp.where(response == 1, yes, 1.0 - yes))
        total = log_total_loudness(power, self.duration, self.leak, ear_on_channels(coordinates), cochlea)
        loudness = evaluate_spline(MonotoneSpline(*(part[stimulus] for part in self.splines)), total)
        probability = category_probabilities(
            loudness,
            boundaries_cu=listener_boundaries(listener.boundary_shift_cu),
            spread_cu=listener.category_spread_cu,
            lapse=listener.lapse,
        )
        return jnp.log(probability[response])
