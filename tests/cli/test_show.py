"""`hearfit show`: a profile in the terminal, and the same profile for a script."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Direction, DirectionPart
from hearfit.storage.profile_files import profile_from_json, write_profile
from tests.cli.conftest import Cli
from tests.reports.example_comparison import WORSE, comparison
from tests.reports.example_profile import example_profile, sampled_profile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_profile(tmp_path / "profile.json", example_profile(Ear.LEFT))
    return tmp_path / "profile.json"


def test_every_number_with_its_interval(cli: Cli, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = cli("show", path)
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("L001, left ear, 2026-03-14\n")
    for entry in example_profile(Ear.LEFT).frequencies:
        threshold, exponent = entry.threshold_db_hl, entry.compression_exponent
        assert threshold.data_share is not None
        mark = "†" if threshold.data_share < 0.5 else ""
        assert f"{threshold.mean:.1f} ({100 * threshold.data_share:.0f} %){mark}" in outcome.out
        assert f"{threshold.lower_95:.1f} to {threshold.upper_95:.1f}" in outcome.out
        assert f"{exponent.lower_95:.2f} to {exponent.upper_95:.2f}" in outcome.out
    assert "This is no diagnosis." in outcome.out
    table = outcome.out[outcome.out.index("Hz      ") : outcome.out.index("Below each value")]
    assert max(map(len, table.splitlines())) <= 80
    assert "\x1b" not in outcome.out


def test_warnings_come_first(cli: Cli, tmp_path: Path) -> None:
    undetermined = Direction(0.2, (DirectionPart("threshold coordinate", 1.0, "threshold", 250.0, 2.0, "dB"),))
    profile = dataclasses.replace(example_profile(is_converged=False), least_determined=undetermined)
    write_profile(tmp_path / "profile.json", profile)
    out = " ".join(cli("show", tmp_path / "profile.json").out.split())
    places = [
        out.index("! The fit cannot be trusted, because it did not converge."),
        out.index("! The attenuation at 8 kHz lies at its lower bound."),
        out.index("! Lateral inhibition was not measured"),
        out.index("! Of what was measured, the widest combination that the answers leave open"),
        out.index("Thresholds that the fitted right ear implies"),
    ]
    assert places == sorted(places)


def test_what_to_beware_of_in_a_comparison(cli: Cli, tmp_path: Path) -> None:
    warned = dataclasses.replace(comparison(WORSE), warnings=("Go by the folds\x1b.",))
    write_profile(tmp_path / "profile.json", dataclasses.replace(example_profile(), model_comparison=warned))
    assert "! Comparison of models: Go by the folds\\x1b.\n" in cli("show", tmp_path / "profile.json").out


def test_how_the_chains_went(cli: Cli, path: Path) -> None:
    # Truth: the profile's hand-made sampling; one by Laplace's approximation has none.
    assert "R-hat" not in cli("show", path).out
    write_profile(path, sampled_profile())
    out = " ".join(cli("show", path).out.split())
    assert "4 chains of 1,000 draws: worst R-hat 1.004, smallest effective sample size 1,203, 3 of 4,000" in out
    assert "largest shift of a mean is 0.21 SD (attenuation at 4 kHz)" in out


def test_implied_thresholds_are_drawn(cli: Cli, path: Path) -> None:
    from hearfit.audiology.audiogram import Audiogram, Threshold
    from hearfit.cli.terminal_audiogram import drawing_of

    thresholds = tuple(
        Threshold(Ear.LEFT, entry.frequency_hz, entry.threshold_db_hl.mean)
        for entry in example_profile(Ear.LEFT).frequencies
    )
    assert "\n".join(drawing_of(Audiogram("L001", thresholds)).lines) in cli("show", path).out


def test_json_is_the_profile(cli: Cli, path: Path) -> None:
    outcome = cli("show", path, "--json")
    assert profile_from_json(outcome.out, source="stdout") == example_profile(Ear.LEFT)
    assert json.loads(outcome.out)["schema"] == "hearfit.profile"


def test_malicious_names_are_shown_and_not_obeyed(cli: Cli, tmp_path: Path) -> None:
    profile = example_profile()
    observer = (dataclasses.replace(profile.observer[0], name="\x1b[31m[bold]lapse"),)
    source = dataclasses.replace(profile.provenance, trial_files=("\u202etsv.exe",), transducer="")
    profile = dataclasses.replace(profile, listener="<b>\x07", observer=observer, provenance=source)
    write_profile(tmp_path / "profile.json", profile)
    out = cli("show", tmp_path / "profile.json").out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
    assert r"\x1b[31m[bold]lapse" in out
    assert r"<b>\x07, right ear" in out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no such file"),
        ("{", "is not valid JSON"),
        ('{"schema": "hearfit.profile", "version": 99}', "was written by a newer hearfit"),
        ("[]", "is not a hearfit profile"),
    ],
)
def test_files_that_are_no_profile(cli: Cli, tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "profile.json").write_text(content)
    outcome = cli("show", "profile.json")
    assert outcome.code == 2
    assert sentence in outcome.err
    assert outcome.out == ""


def test_no_jax_is_imported(path: Path) -> None:
    code = (
        "import sys\n"
        "from hearfit.cli.main import app\n"
        f"app(['show', {str(path)!r}], standalone_mode=False)\n"
        "print(sorted({'jax', 'mlflow', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
