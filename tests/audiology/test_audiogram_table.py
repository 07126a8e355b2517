"""The project's audiogram table: what is read, and every way to refuse it."""

import datetime as dt
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.audiogram_table import parse_audiogram_table
from hearfit.audiology.audiogram_table_writer import audiogram_table
from hearfit.errors import InputError

SHORT = "ear,frequency_hz,threshold_db_hl\n"


def parse(text: str, *, listener: str | None = None) -> Audiogram:
    return parse_audiogram_table(text, source="a.csv", listener=listener)


def refusal(text: str, *, listener: str | None = None) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse(text, listener=listener)
    return caught.value.problems


def test_the_shortest_table() -> None:
    audiogram = parse(SHORT + "left,1000,30\nRIGHT, 250 ,-5.5\n")
    assert audiogram == Audiogram(
        "a", (Threshold(Ear.LEFT, 1000.0, 30.0), Threshold(Ear.RIGHT, 250.0, -5.5)), transducer=None, date=None
    )


def test_every_column_with_tabs_and_windows_line_ends() -> None:
    text = (
        "listener\tear\tfrequency_hz\tthreshold_db_hl\tconduction\tmasked\tno_response\ttransducer\tdate\r\n"
        "P 07\tleft\t1000\t30\tair\tno\t0\tER-3A\t2024-05-31\r\n"
        "\r\n"
        "P 07\tleft\t1000\t20\tbone\tYES\tfalse\t\tn/a\r\n"
        "P 07\tleft\t8000\t100\tair\t0\ttrue\tER-3A\t2024-05-31\r\n"
        "P 07\tright\t8000\t>95\tair\t0\t1\tER-3A\t2024-05-31\r\n"
    )
    assert parse(text) == Audiogram(
        "P 07",
        (
            Threshold(Ear.LEFT, 1000.0, 30.0),
            Threshold(Ear.LEFT, 1000.0, 20.0, conduction=Conduction.BONE, is_masked=True),
            Threshold(Ear.LEFT, 8000.0, 100.0, is_no_response=True),
            Threshold(Ear.RIGHT, 8000.0, 95.0, is_no_response=True),
        ),
        transducer="ER-3A",
        date="2024-05-31",
    )


def test_above_a_level_is_a_no_response() -> None:
    (threshold,) = parse(SHORT + "left,8000,> 110\n").thresholds
    assert threshold == Threshold(Ear.LEFT, 8000.0, 110.0, is_no_response=True)


def test_listeners() -> None:
    text = "listener,ear,frequency_hz,threshold_db_hl\nA,left,500,10\nB,left,500,20\n"
    assert parse(text, listener="B") == Audiogram("B", (Threshold(Ear.LEFT, 500.0, 20.0),))
    assert refusal(text) == ("a.csv: holds 2 listeners ('A', 'B'). Name the one to read.",)
    assert refusal(text, listener="C") == ("a.csv: has no listener 'C'. Its listeners are 'A', 'B'.",)
    assert parse(SHORT + "left,500,10\n", listener="C").listener == "C"


def test_all_problems_at_once_each_with_its_place() -> None:
    text = (
        SHORT + "middle,1000,30\nleft,10,30\nleft,1000,140\nright,2000,\n\nright,nan,inf\nleft,1000\nleft,4000,22,5\n"
    )
    level = "a number of dB HL from -20 to 130, nor such a number after > (the highest level that got no response)"
    assert refusal(text) == (
        "a.csv, line 2, ear: 'middle' is not left or right.",
        "a.csv, line 3, frequency_hz: '10' is not a number of hertz from 20 to 20000.",
        f"a.csv, line 4, threshold_db_hl: '140' is not {level}.",
        f"a.csv, line 5, threshold_db_hl: '' is not {level}.",
        "a.csv, line 7, frequency_hz: 'nan' is not a number of hertz from 20 to 20000.",
        f"a.csv, line 7, threshold_db_hl: 'inf' is not {level}.",
        "a.csv, line 8: has 2 cells, but the header has 3 columns.",
        "a.csv, line 9: has 4 cells, but the header has 3 columns.",
    )


