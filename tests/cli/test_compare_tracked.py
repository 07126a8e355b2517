"""`hearfit compare --listener`: the same comparison, of what the tracking store holds."""

from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Profile
from hearfit.storage.profile_files import write_profile
from hearfit.tracking.history import History
from tests.change.profiles import FREQUENCIES_HZ, profile_with
from tests.cli.conftest import Cli

FLAT = [30.0] * len(FREQUENCIES_HZ)
WORSE = [*FLAT[:4], 55.0, 58.0, *FLAT[6:]]
PROFILES = tuple(
    profile_with(levels, ear=ear, session=day)
    for ear in Ear
    for day, levels in (("2025-01-10", FLAT), ("2026-01-12", WORSE))
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """In place of the store; who was asked for, and where."""
    asked: list[tuple[str, str | None]] = []

    def found(listener: str, *, tracking_uri: str | None, most: int) -> tuple[History, tuple[Profile, ...]]:
        asked.append((listener, tracking_uri))
        return History(listener, "sqlite:///store.db", (), ("Something is unlike.",)), PROFILES

    monkeypatch.setattr("hearfit.tracking.find.history_with_profiles", found)
    return asked


def test_the_same_as_of_files(cli: Cli, asked: list[tuple[str, str | None]]) -> None:
    names = [f"{profile.ear}-{profile.session}.json" for profile in PROFILES]
    outcome = cli("compare", "--listener", "L001", "--tracking-uri", "http://store.test")
    assert outcome.code == 0
    assert asked == [("L001", "http://store.test")]
    assert "warning: Something is unlike." in outcome.err
    for name, profile in zip(names, PROFILES, strict=True):
        write_profile(Path(name), profile)
    assert cli("compare", *names).out == outcome.out


def test_what_to_compare_is_said_once(cli: Cli, asked: list[tuple[str, str | None]]) -> None:
    for arguments, sentence in (((), "Neither was given."), (("a.json", "--listener", "L001"), "Both were given.")):
        outcome = cli("compare", *arguments)
        assert outcome.code == 2
        assert sentence in outcome.err
    assert asked == []


def test_a_store_that_is_not_there(cli: Cli) -> None:
    outcome = cli("compare", "--listener", "L001")
    assert outcome.code == 2
    assert "There is no tracking store at" in outcome.err
