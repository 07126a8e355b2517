"""`hearfit experiment`: the list, and what every experiment does with its runs, with a task that takes no time."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from hearfit.cli.experiment_options import StudyOptions, study_options
from hearfit.cli.experiment_run import command_of, run_experiment
from hearfit.cli.output import Output
from hearfit.errors import InputError
from hearfit.soundtasks.experiment import run_names
from hearfit.soundtasks.page_pictures import sheets_of
from hearfit.soundtasks.picture_files import pictures_path, write_sheets
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.record import RunName
from hearfit.soundtasks.record_files import file_stem
from hearfit.soundtasks.result import ExperimentResult
from tests.cli.conftest import Cli
from tests.cli.quick_experiment import RECORDS, QuickTask, quick_experiment, quick_options
from tests.soundtasks.example_experiment import CC, DESCRIPTION, ERROR, example_sheets

# Pydantic is what typer itself reads words with.
HEAVY = ("jax", "mlflow", "matplotlib", "numpy", "pandas", "rich", "scipy")


def test_the_list_names_everything(cli: Cli) -> None:
    text = cli("experiment", "list").out
    assert "Prediction of auditory cortex: hearfit experiment neural" in text
    assert "hearfit experiment events --task birds" in text
    listed = json.loads(cli("experiment", "list", "--json").out)
    assert {each["task"] for each in listed} >= {"neural", "phonemes", "enhancement", "vad"}
    for each in listed:
        assert each["baseline"] in [frontend["name"] for frontend in each["frontends"]]
        assert each["metrics"]
        assert each["conditions"]


def test_the_list_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['hearfit', 'experiment', 'list']\n"
        "from hearfit.cli.main import run\n"
        "try:\n    run()\n"
        f"finally:\n    sys.stderr.write(str(sorted(set(sys.modules) & {set(HEAVY)!r})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]"


def test_an_unknown_frontend_is_told_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"--frontend is 'mell'.*Allowed: mel, leaf, biomimetic"):
        _options_with(["mel", "mell"])
    assert _options_with(["leaf", "mel"]).frontends == ("leaf", "mel")
    assert _options_with(None).seeds == (3, 4)


def _options_with(frontend: list[str] | None, baseline: str | None = None) -> StudyOptions:
    return study_options(
        DESCRIPTION,
        frontend=frontend,
        baseline=baseline,
        seeds=2,
        seed=3,
        out=None,
        processes=None,
        tracking_uri=None,
        no_track=False,
        force=False,
        pdf=False,
        as_json=False,
        quiet=True,
    )


def test_a_baseline_is_one_of_those_that_are_run() -> None:
    assert _options_with(["mel", "leaf"], "leaf").baseline == "leaf"
    with pytest.raises(
        InputError, match=r"--baseline is 'biomimetic', which is not among .* this command\. Allowed: mel, leaf\."
    ):
        _options_with(["mel", "leaf"], "biomimetic")


@pytest.mark.usefixtures("no_page")
def test_another_baseline_needs_no_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every difference is that of the scores of equal seeds, mel less leaf, of the example's records."""
    run_experiment(quick_experiment(tmp_path), quick_options(tmp_path))
    capsys.readouterr()
    unable = quick_experiment(tmp_path, failing="all")
    run_experiment(unable, quick_options(tmp_path, baseline="leaf"))
    said = capsys.readouterr()
    assert "8 of them done before" in said.out
    assert "cc norm less that of leaf" in said.out
    result = json.loads((tmp_path / "experiment.json").read_text())
    assert result["baseline"] == result["description"]["baseline"] == "leaf"
    assert {(each["frontend"], each["baseline"]) for each in result["differences"]} == {("mel", "leaf")}
    scores = {name: record.scores["cc_norm"] for name, record in RECORDS.items()}
    for each in result["differences"][:2]:
        mel, leaf = (
            sum(scores[RunName("example", frontend, each["condition"], seed)] for seed in (1, 2)) / 2.0
            for frontend in ("mel", "leaf")
        )
        assert each["metric"] == "cc_norm"
        assert each["over_seeds"]["mean"] == pytest.approx(mel - leaf)


@pytest.mark.usefixtures("no_page")
def test_an_amount_with_a_unit_is_shown_without_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    experiment = quick_experiment(tmp_path)
    # Decibels, which decide who wins.
    description = dataclasses.replace(DESCRIPTION, metrics=(ERROR, CC))
    run_experiment(dataclasses.replace(experiment, description=description), quick_options(tmp_path))
    said = " ".join(capsys.readouterr().out.split())
    assert "\\x" not in said
    assert re.search(r"\d\.\d dB ", said)


