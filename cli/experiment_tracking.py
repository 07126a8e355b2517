"""The runs of an experiment in MLflow: each as soon as it is finished, what is missing after the last one."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from hearfit.cli.experiment_options import StudyOptions
from hearfit.cli.output import json_value
from hearfit.errors import TrackingError

if TYPE_CHECKING:
    from hearfit.soundtasks.experiment import Experiment
    from hearfit.soundtasks.record import RunRecord
    from hearfit.tracking.experiments import ExperimentRun, TrackedExperiment
    from hearfit.training.settings import Settings


class StudyTracking:
    """Records what a study finishes; a store that fails takes nothing from the results.

    Settings and versions are those from before the first run: what is read while runs are done may fail.

    Args:
        settings: of the task.

    Raises:
        TrackingError: the store cannot be reached, before the first run.
    """

    def __init__(self, experiment: "Experiment", settings: "Settings", options: StudyOptions) -> None:
        from hearfit.soundtasks.study import SOFTWARE
        from hearfit.tracking.experiments import ExperimentTracker, prepare_for_experiment

        self._description = experiment.description
        self._settings = settings
        self._software = {name: version(name) for name in SOFTWARE}
        self._output = options.output
        self._title = experiment.description.title
        with self._output.progress(self._title) as progress:
            progress("opening the tracking store", 0.0)
            prepare_for_experiment(experiment.description.task, self._title, tracking_uri=options.tracking_uri)
        self._tracker = ExperimentTracker(options.tracking_uri)

    def finished(self, record: "RunRecord") -> str | None:
        """Records a run now; a sentence if that fails, once."""
        return self._tracker.add(self._tracked(record))

    def end(self, records: "Sequence[RunRecord]") -> "tuple[TrackedExperiment, None] | tuple[None, str]":
        """Where all runs are, or why some are not tracked."""
        runs = [self._tracked(record) for record in records]
        try:
            with self._output.progress(self._title) as progress:
                progress("tracking", 0.0)
                tracked = self._tracker.end(runs, told=lambda number: progress("tracking", number / len(runs)))
        except TrackingError as error:
            return None, str(error)
        return tracked, None

    def _tracked(self, record: "RunRecord") -> "ExperimentRun":
        from hearfit.soundtasks.experiment import tracked_run

        fields = {key: json_value(value) for key, value in vars(record).items()}
        if record.confusion is None:
            # Records had none once: with it they would be other ones, and be stored a second time.
            del fields["confusion"]
        text = json.dumps(fields, sort_keys=True)
        return tracked_run(record, self._description, self._settings, self._software, text)
