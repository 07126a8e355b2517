"""Depths at which moving ripples are heard: the published transfer function, and what tuning and loss do to it.

python -m tests.studies.ripple_thresholds
"""

from dataclasses import replace
from typing import Final

import jax
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import MODULATION_DEPTH, RIPPLE_DENSITY, RIPPLE_RATE
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import predict
from hearfit.inference.simulate import normal_position, planned_block, position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import NUM_KNOTS, inhibition_coordinate
from hearfit.protocols.loader import load_protocol

TRANSDUCER: Final = "HDA200"
DEPTHS_DB: Final = tuple(np.arange(-40.0, 0.5, 1.0))
# Where a staircase of three down and one up converges (Levitt 1971).
SHARE_CORRECT: Final = 0.794


def moving_ripples(
    *,
    rate_hz: tuple[float, ...] = (4.0,),
    density: tuple[float, ...] = (2.0,),
    depth_db: tuple[float, ...] = DEPTHS_DB,
    repetitions: int = 1,
    catch_trials: int = 0,
    interval_count: int = 3,
    duration_s: float = 0.5,
    octaves: float = 4.0,
    centre_hz: float = 1500.0,
) -> Protocol:
    """The shipped protocol with other ripples."""
    protocol = load_protocol("spectro_temporal_modulation")
    design = replace(
        protocol.design,
        frequency_hz=(centre_hz,),
        values=((RIPPLE_RATE, rate_hz), (RIPPLE_DENSITY, density), (MODULATION_DEPTH, depth_db)),
        repetitions=repetitions,
        catch_trials=catch_trials,
        interval_count=interval_count,
    )
    stimulus = replace(protocol.stimulus, duration_s=duration_s, bandwidth_octaves=octaves)
    return replace(protocol, design=design, stimulus=stimulus)


def planned(protocol: Protocol, position: Float[np.ndarray, " parameters"]) -> Conditions:
    """What a session presents, with the first answer to everything. Under `jax.enable_x64`."""
    generator = np.random.default_rng(0)
    return collapse(planned_block(protocol, position, transducer=TRANSDUCER, normal=NORMAL, generator=generator))


def thresholds_db(position: Float[np.ndarray, " parameters"], protocol: Protocol) -> dict[tuple[float, float], float]:
    """Depth at which the share correct of a forced choice is 79.4 %, by rate and density; NaN where none is enough.

    Call under `jax.enable_x64`.
    """
    conditions = planned(protocol, position)
    (responses,) = predict(position, build_fit_data([conditions], transducer=TRANSDUCER, normal=NORMAL), normal=NORMAL)
    found = {}
    for index, stimulus in enumerate(conditions.stimuli):
        own = conditions.stimulus_index == index
        depth, correct = conditions.parameters[MODULATION_DEPTH][own], responses.probability[own, 1]
        order = np.argsort(depth)
        value = np.interp(SHARE_CORRECT, correct[order], depth[order], right=np.nan)
        parameters = dict(stimulus.parameters)
        found[parameters[RIPPLE_RATE], parameters[RIPPLE_DENSITY]] = float(value)
    return found


def with_inhibition(position: Float[np.ndarray, " parameters"], strength: float) -> Float[np.ndarray, " parameters"]:
    """The same listener with this inhibition everywhere."""
    changed = position.copy()
    changed[2 * NUM_KNOTS : 3 * NUM_KNOTS] = inhibition_coordinate(np.array(strength))
    return changed


def print_thresholds() -> None:
    """Depth in dB (20 log10 m) that is heard in 79.4 % of three-interval trials; NaN: not even at full depth."""
    with jax.enable_x64(True):
        normal = normal_position(NORMAL)
        rates, densities = (2.0, 4.0, 8.0, 16.0, 32.0), (0.25, 0.5, 1.0, 2.0, 4.0)
        print("depths of ripples heard, dB; Chi et al. 1999: twice the depth at 16 Hz and at 2 cycles per octave")
        for name, protocol in (
            ("1 per octave, 1 s, rates", moving_ripples(rate_hz=rates, density=(1.0,), duration_s=1.0)),
            ("4 Hz, 1 s, densities", moving_ripples(density=densities, duration_s=1.0)),
            ("4 Hz, 0.5 s, densities", moving_ripples(density=densities)),
            ("4 Hz, 0.5 s, octave at 1 kHz, densities", moving_ripples(density=densities, octaves=1.0, centre_hz=1e3)),
        ):
            print(f"{name:42}", np.array(list(thresholds_db(normal, protocol).values())))
        for strength in (0.02, 0.25, 0.5):
            found = thresholds_db(with_inhibition(normal, strength), moving_ripples(density=densities))
            print(f"4 Hz, 0.5 s, densities, inhibition {strength:4}   ", np.array(list(found.values())))
        for audiogram in ("N2", "N3", "N4", "S2"):
            loss = thresholds_at_knots(standard_audiogram(audiogram), Ear.LEFT)
            ear = position_from_thresholds(loss, outer_hair_cell_share=0.65, normal=NORMAL)
            for strength in (0.5, 0.1):
                found = thresholds_db(with_inhibition(ear, strength), moving_ripples(density=densities))
                print(f"4 Hz, 0.5 s, densities, {audiogram}, inhibition {strength:4}", np.array(list(found.values())))


if __name__ == "__main__":
    np.set_printoptions(precision=1, suppress=True, linewidth=120)
    print_thresholds()
