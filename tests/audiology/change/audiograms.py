"""Audiograms in short form for the tests of change."""

from collections.abc import Mapping

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.change.answers import CriterionAnswer
from hearfit.audiology.change.criteria import changes

Levels = Mapping[float, float | str]
OCTAVES = (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)


def audiogram(
    right: Levels | None = None,
    left: Levels | None = None,
    *,
    bone_right: Levels | None = None,
    date: str | None = None,
    listener: str = "L001",
) -> Audiogram:
    """Levels in dB HL by frequency; a text such as ">110" is no response."""
    thresholds = [
        threshold(ear, hz, level, conduction)
        for ear, levels, conduction in (
            (Ear.RIGHT, right, Conduction.AIR),
            (Ear.LEFT, left, Conduction.AIR),
            (Ear.RIGHT, bone_right, Conduction.BONE),
        )
        for hz, level in (levels or {}).items()
    ]
    return Audiogram(listener, tuple(thresholds), date=date)


def threshold(ear: Ear, hz: float, level: float | str, conduction: Conduction = Conduction.AIR) -> Threshold:
    if isinstance(level, str):
        return Threshold(ear, hz, float(level.removeprefix(">")), conduction, is_no_response=True)
    return Threshold(ear, hz, float(level), conduction)


def flat(level: float | str = 0.0, **changed: float | str) -> dict[float, float | str]:
    """The same level at each standard frequency but for those named, as f4000=20."""
    return dict.fromkeys(OCTAVES, level) | {float(name.removeprefix("f")): value for name, value in changed.items()}


def answer(
    criterion: str,
    baseline: Audiogram | None,
    current: Audiogram,
    *,
    retest: Audiogram | None = None,
    ladder_hz: tuple[float, ...] | None = None,
    is_enrolled: bool = True,
    is_child: bool = False,
    ear: Ear = Ear.RIGHT,
) -> CriterionAnswer:
    """One criterion's answer for one ear."""
    answers = changes(
        baseline,
        current,
        retest=retest,
        ladder_hz=ladder_hz,
        is_enrolled_in_monitoring=is_enrolled,
        is_child=is_child,
    )
    (found,) = [each for each in answers if each.criterion.id == criterion and each.ear is ear]
    return found
