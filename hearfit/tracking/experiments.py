"""One MLflow run for each run of an experiment: settings, scores, learning curves, and the record itself."""

import contextlib
import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hearfit.errors import TrackingError
from hearfit.tracking.embedded import alone
from hearfit.tracking.quiet import LATER_ANSWERS_S, failures_told, quiet_mlflow, without_password
from hearfit.tracking.runs import tag_value
from hearfit.tracking.store import Shelf, Store, open_to_write, prepare_store, resolve_tracking_uri

if TYPE_CHECKING:
    from mlflow.entities import Run

RECORD_ARTIFACT: Final = "record.json"
RECORD_TAG: Final = "record_sha256"
_FINISHED: Final = "FINISHED"
_METRICS_IN_A_BATCH: Final = 1000
# While other runs are under way, their next one may have to wait for this.
_ANSWERS_BETWEEN_RUNS_S: Final = 15
# What MLflow refuses in the name of a metric or parameter.
_NOT_IN_NAMES: Final = re.compile(r"[^\w\-. :/]")
_LONGEST_NAME: Final = 240
_LONGEST_PARAM: Final = 6000


@dataclass(frozen=True)
class ExperimentRun:
    """What is stored of one run.

    Attributes:
        task: gives the run its experiment in MLflow, "hearfit-TASK".
        title: of the task, for the page of that experiment.
        params: settings and counts, as words.
        metrics: scores; those that are not finite are left out, because databases refuse them.
        curves: metrics over steps.
        tags: versions of software and the like.
        record: the whole record as JSON, kept as an artifact; the same record is never stored twice. Whatever ended
            half way, be it with Ctrl-C or a kill, is made whole the next time, in the same run of MLflow.
    """

    task: str
    title: str
    frontend: str
    condition: str
    seed: int
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    curves: Mapping[str, Sequence[tuple[int, float]]]
    tags: Mapping[str, str]
    record: str


@dataclass(frozen=True)
class TrackedExperiment:
    """Where the runs can be found; `uri` carries no password.

    Attributes:
        run_ids: in the order of the runs that were given.
        num_new: how many were not in the store before, or not all of them.
    """

    experiment: str
    uri: str
    run_ids: tuple[str, ...]
    num_new: int


def prepare_for_experiment(task: str, title: str, *, tracking_uri: str | None) -> None:
    """Makes sure before long work that the store is there.

    Raises:
        TrackingError: the store cannot be reached or created.
    """
    prepare_store(tracking_uri, _shelf(task, title))


class ExperimentTracker:
    """Records the runs of one task: each when it is finished, and after the last one what is missing then.

    Runs whose record the store holds already are left as they are. So an experiment that goes on after a kill, or that
    gains a seed, adds what is new.
    """

    def __init__(self, tracking_uri: str | None) -> None:
        self._uri = resolve_tracking_uri(tracking_uri)
        self._store: Store | None = None
        self._run_ids: dict[str, str] = {}
        self._num_new = 0
        self._has_failed = False

    def add(self, run: ExperimentRun) -> str | None:
        """Records a run that is finished now. Of the first failure it gives a sentence and tries no more before `end`.

        A store that never answers would else delay every further run.
        """
        if self._has_failed:
            return None
        named = f"{run.frontend}, {run.condition}, seed {run.seed}"
        try:
            with failures_told(self._uri, f"The run {named} could not be tracked"):
                self._add(run, _ANSWERS_BETWEEN_RUNS_S)
        except TrackingError as error:
            self._has_failed = True
            # The next that opens it waits a few seconds for the first answer, not for every one.
            self._store = None
            return f"{error} This run and those after it will be tried again when all runs are done."
        return None

    def end(
        self, runs: Sequence[ExperimentRun], *, told: Callable[[int], None] = lambda _number: None
    ) -> TrackedExperiment:
        """Records those of all runs that are not yet; `told` hears how many are done.

        Raises:
            TrackingError: the store cannot be reached or refused something; says how many runs were tracked.
        """
        assert len({run.task for run in runs}) == 1, "an experiment of MLflow holds the runs of one task"
        missing = [run for run in runs if _digest(run) not in self._run_ids]
        num_tracked = len(runs) - len(missing)
        for run in missing:
            what = (
                f"Only {num_tracked} of {len(runs)} runs were tracked" if num_tracked else "The runs were not tracked"
            )
            with failures_told(self._uri, f"{what}; their results are in the output folder"):
                self._add(run, LATER_ANSWERS_S)
            num_tracked += 1
            told(num_tracked)
        return TrackedExperiment(
            _shelf(runs[0].task, runs[0].title).name,
            without_password(self._uri),
            tuple(self._run_ids[_digest(run)] for run in runs),
            self._num_new,
        )

    def _add(self, run: ExperimentRun, answers_s: int) -> None:
        if self._store is None:
            self._store = open_to_write(self._uri, _shelf(run.task, run.title))
        run_id, is_new = _track(self._store, run, answers_s)
        self._run_ids[_digest(run)] = run_id
        self._num_new += is_new


