"""`fit --audiogram-as-data`: thresholds of an audiogram beside the trials."""

from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.experiment.trials import Trials
from hearfit.fitting import Fit
from hearfit.inference.sampler_settings import SamplerSettings
from tests.cli.conftest import Cli
from tests.cli.example_trials import fake_fit, write_example_trials


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[Trials]:
    """What reaches the fit."""
    seen: list[Trials] = []

    def fit(
        trials: Trials,
        *,
        audiogram: Audiogram | None,
        method: str,
        seed: int,
        sampler: SamplerSettings,
        num_starts: int,
        progress: object = None,
    ) -> Fit:
        seen.append(trials)
        return fake_fit(trials, audiogram=audiogram, method=method, seed=seed, sampler=sampler, num_starts=num_starts)

    monkeypatch.setattr("hearfit.fitting.fit_ear", fit)
    return seen


def test_thresholds_are_data_only_when_asked(cli: Cli, fitted: list[Trials], tmp_path: Path) -> None:
    trials = write_example_trials(tmp_path / "t.tsv", Ear.LEFT)
    assert cli("fit", trials, "--audiogram", "N3", "--no-track").code == 0
    outcome = cli("fit", trials, "--audiogram", "N3", "--audiogram-as-data", "--no-track")
    assert outcome.code == 0
    compared, used = fitted
    assert [block.protocol.name for block in compared.blocks] == ["categorical_loudness", "pure_tone_detection"]
    assert [block.protocol.name for block in used.blocks][2:] == ["stored_thresholds"]
    # Bisgaard et al. (2010), table I: 35 dB HL at 250 Hz in N3.
    assert (used.blocks[2].frequency_hz[0], used.blocks[2].level_db_hl[0]) == (250.0, 35.0)
    told = "N3: the thresholds of the left ear are used as data, as found in steps of 5 dB with a retest SD of 1.7 dB."
    assert f"warning: {told}" in outcome.err


def test_as_data_needs_an_audiogram(cli: Cli, fitted: list[Trials], tmp_path: Path) -> None:
    trials = write_example_trials(tmp_path / "t.tsv", Ear.LEFT)
    outcome = cli("fit", trials, "--audiogram-as-data", "--no-track")
    assert (outcome.code, outcome.err) == (
        2,
        "error: --audiogram-as-data needs an audiogram. Give it with --audiogram.\n",
    )
    assert not fitted
