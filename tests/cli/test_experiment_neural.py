"""`hearfit experiment neural`: several names behind one option, and what is refused before anything is computed."""

from pathlib import Path

import numpy as np

from tests.cli.conftest import Cli
from tests.soundtasks.ns1_folder import write_ns1


def test_what_is_unknown_or_missing_is_told(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("experiment", "neural", "--data", tmp_path, "--frontend", "mel", "ear")
    assert outcome.code == 2
    assert "--frontend is 'ear'" in outcome.err
    outcome = cli("experiment", "neural", "--data", tmp_path, "--frontend", "mel", "leaf", "--readout", "cubic")
    assert outcome.code == 2
    assert "--readout is 'cubic'" in outcome.err
    outcome = cli("experiment", "neural", "--data", tmp_path / "none", "--frontend", "mel", "--no-track")
    assert outcome.code == 2
    assert "there is no such folder" in outcome.err


def test_a_truncated_sound_ends_the_command_before_the_first_run(cli: Cli, tmp_path: Path) -> None:
    folder = write_ns1(tmp_path / "ns1", np.random.default_rng(1))
    sound = folder / "stimuli" / "04.wav"
    sound.write_bytes(sound.read_bytes()[:3000])
    outcome = cli("experiment", "neural", "--data", folder, "--out", tmp_path / "out", "--no-track")
    assert outcome.code == 2
    assert "04.wav" in outcome.err
    assert not (tmp_path / "out").exists()
