"""Single cells: what is a value, and the sentence for what is not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.experiment.trial_cells import (
    Refusal,
    catch_from,
    check_listener,
    ear_from,
    interval_count_from,
    listener_from,
    number_from,
    session_from,
    shown,
    trial_from,
)


@pytest.mark.parametrize("text", ["S015", "Zoë 2", "٣", "名前", "a" * 64, "-", "x.y", "ك‌م"])
def test_a_listener_may_be_any_text(text: str) -> None:
    assert listener_from(text) == text
    check_listener(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n/a",
        "a" * 65,
        "a/b",
        "a\\b",
        "..",
        ".",
        "a\nb",
        "a\tb",
        "\x1b[2J",
        "a\x00",
        "a\u202eb",
        "\u2066a",
        "\u200fa",
        " a",
        "a ",
        "a\u2028",
        "\ud800",
        "a\x85b",
    ],
)
def test_a_listener_that_would_harm_a_file_name_or_a_page_is_refused(text: str) -> None:
    refusal = listener_from(text)
    assert isinstance(refusal, Refusal)
    assert "Allowed: 1 to 64 characters, none of them a control character" in refusal.reason
    with pytest.raises(InputError, match="Allowed: 1 to 64 characters"):
        check_listener(text)


def test_an_ear_is_written_out() -> None:
    assert ear_from("left") is Ear.LEFT
    assert ear_from("right") is Ear.RIGHT
    for text in ("Left", "L", "1", "", "both"):
        assert ear_from(text) == Refusal("is not an ear. Allowed: left, right.")


@given(st.dates())
def test_any_iso_date_is_a_session(day: date) -> None:
    assert session_from(day.isoformat()) == day.isoformat()


@pytest.mark.parametrize("text", ["", "2024-02-30", "20240201", "2024-W05-4", "1.2.2024", "2024-1-2", "２０２４-01-02"])
def test_other_dates_are_refused(text: str) -> None:
    refusal = session_from(text)
    assert refusal == Refusal("is not a session. Allowed: a date as year-month-day, such as 2026-03-31.")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_exactly(number: float) -> None:
    assert number_from(repr(number)) == number


@pytest.mark.parametrize("text", ["", "n/a", "nan", "inf", "-Infinity", "1_000", "0x1", "１", "1 2", "--1", ".", "e5"])
def test_what_is_not_a_number(text: str) -> None:
    assert number_from(text) == Refusal("is not a finite number. Allowed: digits with a point as the decimal mark.")


def test_a_decimal_comma_and_a_number_beyond_floats_are_named() -> None:
    assert number_from("60,5") == Refusal("is not a number. Write the decimal mark as a point.")
    assert number_from("1e999") == Refusal("is not a finite number. It is too large.")


def test_trials_are_counted_from_one() -> None:
    assert (trial_from("1"), trial_from("25.0"), trial_from("1e3")) == (1, 25, 1000)
    for text in ("0", "-1", "1.5", "1000000001", "", "x", "nan"):
        assert trial_from(text) == Refusal(
            "is not the number of a trial. Allowed: a whole number from 1 to 1000000000."
        )


def test_interval_counts() -> None:
    assert [interval_count_from(text, highest=8) for text in ("1", "8", "3.0", "", "n/a")] == [1, 8, 3, 0, 0]
    refusal = Refusal("is not a number of intervals. Allowed: a whole number from 1 to 8.")
    assert [interval_count_from(text, highest=8) for text in ("0", "9", "2.5")] == [refusal] * 3


def test_catch_marks() -> None:
    assert [catch_from(text) for text in ("0", "false", "False", "0.0", "1", "TRUE", "n/a", "")] == [0] * 4 + [
        1
    ] * 2 + [-1] * 2
    refusal = Refusal("does not say whether this is a catch trial. Allowed: 0, 1, false, true.")
    assert [catch_from(text) for text in ("2", "yes", "0.5")] == [refusal] * 3


def test_cells_are_shown_short_and_harmless() -> None:
    assert shown("\x1b[2J\u202e") == r"'\x1b[2J\u202e'"
    assert shown("x" * 100) == f"'{'x' * 60}...'"
    assert shown("n/a") == "'n/a' (missing)"
