"""What a simulated session of forward masking presents: maskers about the listener's own masker thresholds."""

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Stimulus, masker_tone
from hearfit.experiment.limits import TONE_MASKER_LEVEL_LIMITS_DB
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import GAP, TONE_MASKER_FREQUENCY, TONE_MASKER_LEVEL
from hearfit.frontend.cochlea import cochlea_of
from hearfit.inference.ear_coordinates import channel_coordinates
from hearfit.inference.masked_design import Presented
from hearfit.inference.task_forward_masking import (
    FORWARD_MASKING,
    ForwardMaskingRow,
    ForwardMaskingSounds,
    forward_masking_sounds,
)
from hearfit.inference.task_model import in_blocks
from hearfit.listener.normal import NormalEar

_LOWEST_DB, _HIGHEST_DB = -60.0, 200.0
# 260 dB halved 20 times: less than 0.001 dB.
_NUM_BISECTIONS = 20


def presented_after_maskers(
    protocol: Protocol,
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
) -> Presented:
    """Trials of probes after maskers; levels to the decibel. Call under `jax.enable_x64`.

    Raises:
        InputError: this ear needs louder sounds throughout than the design allows.
    """
    design = protocol.design
    pairs = [
        (probe_hz, ratio * probe_hz) for probe_hz in design.frequency_hz for ratio in design.masker_frequency_ratios
    ]
    wanted = np.array(design.detectabilities)
    probe_level, masker_level = masker_levels(
        protocol,
        position,
        pairs,
        detectability=wanted,
        transducer=transducer,
        normal=normal,
    )
    masker_level = np.maximum(np.round(masker_level), TONE_MASKER_LEVEL_LIMITS_DB[0])
    highest = design.highest_level_db_spl
    zero_db_hl = [masker_tone(probe_hz, transducer=transducer, normal=normal)[1] for probe_hz, _ in pairs]
    is_possible = (masker_level <= highest) & (probe_level - zero_db_hl <= highest)[:, None, None]
    rows: list[tuple[float, float, float, float, float]] = []
    for i, (probe_hz, masker_hz) in enumerate(pairs):
        played = [
            (float(level), gap_ms)
            for k, gap_ms in enumerate(design.gaps_ms)
            if 2 * np.count_nonzero(is_possible[i, k]) >= len(wanted)
            for level in masker_level[i, k, is_possible[i, k]]
        ]
        if not played:
            continue
        target = (probe_hz, float(np.round(probe_level[i])), masker_hz)
        rows += [(*target, *masker) for masker in played for _ in range(design.repetitions)]
        spread = np.linspace(0, len(played) - 1, design.catch_trials).round().astype(int)
        rows += [(probe_hz, np.nan, masker_hz, *played[k]) for k in spread]
    if not rows:
        raise InputError(
            f"{protocol.name}: with maskers and probes of up to {highest:g} dB SPL nothing can be measured "
            "in this ear. Choose frequencies with less loss, or leave the protocol out."
        )
    frequency_hz, level_db_hl, masker_hz_of, level_of, gap_of = np.array(rows).T
    return Presented(
        frequency_hz=frequency_hz,
        level_db_hl=level_db_hl,
        parameters={TONE_MASKER_FREQUENCY: masker_hz_of, TONE_MASKER_LEVEL: level_of, GAP: gap_of},
    )


def masker_levels(
    protocol: Protocol,
    position: Float[np.ndarray, " parameters"],
    pairs: Sequence[tuple[float, float]],
    *,
    detectability: Float[np.ndarray, " wanted"],
    transducer: str | None,
    normal: NormalEar,
) -> tuple[Float[np.ndarray, " pairs"], Float[np.ndarray, "pairs gaps wanted"]]:
    """Probe levels in dB HL, and masker levels in dB SPL at which the listener's d' is each of the wanted ones.

    Bisection on the model's d', which rises with the level of the probe and falls with that of the masker. `pairs` are
    frequencies of probe and masker; the probe lies `probe_level_offset_db` above its threshold without a masker, and
    the gaps are those of the design. Call under `jax.enable_x64`.
    """
    sounds = forward_masking_sounds([_stimuli(protocol, pairs)], transducer=transducer, normal=normal)
    at = jnp.asarray(position)
    threshold = _probe_thresholds(at, sounds, normal=normal)
    probe_level = np.asarray(threshold) + protocol.design.probe_level_offset_db
    gap_s, log_wanted = np.array(protocol.design.gaps_ms) / 1000.0, np.log(detectability)
    stimulus, gap, wanted = (
        grid.ravel() for grid in np.meshgrid(np.arange(len(pairs)), gap_s, log_wanted, indexing="ij")
    )
    rows = (stimulus, probe_level[stimulus], gap, wanted)
    blocks = [_masker_levels(at, sounds, *block, normal=normal) for block in in_blocks(rows, fill=(0, 0.0, 0.0, 0.0))]
    found = np.concatenate(blocks)[: len(stimulus)]
    return probe_level[: len(pairs)], found.reshape(len(pairs), len(gap_s), len(log_wanted))


