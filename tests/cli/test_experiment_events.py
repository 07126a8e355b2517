"""`hearfit experiment events`: from the folders to report and result, and what is refused before any work."""

import json
from pathlib import Path

import pytest

from hearfit.soundtasks.events.task import TRAINING, EventTraining
from tests.cli.conftest import Cli
from tests.soundtasks.event_corpora import write_songs

SHORT = EventTraining(num_steps=4, batch_size=4, steps_per_validation=4, num_warm_up_steps=1)


def test_frontends_are_compared(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_songs(tmp_path / "songs", songs=6)
    monkeypatch.setitem(TRAINING, "birds", SHORT)
    arguments = [
        "--task",
        "birds",
        "--data",
        tmp_path / "songs",
        "--frontend",
        "cnn",
        "gabor",
        "--seeds",
        "1",
        "--quiet",
    ]
    result = cli(
        "experiment", "events", *arguments, "--out", tmp_path / "out", "--processes", "1", "--no-track", "--json"
    )
    assert result.code == 0, result.err
    document = json.loads(result.out)
    assert [record["name"]["frontend"] for record in document["records"]] == ["cnn", "gabor"]
    assert {score["metric"] for score in document["scores"]} == {"balanced accuracy", "frame accuracy", "note error"}
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "What the modulation filters are tuned to" in page
    assert "Gabor kernels after training" in page


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--task", "vad"], "--task vad needs --noise with the folder of ESC-10"),
        (["--task", "birds", "--noise", "."], "--noise is for --task vad; birds has no noise added"),
        (["--task", "birds", "--frontend", "cnn", "nope"], "--frontend is 'nope', which this experiment does not know"),
        (["--task", "digits"], "holds no recordings"),
        (["--task", "birds"], "Annotation.xml: cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused(cli: Cli, tmp_path: Path, arguments: list[str], says: str) -> None:
    result = cli("experiment", "events", "--data", tmp_path, *arguments, "--out", tmp_path / "out", "--no-track")
    assert result.code == 2
    assert says in " ".join(result.err.split())
    assert not (tmp_path / "out").exists()
