"""All criteria of change over time, asked at once."""

from collections.abc import Sequence
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer
from hearfit.audiology.change.asha import ASHA_A, ASHA_B, ASHA_C, asha_answers
from hearfit.audiology.change.comparison import Comparison
from hearfit.audiology.change.ctcae import CTCAE_ADULT, CTCAE_CHILD, ctcae_answers
from hearfit.audiology.change.occupational import NIOSH, OSHA_RECORDABLE, OSHA_STS, occupational_answers
from hearfit.audiology.change.shifts import checked_ladder
from hearfit.audiology.change.siop import SIOP_BOSTON, siop_answers
from hearfit.errors import InputError

CRITERIA: Final[tuple[Criterion, ...]] = (
    ASHA_A,
    ASHA_B,
    ASHA_C,
    CTCAE_ADULT,
    CTCAE_CHILD,
    SIOP_BOSTON,
    OSHA_STS,
    OSHA_RECORDABLE,
    NIOSH,
)


def changes(
    baseline: Audiogram | None,
    current: Audiogram,
    *,
    retest: Audiogram | None = None,
    ladder_hz: Sequence[float] | None = None,
    is_enrolled_in_monitoring: bool,
    is_child: bool,
) -> tuple[CriterionAnswer, ...]:
    """What every criterion says of every ear, right ear first, each ear in the order of `CRITERIA`.

    An ear is answered for if any of the audiograms has it. Without a `ladder_hz` the test ladder is 250, 500, 1000,
    2000, 3000, 4000, 6000 and 8000 Hz, and whatever else baseline and current audiogram both have for that ear.
    CTCAE is asked for adults or for children by `is_child`.

    Raises:
        InputError: the audiograms are of different listeners, or the ladder is not one.
    """
    given = [audiogram for audiogram in (baseline, current, retest) if audiogram is not None]
    listeners = list(dict.fromkeys(audiogram.listener for audiogram in given))
    if len(listeners) > 1:
        names = " and ".join(repr(name) for name in listeners)
        raise InputError(f"A change is one listener's, but these audiograms are of {names}.")
    comparison = Comparison(
        baseline,
        current,
        retest,
        None if ladder_hz is None else checked_ladder(ladder_hz),
        is_enrolled_in_monitoring=is_enrolled_in_monitoring,
        is_child=is_child,
    )
    return tuple(
        answer
        for ear in (Ear.RIGHT, Ear.LEFT)
        if any(audiogram.of(ear) for audiogram in given)
        for answer in (
            *asha_answers(comparison, ear),
            *ctcae_answers(comparison, ear),
            *siop_answers(comparison, ear),
            *occupational_answers(comparison, ear),
        )
    )
