"""What graded scales share: the grades that the bounds leave possible, and an answer made of them."""

from collections.abc import Mapping

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer, GradeRange
from hearfit.audiology.change.rules import Shifts
from hearfit.audiology.change.wording import sentence
from hearfit.audiology.criterion import Outcome


def grade_range(is_at_grade: Mapping[int, bool | None]) -> GradeRange:
    """Lowest and highest grade that is possible, from whether each grade's condition holds; 0 where none does."""
    lowest = max((grade for grade, truth in is_at_grade.items() if truth), default=0)
    highest = max((grade for grade, truth in is_at_grade.items() if truth is not False), default=0)
    return GradeRange(lowest, highest)


def graded_answer(
    criterion: Criterion,
    ear: Ear,
    grade: GradeRange,
    *,
    found: str,
    why_open: str,
    evidence: Shifts,
    is_beyond_retest: bool | None = None,
) -> CriterionAnswer:
    """An answer that says the grade; `found` names what was found, `why_open` why the grade is not exact."""
    verdict = Outcome.NOT_COMPUTABLE
    if grade.lowest > 0:
        verdict = Outcome.MET
    elif grade.highest == 0:
        verdict = Outcome.NOT_MET
    reason = f"{grade_text(grade)}: {found}"
    if grade.lowest != grade.highest:
        reason = f"{reason}; {why_open}"
    return CriterionAnswer(criterion, ear, verdict, sentence(reason), evidence, grade, is_beyond_retest)


def grade_text(grade: GradeRange) -> str:
    """Grade 2, or grade 0 to 2."""
    return f"grade {grade.lowest}" if grade.lowest == grade.highest else f"grade {grade.lowest} to {grade.highest}"