@pytest.mark.parametrize(
    "level", ["NR", "-20.1", "130.1", "1e3", "NaN", "-inf", "1_0", "٣٠", "22,5", ">", ">>90", "0x1F"]
)
def test_what_is_not_a_hearing_level(level: str) -> None:
    (problem,) = refusal("ear\tfrequency_hz\tthreshold_db_hl\nleft\t1000\t" + level)
    assert problem.startswith(f"a.csv, line 2, threshold_db_hl: {level!r} is not a number of dB HL from -20 to 130")


@pytest.mark.parametrize("limits", ["left,20,-20", "left,20000,130", "left,1e3,+3e1"])
def test_the_limits_are_allowed(limits: str) -> None:
    assert len(parse(SHORT + limits).thresholds) == 1


@pytest.mark.parametrize(
    ("column", "cell", "allowed"),
    [
        ("conduction", "", "air or bone"),
        ("conduction", "a", "air or bone"),
        ("masked", "", "true, false, yes, no, 1 or 0"),
        ("masked", "2", "true, false, yes, no, 1 or 0"),
        ("no_response", "NR", "true, false, yes, no, 1 or 0"),
        ("listener", " ", "the name of a listener; leave the column out if there is only one"),
        ("date", "31.5.2024", "a date such as 2024-05-31"),
        ("date", "2024-02-30", "a date such as 2024-05-31"),
        ("date", "20240531", "a date such as 2024-05-31"),
        ("transducer", "ER\x1b3A", "printable text"),
    ],
)
def test_cells_that_are_refused(column: str, cell: str, allowed: str) -> None:
    problems = refusal(f"ear,frequency_hz,threshold_db_hl,{column}\nleft,1000,30,{cell}\n")
    assert problems == (f"a.csv, line 2, {column}: {cell!r} is not {allowed}.",)


def test_a_no_response_that_contradicts_itself() -> None:
    (problem,) = refusal("ear,frequency_hz,threshold_db_hl,no_response\nleft,1000,>90,no\n")
    assert problem == (
        "a.csv, line 2, no_response: 'no' is not true, although threshold_db_hl '>90' says that there was no response."
    )


@pytest.mark.parametrize("bare", ["threshold", "level_db", "Level", "threshold_db"])
def test_a_level_without_unit_is_refused_and_told_why(bare: str) -> None:
    problems = refusal(f"ear,frequency_hz,{bare}\nleft,1000,30\n")
    assert problems[0] == (
        f"a.csv: the column {bare.lower()!r} does not say its unit, and a level in dB HL is another sound than the "
        "same number of dB SPL. Name it threshold_db_hl if it is in dB HL."
    )


def test_sound_pressure_level_is_not_hearing_level() -> None:
    assert "is not a hearing level" in refusal("ear,frequency_hz,threshold_db_spl\nleft,1000,30\n")[0]


def test_unknown_repeated_and_missing_columns() -> None:
    problems = refusal("ear;frequency_hz;threshold_db_hl\nleft;1000;30\n")
    assert problems[0].startswith("a.csv: the column 'ear;frequency_hz;threshold_db_hl' is not known. Known are ear, ")
    assert problems[1].startswith("a.csv: has no column ear, frequency_hz, threshold_db_hl. The first line names")
    assert refusal("ear,ear,frequency_hz,threshold_db_hl\nleft,left,1000,30\n") == (
        "a.csv: the column 'ear' occurs 2 times, not once.",
    )


def test_repetitions() -> None:
    header = "ear,frequency_hz,threshold_db_hl,conduction,masked\n"
    different = "left,1000,30,air,0\nleft,1000,30,air,1\nleft,1000,30,bone,0\nright,1000,30,air,0\n"
    assert len(parse(header + different).thresholds) == 4
    assert refusal(header + different + "left,1e3,35,air,no\n") == (
        "a.csv, line 6: repeats line 2 (left ear, 1000 Hz, air, not masked). Keep one of them.",
    )


def test_one_audiogram_has_one_transducer_and_one_date() -> None:
    header = "ear,frequency_hz,threshold_db_hl,transducer,date\n"
    transducer, date = refusal(header + "left,500,30,ER-3A,2024-05-31\nleft,1000,30,HDA200,2024-06-30\n")
    assert transducer.startswith("a.csv, transducer: one audiogram has one transducer, not 'ER-3A', 'HDA200'. Keep")
    assert date == "a.csv, date: one audiogram has one date, not '2024-05-31', '2024-06-30'. Keep one of them."


