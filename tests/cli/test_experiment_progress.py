"""How far an experiment is, and what is left, against a clock of the test's own."""

import pytest

from hearfit.cli.experiment_progress import StudyProgress, study_progress
from hearfit.cli.output import Output
from hearfit.soundtasks.record import RunName
from tests.soundtasks.example_experiment import CC, example_result

RECORDS = {record.name: record for record in example_result(2).records}


def test_progress_says_how_much_is_left() -> None:
    """A clock of its own: half of the work took 60 s, so another 60 s are left."""
    now = [0.0]
    shown: list[tuple[float, str]] = []
    told: list[str] = []
    progress = StudyProgress(
        2,
        CC,
        show=lambda _runs, share, sentence: shown.append((share, sentence)),
        tell=told.append,
        warn=told.append,
        clock=lambda: now[0],
    )
    first = RunName("example", "mel", "100 %", 1)
    now[0] = 30.0
    progress.advanced(first, "step 1", 0.5)
    assert shown[-1] == (0.25, "0 of 2 runs, about 90 s left")
    now[0] = 60.0
    progress.finished(RECORDS[first])
    assert shown[-1] == (0.5, "1 of 2 runs, about 60 s left")
    assert told[0].startswith("1 of 2 runs, about 60 s left; mel, 100 %, seed 1: cc_norm 0.")


def test_what_was_kept_counts_as_done_and_takes_no_time_and_what_failed_is_over() -> None:
    """Of ten runs six were kept and one fails; half a run took 60 s, so two and a half take 300 s."""
    now = [0.0]
    shown: list[tuple[set[str], float, str]] = []
    warned: list[str] = []
    progress = StudyProgress(
        10,
        CC,
        show=lambda runs, share, sentence: shown.append((set(runs), share, sentence)),
        tell=lambda _sentence: None,
        warn=warned.append,
        clock=lambda: now[0],
    )
    progress.kept(6)
    assert shown[-1] == (set(), 0.6, "6 of 10 runs")
    one, two = RunName("example", "mel", "100 %", 1), RunName("example", "leaf", "100 %", 1)
    now[0] = 60.0
    progress.advanced(one, "step 1", 0.5)
    assert shown[-1] == ({"mel, 100 %, seed 1"}, 0.65, "6 of 10 runs, about 7 min left")
    progress.advanced(two, "step 1", 0.9)
    progress.failed(two, "leaf failed.")
    assert shown[-1] == ({"mel, 100 %, seed 1"}, 0.75, "6 of 10 runs, 1 failed, about 5 min left")
    assert warned == ["leaf failed."]
    for _ in range(3):
        progress.finished(RECORDS[one])
    assert shown[-1] == (set(), 1.0, "9 of 10 runs, 1 failed")


def test_on_a_terminal_a_run_that_failed_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    name = RunName("example", "leaf", "100 %", 1)
    with study_progress("Title", 2, CC, Output(is_json=False)) as progress:
        progress.advanced(name, "step 1", 0.5)
        progress.failed(name, "leaf failed, as\x1b[2J it says.")
        assert "warning: leaf failed, as\\x1b[2J it says.\n" in capsys.readouterr().err
