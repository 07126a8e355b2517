"""Models of an ear held against each other by how well they predict answers that they have not seen.

Log predictive densities are in nats; nearer zero is better.
"""

import math
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

CLEAR_STANDARD_ERRORS: Final = 2.0
"""Differences beyond this many standard errors are called clear, if they are not small."""

SMALL_NATS: Final = 4.0
"""Below it models predict much the same, and the standard error is not to be relied on (Sivula et al. 2020, arXiv
2008.10296)."""

LARGEST_PARETO_K_LIMIT: Final = 0.7
"""However many the draws."""


def pareto_k_limit(num_draws: int) -> float:
    """Above it leave-one-out is not reliable for an answer; fewer draws bear less: 0.63 for 500, 0.67 for 1,000.

    min(1 - 1 / log10(draws), 0.7) of at least two draws (Vehtari et al. 2024, JMLR 25:72, equation 13).
    """
    return min(1.0 - 1.0 / math.log10(num_draws), LARGEST_PARETO_K_LIMIT)


@unique
class Standing(StrEnum):
    """How a model does against the first one, with which the profile is made."""

    BETTER = "better"
    WORSE = "worse"
    NOT_TOLD_APART = "not told apart"
    DISPUTED = "criteria disagree"
    NOT_CONVERGED = "not known"


@dataclass(frozen=True)
class Criterion:
    """Expected log predictive density of all answers in nats, and how far it is above that of the first model."""

    elpd: float
    standard_error: float
    per_answer: float
    difference: float
    difference_standard_error: float

    @property
    def is_clear(self) -> bool:
        """Whether the model is better or worse than the first by more than two standard errors and four nats."""
        return abs(self.difference) > max(CLEAR_STANDARD_ERRORS * self.difference_standard_error, SMALL_NATS)


@dataclass(frozen=True)
class ModelScore:
    """One model on one ear's answers.

    `num_unreliable` answers have a Pareto k above `pareto_k_limit`: their share of the leave-one-out density is not
    reliable. `largest_pareto_k` is None where it is not a finite number. `draw_problems` are sentences on why the draws
    that leave-one-out is made from cannot be trusted.
    """

    number: int
    name: str
    family: str
    attenuation: str
    inhibition: str
    leave_one_out: Criterion
    num_effective: float
    largest_pareto_k: float | None
    num_unreliable: int
    folds: Criterion
    is_converged: bool
    # Scores of before these fields were counted by this limit.
    pareto_k_limit: float = LARGEST_PARETO_K_LIMIT
    draw_problems: tuple[str, ...] = ()

    @property
    def is_leave_one_out_trusted(self) -> bool:
        """Whether it is reliable for every answer, and made from draws that can be trusted."""
        return not self.num_unreliable and not self.draw_problems


@dataclass(frozen=True)
class ModelComparison:
    """All models on one ear's answers, the one that the profile is made with first."""

    num_trials: int
    num_folds: int
    scores: tuple[ModelScore, ...]
    warnings: tuple[str, ...]

    @property
    def is_leave_one_out_used(self) -> bool:
        """Whether leave-one-out counts: only if it can be trusted under every model."""
        return all(score.is_leave_one_out_trusted for score in self.scores)

    @property
    def pareto_k_limit(self) -> float:
        """The strictest of the models; they have the same if they have as many draws."""
        return min(score.pareto_k_limit for score in self.scores)

    def standing(self, score: ModelScore) -> Standing:
        """Better or worse than the first model only if every criterion that counts says so clearly.

        Not told apart only if none of them shows a clear difference.
        """
        if not (score.is_converged and self.scores[0].is_converged):
            return Standing.NOT_CONVERGED
        criteria = [score.folds, *([score.leave_one_out] if self.is_leave_one_out_used else [])]
        if all(each.is_clear and each.difference > 0.0 for each in criteria):
            return Standing.BETTER
        if all(each.is_clear and each.difference < 0.0 for each in criteria):
            return Standing.WORSE
        return Standing.DISPUTED if any(each.is_clear for each in criteria) else Standing.NOT_TOLD_APART
