"""`hearfit audiogram show`: the drawing, the tables of both ears, and sentences for what cannot be said."""

import contextlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.age_norms import Sex
from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.summary import Person, summarise
from hearfit.cli import audiogram_tables
from hearfit.cli.output import Output, json_value
from hearfit.cli.terminal_audiogram import drawing_of
from tests.audiology.example_ears import example_audiogram
from tests.cli.conftest import Cli

# Not pydantic: typer imports it wherever it is installed.
HEAVY = ("jax", "jaxtyping", "matplotlib", "mlflow", "numpy", "pandas", "scipy")

CONDUCTIVE = """listener,ear,frequency_hz,threshold_db_hl,conduction,masked
P1,right,500,50,air,no
P1,right,1000,50,air,no
P1,right,2000,40,air,no
P1,right,4000,>90,air,no
P1,left,500,10,air,no
P1,left,1000,10,air,no
P1,left,2000,20,air,no
P1,left,4000,55,air,no
P1,right,500,15,bone,yes
P1,right,1000,10,bone,yes
"""


def draw(audiogram: Audiogram) -> list[str]:
    """The lines as they are printed, and last the key."""
    drawing = drawing_of(audiogram)
    return [*drawing.lines, drawing.key]


def words(text: str) -> str:
    """Text as one line, whatever the width of the terminal."""
    return " ".join(text.split())


@pytest.fixture
def conductive(cli: Cli, tmp_path: Path) -> str:
    (tmp_path / "p1.csv").write_text(CONDUCTIVE)
    outcome = cli("audiogram", "show", "p1.csv")
    assert outcome.code == 0
    return words(outcome.out)


def test_a_standard_audiogram(cli: Cli) -> None:
    shown = words(cli("audiogram", "show", "n3").out)
    assert "Better ear, mean of 0.5, 1, 2 and 4 kHz: 46.25 dB HL, moderate (WHO 2021)" in shown
    assert "3-tone average (0.5, 1, 2 kHz) 41.67 dB HL 41.67 dB HL" in shown
    assert "Nearest standard (own rule, RMS) N3 (0 dB) N3 (0 dB)" in shown
    assert "Shape (own rule) sloping sloping" in shown
    document = json.loads(cli("audiogram", "show", "N3", "--json").out)
    assert document["listener"] == "N3"
    assert len(document["thresholds"]) == 20
    assert document["who"]["average"]["level_db_hl"] == 46.25
    assert [ear["ear"] for ear in document["ears"]] == ["right", "left"]
    assert document["ears"][0]["nearest_standard"]["names"] == ["N3"]
    assert document["ears"][0]["reference_gains"][0]["note"] == "reference line, not a prescription"


def test_the_whole_findings_of_a_conductive_ear(conductive: str) -> None:
    assert "4-tone average (0.5, 1, 2, 4 kHz) at least 57.5 dB HL 23.75 dB HL" in conductive
    assert "AAO-HNS average (0.5, 1, 2, 3 kHz) at least 51.25 dB HL 19.38 dB HL" in conductive
    assert "right ear: 3000 Hz was not measured; the mean of 2000 and 4000 Hz stands in." in conductive
    assert "Better ear, mean of 0.5, 1, 2 and 4 kHz: 23.75 dB HL, mild (WHO 2021)" in conductive
    assert "Air-bone gap over 10 dB, 0.5 to 2 kHz yes, at 500, 1000 Hz –" in conductive
    assert "cannot be interpreted as properties of its cochlea." in conductive
    assert "Air-bone gap: The left ear has no bone-conduction thresholds." in conductive
    assert "met pta-15: averages of 500, 1000 and 2000 Hz at least 15 dB apart" in conductive
    assert "Criterion rule-3000: It depends on 3000 Hz, where not both ears were measured." in conductive


def test_a_no_response_makes_a_grade_a_lower_bound(cli: Cli, tmp_path: Path) -> None:
    rows = "".join(f"{ear},{hz},>65\n" for ear in Ear for hz in (500, 1000, 2000, 4000))
    (tmp_path / "deaf.csv").write_text(f"ear,frequency_hz,threshold_db_hl\n{rows}")
    shown = words(cli("audiogram", "show", "deaf.csv").out)
    assert "at least 65 dB HL, at least severe (WHO 2021)" in shown
    assert "at least moderately severe" in shown


