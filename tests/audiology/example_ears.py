"""Audiograms written in one line, for the tests of audiology."""

from collections.abc import Mapping

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold

Levels = Mapping[int, float | str]


def example_audiogram(
    left: Levels | None = None,
    right: Levels | None = None,
    *,
    left_bone: Levels | None = None,
    right_bone: Levels | None = None,
    is_bone_masked: bool = True,
) -> Audiogram:
    """Levels in dB HL by frequency in Hz; ">110" is no response at 110 dB HL."""
    thresholds: list[Threshold] = []
    for ear, air, bone in ((Ear.LEFT, left, left_bone), (Ear.RIGHT, right, right_bone)):
        thresholds.extend(_threshold(ear, Conduction.AIR, hz, level, False) for hz, level in (air or {}).items())
        thresholds.extend(
            _threshold(ear, Conduction.BONE, hz, level, is_bone_masked) for hz, level in (bone or {}).items()
        )
    return Audiogram("L", tuple(thresholds))


def _threshold(ear: Ear, conduction: Conduction, hz: int, level: float | str, is_masked: bool) -> Threshold:
    is_no_response = isinstance(level, str)
    level_db_hl = float(level[1:]) if isinstance(level, str) else float(level)
    return Threshold(ear, float(hz), level_db_hl, conduction, is_masked, is_no_response)
