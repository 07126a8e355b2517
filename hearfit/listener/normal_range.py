"""The range of ears with normal thresholds, drawn behind the parameters of an ear; no clinical norms.

Made by `python -m tests.studies.normal_range`, whose docstring says how: the middle 95 % of the ears that the prior
learned from people has with thresholds of -10 to 20 dB HL everywhere. Nobody has measured these parameters in a sample
of normal ears, and what the prior says of inhibition, and so of bandwidth, is an assumption.
"""

from dataclasses import dataclass

from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ

LOWEST_THRESHOLD_DB_HL, HIGHEST_THRESHOLD_DB_HL = -10.0, 20.0

# At the audiometric frequencies.
_EXPONENT_LOWER = (0.278, 0.278, 0.278, 0.280, 0.278, 0.278, 0.278, 0.278, 0.277, 0.279, 0.277)
_EXPONENT_UPPER = (0.351, 0.348, 0.345, 0.344, 0.341, 0.345, 0.345, 0.348, 0.350, 0.353, 0.352)
_ATTENUATION_UPPER_DB = (7.9, 7.1, 8.5, 8.8, 8.7, 9.4, 9.3, 8.0, 8.0, 8.4, 8.9)
_BANDWIDTH_RATIO_LOWER = (0.956, 0.941, 0.956, 0.975, 0.996, 1.022, 1.033, 1.049, 1.054, 1.060, 1.063)
_BANDWIDTH_RATIO_UPPER = (1.410, 1.165, 1.127, 1.132, 1.140, 1.153, 1.163, 1.176, 1.191, 1.183, 1.176)
# The same at every frequency within 0.003, as its prior is.
_INHIBITION = (0.125, 0.525)

Range = tuple[float, float]


@dataclass(frozen=True)
class NormalRange:
    """The middle 95 % at one frequency; bandwidth as a multiple of that of a normal ear (ERB_N)."""

    compression_exponent: Range
    attenuation_db: Range
    inhibition: Range
    bandwidth_ratio: Range


def normal_range(frequency_hz: float) -> NormalRange | None:
    """The range at an audiometric frequency; None at others."""
    if frequency_hz not in AUDIOMETRIC_FREQUENCIES_HZ:
        return None
    index = AUDIOMETRIC_FREQUENCIES_HZ.index(frequency_hz)
    return NormalRange(
        compression_exponent=(_EXPONENT_LOWER[index], _EXPONENT_UPPER[index]),
        attenuation_db=(0.0, _ATTENUATION_UPPER_DB[index]),
        inhibition=_INHIBITION,
        bandwidth_ratio=(_BANDWIDTH_RATIO_LOWER[index], _BANDWIDTH_RATIO_UPPER[index]),
    )
