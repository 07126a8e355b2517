"""Names from files as a page may show them."""

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.reports.names import shortened, shown, shown_audiogram, shown_profile
from tests.reports.example_profile import example_profile

ISOLATES = "\u2068\u2069"


@pytest.mark.parametrize(
    ("name", "as_shown"),
    [
        ("Anna-Lena Müller", "Anna-Lena Müller"),
        ("<script>", "<script>"),
        ("a\u202eb", "a\\u202eb"),
        ("two\nlines\x00", "two\\nlines\\x00"),
        ("half\ud800", "half\\ud800"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("1\u00a0kHz", "1\u00a0kHz"),
        ("\u05e9\u05dc\u05d5\u05dd 12", "\u2068\u05e9\u05dc\u05d5\u05dd 12\u2069"),
        ("", ""),
    ],
)
def test_a_name_as_shown(name: str, as_shown: str) -> None:
    assert shown(name) == as_shown


@given(st.text())
def test_nothing_that_is_shown_is_hidden_or_turns_the_text_around_it(name: str) -> None:
    text = shown(name)
    inside = text.strip(ISOLATES)
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in inside)
    assert (text != inside) is any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    # Nothing is dropped: what was printable is still there, in its order.
    assert "".join(letter for letter in name if letter.isprintable()) in inside or not name.isprintable()


def test_a_long_name_is_cut_where_a_line_must_not_grow() -> None:
    assert shortened("short") == "short"
    assert shortened("x" * 100) == "x" * 47 + "…"
    assert shortened(shown("\u05d0" * 100)).endswith("…\u2069")


def test_every_name_of_a_profile_is_shown_and_no_number_is_touched() -> None:
    profile = dataclasses.replace(example_profile(), listener="a\u202eb", session="\x1b[2J")
    clean = shown_profile(profile)
    assert (clean.listener, clean.session) == ("a\\u202eb", "\\x1b[2J")
    assert clean.frequencies == profile.frequencies
    assert clean.ear is profile.ear
    assert clean.posterior is profile.posterior
    assert profile.measured_audiogram is not None
    audiogram = dataclasses.replace(profile.measured_audiogram, transducer="\u200f")
    assert shown_audiogram(audiogram).transducer == "\\u200f"
    assert shown_profile(example_profile()) == example_profile()
