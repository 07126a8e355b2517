"""Which model of an ear predicts its answers: a table, and in plain words what it means."""

from collections.abc import Sequence

from hearfit.listener.model_comparison import (
    CLEAR_STANDARD_ERRORS,
    SMALL_NATS,
    Criterion,
    ModelComparison,
    ModelScore,
    Standing,
)
from hearfit.listener.profile import Profile
from hearfit.reports.document import Block, Cell, Column, Heading, Paragraph, Row, Table
from hearfit.reports.wording import count, ear_name, enumeration, number

_HEADING = "Would another model of the ear predict the answers better?"
_NOTHING = Cell("–")


def comparison_blocks(profile: Profile) -> list[Block]:
    """What the report of an ear says of the models, and what to beware of; nothing where none were compared."""
    comparison = profile.model_comparison
    if comparison is None:
        return []
    means = conclusion(comparison)
    return [
        Heading(_HEADING),
        *([Paragraph(means)] if means else []),
        _table(profile, comparison),
        *(Paragraph(f"Beware: {sentence}") for sentence in comparison.warnings),
    ]


def conclusion(comparison: ModelComparison) -> str:
    """What the comparison means, for a reader who does not know it; nothing if there was one model only."""
    first, *others = comparison.scores
    if not others:
        return ""
    lost = [each for each in comparison.scores if not each.is_converged]
    if not first.is_converged:
        return (
            f"How the models compare is not known: a search for the most probable ear did not converge under "
            f"{_numbered(lost)}, and all models are compared with model {first.number}, with which this profile is "
            f"made."
        )
    of = {standing: [each for each in others if comparison.standing(each) is standing] for standing in Standing}
    sentences = []
    if better := of[Standing.BETTER]:
        names = enumeration([f"{each.number} ({each.name})" for each in better])
        sentences.append(
            f"{_models(better)} {names} {_verb(better, 'predicts', 'predict')} held-back answers clearly better than "
            f"model {first.number}, with which this profile is made: the numbers of this profile rest on a model that "
            f"describes these answers less well, so take them with caution."
        )
    if worse := of[Standing.WORSE]:
        sentences.append(
            f"Model {first.number}, with which this profile is made, predicts held-back answers clearly better than "
            f"{_numbered(worse)}."
        )
    if alike := of[Standing.NOT_TOLD_APART]:
        limit = f"within {CLEAR_STANDARD_ERRORS:g} standard errors or less than {SMALL_NATS:g} nats"
        if len(alike) == len(others):
            sentences.append(
                f"These answers do not tell the models apart: every difference from model {first.number}, with which "
                f"this profile is made, is {limit}, so they are no reason to prefer another model."
            )
        else:
            what = "its difference is" if len(alike) == 1 else "their differences are"
            sentences.append(
                f"{_numbered(alike).capitalize()} {_verb(alike, 'is', 'are')} not told apart from model "
                f"{first.number}: {what} {limit}."
            )
    if disputed := of[Standing.DISPUTED]:
        sentences.append(
            f"For {_numbered(disputed)} the two criteria disagree: the {comparison.num_folds} folds and leave-one-out "
            f"do not both show a clear difference from model {first.number} in the same direction, so these answers do "
            f"not decide between {_verb(disputed, 'it', 'them')} and model {first.number}."
        )
    if lost:
        sentences.append(
            f"Of {_numbered(lost)} nothing is known, because a search for the most probable ear did not converge under "
            f"{_verb(lost, 'it', 'them')}."
        )
    if not comparison.is_leave_one_out_used:
        sentences.append(
            f"This goes by the {comparison.num_folds} folds alone, because leave-one-out is not reliable here."
        )
    return " ".join(sentences)


def _table(profile: Profile, comparison: ModelComparison) -> Table:
    columns = (
        Column("Model"),
        Column("Compression"),
        Column("Attenuation"),
        Column("Lateral inhibition"),
        Column(f"{comparison.num_folds} folds", "nats per answer"),
        Column("Difference", "nats, ± SE"),
        Column("Leave-one-out", "nats per answer"),
        Column("Difference", "nats, ± SE"),
        Column("Not reliable", "answers"),
        Column("Predicts"),
    )
    rows = tuple(_row(score, comparison) for score in comparison.scores)
    return Table(f"{ear_name(profile.ear)}: models of the ear compared", columns, rows, note=_note(comparison))


def _row(score: ModelScore, comparison: ModelComparison) -> Row:
    is_first = score is comparison.scores[0]
    return Row(
        f"{score.number} (this profile)" if is_first else str(score.number),
        (
            Cell(score.family.replace("_", " ")),
            Cell(score.attenuation),
            Cell(score.inhibition),
            Cell(number(score.folds.per_answer, 3)),
            _NOTHING if is_first else _difference_cell(score.folds),
            Cell(number(score.leave_one_out.per_answer, 3)),
            _NOTHING if is_first else _difference_cell(score.leave_one_out),
            Cell(f"{score.num_unreliable:,}"),
            _NOTHING if is_first else Cell(str(comparison.standing(score))),
        ),
    )


def _difference_cell(criterion: Criterion) -> Cell:
    value, error = difference(criterion).split(" ", maxsplit=1)
    return Cell(value, error)


def difference(criterion: Criterion) -> str:
    """From the first model, with its standard error: −3.1 ± 1.2."""
    return f"{number(criterion.difference, 1)} ± {number(criterion.difference_standard_error, 1)}"


def _note(comparison: ModelComparison) -> str:
    return (
        "Nats per answer: the mean natural logarithm of the probability that a model gave to answers it had not been "
        f"fitted to; nearer zero is better. {comparison.num_folds} folds: each part of the answers is predicted by the "
        "most probable ear of the other parts. Leave-one-out: each answer is predicted from the posterior of all "
        f"others, estimated by importance sampling, which is not reliable for answers with a Pareto k above "
        f"{comparison.pareto_k_limit:.2g} (with fewer draws the limit is lower). Differences are from model "
        f"{comparison.scores[0].number}, summed over "
        f"{count(comparison.num_trials, 'answer')}, with their standard error; above zero the model predicts better. "
        f"Only beyond {CLEAR_STANDARD_ERRORS:g} standard errors and {SMALL_NATS:g} nats are models told apart, and "
        "only if the folds and leave-one-out agree; the folds decide alone where leave-one-out cannot be trusted. "
        "Compression power: amplitude grows with one exponent at every level; broken stick: linearly up to a knee, "
        "which a loss raises, and with the normal exponent above it. Attenuation none: all of a loss is loss of "
        "compression. Lateral inhibition normal: as in the model's normal ear. Fitted: found from the answers."
    )


def _models(scores: Sequence[ModelScore]) -> str:
    return "Model" if len(scores) == 1 else "Models"


def _numbered(scores: Sequence[ModelScore]) -> str:
    return f"{_models(scores).lower()} {enumeration([str(each.number) for each in scores])}"


def _verb(scores: Sequence[ModelScore], one: str, many: str) -> str:
    return one if len(scores) == 1 else many
