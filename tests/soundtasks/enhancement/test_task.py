"""The experiment from folders to records, on synthetic corpora in seconds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.errors import InputError
from hearfit.soundtasks.enhancement import task as task_module
from hearfit.soundtasks.enhancement import variation
from hearfit.soundtasks.enhancement.data import mixtures_at, read_parts, test_scenes, test_sources, training_mixtures
from hearfit.soundtasks.enhancement.description import REFERENCES
from hearfit.soundtasks.enhancement.design import DESIGN
from hearfit.soundtasks.enhancement.estimates import reference_estimates
from hearfit.soundtasks.enhancement.experiment import enhancement_experiment
from hearfit.soundtasks.enhancement.network import MaskNetwork, NetworkDesign
from hearfit.soundtasks.enhancement.task import EnhancementTask, condition_of, snr_of
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.study import SharesTraining
from hearfit.training.curve import CurvePoint
from hearfit.training.loop import Trained
from tests.soundtasks.enhancement.corpora import write_noises, write_speech

# The name of the function, not a test.
test_scenes.__test__ = False  # type: ignore[attr-defined]
test_sources.__test__ = False  # type: ignore[attr-defined]

SMALL = replace(
    DESIGN,
    network=NetworkDesign(num_maps=2, num_mixed=2, width=12, dilations=(1, 2)),
    training=replace(DESIGN.training, num_steps=60, steps_per_validation=30, batch_size=4, num_warm_up_steps=0),
    num_training_mixtures=12,
    training_s=0.5,
    validation_s=0.5,
    test_s=1.0,
    num_standardising=4,
)

Run = Callable[[str, str], RunRecord]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> EnhancementTask:
    folder = tmp_path_factory.mktemp("corpora")
    rng = np.random.default_rng(5)
    speech, noise = write_speech(folder / "speech", rng), write_noises(folder / "noise", rng)
    return EnhancementTask(speech, noise, SMALL, example_seed=0, num_examples=1)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def run(task: EnhancementTask, out: Path) -> Run:
    def one(frontend: str, condition: str) -> RunRecord:
        workspace = out / "checkpoints" / f"{frontend} {condition}"
        workspace.mkdir(parents=True, exist_ok=True)
        return task.run(RunName("enhancement", frontend, condition, 0), workspace, lambda message, share: None)

    return one


@pytest.fixture(scope="module")
def trained(run: Run) -> RunRecord:
    return run("cnn", "0 dB")


def test_a_network_improves_what_it_was_not_trained_on_and_stays_below_the_oracle(trained: RunRecord, run: Run) -> None:
    # Truth: the oracle of the same form knows the speech; harmonic sounds in white noise are easy to tell apart.
    best = run("oracle phase-sensitive mask", "0 dB")
    assert 2.0 < trained.scores["si_sdr_improvement"] < best.scores["si_sdr_improvement"]
    assert len(trained.items["si_sdr"]) == 2
    assert trained.scores["si_sdr"] == pytest.approx(np.mean(trained.items["si_sdr"]))
    assert [point.step for point in trained.curve] == [30, 60]


def test_the_untouched_mixture_has_the_ratio_of_its_condition(run: Run) -> None:
    for snr_db in (-5.0, 10.0):
        record = run("mixture", condition_of(snr_db))
        assert record.scores["si_sdr"] == pytest.approx(snr_db, abs=0.5)
        np.testing.assert_array_equal(record.items["si_sdr_improvement"], 0.0)
        assert record.num_readout_parameters == 0


def test_a_second_ratio_finds_the_network_of_the_first(
    trained: RunRecord, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_fetch(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("hearfit.soundtasks.enhancement.task._Drawn.fetch", no_fetch)
    again = run("cnn", "5 dB")
    assert again.curve == trained.curve
    assert again.scores["si_sdr"] > trained.scores["si_sdr"]


def test_a_constant_of_the_variation_is_a_setting(task: EnhancementTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every constant of the module, so that none is forgotten; what is derived from another changes with it."""
    before = task.settings()
    constants = {
        "_SPEEDS": ((1, 1), (2, 1)),
        "_CURVE_DEVIATION_DB": 6.0,
        "_CURVE_OCTAVES": np.linspace(6.0, 13.0, 9),
        "_PAIR_SHARE": 0.5,
        "_PAIR_RANGE_DB": (-10.0, 6.0),
    }
    assert {name for name in vars(variation) if name.isupper()} == {*constants, "_LOWEST_HZ"}
    for name, other in constants.items():
        with monkeypatch.context() as changed:
            changed.setattr(variation, name, other)
            after = task.settings()
        assert [key for key in before if before[key] != after[key]] == ["variation of noises"], name
    assert task.settings() == before


def test_ratios_of_a_frontend_and_seed_share_a_network(task: EnhancementTask) -> None:
    names = [RunName("enhancement", frontend, "0 dB", 1) for frontend in ("cnn", "mel", "mixture")]
    assert [task.training_of(name) for name in names] == [("cnn", 1), ("mel", 1), None]
    assert task.training_of(replace(names[0], condition="5 dB")) == ("cnn", 1)
    assert isinstance(task, SharesTraining)


