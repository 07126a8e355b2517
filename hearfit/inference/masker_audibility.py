"""Whether the fitted ear heard the maskers: one that it did not hear masks nothing."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import excite
from hearfit.inference.derived import masked_thresholds
from hearfit.inference.padded_stimuli import STIMULUS_STEP
from hearfit.inference.task_model import round_up
from hearfit.listener.normal import NormalEar


def unheard_masker_frequencies(
    conditions: Sequence[Conditions],
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
) -> tuple[frozenset[float], ...]:
    """For each protocol, the frequencies in Hz at which every masker was below this ear's threshold.

    Under `jax.enable_x64`.
    """
    unheard = []
    for group in conditions:
        levels = group.masker_level_db_spl_per_hz
        if levels is None:
            unheard.append(frozenset[float]())
            continue
        threshold = masker_thresholds(group, position, transducer=transducer, normal=normal)[group.stimulus_index]
        frequency_hz = group.frequency_hz
        unheard.append(
            frozenset(
                float(frequency)
                for frequency in np.unique(frequency_hz)
                if np.all(levels[frequency_hz == frequency] < threshold[frequency_hz == frequency])
            )
        )
    return tuple(unheard)


def masker_warnings(conditions: Sequence[Conditions], unheard_hz: Sequence[frozenset[float]]) -> tuple[str, ...]:
    """Sentences about what `unheard_masker_frequencies` found."""
    sentences = []
    for group, frequencies_hz in zip(conditions, unheard_hz, strict=True):
        names = [f"{frequency:g}" for frequency in sorted(frequencies_hz)]
        if names:
            where = (f"{', '.join(names[:-1])} and " if len(names) > 1 else "") + names[-1]
            sentences.append(
                f"{group.protocol.name} at {where} Hz: the fitted ear does not hear any of the maskers. These answers "
                "measure the threshold in quiet there and say nothing of lateral inhibition."
            )
    return tuple(sentences)


def masker_thresholds(
    group: Conditions, position: Float[np.ndarray, " parameters"], *, transducer: str | None, normal: NormalEar
) -> Float[np.ndarray, " stimuli"]:
    """Spectrum level in dB SPL/Hz at which this ear detects the masker of each stimulus by itself."""
    excitations = excite(group.stimuli, transducer=transducer, normal=normal)
    maskers = [excitation.masker for excitation in excitations]
    assert all(masker is not None for masker in maskers)
    known = [masker for masker in maskers if masker is not None]
    # Sessions with up to 16 stimuli, which is most, share one program.
    padded = np.stack(known + [known[-1]] * (round_up(len(known), STIMULUS_STEP) - len(known)))
    silence = jnp.zeros(padded.shape)
    return np.asarray(masked_thresholds(jnp.asarray(position), jnp.asarray(padded), silence, normal=normal))[
        : len(known)
    ]
