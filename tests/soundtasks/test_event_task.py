"""An event task from the folder to the record, on made-up sounds that are easy to tell apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.learnable.modulation_space import modulation_space
from hearfit.soundtasks.events.bird_syllables import BirdDesign
from hearfit.soundtasks.events.figures import event_sheets, pictured
from hearfit.soundtasks.events.frontends import event_frontend
from hearfit.soundtasks.events.network import NUM_FILTERS
from hearfit.soundtasks.events.task import EventTask, EventTraining
from hearfit.soundtasks.filter_figures import modulations
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.study import run_study
from tests.soundtasks.event_corpora import write_noises, write_songs, write_words

SHORT = EventTraining(num_steps=12, batch_size=8, steps_per_validation=6, num_warm_up_steps=2)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("birds") / "songs"
    write_songs(folder, songs=12)
    return folder


@pytest.fixture(scope="module")
def record(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    task = EventTask("birds", songs, None, replace(SHORT, num_steps=60, steps_per_validation=30))
    out = tmp_path_factory.mktemp("study")
    result = run_study(task, [RunName("birds", "gabor", "clean", 0)], out, num_processes=1)
    assert not result.failures
    (found,) = result.records
    return found


def test_syllables_are_learned(record: RunRecord) -> None:
    # Truth: four classes, so chance is 0.25; tones an octave apart must be told apart.
    assert record.scores["balanced accuracy"] > 0.8
    assert set(record.scores) == {"balanced accuracy", "frame accuracy", "note error"}
    assert len(record.items["frame accuracy"]) == 4
    assert record.confusion is not None
    counts = np.array(record.confusion.counts)
    # All frames of the test, whose right ones are on the diagonal.
    assert np.trace(counts) / counts.sum() == pytest.approx(record.scores["frame accuracy"])
    assert (len(record.confusion.classes), record.confusion.classes[-1]) == (4, "silence")
    assert (record.num_frontend_parameters, len(record.curve)) == (72, 2)
    assert {each.name for each in record.learned} == {"temporal width", "spectral width", "orientation", "modulation"}
    assert any(np.any(np.not_equal(each.before, each.after)) for each in record.learned)


def test_modulations_of_a_record_are_those_of_its_frontend(record: RunRecord) -> None:
    # Truth: `modulation_space` of the frontend itself, before training.
    frontend = event_frontend("gabor", 0)
    layer = frontend.layer.layer  # type: ignore[attr-defined]
    wanted = modulation_space(type(frontend)(frontend.frontend, layer))  # type: ignore[attr-defined, call-arg]
    found = modulations(pictured(record))
    assert found is not None
    np.testing.assert_allclose(found[0].rate_hz, wanted.rate_hz, rtol=1e-4)
    np.testing.assert_allclose(found[0].scale, wanted.scale, rtol=1e-4)
    sheets = event_sheets([record])
    assert [sheet.name for sheet in sheets] == ["modulation-space-cycles-per-channel", "gabor-kernels"]
    # None is left out.
    assert len(sheets[1].panels) == NUM_FILTERS


def test_the_same_run_gives_the_same_numbers(songs: Path, tmp_path: Path) -> None:
    task = EventTask("birds", songs, None, SHORT, birds=BirdDesign(num_train=3, num_validation=1))
    name = RunName("birds", "cnn", "clean", 3)
    told: list[tuple[str, float]] = []
    first = task.run(name, tmp_path / "a", lambda *each: told.append(each))
    second = task.run(name, tmp_path / "b", lambda *_: None)
    assert (first.scores, first.items, first.curve) == (second.scores, second.items, second.curve)
    assert first.learned == ()
    assert told[0] == ("reading", 0.0)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_voices_are_told_from_noise(tmp_path: Path) -> None:
    write_words(tmp_path / "words", words=6)
    write_noises(tmp_path / "noises")
    task = EventTask("vad", tmp_path / "words", tmp_path / "noises", replace(SHORT, num_steps=40))
    record = task.run(RunName("vad", "cnn", "noisy", 0), tmp_path / "work", lambda *_: None)
    assert record.scores["AUC at 10 dB"] > 0.8
    assert record.items.keys() <= record.scores.keys()
    assert record.confusion is None


def test_what_does_not_fit_is_refused(songs: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the folder of ESC-10 with --noise"):
        EventTask("vad", songs, None, SHORT)
    with pytest.raises(InputError, match="--noise is for the task vad"):
        EventTask("birds", songs, songs, SHORT)
    with pytest.raises(InputError, match="is not a folder"):
        EventTask("digits", tmp_path / "none", None, SHORT).load(0)
    task = EventTask("birds", songs, None, SHORT)
    result = run_study(task, [RunName("birds", "no-such", "clean", 0)], tmp_path / "out", num_processes=1)
    assert "There is no frontend 'no-such'" in result.failures[0].problem


def test_settings_tell_data_apart(songs: Path, tmp_path: Path) -> None:
    write_songs(tmp_path / "other", songs=5)
    first, second = (EventTask("birds", folder, None, SHORT).settings() for folder in (songs, tmp_path / "other"))
    assert first["data"] != second["data"]
    assert {key for key in first if first[key] != second[key]} == {"data"}
