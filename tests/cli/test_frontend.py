"""hearfit frontend."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.audiology.audiogram import Ear
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS, PARAMETER_NAMES
from hearfit.listener.profile import Posterior
from hearfit.storage.profile_files import write_profile
from tests.cli.conftest import Cli
from tests.reports.example_profile import example_profile

RATE_HZ = 16_000


@pytest.fixture
def tone_path(tmp_path: Path) -> Path:
    samples = 0.1 * np.sin(2.0 * np.pi * 1000.0 * np.arange(RATE_HZ // 2) / RATE_HZ)
    soundfile.write(tmp_path / "tone.wav", samples, RATE_HZ)
    return tmp_path / "tone.wav"


def fitted_profile(path: Path) -> Path:
    """A listener with the mean of the prior: thresholds of 25 dB HL."""
    posterior = Posterior(
        PARAMETER_NAMES, tuple(DEFAULT_PRIOR.mean.tolist()), ((0.0,) * NUM_PARAMETERS,) * NUM_PARAMETERS
    )
    write_profile(path, dataclasses.replace(example_profile(Ear.LEFT), posterior=posterior))
    return path


@pytest.mark.slow
def test_a_tone_through_the_frontend_of_the_paper(cli: Cli, tone_path: Path, tmp_path: Path) -> None:
    outcome = cli("frontend", tone_path, "--level", "65", "--json", "--quiet")
    assert (outcome.code, outcome.err) == (0, "")
    document = json.loads(outcome.out)
    assert document["files"] == [f"out/frontend.{ending}" for ending in ("npz", "png", "svg")]
    assert document["preset"] == "paper"
    (ear,) = document["ears"]
    # Truth: the published stage; a 1 kHz tone peaks one to two channels below its place, and stands still.
    assert ear["strongest_channel_hz"] == pytest.approx(1000.0, rel=0.06)
    with np.load(tmp_path / "out" / "frontend.npz") as features:
        assert features["spectrogram"].shape == (100, 129)
        assert features["modulation_rms"].shape == (198, 129)
        # Truth: the published filters are late by about 0.8 periods, less at high frequencies.
        periods = features["filter_latency_s"] * features["frequency_hz"]
        assert np.all((periods > 0.4) & (periods < 0.9))
        assert str(features["spectrogram_unit"]) == "Pa"
        assert features["time_s"][-1] == pytest.approx(0.5)
        assert features["parameter_exponent"] == pytest.approx(1.0, abs=1e-3)
    assert (tmp_path / "out" / "frontend.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "out" / "frontend.svg").read_text("utf-8")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "frontend.npz",
        "frontend.png",
        "frontend.svg",
    ]


@pytest.mark.slow
def test_an_ear_beside_a_normal_one(cli: Cli, tone_path: Path, tmp_path: Path) -> None:
    profile = fitted_profile(tmp_path / "profile.json")
    outcome = cli("frontend", tone_path, "--level", "65", "--profile", profile, "--json")
    assert outcome.code == 0
    assert "16000 samples a second carry the listener's channels up to" in outcome.err
    normal, ear = json.loads(outcome.out)["ears"]
    assert (normal["ear"], ear["ear"]) == ("normal ear", "left ear of L001")
    # Truth: 65 dB SPL lies some 60 dB above the normal free-field threshold at 1 kHz (2.4 dB SPL, ISO 389-7).
    assert normal["maximum"] == pytest.approx(62.0, abs=6.0)
    # A threshold of 25 dB HL takes at most 25 dB away; recruitment gives some of it back at this level.
    assert 0.0 < normal["maximum"] - ear["maximum"] < 40.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--level is missing"),
        (("--level", "200"), "--level is 200 dB SPL"),
        (("--level", "nan"), "--level is nan dB SPL"),
        (("--level", "65", "--channel", "2"), "has no channel 2"),
        (("--level", "65", "--profile", "none.json"), "none.json: there is no such file"),
        (("--level", "65", "--profile", "none.json", "--preset", "paper"), "--profile needs --preset listener"),
        (("--level", "65", "--preset", "other"), "--preset"),
    ],
)
def test_bad_usage_is_one_sentence_and_writes_nothing(
    cli: Cli, tone_path: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = cli("frontend", tone_path, *arguments)
    assert outcome.code == 2
    assert sentence in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_all_problems_are_told_at_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "out").write_text("a file")
    outcome = cli("frontend", "text.wav", "--profile", "none.json")
    assert outcome.code == 2
    lines = outcome.err.splitlines()
    assert len(lines) == 4
    assert "--level is missing" in lines[0]
    assert "none.json" in lines[1]
    assert "text.wav: cannot be read as a sound file" in lines[2]
    assert "out" in lines[3]


def test_a_recording_of_telephone_quality_is_refused(cli: Cli, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "phone.wav", np.full(800, 0.1), 8000)
    outcome = cli("frontend", "phone.wav", "--level", "65")
    assert outcome.code == 2
    assert "has 8000 samples a second, but the highest channel lies at 7246 Hz" in outcome.err