def test_a_normal_better_ear_does_not_hide_the_other(cli: Cli, tmp_path: Path) -> None:
    levels = {Ear.LEFT: 10, Ear.RIGHT: 60}
    rows = "".join(f"{ear},{hz},{level}\n" for ear, level in levels.items() for hz in (500, 1000, 2000, 4000))
    (tmp_path / "one.csv").write_text(f"ear,frequency_hz,threshold_db_hl\n{rows}")
    shown = words(cli("audiogram", "show", "one.csv").out)
    assert "10 dB HL, normal (WHO 2021) One ear is worse than that." in shown
    assert "One ear is worse" not in cli("audiogram", "show", "N1").out


def test_age_and_sex_give_percentiles(cli: Cli) -> None:
    shown = words(cli("audiogram", "show", "N1", "--age", "60", "--sex", "male").out)
    assert "otologically normal men of 60 years who hear as well or better" in shown
    document = json.loads(cli("audiogram", "show", "N1", "--age", "60", "--sex", "male", "--json").out)
    percentiles = {each["frequency_hz"]: each for each in document["ears"][0]["age_percentiles"]}
    assert percentiles[4000]["norm"]["median_db"] == pytest.approx(20.21, abs=0.005)
    # 30 dB HL is (30 - 20.21) / 18.22 = 0.537 standard deviations above the median: 70.4 %.
    assert percentiles[4000]["percentile"] == pytest.approx(70.4, abs=0.1)


