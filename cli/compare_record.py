"""A change as the document that `hearfit compare --json` prints and compare.json holds."""

from hearfit.change.false_discovery import FALSE_DISCOVERY_RATE
from hearfit.change.profile_change import ListenerChange, SessionChange
from hearfit.change.retest import BETWEEN_SESSIONS, PUBLISHED, WITHIN_SESSION
from hearfit.change.verdict import QuantityChange, RetestTest
from hearfit.cli.output import JsonValue, json_value
from hearfit.reports.change_words import ear_sentence, verdict_words


def change_record(change: ListenerChange) -> dict[str, JsonValue]:
    """Every session against the first, every number, and the constants that they were compared with."""
    return {
        "schema": "hearfit.change",
        "version": 1,
        "listener": change.history.listener,
        "sessions": [
            {"session": session.name, "ears": [ear.value for ear in session.ears]}
            for session in change.history.sessions
        ],
        "retest": {
            "within_session": json_value(WITHIN_SESSION),
            "between_sessions": json_value(BETWEEN_SESSIONS),
            "published_limit": json_value(PUBLISHED),
        },
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "steps": [_step(step) for step in change.steps],
        "remarks": list(change.remarks),
        "not_trusted": list(change.not_trusted),
    }


def _step(step: SessionChange) -> dict[str, JsonValue]:
    return {
        "session": step.session,
        "baselines": {ear.value: session for ear, session in step.baselines.items()},
        "num_compared": step.num_compared,
        "summary": [ear_sentence(step, ear) for ear in step.baselines],
        "warnings": list(step.warnings),
        "changes": [_change(change) for change in step.changes],
    }


def _change(change: QuantityChange) -> dict[str, JsonValue]:
    measured = change.measured
    return {
        "ear": change.ear.value,
        "quantity": measured.quantity.value,
        "unit": measured.quantity.unit,
        "frequencies_hz": list(measured.frequencies_hz),
        "before": json_value(measured.before),
        "after": json_value(measured.after),
        "difference": json_value(measured.difference),
        "not_measured": measured.not_measured,
        "within_session": _test(change.within_session),
        "between_sessions": _test(change.between_sessions),
        "published_limit": change.published_limit,
        "adjusted_p_value_without_retest": change.adjusted_p_value,
        "verdict": change.verdict.value,
        "in_words": verdict_words(change),
    }


def _test(test: RetestTest | None) -> JsonValue:
    if test is None:
        return None
    return {
        "limit_95": test.limit_95,
        "probability_beyond": test.probability_beyond,
        "p_value": test.p_value,
        "adjusted_p_value": test.adjusted_p_value,
    }
