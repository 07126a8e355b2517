"""Sessions and versions of a listener, against MLflow's own client reading the same store and against counting."""

import dataclasses
import socket
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError, TrackingError
from hearfit.listener.profile import Profile
from hearfit.storage.profile_files import write_profile
from hearfit.tracking.find import find_history, history_with_profiles, profiles_of
from hearfit.tracking.store import EXPERIMENT
from hearfit.tracking.write import TrackedRun, track_fit
from tests.reports.example_profile import example_profile
from tests.tracking.conftest import client_of, copied

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def session_profile(
    ear: Ear = Ear.RIGHT, session: str = "2026-03-14", *, listener: str = "L001", data: str = "9f" * 32, seed: int = 1
) -> Profile:
    profile = example_profile(ear, listener=listener, seed=seed)
    provenance = dataclasses.replace(profile.provenance, data_sha256=data)
    return dataclasses.replace(profile, session=session, provenance=provenance)


def small(profile: Profile) -> Profile:
    """Without what takes time to store and matters to no history."""
    diagnostics = dataclasses.replace(profile.diagnostics, log_posterior_trace=())
    return dataclasses.replace(profile, diagnostics=diagnostics, frequencies=profile.frequencies[:1])


def track(profile: Profile, uri: str, folder: Path) -> TrackedRun:
    write_profile(folder / "profile.json", profile)
    return track_fit(profile, artifacts=[folder / "profile.json"], trial_files=[], tracking_uri=uri)


FITS = (
    session_profile(Ear.RIGHT, "2026-03-14"),
    session_profile(Ear.LEFT, "2026-03-14"),
    session_profile(Ear.RIGHT, "2025-01-02", seed=2),
    session_profile(Ear.RIGHT, "2026-03-14", seed=3),
    session_profile(Ear.RIGHT, "2026-03-14", seed=4),
    session_profile(Ear.LEFT, "2026-09-01", data="aa" * 32),
    session_profile(Ear.LEFT, "2026-09-01", data="bb" * 32, seed=5),
    session_profile(Ear.LEFT, "2026-09-01", listener="L002"),
)


