"""What a criterion of change answers: met, not met or cannot be computed, why, and on what evidence."""

from dataclasses import dataclass

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.shifts import Shift
from hearfit.audiology.criterion import Outcome


@dataclass(frozen=True)
class Criterion:
    """One criterion: `rule` says it in a sentence, `note` how it is read here and what it leaves out.

    With `needs_retest` a change counts only when a retest shows it again; `is_absolute` grades the current audiogram
    by itself, without a baseline.
    """

    id: str
    name: str
    rule: str
    source: str
    note: str
    needs_retest: bool = False
    is_absolute: bool = False


@dataclass(frozen=True)
class GradeRange:
    """The grades that the known bounds leave possible; one grade where both are equal."""

    lowest: int
    highest: int


@dataclass(frozen=True)
class CriterionAnswer:
    """One criterion's answer for one ear.

    `reason` is a sentence. `evidence` holds the shifts (or, without a baseline, the levels) that it rests on. Of a
    graded scale `verdict` says whether the grade is 1 or higher. `is_beyond_retest` says whether every shift of the
    change that was found exceeds the published limit of repeated tests; None where nothing was found or no limit is
    published for the frequency. With `is_unconfirmed` the change is there and waits for a retest that tells.
    """

    criterion: Criterion
    ear: Ear
    verdict: Outcome
    reason: str
    evidence: tuple[Shift, ...] = ()
    grade: GradeRange | None = None
    is_beyond_retest: bool | None = None
    is_unconfirmed: bool = False


def verdict_of(truth: bool | None) -> Outcome:
    """Met, not met, or cannot be computed for None."""
    if truth is None:
        return Outcome.NOT_COMPUTABLE
    return Outcome.MET if truth else Outcome.NOT_MET