def test_a_bone_conductor_is_not_the_transducer_of_the_audiogram() -> None:
    thresholds = (Threshold(Ear.LEFT, 500.0, 30.0), Threshold(Ear.LEFT, 500.0, 10.0, conduction=Conduction.BONE))
    audiogram = Audiogram("P7", thresholds, transducer="HDA200")
    _, air, bone = audiogram_table(audiogram).splitlines()
    assert air.endswith("\tHDA200")
    assert bone.endswith("\t")
    assert parse(audiogram_table(audiogram)) == audiogram


@pytest.mark.parametrize("text", ["", " \n\t\n", "\n\n"])
def test_an_empty_table(text: str) -> None:
    assert refusal(text) == (
        "a.csv: is empty. An audiogram table needs the columns ear, frequency_hz, threshold_db_hl.",
    )


def test_a_header_alone() -> None:
    assert refusal(SHORT) == ("a.csv: has a header but no thresholds. Write one row for each threshold.",)


@pytest.mark.parametrize("text", [SHORT + '"left,1000,30\n', SHORT + '"left"x,1000,30\n', '""', ",,\n,,"])
def test_broken_quotes_and_blank_cells(text: str) -> None:
    assert refusal(text)[0].startswith("a.csv: ")


def test_a_row_number_is_the_line_of_a_text_editor() -> None:
    text = 'listener,ear,frequency_hz,threshold_db_hl\n\n"A\nB",left,1000,30\n\nC,up,1000,30\n'
    assert refusal(text) == (
        "a.csv, line 3, listener: 'A\\nB' is not the name of a listener; leave the column out if there is only one.",
        "a.csv, line 6, ear: 'up' is not left or right.",
    )


NAMES = st.text(min_size=1, max_size=20).filter(
    lambda name: name.isprintable() and name.strip() == name and name.lower() != "n/a"
)
THRESHOLDS = st.builds(
    Threshold,
    ear=st.sampled_from(Ear),
    frequency_hz=st.floats(min_value=20.0, max_value=20000.0),
    level_db_hl=st.floats(min_value=-20.0, max_value=130.0),
    conduction=st.sampled_from(Conduction),
    is_masked=st.booleans(),
    is_no_response=st.booleans(),
)


@given(
    listener=NAMES,
    thresholds=st.lists(THRESHOLDS, min_size=1, unique_by=lambda t: (t.ear, t.frequency_hz, t.conduction, t.is_masked)),
    transducer=st.none() | NAMES,
    date=st.none() | st.dates(),
    delimiter=st.sampled_from([",", "\t"]),
)
def test_what_is_written_reads_back(
    listener: str,
    thresholds: list[Threshold],
    transducer: str | None,
    date: dt.date | None,
    delimiter: Literal[",", "\t"],
) -> None:
    audiogram = Audiogram(listener, tuple(thresholds), transducer, None if date is None else date.isoformat())
    assert parse(audiogram_table(audiogram, delimiter=delimiter)) == audiogram


def test_the_table_that_is_written() -> None:
    thresholds = (Threshold(Ear.LEFT, 1000.0, 22.5), Threshold(Ear.RIGHT, 8000.0, 110.0, is_no_response=True))
    assert audiogram_table(Audiogram("P7", thresholds, transducer="ER-3A/HA-2"), delimiter=",") == (
        "listener,ear,frequency_hz,threshold_db_hl,conduction,masked,no_response,transducer\n"
        "P7,left,1000,22.5,air,false,false,ER-3A/HA-2\n"
        "P7,right,8000,110,air,false,true,ER-3A/HA-2\n"
    )


CELLS = st.sampled_from(["left", "right", "1000", "30", ">110", "", '"', "\n", "\r", "\x00", "\x1c", "é", "ear", "nan"])
TABLES = st.lists(CELLS | st.text(max_size=5)).map(",".join)


@given(st.text() | TABLES | TABLES.map(lambda rows: SHORT + rows) | st.binary().map(lambda b: b.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse(text).thresholds
    except InputError as error:
        assert all(problem.startswith("a.csv") and problem.endswith(".") for problem in error.problems)  # noqa: PT017
