"""The number of a folder of recordings, against changes that must show in it and one that must not."""

from pathlib import Path

import pytest

from hearfit.soundtasks.data_files import content_hash
from hearfit.soundtasks.enhancement.task import EnhancementTask
from hearfit.soundtasks.neural.task import NeuralTask
from hearfit.soundtasks.study import SoundTask
from hearfit.training.settings import settings_hash


def test_every_change_of_a_recording_shows(tmp_path: Path) -> None:
    found = {content_hash(tmp_path, (".wav",))}
    for name, content in (("a.wav", b"12"), ("a.wav", b"13"), ("b.WAV", b"13"), ("sub/a.wav", b"13")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        found.add(content_hash(tmp_path, (".wav",)))
    assert len(found) == 5
    (tmp_path / "README.md").write_text("not a recording", encoding="utf-8")
    assert content_hash(tmp_path, (".wav",)) in found


@pytest.mark.parametrize(
    ("task", "changed"),
    [
        (NeuralTask(Path("data"), "published"), "data/stimuli/00.wav"),
        (EnhancementTask(Path("data"), Path("noise")), "data/ace/ace-000-000.TextGrid"),
        (EnhancementTask(Path("data"), Path("noise")), "noise/001-Dogbark/5-203128-B.flac"),
    ],
)
def test_runs_of_other_recordings_have_other_settings(
    task: SoundTask, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A boundary that is corrected leaves the size of a TextGrid as it is."""
    monkeypatch.chdir(tmp_path)
    path = Path(changed)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"xmin = 0.31")
    before = settings_hash(task.settings())
    path.write_bytes(b"xmin = 0.32")
    assert settings_hash(task.settings()) != before
