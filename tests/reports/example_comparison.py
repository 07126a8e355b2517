"""Scores of made-up models: the default, one that is not told apart from it, and one that predicts better."""

from dataclasses import replace

from hearfit.listener.model_comparison import Criterion, ModelComparison, ModelScore

DEFAULT = ModelScore(
    number=1,
    name="power, attenuation fitted, inhibition fitted",
    family="power",
    attenuation="fitted",
    inhibition="fitted",
    leave_one_out=Criterion(-145.2, 9.0, -1.452, 0.0, 0.0),
    num_effective=12.0,
    largest_pareto_k=0.5,
    num_unreliable=0,
    folds=Criterion(-148.0, 10.0, -1.48, 0.0, 0.0),
    is_converged=True,
)
WORSE = replace(
    DEFAULT,
    number=5,
    name="broken stick, attenuation fitted, inhibition fitted",
    family="broken_stick",
    leave_one_out=Criterion(-155.2, 9.0, -1.552, -10.0, 2.5),
    num_unreliable=3,
    folds=Criterion(-151.0, 10.0, -1.51, -3.0, 3.2),
)
"""By leave-one-out, which is not reliable, clearly worse; not told apart by the folds."""
BETTER = replace(
    WORSE, leave_one_out=Criterion(-135.2, 9.0, -1.352, 10.0, 2.5), folds=Criterion(-1.0, 1.0, 1.0, 9.0, 4.0)
)


def scored(
    number: int,
    *,
    folds: float,
    leave_one_out: float,
    error: float = 3.0,
    num_unreliable: int = 0,
    is_converged: bool = True,
    draw_problems: tuple[str, ...] = (),
) -> ModelScore:
    """A model with these differences from the first, each with this standard error."""
    return replace(
        DEFAULT,
        number=number,
        attenuation="none",
        name="power, attenuation none, inhibition fitted",
        leave_one_out=Criterion(-145.2 + leave_one_out, 9.0, (-145.2 + leave_one_out) / 100, leave_one_out, error),
        folds=Criterion(-148.0 + folds, 10.0, (-148.0 + folds) / 100, folds, error),
        num_unreliable=num_unreliable,
        is_converged=is_converged,
        draw_problems=draw_problems,
    )


def comparison(*others: ModelScore) -> ModelComparison:
    """The default against others, on 100 answers."""
    return ModelComparison(100, 5, (DEFAULT, *others), ())