def test_a_study_leaves_a_report_a_result_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    run_experiment(quick_experiment(out), quick_options(out))
    said = capsys.readouterr()
    assert "8 runs; seeds 1, 2" in said.out
    assert "leaf, 100 %" in said.out
    assert "the best mean cc norm" in " ".join(said.out.split())
    assert "8 of 8 runs; leaf, 10 %, seed 2: cc_norm" in said.err
    assert "report   " in said.out
    result = json.loads((out / "experiment.json").read_text())
    assert result["schema"] == "hearfit-experiment"
    assert len(result["records"]) == 8
    assert {each["frontend"] for each in result["differences"]} == {"leaf"}
    page = (out / "report.html").read_text()
    assert "Receptive fields: leaf, 100 %, seed 1" in page
    assert "seed 2" not in page.partition("Receptive fields")[2].partition("How it was done")[0]


@pytest.mark.usefixtures("no_page")
def test_a_command_that_is_repeated_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = dataclasses.replace(quick_experiment(tmp_path), names=run_names("example", ("mel",), ("100 %",), (1, 2)))
    begun = dataclasses.replace(begun, names=(*begun.names, RunName("example", "leaf", "100 %", 1)))
    run_experiment(begun, quick_options(tmp_path))
    capsys.readouterr()
    more = dataclasses.replace(
        quick_experiment(tmp_path), names=run_names("example", ("mel", "leaf"), ("100 %",), (1, 2))
    )
    run_experiment(more, quick_options(tmp_path))
    said = capsys.readouterr()
    assert "4 runs, 3 of them done before" in said.out
    # The one that was missing is the last of all, not the first of one.
    assert "4 of 4 runs; leaf, 100 %, seed 2: cc_norm" in said.err


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds, and is tested where the page is."""
    monkeypatch.setattr("hearfit.reports.experiment.write_experiment_page", lambda *_arguments, **_options: None)


@pytest.mark.usefixtures("no_page")
def test_a_study_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    run_experiment(quick_experiment(out), quick_options(out, output=Output(is_json=True, is_quiet=True)))
    said = capsys.readouterr()
    document = json.loads(said.out)
    stored = json.loads((tmp_path / "out" / "experiment.json").read_text())
    assert document["facts"] == stored["facts"]
    assert document["facts"]["settings"]
    assert document["baseline"] == "mel"
    assert document["files"] == [str(out / "experiment.json"), str(out / "report.html")]
    assert said.err == ""


def test_the_page_says_which_pictures_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two are of the whole, leaf has one in each condition, mel has two; the second of mel is the fifth of all."""
    pages: list[tuple[ExperimentResult, tuple[Sheet, ...]]] = []

    def kept(_path: Path, result: ExperimentResult, sheets: tuple[Sheet, ...], **_options: object) -> None:
        pages.append((result, sheets))

    monkeypatch.setattr("hearfit.reports.experiment.write_experiment_page", kept)
    monkeypatch.setattr("hearfit.soundtasks.page_pictures.MOST_SHEETS", 4)
    experiment = dataclasses.replace(quick_experiment(tmp_path), pictures=lambda _result, _out: example_sheets()[:2])
    names = run_names("example", ("leaf", "mel"), ("100 %", "10 %"), (1, 2))
    for name in names:
        write_sheets(pictures_path(tmp_path, name), example_sheets()[1:])
    run_experiment(dataclasses.replace(experiment, names=names), quick_options(tmp_path))
    ((result, sheets),) = pages
    assert len(sheets) == 4
    assert result.facts.remarks[-1] == (
        "Pictures are missing from this page, which shows at most 4: Modulation space: mel, 100 %, seed 1; Receptive "
        "fields: leaf, 10 %, seed 1; Filters: mel, 10 %, seed 1; Modulation space: mel, 10 %, seed 1. Those of runs "
        f"are in {tmp_path / 'pictures'}, as arrays of NumPy."
    )
    monkeypatch.setattr("hearfit.soundtasks.page_pictures.MOST_SHEETS", 50)
    assert sheets_of(result, tmp_path, None)[1] == ""


def test_a_run_that_fails_is_told_and_the_others_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        run_experiment(quick_experiment(tmp_path, failing="leaf"), quick_options(tmp_path))
    assert caught.value.exit_code == 1
    lines = capsys.readouterr().err.splitlines()
    told = lines.index("warning: leaf, 100 %, seed 1 failed: There is no leaf.")
    # At once, which is before the runs after it.
    assert any("mel, 10 %, seed 1: cc_norm" in line for line in lines[told:])
    assert lines[-1] == "warning: 4 of 8 runs failed. The same command tries again."
    assert "leaf, 10 %, seed 2 failed: There is no leaf." in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("is_json", [False, True])
