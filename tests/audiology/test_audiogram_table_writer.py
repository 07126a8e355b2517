"""Long and wide tables of several listeners: exact round trips, harmless in a spreadsheet, and what is refused."""

import csv
import io
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.audiogram_table import parse_audiogram_tables
from hearfit.audiology.audiogram_table_writer import audiogram_table
from hearfit.errors import InputError
from tests.audiology.random_audiograms import SEVERAL_FIELDS, Fields, audiogram_of, sorted_thresholds

WIDE = "ear,threshold_db_hl_at_500_hz,threshold_db_hl_at_1000_hz\n"


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_audiogram_tables(text, source="a.csv")
    return "\n".join(caught.value.problems)


@settings(max_examples=30)
@given(SEVERAL_FIELDS, st.sampled_from([",", "\t"]), st.sampled_from(["long", "wide"]))
def test_what_is_written_reads_back(
    several: list[Fields], delimiter: Literal[",", "\t"], layout: Literal["long", "wide"]
) -> None:
    audiograms = [audiogram_of(fields) for fields in several]
    text = audiogram_table(*audiograms, delimiter=delimiter, layout=layout)
    found = parse_audiogram_tables(text, source="a")
    assert [sorted_thresholds(each) for each in found] == [sorted_thresholds(each) for each in audiograms]
    if layout == "long":
        assert list(found) == audiograms
    for row in csv.reader(io.StringIO(text), delimiter=delimiter):
        # OWASP's list of what starts a formula; numbers may be negative.
        assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or float(cell) <= 0 for cell in row)


def test_the_wide_table_that_is_written() -> None:
    thresholds = (
        Threshold(Ear.LEFT, 1000.0, 22.5),
        Threshold(Ear.RIGHT, 8000.0, 110.0, is_no_response=True),
        Threshold(Ear.LEFT, 1000.0, 10.0, Conduction.BONE, is_masked=True),
    )
    text = audiogram_table(Audiogram("P7", thresholds, transducer="=ER3"), delimiter=",", layout="wide")
    assert text == (
        "listener,ear,conduction,masked,transducer,threshold_db_hl_at_1000_hz,threshold_db_hl_at_8000_hz\n"
        "P7,left,air,false,'=ER3,22.5,\n"
        "P7,right,air,false,'=ER3,,>110\n"
        "P7,left,bone,true,,10,\n"
    )


def test_a_wide_table_by_hand() -> None:
    assert parse_audiogram_tables(WIDE + "left,10,>90\nright,n/a,-5\n", source="a.csv") == (
        Audiogram(
            "a",
            (
                Threshold(Ear.LEFT, 500.0, 10.0),
                Threshold(Ear.LEFT, 1000.0, 90.0, is_no_response=True),
                Threshold(Ear.RIGHT, 1000.0, -5.0),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WIDE + "left,10,x\n", "a.csv, line 2, threshold_db_hl_at_1000_hz: 'x' is not a number of dB HL"),
        (WIDE + "up,10,20\n", "a.csv, line 2, ear: 'up' is not left or right."),
        (WIDE + "left,,\n", "a.csv, line 2: has no threshold. Leave the line out."),
        (WIDE + "left,10,20\nleft,30,\n", "a.csv, line 3: repeats line 2 (left ear, 500 Hz, air, not masked)."),
        (WIDE.replace("ear", "frequency_hz,ear") + "1,left,1,1\n", "of a long table and the column"),
        (WIDE.replace("ear", "ear,no_response") + "left,0,1,1\n", "a wide table has no column no_response"),
        (WIDE.replace("500", "5") + "left,1,1\n", "'threshold_db_hl_at_5_hz' does not name a number of hertz"),
        (WIDE.replace("500", "1e3") + "left,1,1\n", "repeats the frequency 1000 Hz"),
        (WIDE.replace("ear", "listener") + "a,1,1\n", "has no column ear."),
        ("ear,f500\nleft,10\n", "and in a wide table columns such as threshold_db_hl_at_1000_hz."),
    ],
)
def test_wide_tables_that_are_refused(text: str, expected: str) -> None:
    assert expected in refusal(text)


def test_each_problem_of_a_wide_row_is_told_once() -> None:
    assert len(refusal(WIDE + "up,10,20\n").splitlines()) == 1


def test_several_listeners_keep_to_themselves() -> None:
    text = "listener,ear,frequency_hz,threshold_db_hl,date\nA,left,500,10,2024-05-31\nB,left,500,20,2024-06-01\n"
    a, b = parse_audiogram_tables(text, source="a.csv")
    assert (a.listener, a.date, b.listener, b.date) == ("A", "2024-05-31", "B", "2024-06-01")
    assert parse_audiogram_tables(text, source="a.csv", listener="B") == (b,)


def test_listeners_and_names_that_would_not_read_back() -> None:
    audiogram = Audiogram("A", (Threshold(Ear.LEFT, 500.0, 10.0),))
    with pytest.raises(InputError, match="The listener 'A' is there twice"):
        audiogram_table(audiogram, audiogram)
    with pytest.raises(InputError, match="cannot be written as the name"):
        audiogram_table(Audiogram("A\u202eB", audiogram.thresholds))
