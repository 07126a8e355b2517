"""`hearfit experiment phonemes`: from a folder to report and result, and what is refused before any work."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from hearfit.soundtasks.phonemes import experiment
from hearfit.soundtasks.phonemes.ear import EarTask
from hearfit.soundtasks.phonemes.learning import PhonemeTraining
from hearfit.soundtasks.phonemes.recogniser import RecogniserDesign
from hearfit.soundtasks.phonemes.task import PhonemeTask
from tests.cli.conftest import Cli
from tests.cli.test_frontend import fitted_profile
from tests.soundtasks.phoneme_corpus import write_corpus

QUICK: Final[dict[str, Any]] = {
    "recogniser": RecogniserDesign(num_maps=2, widths=(4, 4, 8), num_phones=3),
    "training": PhonemeTraining(num_steps=3, batch_size=3, steps_per_validation=3, num_warm_up_steps=1),
    "num_validation": 3,
}


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(experiment, "PhonemeTask", partial(PhonemeTask, **QUICK))
    monkeypatch.setattr(experiment, "EarTask", partial(EarTask, **QUICK))
    return write_corpus(tmp_path / "corpus", num_languages=3, num_words=2)


def test_a_frontend_is_trained_with_a_share_of_the_words_and_reported(cli: Cli, corpus: Path, tmp_path: Path) -> None:
    chosen = ["--frontend", "frozen", "--train-share", "0.5", "--snr", "-5", "--seeds", "1"]
    files = ["--out", tmp_path / "out", "--processes", "1", "--no-track", "--json"]
    result = cli("experiment", "phonemes", "--data", corpus, *chosen, *files)
    assert result.code == 0, result.err
    document = json.loads(result.out)
    names = [record["name"] for record in document["records"]]
    assert [(name["frontend"], name["condition"]) for name in names] == [("frozen", "50 %")]
    assert "broad accuracy, pink -5 dB" in document["records"][0]["scores"]
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.slow
def test_an_ear_is_compared_with_a_normal_one(cli: Cli, corpus: Path, tmp_path: Path) -> None:
    profile = fitted_profile(tmp_path / "profile.json")
    files = ["--out", tmp_path / "out", "--processes", "1", "--no-track", "--json"]
    result = cli("experiment", "phonemes", "--data", corpus, "--profile", profile, "--seeds", "1", *files)
    assert result.code == 0, result.err
    document = json.loads(result.out)
    assert len(document["records"]) == 6
    assert len({record["name"]["frontend"] for record in document["records"]}) == 2
    # Levels of both ears, one difference each.
    assert len({each["condition"] for each in document["differences"]}) == 3
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize("option", [[], ["--profile"]])
def test_truncated_sounds_are_told_once_and_before_any_work(
    cli: Cli, corpus: Path, tmp_path: Path, option: list[str]
) -> None:
    broken = [corpus / language / f"{language}-1.flac" for language in ("aaa", "aac")]
    for path in broken:
        path.write_bytes(path.read_bytes()[:300])
    more = [*option, fitted_profile(tmp_path / "profile.json")] if option else ["--frontend", "mel"]
    result = cli("experiment", "phonemes", "--data", corpus, *more, "--out", tmp_path / "out", "--no-track")
    assert result.code == 2
    for path in broken:
        assert result.err.count(f"{path}: is truncated or damaged") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--frontend", "full", "ear"], "--frontend is 'ear', which this experiment does not know."),
        (["--train-share", "1", "0"], "--train-share is 0; allowed is a share of the training words above 0, up to 1."),
        (["--train-share", "1.5"], "--train-share is 1.5; allowed is"),
        (["--snr", "-5", "200"], "--snr is 200 dB; allowed is -30 to 60 dB."),
        (["--frontend", "full", "cnn", "--baseline", "mel"], "--baseline is 'mel', which is not among"),
        (["--profile", "p.json", "--baseline", "full"], "--profile compares two ears with one recogniser"),
        (["--profile", "p.json", "--snr", "0"], "--profile compares two ears with one recogniser"),
        (["--frontend", "cnn"], "there is no such folder. Give that of VoxAngeles"),
        (["--profile", "p.json"], "p.json"),
    ],
)
def test_bad_usage_is_refused(cli: Cli, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    outcome = cli("experiment", "phonemes", "--data", tmp_path / "nowhere", *arguments)
    assert outcome.code == 2
    assert sentence in " ".join(outcome.err.split())
    assert outcome.out == ""