@partial(jax.jit, static_argnames="normal")
def _probe_thresholds(
    position: Float[Array, " parameters"], sounds: ForwardMaskingSounds, *, normal: NormalEar
) -> Float[Array, " stimuli"]:
    """Levels in dB HL at which the listener hears the probes alone."""
    log_d = _log_detectability(position, sounds, normal)
    silence, no_gap, wanted = jnp.asarray(_LOWEST_DB), jnp.zeros(()), np.log(normal.threshold_detectability)
    stimuli = jnp.arange(sounds.probe.power.shape[0])
    return jax.vmap(lambda own: _bisect(lambda level: log_d(own, level, silence, no_gap) > wanted))(stimuli)


@partial(jax.jit, static_argnames="normal")
def _masker_levels(
    position: Float[Array, " parameters"],
    sounds: ForwardMaskingSounds,
    stimulus: Int[Array, " block"],
    probe_db_hl: Float[Array, " block"],
    gap_s: Float[Array, " block"],
    log_wanted: Float[Array, " block"],
    *,
    normal: NormalEar,
) -> Float[Array, " block"]:
    """Levels in dB SPL at which log d' has fallen to the wanted ones."""
    log_d = _log_detectability(position, sounds, normal)

    def of_row(own: Array, probe_db: Array, gap: Array, wanted: Array) -> Array:
        return _bisect(lambda level: log_d(own, probe_db, level, gap) < wanted)

    return jax.vmap(of_row)(stimulus, probe_db_hl, gap_s, log_wanted)


def _log_detectability(
    position: Float[Array, " parameters"], sounds: ForwardMaskingSounds, normal: NormalEar
) -> Callable[[Array, Array, Array, Array], Array]:
    """Log d' of this listener as a function of stimulus, level of the probe, level of the masker and gap."""
    cochlea = cochlea_of(normal)
    coordinates = channel_coordinates(position, cochlea)
    observer = position[jnp.array(FORWARD_MASKING.observer)]

    def log_d(stimulus: Array, probe_db_hl: Array, masker_db_spl: Array, gap_s: Array) -> Array:
        one = jnp.ones(())
        row = ForwardMaskingRow(stimulus, 10.0 ** (probe_db_hl / 10.0), masker_db_spl, gap_s, one, one)
        return FORWARD_MASKING.evidence(coordinates, observer, sounds, row, cochlea) + observer[0]

    return log_d


def _bisect(is_beyond: Callable[[Float[Array, ""]], Bool[Array, ""]]) -> Float[Array, ""]:
    """The lowest level at which the condition holds, which holds at all higher ones."""

    def halve(_: int | Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = 0.5 * (low + high)
        beyond = is_beyond(middle)
        return jnp.where(beyond, low, middle), jnp.where(beyond, middle, high)

    low, high = jax.lax.fori_loop(0, _NUM_BISECTIONS, halve, (jnp.asarray(_LOWEST_DB), jnp.asarray(_HIGHEST_DB)))
    return 0.5 * (low + high)


def _stimuli(protocol: Protocol, pairs: Sequence[tuple[float, float]]) -> Conditions:
    """Stimuli without conditions."""
    stimuli = tuple(
        Stimulus(protocol.stimulus, probe_hz, parameters=((TONE_MASKER_FREQUENCY, masker_hz),))
        for probe_hz, masker_hz in pairs
    )
    none, empty = np.zeros(0, np.int64), np.zeros(0)
    counts = np.zeros((0, len(protocol.response_values)), np.int64)
    return Conditions(protocol, stimuli, none, empty, none, none.astype(bool), counts)
