"""How each constant of the normal ear follows, and from which numbers.

    python -m tests.studies.normal_ear [../shared/data]

With the data folder it also regenerates the loudness-growth table and the choice of the anchor.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.excitation import notched_noise_masker
from hearfit.experiment.protocol import Notch
from hearfit.frontend.cochlea import cochlea_of, normal_parameters
from hearfit.frontend.compression import NEPER_PER_DB
from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.frontend.filterbank import tone_power
from hearfit.inference.derived import equivalent_bandwidths_hz, masked_thresholds, tone_thresholds
from hearfit.inference.forward_masking_design import masker_levels
from hearfit.inference.simulate import normal_position
from hearfit.listener.loudness_growth import normal_boundaries_db_hl
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL, NormalEar
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, PARAMETER_NAMES, inhibition_coordinate
from hearfit.observer.threshold import steady_log_detectability
from hearfit.protocols.loader import load_protocol
from tests.studies.loudness_boundaries import read_boundaries
from tests.studies.real_runs import cross_validated
from tests.studies.ripple_thresholds import print_thresholds

CRITICAL_RATIOS_HZ = (500.0, 1000.0, 2000.0, 4000.0)


def calibrated(normal: NormalEar) -> NormalEar:
    """The ear whose mean threshold over the audiometric frequencies is 0 dB HL, all other constants given.

    Near threshold a change of the correction by x moves every threshold by x / (alpha_0 ln(10) / 20) dB.
    """
    for _ in range(6):
        error = float(np.mean(thresholds_db_hl(normal)))
        correction = normal.threshold_correction - error * NEPER_PER_DB * normal.compression_exponent
        normal = replace(normal, threshold_correction=correction)
    return normal


def thresholds_db_hl(normal: NormalEar) -> Float[np.ndarray, " knots"]:
    """Thresholds of this normal ear."""
    with jax.enable_x64(True):
        return np.asarray(tone_thresholds(jnp.asarray(normal_position(normal)[None]), normal=normal))[0]


def bandwidth_ratios(normal: NormalEar, inhibition: float) -> Float[np.ndarray, " knots"]:
    """Equivalent bandwidth re 24.7 (4.37 f + 1) of an otherwise normal ear with this inhibition everywhere."""
    position = normal_position(normal)
    position[2 * NUM_KNOTS : 3 * NUM_KNOTS] = inhibition_coordinate(np.array(inhibition))
    with jax.enable_x64(True):
        bandwidth = equivalent_bandwidths_hz(position[None], normal=normal)[0]
    return bandwidth / normal_erb_hz(np.array(AUDIOMETRIC_FREQUENCIES_HZ))


def just_noticeable_differences_db(normal: NormalEar, levels_db_hl: tuple[float, ...]) -> list[float]:
    """Level increment of a long 1 kHz tone with d' = 1, at each level."""
    cochlea = cochlea_of(normal)
    increments = np.linspace(0.05, 8.0, 400)
    found = []
    with jax.enable_x64(True):
        tone = jnp.asarray(tone_power(cochlea.bank, np.array([1000.0]))[0])
        ear = normal_parameters(cochlea)
        for level in levels_db_hl:
            base = 10.0 ** (level / 10.0) * tone
            added = jnp.asarray(10.0 ** ((level + increments) / 10.0) - 10.0 ** (level / 10.0))
            backgrounds = jnp.broadcast_to(base, (len(increments), len(base)))
            evidence = jax.vmap(steady_log_detectability, in_axes=(0, 0, None, None, None, None))(
                added[:, None] * tone[None, :], backgrounds, ear, jnp.zeros(()), jnp.zeros(()), cochlea
            )
            found.append(float(np.interp(0.0, np.asarray(evidence), increments)))
    return found


def critical_ratios_db(normal: NormalEar, log_masked_sensitivity: float) -> Float[np.ndarray, " targets"]:
    """Level of a just heard tone re 40 dB SPL per hertz of flat noise, at each of `CRITICAL_RATIOS_HZ`."""
    position = normal_position(normal)
    position[PARAMETER_NAMES.index("log masked sensitivity")] = log_masked_sensitivity
    reference = reference_thresholds("HDA200")
    frequency_hz = np.array(CRITICAL_RATIOS_HZ)
    maskers = [
        1e4 * notched_noise_masker(f, Notch(0.0, 0.0), outer_edge=0.8, transducer=reference.id, normal=normal)
        for f in CRITICAL_RATIOS_HZ
    ]
    tones = tone_power(cochlea_of(normal).bank, frequency_hz)
    with jax.enable_x64(True):
        level = masked_thresholds(position, tones, np.stack(maskers), normal=normal)
    return level + reference.at(frequency_hz) - 40.0