def test_a_training_that_was_killed_in_one_ratio_goes_on_in_another(
    task: EnhancementTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have one checkpoint, which outlives the folders of both (that `train` goes on from it has its own test)."""
    found: list[Path] = []
    network = object.__new__(MaskNetwork)

    def train(_network: object, *, checkpoint: Path, **_options: object) -> Trained[MaskNetwork]:
        found.append(checkpoint)
        return Trained(network, CurvePoint(0, 0.0, 0.0), (), 0, 0)

    monkeypatch.setattr(task_module, "train", train)
    monkeypatch.setattr(EnhancementTask, "_network", lambda _task, _name: network)
    for condition in ("0 dB", "5 dB"):
        workspace = tmp_path / "checkpoints" / condition
        task._trained(RunName("enhancement", "mel", condition, 3), workspace, lambda message, share: None)
    assert found[0] == found[1]
    assert found[0].parent == tmp_path / "networks"


def test_examples_are_scaled_together_and_do_not_clip(trained: RunRecord, run: Run, out: Path) -> None:
    run("mixture", "0 dB")
    files = {path.stem.rsplit("_", 1)[1]: path for path in (out / "examples").glob("*_0-dB_*.wav")}
    assert {"speech", "mixture", "cnn"} <= set(files)
    sounds = {what: soundfile.read(path)[0] for what, path in files.items()}
    assert max(np.abs(sound).max() for sound in sounds.values()) < 1.0
    assert max(np.abs(sounds["speech"]).max(), np.abs(sounds["mixture"]).max()) == pytest.approx(0.5, abs=1e-3)
    # At 0 dB the noise, which is their difference, has the energy of the speech.
    noise = sounds["mixture"] - sounds["speech"]
    assert np.sum(noise**2) == pytest.approx(np.sum(sounds["speech"] ** 2), rel=0.01)


def test_parts_share_neither_language_nor_clip(task: EnhancementTask) -> None:
    parts = read_parts(task.speech, task.noise)
    for pair in ((parts.training, parts.validation), (parts.training, parts.test), (parts.validation, parts.test)):
        assert not pair[0].words.keys() & pair[1].words.keys()
        assert not pair[0].noises.keys() & pair[1].noises.keys()


def test_training_mixtures_have_ratios_over_the_whole_range_and_repeat_with_the_seed(task: EnhancementTask) -> None:
    part = read_parts(task.speech, task.noise).training

    def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
        made = training_mixtures(part, num_mixtures=20, num_samples=8_000, snr_range_db=(-5.0, 10.0), seed=seed)
        return made.mixture, made.speech

    mixture, speech = drawn(1)
    ratios = 10.0 * np.log10(np.sum(speech**2, axis=1) / np.sum((mixture - speech) ** 2, axis=1))
    assert ratios.min() >= -5.01
    assert ratios.max() <= 10.01
    assert np.ptp(ratios) > 8.0
    np.testing.assert_array_equal(drawn(1)[0], mixture)
    assert not np.array_equal(drawn(2)[0], mixture)


@pytest.mark.parametrize("reference", REFERENCES)
def test_references_leave_speech_alone_alone(task: EnhancementTask, reference: str) -> None:
    scenes = test_scenes(read_parts(task.speech, task.noise).test, scenes_per_clip=1, num_samples=8_000)
    mixtures = mixtures_at(scenes, [40.0] * len(scenes))
    assert [scene.clip.split("-")[1] for scene in scenes] == list(test_sources(task.noise, scenes_per_clip=1))
    estimates = reference_estimates(reference, mixtures, SMALL.grid)
    np.testing.assert_allclose(estimates, mixtures.speech, atol=0.05 * np.abs(mixtures.speech).max())


@pytest.mark.parametrize("condition", ["loud", "nan dB", "99 dB"])
def test_impossible_ratios_are_refused(condition: str) -> None:
    with pytest.raises(InputError):
        snr_of(condition)


def test_conditions_read_back() -> None:
    assert [snr_of(condition_of(snr_db)) for snr_db in (-5.0, 0.0, 2.5)] == [-5.0, 0.0, 2.5]


def test_an_unknown_frontend_is_refused(run: Run) -> None:
    with pytest.raises(InputError, match="no frontend 'ear'"):
        run("ear", "0 dB")


def test_every_ratio_that_is_asked_for_is_explained_and_the_sounds_are_named(
    task: EnhancementTask, trained: RunRecord, out: Path
) -> None:
    experiment = enhancement_experiment(
        speech=task.speech, noise=task.noise, snrs_db=(3.0, 0.0), frontends=("cnn",), seeds=(0,)
    )
    assert [name for name, meaning in experiment.description.conditions if meaning] == ["3 dB", "0 dB"]
    assert trained.name.condition == "0 dB"
    (folder,) = [each for each in out.iterdir() if list(each.glob("*.wav"))]
    assert any(f"`{folder.name}` beside this page" in remark for remark in experiment.facts.remarks)


def test_a_fold_without_noises_is_refused(task: EnhancementTask, tmp_path: Path) -> None:
    noise = write_noises(tmp_path / "noise", np.random.default_rng(0))
    (noise / "002-Rain" / "5-50-A.flac").unlink()
    with pytest.raises(InputError, match="no clips of fold 5"):
        read_parts(task.speech, noise)
