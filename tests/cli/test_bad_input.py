"""Bad input, end to end: one clear message on stderr, exit code 2, nothing on stdout, nothing written."""

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Profile
from hearfit.storage.profile_files import write_profile
from tests.cli.conftest import Cli, Outcome
from tests.cli.example_trials import fake_fit
from tests.reports.example_profile import example_profile

HEADER = "listener\tear\tsession\tprotocol\ttrial\tfrequency_hz\tlevel_db_hl\tresponse\n"
GOOD = "L1\tleft\t2026-01-01\tcategorical_loudness\t1\t1000\t60\t25\n"
RANDOM = bytes((index * 167 + 13) % 256 for index in range(3000))


def row(**cells: str | float) -> str:
    """The good row as trial 2, with some cells replaced."""
    names = HEADER.strip().split("\t")
    values = dict(zip(names, GOOD.strip().split("\t"), strict=True)) | {"trial": "2"}
    return "\t".join(str(cells.get(name, value)) for name, value in values.items()) + "\n"


def with_row(**cells: str | float) -> str:
    """A table whose third line is the one with other cells."""
    return HEADER + GOOD + row(**cells)


@pytest.fixture(autouse=True)
def no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What should be refused must not reach the fit."""

    def fit(*_arguments: object, **_options: object) -> Profile:
        raise AssertionError("This should have been refused.")

    monkeypatch.setattr("hearfit.fitting.fit_ear", fit)
    monkeypatch.setattr("hearfit.scoring.score_trials", fit)
    monkeypatch.setattr("hearfit.fitting.simulate_trials", fit)


@pytest.fixture
def refused(cli: Cli, tmp_path: Path) -> Callable[..., list[str]]:
    """Runs a command that must be refused, as text and with --json; returns the sentences on stderr."""

    def run(*arguments: str) -> list[str]:
        before = contents(tmp_path)
        outcome = cli(*arguments)
        sentences = sentences_of(outcome)
        assert outcome.out == ""
        as_json = cli(*arguments, "--json")
        assert sentences_of(as_json) == sentences
        assert json.loads(as_json.out) == {"error": {"kind": "input", "exit_code": 2, "problems": sentences}}
        assert contents(tmp_path) == before
        return sentences

    return run


Refused = Callable[..., list[str]]


def sentences_of(outcome: Outcome) -> list[str]:
    """The errors on stderr, which must hold nothing else."""
    assert outcome.code == 2
    lines = outcome.err.splitlines()
    assert lines
    assert all(line.startswith("error: ") and line.endswith((".", ")")) for line in lines), lines
    return [line.removeprefix("error: ") for line in lines]


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder; None for a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (HEADER.replace("\tresponse", "") + GOOD.rpartition("\t")[0], "a.tsv: the column response is missing."),
        (HEADER.replace("\tresponse", "\tear\tresponse") + GOOD, "a.tsv: the column 'ear' is there 2 times."),
        (HEADER.replace("level_db_hl", "level_db") + GOOD, "a.tsv: the column 'level_db' does not say what its"),
        (HEADER.replace("level_db_hl", "level") + GOOD, "a.tsv: the column 'level' does not say what its"),
        (HEADER.replace("level_db_hl", "level_db_spl") + GOOD, "a.tsv: the levels are in dB SPL, which needs the"),
        (HEADER.replace("\t", ",") + GOOD.replace("\t", ","), "a.tsv: the header is one single column."),
        (with_row(level_db_hl="nan"), "a.tsv, line 3, column level_db_hl: 'nan' is not a finite number."),
        (with_row(level_db_hl="-inf"), "a.tsv, line 3, column level_db_hl: '-inf' is not a finite number."),
        (with_row(level_db_hl="1e400"), "a.tsv, line 3, column level_db_hl: '1e400' is not a finite number."),
        (with_row(level_db_hl=500), "a.tsv, line 3, column level_db_hl: '500' is outside what is allowed: -20 to 130"),
        (with_row(level_db_hl=-200), "a.tsv, line 3, column level_db_hl: '-200' is outside what is allowed"),
        (with_row(level_db_hl=""), "a.tsv, line 3, column level_db_hl: '' (missing) is not a level."),
        (with_row(level_db_hl="60,5"), "a.tsv, line 3, column level_db_hl: '60,5' is not a number. Write the decimal"),
        (with_row(protocol="tones"), "a.tsv, line 3, column protocol: 'tones' is not a protocol. Known are"),
        (with_row(frequency_hz=16000), "a.tsv, line 3, column frequency_hz: '16000' is outside the frequencies of"),
        (with_row(frequency_hz=0), "a.tsv, line 3, column frequency_hz: '0' is outside the frequencies of"),
        (with_row(response=7), "a.tsv, line 3, column response: '7' is not a response of categorical_loudness."),
        (with_row(response=55), "a.tsv, line 3, column response: '55' is not a response of categorical_loudness."),
        (with_row(protocol="pure_tone_detection", response=2), "a.tsv, line 3, column response: '2' is not a response"),
        (with_row(listener="L2"), "a.tsv: there are trials of 2 listeners: L1, L2. Choose one of them with --listener"),
        (with_row(ear="both"), "a.tsv, line 3, column ear: 'both' is not an ear. Allowed: left, right."),
        (with_row(session="1.2.2026"), "a.tsv, line 3, column session: '1.2.2026' is not a session. Allowed: a date"),
        (with_row(session="2026-01-02"), "The left ear of listener 'L1' has trials of 2 sessions: 2026-01-01,"),
        (with_row(trial=1), "a.tsv, line 3, column trial: 1 is there already (see line 2)"),
        (with_row(listener="../../evil"), "a.tsv, line 3, column listener: '../../evil' cannot be the id of a"),
        (with_row(listener="x\x1b[31m"), "a.tsv, line 3, column listener: 'x\\x1b[31m' cannot be the id of a"),
        (with_row(listener="a\u202eb"), "a.tsv, line 3, column listener: 'a\\u202eb' cannot be the id of a"),
        (HEADER + GOOD + "L1\tleft\n", "a.tsv, line 3, the row has 2 cells, the header 8."),
        ("", "a.tsv: is empty. A trial table has a header line"),
        (HEADER, "a.tsv: has a header but no trials."),
        (with_row(listener="Zoë").encode("latin-1"), "a.tsv, line 3: holds the byte 0xeb, which is not UTF-8 text."),
        (with_row().encode("utf-16"), "a.tsv, line 1: holds the byte 0xff, which is not UTF-8 text."),
        (bytes(1000), "a.tsv, line 1: contains a NUL byte"),
    ],
)
def test_a_table_that_is_refused(refused: Refused, tmp_path: Path, content: str | bytes, sentence: str) -> None:
    (tmp_path / "a.tsv").write_bytes(content if isinstance(content, bytes) else content.encode())
    (told,) = refused("fit", "a.tsv")
    assert told.startswith(sentence)


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.parquet", "a.xlsx"])
def test_random_bytes(refused: Refused, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(RANDOM)
    (told,) = refused("fit", name)
    assert told.startswith(name)


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.parquet"])
def test_a_folder_or_nothing_in_place_of_a_table(refused: Refused, tmp_path: Path, name: str) -> None:
    assert refused("fit", name)[0].startswith(f"{name}: there is no such file.")
    (tmp_path / name).mkdir()
    assert refused("fit", name)[0].startswith(f"{name}: is a folder, not a file.")


def test_all_problems_at_once(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(with_row(ear="both") + row(trial="x", frequency_hz=9, level_db_hl="nan"))
    (tmp_path / "b.tsv").write_text(with_row(response=1))
    (tmp_path / "taken").write_text("")
    sentences = refused("fit", "a.tsv", "b.tsv", "c.tsv", "--audiogram", "d.csv", "--out", "taken")
    begin = ("a.tsv, line 3", *("a.tsv, line 4",) * 3, "b.tsv, line 3", "c.tsv: there is", "d.csv: there is", "taken: ")
    assert [told.startswith(words) for told, words in zip(sentences, begin, strict=True)] == [True] * len(begin)


def test_all_problems_of_all_own_protocols_at_once(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(with_row())
    (tmp_path / "p.toml").write_text("x = = 3")
    (tmp_path / "q.toml").write_text('name = "Mine"\ntask = "detection"\n')
    sentences = refused("fit", "a.tsv", "--protocol", "p.toml", "--protocol", "q.toml", "--protocol", "r.toml")
    assert sentences[0].startswith("p.toml: is not a TOML file that can be read")
    assert sentences[1].startswith("q.toml: the key name is 'Mine'. Allowed is")
    assert sentences[-1].startswith("r.toml: there is no such file.")
    assert refused("protocol", "show", "q.toml") == sentences[1:-1]


def test_a_protocol_that_contradicts_another_of_its_name(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(with_row())
    shipped = files("hearfit.protocols").joinpath("categorical_loudness.toml").read_text(encoding="utf-8")
    (tmp_path / "p.toml").write_text(shipped.replace("duration_s = 1.0", "duration_s = 0.5"))
    mine = shipped.replace('name = "categorical_loudness"', 'name = "mine"')
    (tmp_path / "q.toml").write_text(mine)
    (tmp_path / "r.toml").write_text(mine.replace("ramp_s = 0.2", "ramp_s = 0.1").replace('"1.0.0"', '"1.0.1"'))
    first, second = refused("fit", "a.tsv", "--protocol", "p.toml", "--protocol", "q.toml", "--protocol", "r.toml")
    end = "Answers to both cannot be told apart by this name: give each its own."
    assert first == (
        "p.toml: contradicts categorical_loudness.toml of hearfit itself, which declares a protocol "
        f"categorical_loudness too: stimulus.duration_s is 0.5 and 1.0. {end}"
    )
    assert second == (
        "r.toml: contradicts q.toml, which declares a protocol mine too: version is 1.0.1 and 1.0.0; stimulus.ramp_s "
        f"is 0.1 and 0.2. {end}"
    )
    # A table that is simulated with it would be read as answers to the shipped one.
    simulate = ("simulate", "--audiogram", "N3", "--out", "t.tsv", "--protocol", "p.toml")
    assert refused(*simulate) == refused("protocol", "check", "p.toml", "--audiogram", "N3") == [first]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("L1,right,1000,40\n", "b.csv: has no thresholds of the left ear, whose trials are to be fitted."),
        ("L9,left,1000,40\n", "b.csv: has no listener 'L1'."),
        ("L1,left,1000,999\n", "b.csv, line 2, threshold_db_hl: '999' is not a number of dB HL from -20 to 130"),
    ],
)
def test_an_audiogram_that_is_refused(refused: Refused, tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "a.tsv").write_text(with_row())
    (tmp_path / "b.csv").write_text("listener,ear,frequency_hz,threshold_db_hl\n" + content)
    (told,) = refused("fit", "a.tsv", "--audiogram", "b.csv", "--out", "new/folder")
    assert told.startswith(sentence)


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("taken", "taken: cannot be used as an output folder (Not a directory)."),
        ("taken/below", "taken/below: cannot be used as an output folder (Not a directory)."),
        ("x" * 300, "x" * 300 + ": cannot be used as an output folder (File name too long)."),
        ("one", "one/profile.json: is a folder, but a file of this name would be written."),
        ("two", "two/report.html: is a folder, but a file of this name would be written."),
    ],
)
def test_an_output_folder_that_cannot_be_written(refused: Refused, tmp_path: Path, out: str, sentence: str) -> None:
    (tmp_path / "a.tsv").write_text(with_row())
    (tmp_path / "taken").write_text("")
    (tmp_path / "one" / "profile.json").mkdir(parents=True)
    (tmp_path / "two" / "report.html").mkdir(parents=True)
    (told,) = refused("fit", "a.tsv", "--out", out)
    assert told.startswith(sentence)


def test_a_demo_that_cannot_write_begins_nothing(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "here" / "report.html").mkdir(parents=True)
    (told,) = refused("demo", "--out", "here")
    assert told.startswith("here/report.html: is a folder, but a file of this name would be written.")


def test_a_file_in_place_of_the_folder_of_an_ear(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(with_row(ear="right"))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "right").write_text("")
    (told,) = refused("fit", "a.tsv", "--out", "here")
    assert told.startswith("here/right: is a file, but a folder of this name is needed.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "p.json: is not valid JSON"),
        (b"{}", "p.json: is not a hearfit profile: its `schema` must be"),
        (b'{"schema": "hearfit.profile", "version": 99}', "p.json: was written by a newer hearfit"),
        (b'{"schema": "hearfit.profile", "version": 1}', "p.json: the field `listener` is missing."),
        (b"\xff\xfe", "p.json: byte 0 is 0xff, which is not UTF-8 text."),
        (RANDOM, "p.json: byte "),
        (None, "p.json: is a folder, not a file."),
    ],
)
def test_a_profile_that_is_refused(refused: Refused, tmp_path: Path, content: bytes | None, sentence: str) -> None:
    (tmp_path / "a.tsv").write_text(with_row())
    if content is None:
        (tmp_path / "p.json").mkdir()
    else:
        (tmp_path / "p.json").write_bytes(content)
    assert refused("report", "p.json")[0].startswith(sentence)
    assert refused("score", "p.json", "a.tsv")[0].startswith(sentence)
    both = refused("report", "p.json", "q.json")
    assert both[0].startswith(sentence)
    assert both[-1].startswith("q.json: there is no such file.")


def test_a_report_replaces_no_profile(refused: Refused, tmp_path: Path) -> None:
    write_profile(tmp_path / "p.json", example_profile(Ear.LEFT))
    (told,) = refused("report", "p.json", "--out", "./p.json")
    assert told.startswith("p.json: is a file that is read, so it is not replaced.")


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (["--listener", "../x"], ["'../x' cannot be the id of a listener."]),
        (["--session", "2026-02-30"], ["'2026-02-30' is not a session. Allowed: a date"]),
        (["--transducer", "gramophone"], ["'gramophone' is not a transducer"]),
        (["--protocol", "pure_tone_detection"], ["The protocol pure_tone_detection is given twice."]),
        (["--out", "taken/t.tsv"], ["taken: cannot be used as an output folder"]),
        (["--out", "folder.tsv"], ["folder.tsv: is a folder, but a file of this name would be written."]),
        (["--out", "side.tsv"], ["side.json: is a folder, but a file of this name would be written."]),
        (["--audiogram", "t.tsv", "--out", "./t.tsv"], ["t.tsv: is a file that is read, so it is not replaced."]),
        (["--audiogram", "N9", "--session", "today"], ["N9: there is no such file.", "'today' is not a session."]),
    ],
)
def test_a_simulation_that_is_refused(
    refused: Refused, tmp_path: Path, changes: Sequence[str], sentences: Sequence[str]
) -> None:
    (tmp_path / "t.tsv").write_text("ear\tfrequency_hz\tthreshold_db_hl\nleft\t1000\t40\n")
    (tmp_path / "taken").write_text("")
    (tmp_path / "folder.tsv").mkdir()
    (tmp_path / "side.json").mkdir()
    arguments = ("--audiogram", "N3", "--protocol", "pure_tone_detection", "--out", "new/trials.tsv")
    told = refused("simulate", *arguments, *changes)
    assert [line.startswith(words) for line, words in zip(told, sentences, strict=True)] == [True] * len(sentences)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fit"], "Missing argument 'TRIALS'. See `hearfit fit --help`."),
        (["fit", "a.tsv", "--fly"], "No such option: --fly. See `hearfit fit --help`."),
        (["fit", "a.tsv", "--ear", "both"], "Invalid value for '--ear'"),
        (["protocol", "fly"], "No such command 'fly'. See `hearfit protocol --help`."),
        (["audiogram", "show", "N99"], "N99: there is no such file."),
    ],
)
def test_bad_usage(refused: Refused, arguments: Sequence[str], sentence: str) -> None:
    (told,) = refused(*arguments)
    assert told.startswith(sentence)


@pytest.mark.parametrize("store", ["http://127.0.0.1:9", "sqlite:///corrupt.db"])
def test_a_store_that_fails_costs_only_the_tracking(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setattr("hearfit.fitting.fit_ear", fake_fit)
    (tmp_path / "a.tsv").write_text(with_row())
    (tmp_path / "corrupt.db").write_bytes(b"this is no database" * 100)
    outcome = cli("fit", "a.tsv", "--out", "results", "--tracking-uri", store, "--json", "--quiet")
    assert outcome.code == 0
    assert "warning: Not tracked: left ear." in outcome.err
    assert "Traceback" not in outcome.err
    document = json.loads(outcome.out)
    assert document["not_tracked"].startswith("Not tracked: left ear.")
    assert document["fits"][0]["run"] is None
    assert set(contents(tmp_path / "results")) == {"profile.json", "report.html"}
