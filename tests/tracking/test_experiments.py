"""One MLflow run for each run of an experiment, read back by MLflow's own client."""

import dataclasses
import math
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hearfit.errors import TrackingError
from hearfit.tracking.experiments import (
    RECORD_ARTIFACT,
    RECORD_TAG,
    ExperimentRun,
    ExperimentTracker,
    TrackedExperiment,
    prepare_for_experiment,
)
from tests.tracking.conftest import client_of, copied

# A database's error paths leave handles to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

RUN = ExperimentRun(
    task="neural",
    title="Prediction of auditory cortex",
    frontend="leaf",
    condition="10 % of it",
    seed=3,
    params={"learning rate": "1e-3", "frontend parameters": "238", "largest gradient (norm)": "None"},
    metrics={"cc_norm": 0.708, "undefined": math.nan, "rate [Hz]": 1.0},
    curves={"training_loss": [(10, 0.5), (20, 0.25)], "validation_score": [(10, 0.1), (20, math.nan)]},
    tags={"version.hearfit": "0.1.0"},
    record='{"scores": {"cc_norm": 0.708}}',
)


def other(**changes: object) -> ExperimentRun:
    run = dataclasses.replace(RUN, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(run, record=f"{run.record} {run.seed} {run.frontend}")


def track_experiment(
    runs: Sequence[ExperimentRun], *, tracking_uri: str, told: Callable[[int], None] = lambda _number: None
) -> TrackedExperiment:
    """As a command does that begins with finished runs."""
    return ExperimentTracker(tracking_uri).end(runs, told=told)


@pytest.fixture
def uri(empty_store: Path, tmp_path: Path) -> str:
    return copied(empty_store, tmp_path)


def test_a_run_says_what_was_learned_and_how(uri: str) -> None:
    prepare_for_experiment("neural", "Prediction of auditory cortex", tracking_uri=uri)
    tracked = track_experiment([RUN], tracking_uri=uri)
    client = client_of(uri)
    run = client.get_run(tracked.run_ids[0])
    experiment = client.get_experiment(run.info.experiment_id)
    assert (tracked.experiment, experiment.name, tracked.num_new) == ("hearfit-neural", "hearfit-neural", 1)
    assert "Prediction of auditory cortex" in experiment.tags["mlflow.note.content"]
    assert run.info.run_name == "leaf 10 % of it seed 3"
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "learning rate": "1e-3",
        "frontend parameters": "238",
        "largest gradient _norm_": "None",
    }
    assert run.data.metrics == {"cc_norm": 0.708, "rate _Hz_": 1.0, "training_loss": 0.25, "validation_score": 0.1}
    curve = [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, "training_loss")]
    assert curve == [(10, 0.5), (20, 0.25)]
    assert run.data.tags["version.hearfit"] == "0.1.0"
    assert {run.data.tags[name] for name in ("task", "frontend", "condition", "seed")} == {
        "neural",
        "leaf",
        "10 % of it",
        "3",
    }
    artifact = Path(run.info.artifact_uri.removeprefix("file://")) / RECORD_ARTIFACT
    assert artifact.read_text() == RUN.record


def test_a_run_is_tracked_once(uri: str) -> None:
    told: list[int] = []
    first = track_experiment([RUN, other(seed=4)], tracking_uri=uri, told=told.append)
    again = track_experiment([RUN, other(seed=4), other(frontend="mel")], tracking_uri=uri)
    assert told == [1, 2]
    assert again.run_ids[:2] == first.run_ids
    assert (first.num_new, again.num_new) == (2, 1)


def test_each_task_has_its_experiment(uri: str) -> None:
    assert track_experiment([other(task="vad")], tracking_uri=uri).experiment == "hearfit-vad"


def test_a_store_that_is_not_there_says_so_before_the_work() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    with pytest.raises(TrackingError, match=r"not ready\. Nothing answers at"):
        prepare_for_experiment("neural", "x", tracking_uri=f"http://127.0.0.1:{port}")
    with pytest.raises(TrackingError, match=r"their results are in the output folder\. Nothing answers"):
        track_experiment([RUN], tracking_uri=f"http://127.0.0.1:{port}")


