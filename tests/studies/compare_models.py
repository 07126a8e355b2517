"""Which model of an ear predicts the answers of real listeners: the documentation's table, in Markdown.

    python -m tests.studies.compare_models ../shared/data [--models 1 5]

Sums over the four real loudness runs (400 answers). LOO: leave-one-out from draws of the posterior by Pareto-smoothed
importance sampling; "unreliable" are the answers with k > 0.7. Folds: five-fold, by the most probable ear of the other
four folds. Differences are from model 1, with their standard error over answers.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from hearfit.inference.model_variants import COMPARED_MODELS, FURTHER_MODELS, ModelVariant
from hearfit.inference.posterior_draws import corrected_laplace_draws
from hearfit.model_choice import Criterion, ModelScore, Sampler, joined, predictions, scored
from tests.studies.real_runs import LISTENERS, real_run

HEADER = (
    "| model | compression | attenuation | inhibition | LOO per answer | difference | unreliable | folds per answer "
    "| difference |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def study(
    data: Path, models: Sequence[ModelVariant], *, listeners: Sequence[str] = LISTENERS, sampler: Sampler, seed: int
) -> tuple[ModelScore, ...]:
    """Criteria of every model over the answers of all listeners."""
    runs = [real_run(data, listener) for listener in listeners]
    return scored([joined([predictions(run, model, sampler=sampler, seed=seed) for run in runs]) for model in models])


def table(scores: Sequence[ModelScore]) -> Iterator[str]:
    """Rows of the table in Markdown."""
    yield HEADER
    for score in scores:
        columns = (
            str(score.number),
            score.family.replace("_", " "),
            score.attenuation,
            score.inhibition,
            f"{score.leave_one_out.per_answer:.3f}",
            _difference(score.leave_one_out),
            str(score.num_unreliable),
            f"{score.folds.per_answer:.3f}",
            _difference(score.folds),
        )
        yield "| " + " | ".join(columns) + (" |" if score.is_converged else " | a fold did not converge")


def _difference(criterion: Criterion) -> str:
    return f"{criterion.difference:+.1f} ± {criterion.difference_standard_error:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", type=int, nargs="*", default=None, help="numbers; model 1 is always compared")
    asked = parser.parse_args()
    models = [
        model
        for model in (*COMPARED_MODELS, *FURTHER_MODELS)
        if asked.models is None or model.number in {1, *asked.models}
    ]
    for line in table(study(asked.data, models, sampler=corrected_laplace_draws, seed=1)):
        print(line)


if __name__ == "__main__":
    main()
