"""What a simulated session of forward masking presents: maskers about the listener's own masker thresholds."""

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Stimulus
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
        InputError: no masker that the design allows masks any of the probes.
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
    is_possible = masker_level <= design.highest_masker_level_db_spl
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
            f"{protocol.name}: no masker of up to {design.highest_masker_level_db_spl:g} dB SPL masks any of the "
            "probes in this ear. Choose frequencies with less loss, or leave the protocol out."
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
    design = protocol.design
    sounds = forward_masking_sounds([_stimuli(protocol, pairs)], transducer=transducer, normal=normal)
    gap_s = np.array(design.gaps_ms) / 1000.0
    log_wanted = np.log(detectability)
    at_threshold = float(np.log(normal.threshold_detectability))
    probe, masker = _levels(
        jnp.asarray(position),
        sounds,
        jnp.arange(len(pairs)),
        jnp.asarray(gap_s),
        jnp.asarray(log_wanted),
        jnp.asarray(at_threshold),
        jnp.asarray(design.probe_level_offset_db),
        normal=normal,
    )
    return np.asarray(probe), np.asarray(masker)


@partial(jax.jit, static_argnames="normal")
def _levels(
    position: Float[Array, " parameters"],
    sounds: ForwardMaskingSounds,
    stimuli: Int[Array, " pairs"],
    gap_s: Float[Array, " gaps"],
    log_wanted: Float[Array, " wanted"],
    log_at_threshold: Float[Array, ""],
    probe_offset_db: Float[Array, ""],
    *,
    normal: NormalEar,
) -> tuple[Float[Array, " pairs"], Float[Array, "pairs gaps wanted"]]:
    cochlea = cochlea_of(normal)
    coordinates = channel_coordinates(position, cochlea)
    observer = position[jnp.array(FORWARD_MASKING.observer)]

    def log_d(stimulus: Array, probe_db: Array, masker_db: Array, gap: Array) -> Array:
        one = jnp.ones(())
        row = ForwardMaskingRow(stimulus, 10.0 ** (probe_db / 10.0), masker_db, gap, one, one)
        return FORWARD_MASKING.evidence(coordinates, observer, sounds, row, cochlea) + observer[0]

    def of_probe(stimulus: Array) -> Array:
        silent, no_gap = jnp.asarray(_LOWEST_DB), jnp.zeros(())
        return _bisect(lambda level: log_d(stimulus, level, silent, no_gap) > log_at_threshold) + probe_offset_db

    def of_masker(stimulus: Array, probe_db: Array, gap: Array, wanted: Array) -> Array:
        return _bisect(lambda level: log_d(stimulus, probe_db, level, gap) < wanted)

    probes = jax.vmap(of_probe)(stimuli)
    by_wanted = jax.vmap(of_masker, in_axes=(None, None, None, 0))
    by_gap = jax.vmap(by_wanted, in_axes=(None, None, 0, None))
    return probes, jax.vmap(by_gap, in_axes=(0, 0, None, None))(stimuli, probes, gap_s, log_wanted)


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
