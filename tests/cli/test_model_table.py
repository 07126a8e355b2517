"""`hearfit fit --compare-models`: files, table, JSON and sentences, with a stand-in for the comparison."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.experiment.trials import Trials
from hearfit.inference.posterior_draws import corrected_laplace_draws
from hearfit.listener.model_comparison import ModelComparison, ModelScore
from hearfit.model_choice import Sampler
from hearfit.storage.profile_files import read_profile
from tests.cli.conftest import Cli
from tests.cli.example_trials import fake_fit, write_example_trials
from tests.reports.example_comparison import BETTER, DEFAULT, WORSE


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModelScore], None]:
    """Makes the comparison find the default and another model."""

    def finds(other: ModelScore) -> None:
        def fake(
            trials: Trials, *, prior: str, sampler: Sampler, seed: int, progress: Callable[[str, float], None]
        ) -> ModelComparison:
            progress("model 1 of 2", 0.0)
            progress("draws by chains" if sampler is not corrected_laplace_draws else "draws by Laplace", 0.0)
            progress(f"with the {prior} prior", 0.0)
            return ModelComparison(100, 5, (DEFAULT, other), ("Go by the folds.",))

        monkeypatch.setattr("hearfit.fitting.fit_ear", fake_fit)
        monkeypatch.setattr("hearfit.model_choice.compare_models", fake)
        monkeypatch.setattr("hearfit.model_choice.check_comparable", lambda trials: None)

    return finds


def test_table_and_file(cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "models.json").write_text("replaced, so not of an earlier fit", "utf-8")
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models")
    assert outcome.code == 0
    assert "L001, right ear: held-out log predictive density in nats" in outcome.out
    words = " ".join(outcome.out.split())
    assert "5 broken stick fitted fitted −1.552 −10.0 ± 2.5 3 −1.510 −3.0 ± 3.2" in words
    assert "These answers do not tell the models apart" in words
    assert "Right ear, models: model 1 of 2" in outcome.err
    assert "draws by Laplace" in outcome.err
    assert "warning: Right ear: Go by the folds." in outcome.err
    assert "earlier fit" not in outcome.err
    written = json.loads((tmp_path / "results" / "models.json").read_text("utf-8"))
    assert (written["listener"], written["ear"], written["session"]) == ("L001", "right", "2026-03-14")
    assert written["scores"][1]["leave_one_out"]["difference"] == -10.0
    assert written["conclusion"].startswith("These answers do not tell")


def test_profile_and_report_have_the_comparison(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path
) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    cli("fit", trials, "--out", "results", "--no-track", "--compare-models")
    found = read_profile(tmp_path / "results" / "profile.json").model_comparison
    assert found == ModelComparison(100, 5, (DEFAULT, WORSE), ("Go by the folds.",))
    assert "Would another model" in (tmp_path / "results" / "report.html").read_text("utf-8")


def test_leave_one_out_is_of_draws_by_the_method_of_the_fit(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(WORSE)
    monkeypatch.setattr("hearfit.fitting.fit_ear", lambda trials, **how: fake_fit(trials, **(how | {"method": "map"})))
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models", "--method", "nuts")
    assert "draws by chains" in outcome.err


def test_a_better_model_is_named(cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path) -> None:
    compared(BETTER)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models")
    words = " ".join(outcome.out.split())
    assert "Model 5 (broken stick, attenuation fitted, inhibition fitted) predicts held-back answers clearly" in words


@pytest.mark.parametrize(("arguments", "prior"), [((), "population"), (("--prior", "flat"), "flat")])
def test_models_have_the_prior_of_the_profile(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path, arguments: tuple[str, ...], prior: str
) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models", *arguments)
    assert read_profile(tmp_path / "results" / "profile.json").provenance.prior == prior
    assert f"with the {prior} prior" in outcome.err


def test_json_has_every_ear(cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", *Ear)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models", "--json", "--quiet")
    document = json.loads(outcome.out)
    assert [own["ear"] for own in document["models"]] == ["left", "right"]
    assert (tmp_path / "results" / "left" / "models.json").is_file()


def test_without_the_option_nothing_is_compared(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path
) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--json", "--quiet")
    assert "models" not in json.loads(outcome.out)
    assert not (tmp_path / "results" / "models.json").exists()


def test_a_file_of_an_earlier_fit_is_told_and_kept(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path
) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    models, draws = tmp_path / "results" / "models.json", tmp_path / "results" / "draws.npz"
    models.parent.mkdir()
    for path in (models, draws):
        path.write_text("earlier", "utf-8")
    told = cli("fit", trials, "--out", "results", "--no-track", "--quiet").err
    for path in (models, draws):
        assert (
            f"warning: Right ear: results/{path.name} is of an earlier fit and does not belong to the profile that is "
            "now beside it. Remove it, or fit into another folder.\n"
        ) in told
        assert path.read_text("utf-8") == "earlier"


def test_models_of_an_earlier_fit_are_told_if_the_comparison_is_stopped(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "models.json").write_text("earlier", "utf-8")

    def stopped(trials: Trials, **_how: object) -> ModelComparison:
        raise InputError("Stopped.")

    monkeypatch.setattr("hearfit.model_choice.compare_models", stopped)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--quiet", "--compare-models")
    assert outcome.code == 2
    assert "results/models.json is of an earlier fit" in outcome.err


def test_a_folder_in_the_way_is_refused_before_the_fit(
    cli: Cli, compared: Callable[[ModelScore], None], tmp_path: Path
) -> None:
    compared(WORSE)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)
    (tmp_path / "results" / "models.json").mkdir(parents=True)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models")
    assert outcome.code == 2
    assert "models.json: is a folder" in outcome.err


def test_too_few_answers_are_refused_before_the_fit(cli: Cli, tmp_path: Path) -> None:
    trials = write_example_trials(tmp_path / "trials.tsv", *Ear)
    outcome = cli("fit", trials, "--out", "results", "--no-track", "--compare-models")
    assert outcome.code == 2
    assert "The left ear of L001 has at most 3 answers of a protocol." in outcome.err
    assert "The right ear of L001 has at most 3 answers of a protocol." in outcome.err
    assert not (tmp_path / "results").exists()