def test_a_failure_on_the_way_says_how_many_were_tracked(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from hearfit.tracking import experiments

    fill = experiments._fill

    def full(store: object, run_id: str, run: ExperimentRun) -> None:
        if run.seed == 4:
            raise OSError("No space left on device")
        fill(store, run_id, run)  # type: ignore[arg-type]

    monkeypatch.setattr(experiments, "_fill", full)
    with pytest.raises(TrackingError, match=r"Only 1 of 2 runs were tracked.*No space left on device"):
        track_experiment([RUN, other(seed=4)], tracking_uri=uri)
    monkeypatch.undo()
    # The failed one is no obstacle: it is tracked when the command is repeated.
    assert track_experiment([RUN, other(seed=4)], tracking_uri=uri).num_new == 1


def test_each_run_is_there_as_soon_as_it_is_finished_and_once(uri: str) -> None:
    """A second client counts; the one that was there before the command began is added at its end."""
    client, tracker = client_of(uri), ExperimentTracker(uri)
    before = other(seed=9)

    def num_finished() -> int:
        experiment = client.get_experiment_by_name("hearfit-neural")
        found = [] if experiment is None else client.search_runs([experiment.experiment_id])
        return sum(run.info.status == "FINISHED" for run in found)

    for number, run in enumerate([RUN, other(seed=4)]):
        assert tracker.add(run) is None
        assert num_finished() == number + 1
    told: list[int] = []
    tracked = tracker.end([before, RUN, other(seed=4)], told=told.append)
    assert (tracked.num_new, num_finished(), told) == (3, 3, [3])
    assert len(set(tracked.run_ids)) == 3
    assert client.get_run(tracked.run_ids[0]).data.tags["seed"] == "9"
    again = ExperimentTracker(uri)
    assert again.add(RUN) is None
    assert (again.end([RUN]).num_new, num_finished()) == (0, 3)


def test_after_a_failure_the_store_is_left_alone_until_the_end(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from hearfit.tracking import experiments

    fill = experiments._fill
    asked: list[int] = []

    def broken(_store: object, _run_id: str, run: ExperimentRun) -> None:
        asked.append(run.seed)
        raise OSError("Read timed out. (read timeout=15)")

    tracker = ExperimentTracker(uri)
    assert tracker.add(RUN) is None
    monkeypatch.setattr(experiments, "_fill", broken)
    sentence = tracker.add(other(seed=4))
    assert sentence == (
        f"The run leaf, 10 % of it, seed 4 could not be tracked. {uri} did not answer within 15 s. This run "
        "and those after it will be tried again when all runs are done."
    )
    assert tracker.add(other(seed=5)) is None
    assert asked == [4]
    runs = [RUN, other(seed=4), other(seed=5)]
    with pytest.raises(TrackingError, match=r"^Only 1 of 3 runs were tracked; .* within 15 s\.$"):
        tracker.end(runs)
    monkeypatch.setattr(experiments, "_fill", fill)
    assert tracker.end(runs).num_new == 3


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_was_interrupted_is_made_whole_and_never_stored_twice(
    uri: str, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    """Ctrl-C comes when all but the artifact is stored; a kill leaves the run as it is, still running."""
    from mlflow import MlflowClient

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MlflowClient, "log_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        track_experiment([RUN], tracking_uri=uri)
    monkeypatch.undo()
    client = client_of(uri)
    experiment = client.get_experiment_by_name("hearfit-neural")
    assert experiment is not None
    (half,) = client.search_runs([experiment.experiment_id])
    assert half.info.status == "KILLED"
    if is_killed:
        client.update_run(half.info.run_id, status="RUNNING")
    again = track_experiment([RUN], tracking_uri=uri)
    (whole,) = client.search_runs([experiment.experiment_id])
    assert whole.info.status == "FINISHED"
    assert (again.run_ids, again.num_new) == ((half.info.run_id,), 1)
    curve = [(each.step, each.value) for each in client.get_metric_history(whole.info.run_id, "training_loss")]
    assert curve == [(10, 0.5), (20, 0.25)]
    assert (Path(whole.info.artifact_uri.removeprefix("file://")) / RECORD_ARTIFACT).read_text() == RUN.record
    assert track_experiment([RUN], tracking_uri=uri).num_new == 0


def test_a_second_run_of_a_record_does_not_go_on_for_ever(uri: str) -> None:
    """As two machines leave it that tracked the same record at once, of which one was killed."""
    (first,) = track_experiment([RUN], tracking_uri=uri).run_ids
    client = client_of(uri)
    experiment_id = client.get_run(first).info.experiment_id
    second = client.create_run(experiment_id, tags={RECORD_TAG: client.get_run(first).data.tags[RECORD_TAG]})
    assert track_experiment([RUN], tracking_uri=uri).run_ids == (first,)
    assert client.get_run(second.info.run_id).info.status == "KILLED"
    assert client.get_run(first).info.status == "FINISHED"
