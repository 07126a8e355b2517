"""What a criterion says of an audiogram: met, not met, or not to be computed from what was measured."""

from enum import StrEnum, unique


@unique
class Outcome(StrEnum):
    """The three answers; a missing threshold or a no response is never guessed away."""

    MET = "met"
    NOT_MET = "not met"
    NOT_COMPUTABLE = "cannot be computed"


def outcome_of(*, is_certain: bool, is_possible: bool) -> Outcome:
    """Met if the thresholds allow nothing else, not met if they exclude it, otherwise not to be computed."""
    if is_certain:
        return Outcome.MET
    return Outcome.NOT_COMPUTABLE if is_possible else Outcome.NOT_MET
