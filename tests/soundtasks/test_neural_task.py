"""The neural experiment from end to end, on small recordings and on the published ones."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hearfit.soundtasks.neural.description import DESCRIPTION
from hearfit.soundtasks.neural.experiment import neural_experiment
from hearfit.soundtasks.neural.fit import FitDesign
from hearfit.soundtasks.neural.task import DESIGN, NeuralTask
from hearfit.soundtasks.picture_files import pictures_path, read_sheets
from hearfit.soundtasks.record import RunName, RunRecord
from tests.soundtasks.ns1_folder import UNITS, load_real_ns1, write_ns1

SMALL = FitDesign(
    late=replace(DESIGN.late, num_steps=2, steps_per_validation=1),
    most_late_features=DESIGN.most_late_features,
    linear=replace(DESIGN.linear, num_steps=4, steps_per_validation=2, num_warm_up_steps=1),
    recurrent=replace(DESIGN.recurrent, num_steps=4, steps_per_validation=2),
    readout=replace(DESIGN.readout, num_hidden=4, num_components=2),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ns1(tmp_path_factory.mktemp("data") / "ns1", np.random.default_rng(3))


def a_run(folder: Path, out: Path, frontend: str, readout: str, seed: int = 0, split: str = "published") -> RunRecord:
    workspace = out / "checkpoints" / "one"
    workspace.mkdir(parents=True)
    name = RunName("neural", frontend, readout, seed)
    return NeuralTask(folder, split, SMALL).run(name, workspace, lambda _what, _share: None)


def test_a_fixed_frontend_is_scored_in_closed_form(folder: Path, tmp_path: Path) -> None:
    record = a_run(folder, tmp_path, "mel", "linear")
    # Units fire 2 to 4 bins after the noise begins, so that a field of 9 bins explains most of what can be.
    assert 0.7 < record.scores["cc_norm"] < 1.3
    assert len(record.items["cc_norm"]) == UNITS
    assert record.scores["cc_norm"] == pytest.approx(np.mean(record.items["cc_norm"]))
    assert {"cc_norm", "cc_norm_median", "cc", "cc_norm, sound 17"} <= record.scores.keys()
    assert (record.num_frontend_parameters, record.learned, len(record.curve)) == (0, (), 1)
    assert record.num_readout_parameters == 9 * 34 * UNITS + UNITS
    sheets = read_sheets(pictures_path(tmp_path, record.name))
    assert [sheet.name for sheet in sheets] == ["receptive-fields", "waveform-gradient"]


def test_a_learned_frontend_moves_within_its_bounds(folder: Path, tmp_path: Path) -> None:
    record = a_run(folder, tmp_path, "adaptation", "linear", seed=1, split="rahman")
    assert "cc_norm, sound 3" in record.scores
    assert read_sheets(pictures_path(tmp_path, record.name)) == ()
    (learned,) = record.learned
    assert len(learned.before) == len(learned.after) == record.num_frontend_parameters == 34
    assert all(learned.low < value < learned.high for value in learned.after)
    # Two steps of the last stage alone, then four of everything.
    assert [point.step for point in record.curve] == [0, 1, 2, 4, 6]


def test_the_recurrent_readout_adds_to_the_linear_one(folder: Path, tmp_path: Path) -> None:
    record = a_run(folder, tmp_path, "mel", "recurrent", seed=1)
    hidden, inputs = SMALL.readout.num_hidden, 2 + 34
    network = inputs * 3 * hidden + 3 * hidden + hidden * 3 * hidden + hidden + hidden * UNITS + 3 * UNITS
    assert record.num_readout_parameters == 9 * 34 * UNITS + UNITS + network
    assert 0.6 < record.scores["cc_norm"] < 1.3


def test_the_experiment_names_its_runs_and_settings(folder: Path) -> None:
    experiment = neural_experiment(
        folder, split="rahman", frontends=("mel", "leaf"), readouts=("linear",), seeds=(4, 5)
    )
    assert [name.seed for name in experiment.names] == [4, 4, 5, 5]
    assert "3, 6, 9 and 19" in experiment.facts.held_out[0]
    assert json.loads(json.dumps(experiment.task.settings()))["test sounds"] == [3, 6, 9, 19]
    assert {metric.name for metric in DESCRIPTION.metrics} == {"cc_norm", "cc_norm_median", "cc"}


@pytest.mark.slow
def test_published_scores_are_reached(shared_data: Path, tmp_path: Path) -> None:
    # Asked for: mel at least .53; the published linear model of the same kind reaches .552.
    load_real_ns1(shared_data)
    task = NeuralTask(shared_data / "ns1", "published", pictured_seed=1)
    record = task.run(RunName("neural", "mel", "linear", 0), tmp_path, lambda _what, _share: None)
    assert 0.53 < record.scores["cc_norm"] < 0.58
    assert len(record.items["cc_norm"]) == 119
