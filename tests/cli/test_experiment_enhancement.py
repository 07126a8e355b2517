"""`hearfit experiment enhancement`: its options, its errors, and a run on small synthetic corpora."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hearfit.soundtasks.enhancement import experiment
from hearfit.soundtasks.enhancement.description import REFERENCES
from hearfit.soundtasks.enhancement.design import DESIGN
from hearfit.soundtasks.enhancement.network import NetworkDesign
from hearfit.soundtasks.enhancement.task import EnhancementTask
from tests.cli.conftest import Cli
from tests.soundtasks.enhancement.corpora import write_noises, write_speech

QUICK = replace(
    DESIGN,
    network=NetworkDesign(num_maps=2, num_mixed=2, width=12, dilations=(1, 2)),
    training=replace(DESIGN.training, num_steps=4, steps_per_validation=4, batch_size=2, num_warm_up_steps=0),
    num_training_mixtures=4,
    training_s=0.5,
    validation_s=0.5,
    test_s=1.0,
    num_standardising=2,
)


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(3)
    speech, noise = write_speech(tmp_path / "speech", rng, num_languages=3), write_noises(tmp_path / "noise", rng)
    return ["--speech", str(speech), "--noise", str(noise)]


def test_several_ratios_below_and_above_zero_are_compared_with_the_references(
    cli: Cli, folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment, "EnhancementTask", partial(EnhancementTask, design=QUICK, num_examples=1))
    out = tmp_path / "out"
    command = ["experiment", "enhancement", *folders, "--snr", "-5", "10", "--frontend", "mel", "--seeds", "1"]
    result = cli(*command, "--out", str(out), "--processes", "1", "--no-track", "--json")
    assert result.code == 0, result.err
    scores = json.loads(result.out)["scores"]
    rows = {(each["frontend"], each["condition"]) for each in scores}
    assert rows == {(name, snr) for name in ("mel", *REFERENCES) for snr in ("-5 dB", "10 dB")}
    assert (out / "report.html").exists()
    # One network for both ratios.
    assert len(list((out / "networks").glob("*.safetensors"))) == 1
    assert list((out / "examples").glob("*_minus-5-dB_mel.wav"))


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


@pytest.mark.parametrize("corpus", ["speech", "noise"])
@pytest.mark.parametrize("is_missing", [True, False])
def test_unusable_data_are_told_once_and_before_any_work(
    cli: Cli, folders: list[str], tmp_path: Path, corpus: str, *, is_missing: bool
) -> None:
    folder = tmp_path / corpus
    wrong = folder if is_missing else next(folder.rglob("*.flac"))
    if is_missing:
        folder.rename(tmp_path / "elsewhere")
    else:
        wrong.write_bytes(wrong.read_bytes()[:300])
    result = cli("experiment", "enhancement", *folders, "--seeds", "1", "--out", tmp_path / "out", "--no-track")
    assert result.code == 2
    assert result.err.count(str(wrong)) == 1
    assert not (tmp_path / "out").exists()


def test_runs_of_other_data_are_not_taken_for_those_of_these(folders: list[str], tmp_path: Path) -> None:
    speech, noise = tmp_path / "speech", tmp_path / "noise"
    before = EnhancementTask(speech, noise).settings()
    assert EnhancementTask(speech.rename(tmp_path / "moved"), noise).settings() == before
    next(noise.rglob("*.flac")).unlink()
    assert EnhancementTask(tmp_path / "moved", noise).settings() != before
