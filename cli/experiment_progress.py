"""How far an experiment is, on stderr: which runs, how far each, how many are done, and about how long it will take."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from hearfit.cli.output import Output, printable

if TYPE_CHECKING:
    from hearfit.soundtasks.record import Metric, RunName, RunRecord

_UNKNOWN_BELOW: Final = 0.005


class StudyProgress:
    """Hears of every step of every run.

    `show` is given what each run under way does and how much of it is done, the share of all that is done, and a
    sentence; `tell` is given a sentence whenever a run is finished, and `warn` whenever something has failed.
    """

    def __init__(
        self,
        num_runs: int,
        metric: "Metric",
        *,
        show: Callable[[dict[str, tuple[str, float]], float, str], None],
        tell: Callable[[str], None],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._num_runs = num_runs
        self._metric = metric
        self._show, self._tell, self._warn, self._clock = show, tell, warn, clock
        self._begun = clock()
        self._active: dict[str, tuple[str, float]] = {}
        self._num_kept = self._num_finished = self._num_failed = 0

    def kept(self, num_kept: int) -> None:
        """So many runs were finished before."""
        self._num_kept = num_kept
        self._show(self._active, self._share(), self._sentence())

    def advanced(self, name: "RunName", message: str, share: float) -> None:
        """A run is this far."""
        self._active[_named(name)] = (message, share)
        self._show(self._active, self._share(), self._sentence())

    def finished(self, record: "RunRecord") -> None:
        """A run has its record."""
        self._active.pop(_named(record.name), None)
        self._num_finished += 1
        score = record.scores.get(self._metric.name)
        found = "" if score is None else f": {self._metric.name} {score:.{self._metric.decimals}f}"
        self._show(self._active, self._share(), self._sentence())
        self._tell(f"{self._sentence()}; {_named(record.name)}{found}, {_duration(record.duration_s)}")

    def failed(self, name: "RunName", sentence: str) -> None:
        """A run has ended without a record, as the sentence says."""
        self._active.pop(_named(name), None)
        self._num_failed += 1
        self._show(self._active, self._share(), self._sentence())
        self._warn(sentence)

    def warned(self, sentence: str) -> None:
        """Something beside the runs went wrong."""
        self._warn(sentence)

    def _num_done(self) -> float:
        """Of the runs that are done now, whole ones and parts."""
        return self._num_finished + sum(min(share, 1.0) for _, share in self._active.values())

    def _share(self) -> float:
        ended = self._num_kept + self._num_failed
        return min((ended + self._num_done()) / max(self._num_runs, 1), 1.0)

    def _sentence(self) -> str:
        sentence = f"{self._num_kept + self._num_finished} of {self._num_runs} runs"
        if self._num_failed:
            sentence += f", {self._num_failed} failed"
        # What was kept took no time, and what fails mostly less than what does not.
        num_wanted = self._num_runs - self._num_kept - self._num_failed
        num_done = self._num_done()
        if self._num_finished >= num_wanted or num_done < _UNKNOWN_BELOW * num_wanted:
            return sentence
        left_s = (self._clock() - self._begun) * (num_wanted - num_done) / num_done
        # What comes after the last steps of a run, such as pictures, has no share of its own.
        return f"{sentence}, about {_duration(left_s)} left" if left_s >= 1.0 else f"{sentence}, nearly done"


@contextlib.contextmanager
def study_progress(title: str, num_runs: int, metric: "Metric", output: Output) -> Iterator[StudyProgress]:
    """Bars on a terminal; elsewhere a line for each finished run; with --quiet of failures only."""
    if output.is_quiet or not num_runs:
        yield StudyProgress(
            num_runs,
            metric,
            show=lambda _runs, _share, _sentence: None,
            tell=lambda _sentence: None,
            warn=output.warning,
        )
    elif not sys.stderr.isatty():
        yield StudyProgress(
            num_runs,
            metric,
            show=lambda _runs, _share, _sentence: None,
            tell=lambda text: _line(f"{title}: {text}"),
            warn=output.warning,
        )
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn

        console = Console(stderr=True, markup=False, highlight=False)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20))
        with Progress(*columns, console=console, transient=True) as bars:
            total = bars.add_task(title, total=1.0)
            of_run: dict[str, TaskID] = {}

            def show(runs: dict[str, tuple[str, float]], share: float, sentence: str) -> None:
                bars.update(total, description=f"{title}: {sentence}", completed=share)
                for name in [name for name in of_run if name not in runs]:
                    bars.remove_task(of_run.pop(name))
                for name, (message, of_this) in runs.items():
                    if name not in of_run:
                        of_run[name] = bars.add_task(name, total=1.0)
                    text = f"  {printable(name)}: {printable(message)}"
                    bars.update(of_run[name], description=text, completed=of_this)

            yield StudyProgress(
                num_runs,
                metric,
                show=show,
                tell=lambda text: console.print(printable(text)),
                warn=lambda text: console.print(printable(f"warning: {text}"), soft_wrap=True),
            )


def _line(text: str) -> None:
    sys.stderr.write(f"{printable(text)}\n")
    sys.stderr.flush()


def _named(name: "RunName") -> str:
    return f"{name.frontend}, {name.condition}, seed {name.seed}"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