def print_masking_curves(frequency_hz: float) -> None:
    """Temporal masking curves of the normal ear, and the ratio of their slopes from 20 to 60 ms."""
    protocol = load_protocol("temporal_masking_curve")
    gaps_ms = np.array([10.0, 20.0, 40.0, 60.0, 80.0])
    protocol = replace(protocol, design=replace(protocol.design, gaps_ms=tuple(map(float, gaps_ms))))
    with jax.enable_x64(True):
        probe, masker = masker_levels(
            protocol,
            normal_position(NORMAL),
            [(frequency_hz, ratio * frequency_hz) for ratio in (1.0, 0.5)],
            detectability=np.array([NORMAL.threshold_detectability]),
            transducer="HDA200",
            normal=NORMAL,
        )
    on, off = masker[:, :, 0]
    slope_on, slope_off = (np.polyfit(gaps_ms[1:4], levels[1:4], 1)[0] for levels in (on, off))
    zero_db_hl = float(reference_thresholds("HDA200").at(np.array(frequency_hz)))
    print(f"{frequency_hz:g} Hz probe of {probe[0] + zero_db_hl:.1f} dB SPL, masker levels in dB SPL at gaps", gaps_ms)
    print(f"  on-frequency {on}, {slope_on:.2f} dB/ms; an octave below {off}, {slope_off:.2f} dB/ms;", end=" ")
    print(f"ratio {slope_on / slope_off:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    data = parser.parse_args().data
    np.set_printoptions(precision=3, suppress=True, linewidth=120)
    print("frequencies, Hz                    ", np.array(AUDIOMETRIC_FREQUENCIES_HZ))
    print("threshold_correction that gives 0 dB HL:", round(calibrated(NORMAL).threshold_correction, 4))
    print("thresholds, dB HL                  ", thresholds_db_hl(NORMAL))
    for factor in (1.0, 1.2, 1.4):
        ear = calibrated(replace(NORMAL, bandwidth_factor=factor))
        print(f"bandwidth re normal, frozen filters {factor} ERB wide, inhibition 0.5", bandwidth_ratios(ear, 0.5)[1:])
    for inhibition in (0.05, 0.25, 0.5, 0.6, 0.75):
        print(f"bandwidth re normal, inhibition {inhibition:4}", bandwidth_ratios(NORMAL, inhibition)[1:])
    for sensitivity, sharpness in ((0.25, 5.0), (0.4, 5.0), (0.25, 3.0)):
        ear = calibrated(replace(NORMAL, sensitivity=sensitivity, threshold_sharpness=sharpness))
        jnd = np.array(just_noticeable_differences_db(ear, (20.0, 40.0, 60.0, 80.0)))
        print(
            f"sensitivity {sensitivity}, sharpness {sharpness}: level difference with d' = 1 at 20 40 60 80 dB HL", jnd
        )
    f = np.array(CRITICAL_RATIOS_HZ)
    bandwidth_hz = 25.0 + 75.0 * (1.0 + 1.4 * (f / 1000.0) ** 2) ** 0.69
    published = 10.0 * np.log10(bandwidth_hz) - 2.0 - np.log10(1.0 + (f / 502.0) ** 2.5)
    print("critical ratios at", f, "Hz, ISO/PAS 20065", published)
    for log_masked in (0.0, 0.55, 0.9):
        print(f"log masked sensitivity {log_masked}: critical ratios", critical_ratios_db(NORMAL, log_masked))
    print_thresholds()
    for frequency_hz in CRITICAL_RATIOS_HZ:
        print_masking_curves(frequency_hz)
    if data is None:
        return
    boundaries = read_boundaries(data)
    print("normal category boundaries, dB HL, mean of the best-hearing third rounded to 0.5 dB")
    for frequency, row in zip(boundaries.frequency_hz, np.round(2.0 * boundaries.best_third) / 2.0, strict=True):
        shipped = normal_boundaries_db_hl(float(frequency))
        print(f"{frequency:6g} Hz", row, "as shipped" if np.array_equal(row, shipped) else f"shipped {shipped}")
    for anchor in (100.0, 104.0, 108.0, 112.0):
        scores = cross_validated(data, prior=DEFAULT_PRIOR, normal=replace(NORMAL, anchor_db_hl=anchor))
        print(f"anchor {anchor:g} dB HL: held-out log likelihood per trial {np.mean(scores):.4f}", np.array(scores))


if __name__ == "__main__":
    main()