def test_above_70_years_the_high_frequencies_have_none(cli: Cli) -> None:
    shown = words(cli("audiogram", "show", "N2", "--age", "75", "--sex", "female").out)
    assert "Age percentile at 3000, 4000, 6000 Hz: Above 2000 Hz ISO 7029:2017 ends at 70 years." in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--age", "60"], "--age is given without --sex."),
        (["--sex", "male"], "--sex is given without --age."),
        (["--age", "12", "--sex", "male"], "An age of 12 years is outside ISO 7029:2017, which covers 18 to 80 years"),
        (["--age", "nan", "--sex", "male"], "An age of nan years is outside"),
        (["--age", "60", "--sex", "x"], "--sex"),
    ],
)
def test_what_iso_7029_needs(cli: Cli, arguments: list[str], message: str) -> None:
    outcome = cli("audiogram", "show", "N1", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""


def test_gains_are_called_what_they_are(cli: Cli) -> None:
    assert "NAL-R" not in cli("audiogram", "show", "N3").out
    shown = words(cli("audiogram", "show", "N3", "--gains").out)
    assert "insertion gain (dB): reference line, not a prescription" in shown
    assert "NAL-R 0 9 14 20 21 21 21 23 24" in shown


def test_bone_only(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bone.csv").write_text("ear,frequency_hz,threshold_db_hl,conduction\nleft,1000,-10,bone\n")
    outcome = cli("audiogram", "show", "bone.csv")
    assert outcome.code == 0
    shown = words(outcome.out)
    assert "Better ear, mean of 0.5, 1, 2 and 4 kHz: cannot be computed (WHO 2021)" in shown
    assert "ears: cannot be computed. There are no air-conduction thresholds of either ear." in shown
    assert "The left ear has no air-conduction threshold at 500, 1000, 2000 Hz." in shown
    assert ">" in draw(example_audiogram(left_bone={1000: -10}, is_bone_masked=False))[1]


def test_one_ear(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("ear,frequency_hz,threshold_db_hl\nright,1000,40\n")
    shown = words(cli("audiogram", "show", "one.csv").out)
    assert "The better ear is not known." in shown
    assert "There are no air-conduction thresholds of the left ear." in shown


def test_names_do_not_command_the_terminal(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("listener,ear,frequency_hz,threshold_db_hl\n[red]L1[/red],right,1000,40\n")
    assert "[red]L1[/red]" in cli("audiogram", "show", "a.csv").out
    assert "\x1b" not in cli("audiogram", "show", "\x1b[31mred.csv").err


def test_no_colour_in_a_pipe(cli: Cli) -> None:
    assert "\x1b" not in cli("audiogram", "show", "N3").out


def test_nothing_heavy_is_imported() -> None:
    """Under 0.7 s is promised; what takes the time is importing."""
    code = (
        "import sys\n"
        "sys.argv = ['hearfit', 'audiogram', 'show', 'N3', '--age', '60', '--sex', 'male', '--gains']\n"
        "from hearfit.cli.main import run\n"
        "try:\n"
        "    run()\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        f"print(sorted(set(sys.modules) & {set(HEAVY)!r}))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


THRESHOLDS = st.builds(
    Threshold,
    ear=st.sampled_from(Ear),
    frequency_hz=st.sampled_from((20.0, 250.0, 375.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 8000.0, 20000.0)),
    level_db_hl=st.integers(-4, 26).map(lambda step: step * 5.0),
    conduction=st.sampled_from(Conduction),
    is_masked=st.booleans(),
    is_no_response=st.booleans(),
)


@settings(max_examples=20)
@given(thresholds=st.lists(THRESHOLDS, max_size=24))
def test_any_audiogram_is_shown(thresholds: list[Threshold]) -> None:
    """Whatever was measured: a text, and a JSON document without infinities."""
    audiogram = Audiogram("L", tuple(thresholds))
    person = Person(72.0, Sex.FEMALE)
    summary = summarise(audiogram, person=person)
    json.dumps(json_value({**vars(audiogram), **vars(summary)}), allow_nan=False)
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        output = Output(is_json=False)
        for conduction in Conduction:
            audiogram_tables.print_thresholds(audiogram, conduction, output)
        audiogram_tables.print_ears(summary, output)
        audiogram_tables.print_both_ears(summary, output)
        audiogram_tables.print_age(summary, person, output)
        audiogram_tables.print_gains(summary, output)
    text = shown.getvalue() + "".join(audiogram_tables.reasons(summary, has_gains=True))
    assert not re.search(r"\b(inf|nan|None)\b", text)
    assert len(draw(audiogram)) == 29


def row_of(lines: list[str], label: str) -> str:
    (row,) = [line for line in lines if line[:6].strip() == label]
    return row


def test_the_drawing_puts_thresholds_in_their_places() -> None:
    audiogram = example_audiogram({1000: 40, 125: -10}, {1000: 40, 8000: ">120"}, right_bone={1000: 20})
    lines = draw(audiogram)
    column = lines[0].index("1000") + 2
    assert row_of(lines, "40")[column] == "*"
    assert "X" in lines[1]
    assert "↙O" in row_of(lines, "120")
    # Bone stands beside its frequency, and the key names only what is drawn.
    assert row_of(lines, "20")[column - 1] == "["
    key = lines[-1]
    assert "[ right by bone, masked" in key
    assert "△" not in key
    assert "arrow: no response" in key


def test_the_clinic_s_symbols() -> None:
    symbols = {
        (Ear.RIGHT, Conduction.AIR, False): "O",
        (Ear.LEFT, Conduction.AIR, False): "X",
        (Ear.RIGHT, Conduction.AIR, True): "△",
        (Ear.LEFT, Conduction.AIR, True): "□",
        (Ear.RIGHT, Conduction.BONE, False): "<",
        (Ear.LEFT, Conduction.BONE, False): ">",
        (Ear.RIGHT, Conduction.BONE, True): "[",
        (Ear.LEFT, Conduction.BONE, True): "]",
    }
    for (ear, conduction, is_masked), symbol in symbols.items():
        for is_no_response in (False, True):
            threshold = Threshold(ear, 1000.0, 40.0, conduction, is_masked, is_no_response)
            row = row_of(draw(Audiogram("L", (threshold,))), "40")
            assert symbol in row
            arrow = f"↙{symbol}" if ear is Ear.RIGHT else f"{symbol}↘"
            assert (arrow in row) == is_no_response


def test_what_lies_outside_the_form_is_said() -> None:
    drawing = drawing_of(example_audiogram({16000: 40, 1000: 125, 500: 10}))
    assert drawing.left_out is not None
    assert "thresholds at 1000, 16000 Hz" in drawing.left_out
    assert drawing_of(example_audiogram({500: 10})).left_out is None
