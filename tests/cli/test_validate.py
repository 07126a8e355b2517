"""`hearfit validate` on the smallest study, and what it says of a method that its study refutes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import hearfit.validation
from hearfit.validation import Calibration, ChainChecks, LeftOut, Validation
from tests.cli.conftest import Cli, Outcome

STUDY = Validation(
    protocols=("pure_tone_detection",),
    num_listeners=100,
    num_trials=300,
    num_not_converged=0,
    method="map",
    seed=0,
    calibrations=(Calibration("threshold", (5,) * 20, 1.0, 1.0, 0.95, 0.01, 800, 1.01, 80),),
)


@pytest.mark.slow
def test_the_smallest_study_in_words_json_and_picture(cli: Cli, tmp_path: Path) -> None:
    arguments = ("validate", "pure_tone_detection", "--listeners", "2", "--processes", "1", "--quiet")
    outcome = cli(*arguments, "--out", "study", "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert json.loads((tmp_path / "study" / "validation.json").read_text("utf-8")) == document
    assert (tmp_path / "study" / "validation.png").read_bytes().startswith(b"\x89PNG")
    # Truth: the request; one rank a listener.
    assert document["num_listeners"] == 2
    assert document["protocols"] == ["pure_tone_detection"]
    assert [sum(each["rank_counts"]) for each in document["calibrations"]] == [2, 2, 2, 2]


def test_a_refuted_method_is_an_exit_code_and_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    refuted = replace(
        STUDY.calibrations[0], rank_counts=(100, *[0] * 19), pooled_uniformity_p=1e-9, rmse_per_bound=None
    )
    studies = iter([STUDY, replace(STUDY, calibrations=(refuted,), num_not_converged=3)])
    monkeypatch.setattr(hearfit.validation, "validate_inference", lambda *_, **__: next(studies))
    sound = cli("validate", "pure_tone_detection")
    assert sound.code == 0
    assert "95.0% ± 1.0%" in sound.out
    assert sound.err == ""
    outcome = cli("validate", "pure_tone_detection")
    assert outcome.code == 1
    assert "Ranks of the threshold are not uniform (p 1e-09)" in outcome.err
    assert "3 fits of 100 did not converge." in outcome.err
    assert "3.0% of the fits did not converge; at most 1% may." in outcome.err
    assert "none" in outcome.out


def told(cli: Cli, monkeypatch: pytest.MonkeyPatch, study: Validation, *options: str) -> Outcome:
    monkeypatch.setattr(hearfit.validation, "validate_inference", lambda *_, **__: study)
    return cli("validate", "pure_tone_detection", *options)


def test_what_was_left_out_and_what_the_chains_were_like_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    study = replace(
        STUDY,
        method="nuts",
        untested=("attenuation",),
        left_out=(LeftOut("temporal_masking_curve", 7),),
        chains=ChainChecks(100, 0.0123, 61.0, 22.0),
    )
    outcome = told(cli, monkeypatch, study)
    assert outcome.code == 0
    assert "temporal_masking_curve was left out for 7 of 100 listeners" in outcome.err
    assert "Nothing is said of the attenuation" in outcome.err
    assert "Chains of 100 listeners: 1.23% of the trajectories diverged" in outcome.out
    assert "median 61, 5th percentile 22" in outcome.out
    document = json.loads(told(cli, monkeypatch, study, "--json").out)
    assert document["left_out"] == [{"protocol": "temporal_masking_curve", "num_listeners": 7}]
    assert document["untested"] == ["attenuation"]
    assert document["chains"]["ess_bulk_min_percentile_5"] == 22.0


def test_all_that_is_wrong_is_said_at_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", "utf-8")
    outcome = cli("validate", "nope", "pure_tone_detection", "pure_tone_detection", "--out", "taken")
    assert outcome.code == 2
    for problem in ("no protocol 'nope'", "pure_tone_detection is given twice", "taken"):
        assert problem in outcome.err
    assert cli("validate", "pure_tone_detection", "--listeners", "1").code == 2
    assert cli("validate", "pure_tone_detection", "--listeners", "1000000").code == 2
