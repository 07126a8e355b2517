"""Whether maskers masked in the fitted ear: one that it did not hear, or that left no trace, masks nothing."""

from collections.abc import Iterator, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import excite
from hearfit.frontend.cochlea import cochlea_of
from hearfit.inference.derived import masked_thresholds
from hearfit.inference.ear_coordinates import channel_coordinates
from hearfit.inference.identifiability import listed
from hearfit.inference.task_forward_masking import (
    FORWARD_MASKING,
    ForwardMaskingRow,
    ForwardMaskingSounds,
    forward_masking_data,
)
from hearfit.listener.normal import NormalEar

# A masker that takes less of d' masks nothing that answers could show: 500 trials and as many catch trials tell a d'
# of 1 to 8 %.
_LEAST_MASKING = 0.05
_SILENCE_DB_SPL = -300.0


def unheard_masker_frequencies(
    conditions: Sequence[Conditions],
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
) -> tuple[frozenset[float], ...]:
    """For each protocol, the frequencies in Hz at which every masker was below this ear's threshold.

    Maskers before the target are not asked about. Under `jax.enable_x64`.
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


def masker_warnings(
    conditions: Sequence[Conditions],
    unheard_hz: Sequence[frozenset[float]],
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
) -> tuple[str, ...]:
    """Sentences about frequencies at which no masker masked. Under `jax.enable_x64`.

    In noise: what `unheard_masker_frequencies` found. Before the target: no masker lowered its d' by 5 %.
    """
    sentences: list[str] = []
    for group, frequencies_hz in zip(conditions, unheard_hz, strict=True):
        if group.has_forward_masker:
            sentences += _forward_masker_sentences(group, position, transducer=transducer, normal=normal)
        elif frequencies_hz:
            where = listed([f"{frequency:g}" for frequency in sorted(frequencies_hz)])
            sentences.append(
                f"{group.protocol.name} at {where} Hz: the fitted ear does not hear any of the maskers. "
                "These answers measure the threshold in quiet there and say nothing of lateral inhibition."
            )
    return tuple(sentences)


def masker_thresholds(
    group: Conditions, position: Float[np.ndarray, " parameters"], *, transducer: str | None, normal: NormalEar
) -> Float[np.ndarray, " stimuli"]:
    """Spectrum level in dB SPL/Hz at which this ear detects the masker of each stimulus by itself."""
    excitations = excite(group.stimuli, transducer=transducer, normal=normal)
    maskers = [excitation.masker for excitation in excitations]
    assert all(masker is not None for masker in maskers)
    known = np.stack([masker for masker in maskers if masker is not None])
    return masked_thresholds(position, known, np.zeros_like(known), normal=normal)


def forward_detectability_ratios(
    group: Conditions, position: Float[np.ndarray, " parameters"], *, transducer: str | None, normal: NormalEar
) -> Float[np.ndarray, " conditions"]:
    """How much of d' of the target alone is left after its masker, 1 being all; of no use in catch trials."""
    data = forward_masking_data([group], transducer=transducer, normal=normal)
    at = jnp.asarray(position)
    ratios = [np.asarray(_ratios(at, block.sounds, block.row, normal=normal)) for block in data.blocks]
    return np.concatenate(ratios)[: data.num_conditions]


@partial(jax.jit, static_argnames="normal")
def _ratios(
    position: Float[Array, " parameters"], sounds: ForwardMaskingSounds, rows: ForwardMaskingRow, *, normal: NormalEar
) -> Float[Array, " block"]:
    cochlea = cochlea_of(normal)
    coordinates, observer = channel_coordinates(position, cochlea), position[jnp.array(FORWARD_MASKING.observer)]

    def of_row(row: ForwardMaskingRow) -> Float[Array, ""]:
        alone = row._replace(masker_level_db_spl=jnp.full_like(row.masker_level_db_spl, _SILENCE_DB_SPL))
        log_d, log_d_alone = (
            FORWARD_MASKING.evidence(coordinates, observer, sounds, each, cochlea) for each in (row, alone)
        )
        return jnp.exp(log_d - log_d_alone)

    return jax.vmap(of_row)(rows)


def _forward_masker_sentences(
    group: Conditions, position: Float[np.ndarray, " parameters"], *, transducer: str | None, normal: NormalEar
) -> Iterator[str]:
    ratio = forward_detectability_ratios(group, position, transducer=transducer, normal=normal)
    is_idle = group.is_catch | (ratio > 1.0 - _LEAST_MASKING)
    idle = [
        f"{stimulus.frequency_hz:g} Hz after {stimulus.masker_frequency_hz:g} Hz"
        for place, stimulus in enumerate(group.stimuli)
        if np.any(of_pair := (group.stimulus_index == place) & ~group.is_catch) and np.all(is_idle[of_pair])
    ]
    if idle:
        yield (
            f"{group.protocol.name} at {listed(idle)}: in the fitted ear no masker that was played lowers d' of the "
            f"probe by {_LEAST_MASKING:.0%}. These answers measure the threshold of the probe alone there and say "
            "nothing of compression or of recovery from the masker."
        )
