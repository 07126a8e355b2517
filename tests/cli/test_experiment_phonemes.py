"""`hearfit experiment phonemes`: bad usage is refused in sentences, before anything is computed."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--frontend", "full", "ear"], "--frontend is 'ear', which this experiment does not know."),
        (["--train-share", "1", "0"], "--train-share is 0; allowed is a share of the training words above 0, up to 1."),
        (["--train-share", "1.5"], "--train-share is 1.5; allowed is"),
        (["--snr", "-5", "200"], "--snr is 200 dB; allowed is -30 to 60 dB."),
        (["--profile", "p.json", "--snr", "0"], "--profile compares two ears with one recogniser"),
        (["--frontend", "cnn"], "there is no such folder. Give that of VoxAngeles"),
        (["--profile", "p.json"], "p.json"),
    ],
)
def test_bad_usage_is_refused(cli: Cli, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    outcome = cli("experiment", "phonemes", "--data", tmp_path / "nowhere", *arguments)
    assert outcome.code == 2
    assert sentence in " ".join(outcome.err.split())
    assert outcome.out == ""
