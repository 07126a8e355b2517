"""Order of sessions, what is refused and what is warned of. Truth: worked by hand."""

import re
from dataclasses import replace

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.sessions import Session, Trend, swapped_ears, trend
from hearfit.errors import InputError
from tests.audiology.change.audiograms import audiogram, flat

SLOPING = {500.0: 10.0, 1000.0: 20.0, 2000.0: 40.0, 4000.0: 60.0}
FLAT = dict.fromkeys(SLOPING, 10.0)


def session(date: str | None, level: float = 0.0, *, name: str | None = None, listener: str = "L001") -> Session:
    return Session(name or f"{date}.csv", audiogram(flat(level), flat(level), date=date, listener=listener))


def found(*sessions: Session, retest: Session | None = None, baseline_date: str | None = None) -> Trend:
    return trend(sessions, retest=retest, baseline_date=baseline_date, is_enrolled_in_monitoring=False, is_child=False)


def test_every_session_is_compared_with_the_first_by_date() -> None:
    result = found(session("2024-03-01", 20.0), session("2024-01-01", 0.0), session("2024-02-01", 5.0))
    assert result.baseline.source == "2024-01-01.csv"
    assert [change.session.audiogram.date for change in result.changes] == ["2024-02-01", "2024-03-01"]
    assert [change.ears[0].shifts[0].change.lower_db for change in result.changes] == [5.0, 20.0]
    assert [each.ear for each in result.changes[0].ears] == [Ear.RIGHT, Ear.LEFT]
    (warning,) = result.warnings
    assert warning.startswith("The sessions were not given in the order of their dates")
    assert found(session("2024-01-01"), session("2024-02-01")).warnings == ()


def test_another_baseline_by_its_date() -> None:
    three = (session("2024-01-01", 0.0), session("2024-02-01", 5.0), session("2024-03-01", 20.0))
    result = found(*three, baseline_date="2024-02-01")
    assert [change.ears[0].shifts[0].change.lower_db for change in result.changes] == [15.0]
    assert result.warnings == (
        "2024-01-01.csv: not compared, because the session is before the baseline of 2024-02-01.",
    )
    for wrong in ("2024-03-01", "2020-01-01"):
        with pytest.raises(InputError, match="No session before the last is of"):
            found(*three, baseline_date=wrong)


def test_a_retest_confirms_the_last_session_alone() -> None:
    sessions = (session("2024-01-01"), session("2024-02-01", 20.0), session("2024-03-01", 20.0))
    result = found(*sessions, retest=session("2024-03-02", 20.0))
    verdicts = [change.answers[0].verdict.value for change in result.changes]
    assert verdicts == ["cannot be computed", "met"]
    assert result.retest_ears[0].shifts[0].change.lower_db == 20.0


@pytest.mark.parametrize(
    ("sessions", "retest", "message"),
    [
        ([session("2024-01-01")], None, "A change needs two audiograms"),
        ([session("2024-01-01"), session(None, name="b.csv")], None, "b.csv: has no date"),
        (
            [session("2024-01-01", name="a.csv"), session("2024-01-01", name="b.csv")],
            None,
            "a.csv and b.csv are both of 2024-01-01, so neither is the earlier one",
        ),
        ([session("2024-01-01"), session("2024-01-01")], None, "2024-01-01.csv: is given more than once"),
        (
            [session("2024-01-01"), session("2024-02-01", listener="L002")],
            None,
            "2024-01-01.csv is of 'L001'; 2024-02-01.csv is of 'L002'",
        ),
        (
            [session("2024-01-01"), session("2024-02-01")],
            session("2024-02-02", listener="L002"),
            "2024-02-02.csv is of 'L002'",
        ),
        ([session("2024-01-01"), session("2024-02-01")], session(None, name="r.csv"), "r.csv: has no date"),
        (
            [session("2024-01-01"), session("2024-02-01")],
            session("2024-01-31", name="r.csv"),
            "r.csv: is of 2024-01-31, before the last session of 2024-02-01",
        ),
    ],
)
def test_what_is_refused(sessions: list[Session], retest: Session | None, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        found(*sessions, retest=retest)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        found(session(None, name="a.csv"), session(None, name="b.csv", listener="L002"))
    assert len(caught.value.problems) == 3


def test_swapped_ears() -> None:
    before, swapped = audiogram(SLOPING, FLAT), audiogram(FLAT, SLOPING)
    suspicion = swapped_ears(before, swapped)
    assert suspicion is not None
    # Shifts of 0, 10, 30 and 50 dB: the root of (0 + 100 + 900 + 2500) / 4.
    assert suspicion.as_given_db == pytest.approx(29.58, abs=0.01)
    assert suspicion.exchanged_db == 0.0
    assert swapped_ears(before, before) is None
    # A symmetric loss, and a true change in one ear.
    assert swapped_ears(audiogram(FLAT, FLAT), audiogram(SLOPING, SLOPING)) is None
    assert swapped_ears(audiogram(FLAT, FLAT), audiogram(SLOPING, FLAT)) is None
    # Two frequencies are too few to say.
    two = {500.0: 0.0, 1000.0: 60.0}
    assert swapped_ears(audiogram(two, dict.fromkeys(two, 0.0)), audiogram(dict.fromkeys(two, 0.0), two)) is None


def test_what_looks_wrong_is_warned_of() -> None:
    first = Session("a.csv", audiogram(SLOPING, FLAT, date="2024-01-01"))
    second = Session("b.csv", audiogram(FLAT, SLOPING | {8000.0: 70.0}, date="2024-02-01"))
    result = found(first, second)
    assert result.warnings == (
        "b.csv: has 8000 Hz of the left ear, which the baseline lacks.",
        (
            "b.csv: are its ears swapped? As given its thresholds differ from the baseline by 30 dB (rms), with left "
            "and right exchanged by 0 dB."
        ),
    )
    assert found(second, Session("c.csv", audiogram(FLAT, SLOPING, date="2024-03-01"))).warnings == (
        "c.csv: lacks 8000 Hz of the left ear, which the baseline has.",
    )


def test_another_transducer_is_warned_of() -> None:
    first, second = session("2024-01-01"), session("2024-02-01")
    result = found(
        replace(first, audiogram=replace(first.audiogram, transducer="HDA200")),
        replace(second, audiogram=replace(second.audiogram, transducer="TDH-39")),
    )
    assert result.warnings == (
        (
            "2024-02-01.csv: was measured with TDH-39 and the baseline with HDA200; part of a shift may be the "
            "transducer's."
        ),
    )
