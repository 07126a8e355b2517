"""The normal ear: every constant of the listener model, with the numbers from which it follows.

`python -m tests.studies.normal_ear` derives and checks them. Nothing here is a clinical norm.
"""

from dataclasses import dataclass, replace
from enum import StrEnum, unique

# One knot of every per-frequency curve at each audiometric frequency (ASHA 2005; 125 to 8000 Hz).
AUDIOMETRIC_FREQUENCIES_HZ = (125.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)


@unique
class CompressionFamily(StrEnum):
    """How the amplitude in a channel grows with level.

    POWER: with one exponent at every level. BROKEN_STICK: linearly below a knee and with the normal exponent above it;
    loss of gain raises the knee.
    """

    POWER = "power"
    BROKEN_STICK = "broken_stick"


@dataclass(frozen=True)
class NormalEar:
    """Constants of the model; levels are hearing levels (dB re the normal threshold).

    `knee_db_hl` is read by the family BROKEN_STICK only.
    """

    compression: CompressionFamily
    compression_exponent: float
    knee_db_hl: float
    inhibition: float
    anchor_db_hl: float
    time_constant_s: float
    lowest_cam: float
    highest_cam: float
    spacing_cam: float
    bandwidth_factor: float
    surround_inner_cam: float
    surround_outer_cam: float
    threshold_sharpness: float
    sensitivity: float
    detection_window_s: float
    threshold_detectability: float
    threshold_correction: float
    recovery_time_s: float
    tail_level_db_hl: float
    tail_octaves: tuple[float, float]
    tail_from_hz: tuple[float, float]


NORMAL = NormalEar(
    compression=CompressionFamily.POWER,
    # Amplitude exponent 0.3: compression ratio 3.3, within the 3 to 5 of Lopez-Poveda et al. 2003 for 0.5 to 8 kHz.
    compression_exponent=0.3,
    # Basilar membranes respond linearly up to some 30 dB SPL (Harte et al. 2005, JASA 118:3777; Kates & Arehart 2014,
    # Speech Commun. 65:75, have their normal knee there). The largest gain that can be lost is then 54.6 dB.
    knee_db_hl=30.0,
    # Near the strength that sharpens most (`STRONGEST_INHIBITION`): what damages an ear makes it less. The frozen
    # filters are broadened to make this value normal.
    inhibition=0.5,
    # Where exponents of different ears meet. Four real loudness runs do not decide between 100 and 112 dB HL (held-out
    # log likelihood per trial within 0.008); steep ears, whose thresholds lie near 100 dB HL, need it above that.
    anchor_db_hl=108.0,
    # exp(-1/128) per sample at 16 kHz in the published frontend (Famularo et al. 2024).
    time_constant_s=0.008,
    # 55 Hz to 11.4 kHz: 125 and 8000 Hz with their surrounds and their spread of excitation lie inside.
    lowest_cam=2.0,
    highest_cam=36.5,
    spacing_cam=0.5,
    # With the surround below, an equivalent bandwidth of 0.96 to 1.10 normal ERBs from 250 to 8000 Hz.
    bandwidth_factor=1.2,
    surround_inner_cam=0.5,
    surround_outer_cam=2.0,
    # Together: d' = 1 for a level difference of 1.0 dB at 60 dB HL and 1.5 dB at 40 dB HL (about 1 dB, falling with
    # level, in people), and psychometric functions for tones that rise by 7.5 % per dB at their middle.
    threshold_sharpness=5.0,
    sensitivity=0.25,
    # Model choice: thresholds stop falling with duration beyond some 200 ms.
    detection_window_s=0.2,
    # A listener with 5 % false alarms says "heard" to half of the tones of this d'.
    threshold_detectability=1.645,
    # Brings the normal threshold to 0 dB HL given all constants above (within 0.1 dB at every audiometric frequency).
    threshold_correction=-0.1011,
    # Temporal masking curves rise by 0.21 dB/ms where a masker is not compressed, and by 0.71 dB/ms where it is. Normal
    # ears: 0.5 to 1.1 dB/ms with compressed maskers (profiles named below), compression ratios of 3 to 5 (Lopez-Poveda
    # et al. 2003), and time constants of 37 to 67 ms (Nelson & Freyman 1987).
    recovery_time_s=0.041,
    # The level of a tone an octave or so below a place at which the power law of a normal ear reaches its anchor. A
    # masker of 0.55 times the frequency then just masks a probe of 10 dB SL after 10 ms at 63 to 70 dB SPL; in normal
    # ears at 42 to 85, 66 on average (profiles that come with the model of Meddis et al., github.com/rmeddis/MAP).
    tail_level_db_hl=84.0,
    # The tail begins somewhat below half an octave above a tone (Ruggero et al. 1997), and maskers of 0.5 to 0.6 times
    # the frequency of the probe lie wholly in it.
    tail_octaves=(1.0 / 3.0, 2.0 / 3.0),
    # At 500 Hz no masker is free of compression (Lopez-Poveda et al. 2003), at 1 kHz one of half the frequency is
    # (Nelson et al. 2001).
    tail_from_hz=(500.0, 1000.0),
)

# The same ear with the other family of compression. The correction again brings its threshold to 0 dB HL (within 0.1
# dB); the filters are those of the power law, with which its bandwidths are 1.13 to 1.27 normal ERBs.
BROKEN_STICK = replace(NORMAL, compression=CompressionFamily.BROKEN_STICK, threshold_correction=-0.0795)
