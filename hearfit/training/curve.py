"""How a training went, as points that a figure can draw."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CurvePoint:
    """How training stood after this many steps; `training_loss` is the mean since the point before."""

    step: int
    training_loss: float
    validation_score: float


def best_point(curve: Sequence[CurvePoint], *, is_higher_better: bool) -> CurvePoint | None:
    """The point with the best validation score, the first of equals; None of an empty curve."""
    sign = 1.0 if is_higher_better else -1.0
    return max(curve, key=lambda point: sign * point.validation_score, default=None)


def is_out_of_patience(curve: Sequence[CurvePoint], *, is_higher_better: bool, patience: int | None) -> bool:
    """Whether as many validations as `patience` have passed since the best one."""
    best = best_point(curve, is_higher_better=is_higher_better)
    return patience is not None and best is not None and len(curve) - 1 - curve.index(best) >= patience