def _shelf(task: str, title: str) -> Shelf:
    return Shelf(
        f"hearfit-{task}",
        f"{title}: one run for each frontend, condition and seed of `hearfit experiment`. Group the runs by the tag "
        "`frontend`; filter them as in `tags.condition = 'linear'`. The scores are those of the test set; "
        f"`training_loss` and `validation_score` are curves over steps. All of it is in `{RECORD_ARTIFACT}`.",
    )


def _digest(run: ExperimentRun) -> str:
    return hashlib.sha256(run.record.encode()).hexdigest()


def _track(store: Store, run: ExperimentRun, answers_s: int) -> tuple[str, bool]:
    """The identifier of the run, and whether it was not in the store before, or not all of it."""
    digest = _digest(run)
    with quiet_mlflow(answers_s):
        with alone(store.uri):
            known = _known(store, digest)
            if known is not None and known.info.status == _FINISHED:
                return str(known.info.run_id), False
            run_id = _create(store, run, digest) if known is None else str(known.info.run_id)
        try:
            _fill(store, run_id, run)
            store.client.set_terminated(run_id)
        except BaseException as error:
            with contextlib.suppress(Exception):
                store.client.set_terminated(run_id, "FAILED" if isinstance(error, Exception) else "KILLED")
            raise
    return run_id, True


def _known(store: Store, digest: str) -> "Run | None":
    """The run of the same record: the finished one, or else the first, which did not get that far."""
    found = store.client.search_runs(
        [store.experiment_id], f"tags.{RECORD_TAG} = '{digest}'", order_by=["attributes.start_time ASC"]
    )
    # Two machines that use one server may have begun at once, and a store may be older than this rule.
    chosen: Run | None = next((run for run in found if run.info.status == _FINISHED), found[0] if found else None)
    for run in found:
        if run is not chosen and run.info.status == "RUNNING":
            store.client.set_terminated(run.info.run_id, "KILLED")
    return chosen


def _create(store: Store, run: ExperimentRun, digest: str) -> str:
    created: Run = store.client.create_run(
        store.experiment_id,
        run_name=f"{run.frontend} {run.condition} seed {run.seed}"[:_LONGEST_NAME],
        tags={
            "task": tag_value(run.task),
            "frontend": tag_value(run.frontend),
            "condition": tag_value(run.condition),
            "seed": str(run.seed),
            RECORD_TAG: digest,
            "mlflow.source.name": "hearfit",
        },
    )
    return str(created.info.run_id)


def _fill(store: Store, run_id: str, run: ExperimentRun) -> None:
    from mlflow.entities import Metric, Param, RunTag

    # Whatever is stored a second time, after an interruption, is the same to the millisecond and so replaces the first.
    begun_ms = store.client.get_run(run_id).info.start_time
    params = [Param(_name(key), value[:_LONGEST_PARAM]) for key, value in run.params.items()]
    tags = [RunTag(_name(key), tag_value(value)) for key, value in run.tags.items()]
    store.client.log_batch(run_id, params=params, tags=tags)
    points = [(key, value, 0) for key, value in run.metrics.items()]
    points += [(key, value, step) for key, curve in run.curves.items() for step, value in curve]
    metrics = [Metric(_name(key), value, begun_ms, step) for key, value, step in points if math.isfinite(value)]
    for start in range(0, len(metrics), _METRICS_IN_A_BATCH):
        store.client.log_batch(run_id, metrics=metrics[start : start + _METRICS_IN_A_BATCH])
    store.client.log_text(run_id, run.record, RECORD_ARTIFACT)


def _name(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text)[:_LONGEST_NAME]