@pytest.fixture(scope="module")
def folder(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("find")
    uri = copied(empty_store, folder)
    for profile in FITS:
        track(profile, uri, folder)
    return folder


@pytest.fixture(scope="module")
def uri(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


def test_a_fit_of_the_same_answers_is_a_version_and_no_session(uri: str) -> None:
    history = find_history("L001", tracking_uri=uri)
    assert [(each.ear, each.session, [fit.version for fit in each.fits]) for each in history.sessions] == [
        (Ear.RIGHT, "2025-01-02", [1]),
        (Ear.RIGHT, "2026-03-14", [1, 2, 3]),
        (Ear.LEFT, "2026-03-14", [1]),
        (Ear.LEFT, "2026-09-01", [1, 2]),
    ]
    assert history.ears() == (Ear.RIGHT, Ear.LEFT)


def test_every_run_is_found_once(uri: str) -> None:
    """Against MLflow's client without any filter, and against counting what was written."""
    runs = client_of(uri).search_runs([client_of(uri).get_experiment_by_name(EXPERIMENT).experiment_id])  # type: ignore[union-attr]
    of_listener = {run.info.run_id: run.data.tags["version"] for run in runs if run.data.tags["listener"] == "L001"}
    found = {
        fit.run_id: str(fit.version) for each in find_history("L001", tracking_uri=uri).sessions for fit in each.fits
    }
    assert found == of_listener
    written = Counter((fit.ear, fit.session) for fit in FITS if fit.listener == "L001")
    assert {
        (each.ear, each.session): len(each.fits) for each in find_history("L001", tracking_uri=uri).sessions
    } == written


def test_pages_are_joined(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = find_history("L001", tracking_uri=uri)
    monkeypatch.setattr("hearfit.tracking.runs.RUNS_IN_A_PAGE", 2)
    told: list[int] = []
    assert find_history("L001", tracking_uri=uri, told=told.append) == whole
    assert told == [2, 4, 6, 7]


def test_one_ear(uri: str) -> None:
    history = find_history("L001", ear=Ear.LEFT, tracking_uri=uri)
    assert {each.ear for each in history.sessions} == {Ear.LEFT}
    with pytest.raises(InputError, match="holds no fit of the right ear of listener 'L002'"):
        find_history("L002", ear=Ear.RIGHT, tracking_uri=uri)


def test_the_profile_of_the_latest_version_reads_back_equal(uri: str) -> None:
    latest = {(fit.ear, fit.session): fit for fit in FITS if fit.listener == "L001"}
    expected = [latest[key] for key in sorted(latest, key=lambda key: (key[0] is Ear.LEFT, key[1]))]
    assert list(profiles_of("L001", tracking_uri=uri)) == expected
    assert list(profiles_of("L001", ear=Ear.LEFT, tracking_uri=uri)) == [p for p in expected if p.ear is Ear.LEFT]


def test_more_profiles_than_are_wanted_are_not_fetched(uri: str) -> None:
    with pytest.raises(InputError, match="holds 4 profiles of 'L001'; at most 3 are read at once"):
        history_with_profiles("L001", tracking_uri=uri, most=3)


def test_different_answers_under_one_date_are_told(uri: str) -> None:
    (sentence,) = find_history("L001", tracking_uri=uri).warnings
    assert sentence == (
        "The left ear's session 2026-09-01 was fitted from 2 different sets of answers; the latest fit counts "
        "(data bbbbbbbb)."
    )


def test_averages_are_those_of_the_profile(uri: str) -> None:
    """Against a mean taken here over the frequencies of the profile."""
    by_hz = {entry.frequency_hz: entry for entry in FITS[2].frequencies}
    found = find_history("L001", tracking_uri=uri).of(Ear.RIGHT)[0].latest.averages
    four = [by_hz[hz] for hz in (500.0, 1000.0, 2000.0, 4000.0)]
    high = [by_hz[hz] for hz in (3000.0, 4000.0, 6000.0)]
    assert found["threshold_db_hl"].mean == pytest.approx(sum(e.threshold_db_hl.mean for e in four) / 4)
    assert found["high_frequency_threshold_db_hl"].mean == pytest.approx(sum(e.threshold_db_hl.mean for e in high) / 3)
    assert found["compression_exponent"].mean == pytest.approx(sum(e.compression_exponent.mean for e in four) / 4)
    assert found["attenuation_db"].sd_at_most == pytest.approx(sum(e.attenuation_db.sd for e in four) / 4)
    assert found["inhibition"].data_share == pytest.approx(0.08)


def test_mlflow_shows_names_that_a_person_reads(uri: str) -> None:
    client = client_of(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.listener = 'L001' and tags.session = '2026-03-14'")
    names = sorted(run.info.run_name or "" for run in runs)
    assert names == [
        "L001 left 2026-03-14",
        "L001 right 2026-03-14",
        "L001 right 2026-03-14 v2",
        "L001 right 2026-03-14 v3",
    ]
    assert runs[0].data.tags["mlflow.note.content"] == (
        "The fit converged: 1,380 answers. The report is `report.html` under Artifacts."
    )
    digests = {each.dataset.digest for run in runs if run.inputs for each in run.inputs.dataset_inputs}
    assert digests == {"9f9f9f9f"}


def test_unknown_listeners(uri: str) -> None:
    with pytest.raises(InputError) as caught:
        find_history("L01", tracking_uri=uri)
    assert str(caught.value) == (
        f"The tracking store {uri} holds no fit of a listener 'L01'. Names like it: 'L001', 'L002'."
    )
    with pytest.raises(InputError, match=r"Newest fits are of: 'L002', 'L001'\.$"):
        find_history("somebody", tracking_uri=uri)


@pytest.fixture
def own(empty_store: Path, tmp_path: Path) -> str:
    return copied(empty_store, tmp_path)


@pytest.fixture(scope="module")
def names_store(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[str]]:
    return copied(empty_store, tmp_path_factory.mktemp("names")), set()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("<script>alert(1)</script>")
@example("../../x")
@example("' OR 1=1")
@example("' OR '1'='1' --")
@example('"; drop table runs; --')
@example("a'b\"c`d")
@example("%")
@example("_" * 3)
@example("l001")
@example("L001\n")
@example("\u202eL001")
@example("=HYPERLINK(1)")
@example("'")
@example("\\'")
@example("Größe 耳 👂")
@example("x" * 6000)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30))
def test_a_listener_of_any_name_finds_their_own_sessions_only(names_store: tuple[str, set[str]], name: str) -> None:
    store, known = names_store
    if name not in known:
        with pytest.raises(InputError, match="holds no fit of a listener"):
            find_history(name, tracking_uri=store)
    run = track_fit(small(session_profile(listener=name)), artifacts=[], trial_files=[], tracking_uri=store)
    fits = find_history(name, tracking_uri=store).sessions[0].fits
    assert fits[-1].run_id == run.run_id
    assert len(fits) == run.version
    assert (run.version > 1) == (name in known)
    known.add(name)


def test_writers_in_the_same_instant_lose_nothing(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each looked for versions before the other's run was there, so both took the same number."""
    monkeypatch.setattr("hearfit.tracking.write._next_version", lambda store, profile: 1)
    runs = [
        track_fit(small(session_profile(seed=seed)), artifacts=[], trial_files=[], tracking_uri=own) for seed in (1, 2)
    ]
    monkeypatch.undo()
    (session,) = find_history("L001", tracking_uri=own).sessions
    assert [fit.run_id for fit in session.fits] == [run.run_id for run in runs]
    third = track_fit(small(session_profile()), artifacts=[], trial_files=[], tracking_uri=own)
    assert third.version == 3


def test_runs_that_say_too_little_are_told(own: str) -> None:
    client = client_of(own)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    good = track_fit(small(session_profile()), artifacts=[], trial_files=[], tracking_uri=own)
    for tags, status in (
        ({"ear": "both", "session": "2026-01-01"}, "FINISHED"),
        ({"ear": "left"}, "FINISHED"),
        ({"ear": "left", "session": "2026-01-01"}, "FAILED"),
        ({"ear": "left", "session": "2026-01-01"}, "RUNNING"),
    ):
        run = client.create_run(experiment.experiment_id, tags={"listener": "L001", **tags})
        client.set_terminated(run.info.run_id, status)
    history = find_history("L001", tracking_uri=own)
    assert [each.latest.run_id for each in history.sessions] == [good.run_id]
    assert history.sessions[0].latest.averages == {}
    told = " ".join(history.warnings)
    assert "its ear is 'both', and not left or right" in told
    assert "it has no tag session" in told
    assert "2 of the listener's runs did not finish and are left out." in told


def test_what_makes_sessions_unlike_is_told(own: str) -> None:
    for session, prior in (("2025-01-01", "population"), ("2026-01-01", "flat")):
        profile = small(session_profile(session=session))
        provenance = dataclasses.replace(profile.provenance, prior=prior)
        track_fit(dataclasses.replace(profile, provenance=provenance), artifacts=[], trial_files=[], tracking_uri=own)
    assert find_history("L001", tracking_uri=own).warnings == (
        "The sessions were fitted with different priors (flat, population): a part of any change may come from that.",
    )


def test_damaged_artifacts(own: str, tmp_path: Path) -> None:
    """Gone, cut short, of another session: each is told, and all at once."""
    runs = [track(session_profile(session=f"2026-01-0{day}"), own, tmp_path).run_id for day in (1, 2, 3, 4)]
    stored = [tmp_path / "artifacts" / run / "artifacts" / "profile.json" for run in runs]
    stored[0].unlink()
    stored[1].write_text(stored[3].read_text()[:1000])
    write_profile(stored[2], session_profile(session="2026-01-03", listener="L002"))
    with pytest.raises(InputError) as caught:
        profiles_of("L001", tracking_uri=own)
    gone, cut, other = caught.value.problems
    assert gone.startswith(f"profile.json of the run {runs[0]} (right ear, 2026-01-01) in {own}: cannot be fetched (")
    assert cut.startswith(f"profile.json of the run {runs[1]}")
    assert "is not valid JSON" in cut
    assert "is the profile of listener 'L002', right ear, 2026-01-03" in other


def test_stores_that_cannot_be_read(own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        TrackingError, match=r"There is no tracking store at sqlite:.*\.hearfit/mlflow\.db\. `hearfit fit`"
    ):
        find_history("L001")
    assert not (tmp_path / ".hearfit").exists()
    with pytest.raises(InputError, match="It holds no fit at all"):
        find_history("L001", tracking_uri=own)
    (tmp_path / "text.db").write_text("not a database " * 100)
    with pytest.raises(TrackingError, match=r"The history could not be read\. .* is not an MLflow store"):
        find_history("L001", tracking_uri=f"sqlite:///{tmp_path}/text.db")


def test_a_store_that_was_cut_short(own: str) -> None:
    path = Path(own.removeprefix("sqlite:///"))
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(TrackingError, match=r"The history could not be read\. .* is damaged\."):
        find_history("L001", tracking_uri=own)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(TrackingError) as caught:
        profiles_of("L001", tracking_uri=f"http://somebody:secret@127.0.0.1:{port}")
    assert str(caught.value) == f"The history could not be read. Nothing answers at http://127.0.0.1:{port}."


def test_a_store_of_another_mlflow(own: str) -> None:
    with sqlite3.connect(own.removeprefix("sqlite:///")) as connection:
        connection.execute("update alembic_version set version_num = 'ffffffffffff'")
    connection.close()
    with pytest.raises(TrackingError, match="was made by another version of MLflow"):
        find_history("L001", tracking_uri=own)


@pytest.mark.parametrize("change", ["update experiments set name = 'x' where name = 'hearfit'", "deleted"])
def test_a_store_without_the_experiment(own: str, change: str) -> None:
    if change == "deleted":
        experiment = client_of(own).get_experiment_by_name(EXPERIMENT)
        assert experiment is not None
        client_of(own).delete_experiment(experiment.experiment_id)
    else:
        with sqlite3.connect(own.removeprefix("sqlite:///")) as connection:
            connection.execute(change)
        connection.close()
    with pytest.raises(TrackingError, match=r"holds no fits of hearfit yet|mlflow experiments restore"):
        find_history("L001", tracking_uri=own)
