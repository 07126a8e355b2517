"""`hearfit experiment enhancement`: what it refuses before any work."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Cli
from tests.soundtasks.enhancement.corpora import write_noises, write_speech


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(3)
    speech, noise = write_speech(tmp_path / "speech", rng, num_languages=3), write_noises(tmp_path / "noise", rng)
    return ["--speech", str(speech), "--noise", str(noise)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--snr", "60"], "allowed is -30 to 40 dB"),
        (["--frontend", "ear"], "--frontend is 'ear'"),
    ],
)
def test_wrong_options_are_refused_before_any_work(
    cli: Cli, folders: list[str], change: list[str], message: str, tmp_path: Path
) -> None:
    result = cli("experiment", "enhancement", *folders, *change, "--out", str(tmp_path / "out"), "--no-track")
    assert result.code == 2
    assert message in " ".join(result.err.split())
