"""`hearfit fit --compare-models`: which model of an ear predicts held-out answers best."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hearfit.audiology.audiogram import Ear
from hearfit.cli.output import Output, json_value, new_table
from hearfit.reports.wording import count, ear_name, number
from hearfit.storage.files import write_text

if TYPE_CHECKING:
    from hearfit.experiment.trials import Trials
    from hearfit.model_choice import Criterion, ModelComparison, ModelScore


def comparison_names(ears: Sequence[Ear]) -> list[str]:
    """The files that a comparison writes, relative to the folder of the results."""
    return ["models.json"] if len(ears) == 1 else [f"{ear.value}/models.json" for ear in ears]


def check_comparable(trials: "Trials") -> None:
    """Refuses answers that are too few before they are fitted."""
    from hearfit import model_choice

    model_choice.check_comparable(trials)


def compare_session(
    trials: Sequence["Trials"], *, prior: str, out: Path, seed: int, output: Output
) -> tuple["ModelComparison", ...]:
    """Compares the models, with the prior of the profile, on each ear's answers and writes the results."""
    from hearfit.model_choice import compare_models

    comparisons = []
    for each in trials:
        with output.progress(f"{ear_name(each.ear)}, models") as progress:
            comparisons.append(compare_models(each, prior=prior, seed=seed, progress=progress))
    for comparison, name in zip(comparisons, comparison_names([each.ear for each in trials]), strict=True):
        write_text(out / name, json.dumps(json_value(comparison), indent=2, allow_nan=False) + "\n")
    return tuple(comparisons)


def print_comparisons(comparisons: Sequence["ModelComparison"], output: Output) -> None:
    """A table for each ear, and in a sentence what follows."""
    for comparison in comparisons:
        table = new_table(
            "",
            "compression",
            "atten-\nuation",
            "inhi-\nbition",
            "LOO per\nanswer",
            "re model 1",
            "k >\n0.7",
            f"{comparison.num_folds} folds\nper answer",
            "re model 1",
            title=f"{comparison.listener}, {comparison.ear} ear: held-out log predictive density in nats",
        )
        for column in table.columns[1:4]:
            column.justify = "left"
        for score in comparison.scores:
            table.add_row(
                str(score.number),
                score.family.replace("_", " "),
                score.attenuation,
                score.inhibition,
                number(score.leave_one_out.per_answer, 3),
                _difference(score, score.leave_one_out),
                f"{score.num_unreliable:d}",
                number(score.folds.per_answer, 3),
                _difference(score, score.folds),
            )
        output.table(table)
        output.paragraph(_conclusion(comparison))
        output.text()
        for sentence in comparison.warnings:
            output.warning(f"{ear_name(comparison.ear)}: {sentence}")


def _difference(score: "ModelScore", criterion: "Criterion") -> str:
    if score.number == 1:
        return ""
    return f"{number(criterion.difference, 1)} ± {number(criterion.difference_standard_error, 1)}"


def _conclusion(comparison: "ModelComparison") -> str:
    better = [
        score
        for score in comparison.scores
        if all(criterion.is_clear and criterion.difference > 0.0 for criterion in (score.leave_one_out, score.folds))
    ]
    basis = f"{count(comparison.num_trials, 'answer')}; differences are sums over all of them, ± one standard error."
    if not better:
        return f"No model predicts clearly better than model 1, the profile's, by both criteria: {basis}"
    names = " and ".join(f"model {score.number} ({score.name})" for score in better)
    return f"Clearly better than model 1, with which the profile is made, by both criteria: {names}. From {basis}"
