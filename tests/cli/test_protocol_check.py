"""`hearfit protocol check`: the plan of a session in words, as JSON and as a figure."""

import json
from pathlib import Path

import pytest

from hearfit.errors import InputError
from tests.cli.conftest import Cli


@pytest.mark.slow
def test_plan_of_a_session_in_words_json_and_picture(cli: Cli, tmp_path: Path) -> None:
    # Truth: the design of the shipped protocol, 6 frequencies x 5 levels x ... as `protocol show` says it.
    design = json.loads(cli("protocol", "show", "pure_tone_detection", "--json").out)["design"]
    per_frequency = len(design["level_offsets_db"]) * design["repetitions"]
    arguments = ("protocol", "check", "pure_tone_detection", "--audiogram", "N3", "--ear", "right", "--quiet")
    told = cli(*arguments, "--out", "plan.svg")
    assert told.code == 0
    assert "Right ear as assumed, 65% of each loss being loss of compression" in told.out
    assert "lateral inhibition 0.5" in told.out
    assert "none of these tests measures it" in told.out
    assert "Loudness was not measured" in told.out.replace("\n", " ")
    assert "vary, is how much of the loss at 250, 500, 1000" in told.out.replace("\n", " ")
    assert (tmp_path / "plan.svg").read_text("utf-8").lstrip().startswith("<?xml")
    plan = json.loads(cli(*arguments, "--json").out)
    at_1_khz = next(row for row in plan["frequencies"] if row["frequency_hz"] == 1000.0)
    assert at_1_khz["num_trials"] == per_frequency
    assert plan["num_trials"] == len(design["frequency_hz"]) * (per_frequency + design["catch_trials"])
    # Tones in quiet say nothing of the share, and count as no test of selectivity.
    assert at_1_khz["compression_exponent"]["data_share"] < 0.1
    assert at_1_khz["inhibition"]["data_share"] == 0.0
    assert at_1_khz["threshold_db_hl"]["data_share"] > 0.9
    # What the session is worth: with the prior alone thresholds would be known to some 30 dB.
    alone = next(row for row in plan["prior_sds"] if row["frequency_hz"] == 1000.0)
    sd = at_1_khz["threshold_db_hl"]["sd"]
    assert 20.0 < alone["threshold_db_hl"] < 40.0
    assert f"±{sd:.1f} ({alone['threshold_db_hl']:.1f})" in told.out
    wanted = {each["quantity"]: each for each in plan["precisions"]}
    assert wanted["lateral inhibition"]["is_measured"] is False


def test_all_that_is_wrong_is_said_at_once(cli: Cli, tmp_path: Path) -> None:
    outcome = cli(
        "protocol", "check", "nope", "pure_tone_detection", "pure_tone_detection", "--audiogram", "N9", "--minutes",
        "-3", "--transducer", "tin can", "--inhibition", "0.6", "--out", "figure.txt", "--want", "loudness=1",
        "--want", "exponent=-1", "--want", "attenuation", "--want", "threshold=two", "--want", "inhibition=0.1",
        "--want", "inhibition=0.2",
    )  # fmt: skip
    assert outcome.code == 2
    for problem in (
        "no protocol 'nope'",
        "pure_tone_detection is given twice",
        "N9: there is no such file",
        "--minutes is -3",
        "tin can",
        "The lateral inhibition is 0.6; it must be more than 0 and less than 0.55",
        "figure.txt: a figure is written as .svg, .pdf, .png",
        "--want is 'loudness=1'; allowed is a quantity and an SD, as in threshold=3. Quantities are threshold, ",
        "--want is 'exponent=-1'; allowed is an SD that is a number of more than 0 and up to 1000",
        "--want is 'attenuation'; allowed is a quantity and an SD",
        "--want is 'threshold=two'; allowed is an SD that is a number",
        "--want gives inhibition twice",
    ):
        assert problem in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_several_lengths_in_one_figure(cli: Cli, tmp_path: Path) -> None:
    # Truth: the request, shortest first; more trials never know less.
    arguments = ("protocol", "check", "pure_tone_detection", "--audiogram", "N3", "--ear", "right", "--quiet", "--json")
    wanted = ("--want", "threshold=1.5", "--want", "inhibition=0.2")
    outcome = cli(*arguments, *wanted, "--minutes", "30", "--minutes", "10", "--out", "plan.png")
    assert outcome.code == 0
    short, long = json.loads(outcome.out)
    assert [each["wanted_sd"] for each in long["precisions"]] == [1.5, 0.05, 3.0, 0.2]
    assert (short["minutes"], long["minutes"]) == (10.0, 30.0)
    for less, more in zip(short["frequencies"], long["frequencies"], strict=True):
        assert more["threshold_db_hl"]["sd"] < less["threshold_db_hl"]["sd"]
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")


def test_more_lengths_than_a_figure_tells_apart(cli: Cli) -> None:
    lengths = [word for minutes in range(1, 6) for word in ("--minutes", str(minutes))]
    outcome = cli("protocol", "check", "pure_tone_detection", "--audiogram", "N3", *lengths)
    assert outcome.code == 2
    assert "--minutes is given 5 times; allowed is up to 4 times." in outcome.err


@pytest.mark.parametrize("options", [(), ("--inhibition", "0.2", "--outer-hair-cell-share", "0.3")])
def test_a_plan_and_a_simulation_assume_the_same_ear(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    # Truth: the two commands, given the same options, are about one ear.
    assumed: list[tuple[object, object]] = []

    def remember(*_arguments: object, **options: object) -> None:
        assumed.append((options["outer_hair_cell_share"], options["inhibition"]))
        raise InputError("This is enough.")

    monkeypatch.setattr("hearfit.planning.plan_lengths", remember)
    monkeypatch.setattr("hearfit.fitting.simulate_trials", remember)
    cli("protocol", "check", "pure_tone_detection", "--audiogram", "N3", *options)
    cli("simulate", "--audiogram", "N3", "--protocol", "pure_tone_detection", "--out", "t.tsv", *options)
    planned, simulated = assumed
    assert planned == simulated == ((0.3, 0.2) if options else (0.65, None))
