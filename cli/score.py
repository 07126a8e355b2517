"""`hearfit score`: how well a profile predicts answers that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.cli.inputs import read_session
from hearfit.cli.options import (
    ColumnsOption,
    JsonFlag,
    OwnProtocolsOption,
    QuietFlag,
    SessionOption,
    TransducerOption,
    TrialFilesArgument,
)
from hearfit.cli.output import JsonValue, Output, json_value, new_table, printable
from hearfit.reports.wording import count, ear_name, number

if TYPE_CHECKING:
    from hearfit.scoring import ConditionScore


@dataclass(frozen=True)
class _Group:
    """All conditions of one protocol and frequency: mean response observed and expected."""

    protocol: str
    frequency_hz: float
    num_trials: int
    observed: float
    expected: float


def score(
    profile: Annotated[Path, typer.Argument(help="profile.json of an ear.", show_default=False)],
    trials: TrialFilesArgument,
    listener: Annotated[
        str | None, typer.Option("--listener", help="Whose trials.", show_default="the listener of the profile")
    ] = None,
    session: SessionOption = None,
    transducer: TransducerOption = None,
    protocol: OwnProtocolsOption = None,
    columns: ColumnsOption = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Score a profile on new answers of its ear: log likelihood per answer, and observed against expected responses."""
    from hearfit.storage.profile_files import read_profile

    output = Output(is_json=as_json, is_quiet=quiet)
    ear = read_profile(profile)
    (answers,) = read_session(
        trials,
        own_protocols=protocol,
        listener=ear.listener if listener is None else listener,
        ear=ear.ear,
        session=session,
        transducer=transducer,
        output=output,
        columns=columns,
    )
    if answers.listener != ear.listener:
        output.warning(f"These are the answers of {answers.listener}, but the profile is of {ear.listener}.")
    if answers.source_sha256 == ear.provenance.data_sha256:
        output.warning("These are the answers to which the profile was fitted, so the score is too good.")
    from hearfit.inference.compilation import use_compilation_cache
    from hearfit.scoring import score_trials

    use_compilation_cache()

    with output.progress(ear_name(ear.ear)) as progress:
        progress("Predicting the answers", 0.1)
        result = score_trials(ear, answers)
    groups = _groups(result.by_condition)
    title = f"{ear.listener}, {ear.ear} ear"
    table = new_table("Protocol", "Hz", "answers", "mean response", "expected", title=title)
    for group in groups:
        table.add_row(
            printable(group.protocol),
            f"{group.frequency_hz:g}",
            f"{group.num_trials:,}",
            number(group.observed, 2),
            number(group.expected, 2),
        )
    output.table(table)
    output.text(
        f"Log likelihood {number(result.log_likelihood, 1)} for {count(result.num_trials, 'answer')}: "
        f"{number(result.log_likelihood_per_trial, 3)} per answer"
    )
    document = json_value(result)
    by_frequency: JsonValue = [json_value(group) for group in groups]
    assert isinstance(document, dict)
    output.document({"listener": ear.listener, "ear": ear.ear.value, **document, "by_frequency": by_frequency})


def _groups(conditions: Sequence["ConditionScore"]) -> list[_Group]:
    def key(condition: "ConditionScore") -> tuple[str, float]:
        return condition.protocol, condition.frequency_hz

    groups: list[_Group] = []
    for (protocol, frequency_hz), members in groupby(sorted(conditions, key=key), key=key):
        rows = list(members)
        total = sum(sum(row.counts) for row in rows)
        observed = sum(_weighted(row.responses, row.counts) for row in rows)
        expected = sum(_weighted(row.responses, row.predicted) for row in rows)
        groups.append(_Group(protocol, frequency_hz, total, observed / max(total, 1), expected / max(total, 1)))
    return groups


def _weighted(responses: Sequence[int], weights: Sequence[float]) -> float:
    return sum(response * weight for response, weight in zip(responses, weights, strict=True))