def test_if_all_runs_fail_the_exit_code_is_that_of_a_run_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_json: bool
) -> None:
    with pytest.raises(typer.Exit) as caught:
        run_experiment(
            quick_experiment(tmp_path, failing="all"),
            quick_options(tmp_path, output=Output(is_json=is_json, is_quiet=True)),
        )
    assert caught.value.exit_code == 1
    said = capsys.readouterr()
    assert "warning: mel, 10 %, seed 2 failed: There is no mel.\n" in said.err
    assert said.err.endswith("warning: 8 of 8 runs failed. The same command tries again.\n")
    if is_json:
        document = json.loads(said.out)
        assert document["records"] == []
        assert [each["problem"] for each in document["failures"]] == ["There is no mel.", "There is no leaf."] * 4
        assert document["facts"]["settings"]["learning rate"] == 1e-3


@pytest.mark.usefixtures("no_page")
def test_a_traceback_is_kept_in_a_file_that_the_message_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [RunName("example", frontend, "100 %", 1) for frontend in ("mel", "leaf")]
    experiment = dataclasses.replace(quick_experiment(tmp_path, broken="leaf"), names=tuple(names))
    with pytest.raises(typer.Exit):
        run_experiment(experiment, quick_options(tmp_path))
    path = tmp_path / "failures" / f"{file_stem(names[1])}.txt"
    message = f"leaf, 100 %, seed 1 failed: ZeroDivisionError: two lines. The traceback is in {path}."
    assert f"warning: {message}\n" in capsys.readouterr().err
    text = path.read_text()
    assert text.startswith("example, leaf, 100 %, seed 1\nZeroDivisionError: two\nlines\n\nTraceback")
    assert "quick_experiment.py" in text
    assert list(path.parent.iterdir()) == [path]
    stored = json.loads((tmp_path / "experiment.json").read_text())
    assert [each["traceback_file"] for each in stored["failures"]] == [str(path)]
    assert message in stored["facts"]["remarks"]
    run_experiment(dataclasses.replace(experiment, task=QuickTask(tmp_path)), quick_options(tmp_path))
    assert not path.exists()


@pytest.mark.usefixtures("no_page")
def test_a_traceback_that_cannot_be_written_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "failures").write_text("a file where a folder is needed")
    experiment = quick_experiment(tmp_path, broken="leaf")
    with pytest.raises(typer.Exit):
        run_experiment(dataclasses.replace(experiment, names=experiment.names[:2]), quick_options(tmp_path))
    said = capsys.readouterr().err
    assert "warning: leaf, 100 %, seed 1 failed: ZeroDivisionError: two lines\n" in said
    assert "Traceback" in said


@pytest.mark.usefixtures("no_page")
def test_other_settings_are_refused_unless_forced(tmp_path: Path) -> None:
    run_experiment(quick_experiment(tmp_path), quick_options(tmp_path))
    with pytest.raises(InputError, match="--force"):
        run_experiment(quick_experiment(tmp_path, version=2), quick_options(tmp_path))
    run_experiment(quick_experiment(tmp_path, version=2), quick_options(tmp_path, is_forced=True))


def test_as_many_runs_side_by_side_as_cores_may_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, num_processes: int, **_options: object) -> None:
        raise InputError(f"{num_processes} processes")

    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {2, 5, 7}, raising=False)
    monkeypatch.setattr("hearfit.soundtasks.study.run_study", refuse)
    with pytest.raises(InputError, match=r"^3 processes"):
        run_experiment(quick_experiment(tmp_path), quick_options(tmp_path, num_processes=None))


def test_a_report_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("of a fit")
    with pytest.raises(InputError, match=r"report\.html: exists already and is not of an experiment"):
        run_experiment(quick_experiment(tmp_path), quick_options(tmp_path))
    assert (tmp_path / "report.html").read_text() == "of a fit"


@pytest.mark.parametrize("joined", [True, False])
def test_the_command_that_is_shown_holds_no_password(*, joined: bool) -> None:
    uri = "https://me:secret@host:5000/store"
    arguments = [f"--tracking-uri={uri}"] if joined else ["--tracking-uri", uri]
    shown = command_of(["experiment", "neural", "--snr", "-5", *arguments])
    assert "secret" not in shown
    assert "https://host:5000/store" in shown
    assert shown.startswith("hearfit experiment neural --snr -5 --tracking-uri")
