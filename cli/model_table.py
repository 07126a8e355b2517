"""`hearfit fit --compare-models`: which model of an ear predicts held-out answers best."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hearfit.audiology.audiogram import Ear
from hearfit.cli.output import JsonValue, Output, json_value, new_table
from hearfit.listener.model_comparison import ModelComparison
from hearfit.listener.profile import Profile
from hearfit.reports.model_comparison import conclusion, difference
from hearfit.reports.wording import ear_name, number
from hearfit.storage.files import write_text

if TYPE_CHECKING:
    from hearfit.experiment.trials import Trials
    from hearfit.inference.sampler_settings import SamplerSettings


def comparison_names(ears: Sequence[Ear]) -> list[str]:
    """The files that a comparison writes, relative to the folder of the results."""
    return ["models.json"] if len(ears) == 1 else [f"{ear.value}/models.json" for ear in ears]


def check_comparable(trials: "Trials") -> None:
    """Refuses answers that are too few before they are fitted."""
    from hearfit import model_choice

    model_choice.check_comparable(trials)


def compare_session(
    trials: Sequence["Trials"],
    *,
    prior: str,
    settings: "SamplerSettings | None",
    out: Path,
    seed: int,
    output: Output,
) -> tuple[ModelComparison, ...]:
    """Compares the models, with the prior of the profile, on each ear's answers and writes the results.

    Leave-one-out is from chains with these settings, or without from draws of Laplace's approximation.
    """
    from hearfit.inference.posterior_draws import chain_draws, corrected_laplace_draws
    from hearfit.model_choice import compare_models

    sampler = corrected_laplace_draws if settings is None else partial(chain_draws, settings=settings)

    comparisons = []
    for each in trials:
        with output.progress(f"{ear_name(each.ear)}, models") as progress:
            comparisons.append(compare_models(each, prior=prior, sampler=sampler, seed=seed, progress=progress))
    for each, comparison, name in zip(trials, comparisons, comparison_names([e.ear for e in trials]), strict=True):
        document = {"listener": each.listener, "ear": each.ear.value, "session": each.session}
        write_text(out / name, json.dumps(document | comparison_document(comparison), indent=2, allow_nan=False) + "\n")
    return tuple(comparisons)


def comparison_document(comparison: ModelComparison) -> dict[str, JsonValue]:
    """A comparison for JSON, with what it means."""
    values = json_value(comparison)
    assert isinstance(values, dict)
    return {"conclusion": conclusion(comparison), **values}


def print_comparison(profile: Profile, output: Output) -> None:
    """The table of an ear's models, and in a sentence what follows; nothing where none were compared."""
    comparison = profile.model_comparison
    if comparison is not None:
        table = new_table(
            "",
            "compres-\nsion",
            "atten-\nuation",
            "inhi-\nbition",
            "LOO per\nanswer",
            "re model 1",
            f"k >\n{comparison.pareto_k_limit:.2g}",
            f"{comparison.num_folds} folds\nper answer",
            "re model 1",
            title=f"{profile.listener}, {profile.ear} ear: held-out log predictive density in nats",
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
                "" if score is comparison.scores[0] else difference(score.leave_one_out),
                f"{score.num_unreliable:d}",
                number(score.folds.per_answer, 3),
                "" if score is comparison.scores[0] else difference(score.folds),
            )
        output.table(table)
        if means := conclusion(comparison):
            output.paragraph(means)
        output.text()
        for sentence in comparison.warnings:
            output.warning(f"{ear_name(profile.ear)}: {sentence}")
