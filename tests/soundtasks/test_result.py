"""The scores of an experiment, against means and t-tests taken by hand from its records."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from hearfit.errors import InputError
from hearfit.soundtasks.description import ExperimentDescription, chosen
from hearfit.soundtasks.descriptions import DESCRIPTIONS
from hearfit.soundtasks.enhancement.description import DESCRIPTION as ENHANCEMENT
from hearfit.soundtasks.experiment import flat, run_names
from hearfit.soundtasks.neural.description import DESCRIPTION as NEURAL
from hearfit.soundtasks.phonemes.description import metrics_of
from hearfit.soundtasks.record import RunRecord
from hearfit.soundtasks.result import ExperimentResult, baseline_of, behind_the_best, best_of, differences, scores
from hearfit.training.settings import Settings
from tests.soundtasks.example_experiment import CC, ERROR, example_result

RESULT = example_result()


def _values(frontend: str, condition: str, metric: str = "cc_norm") -> list[float]:
    return [
        record.scores[metric]
        for record in RESULT.records
        if (record.name.frontend, record.name.condition) == (frontend, condition)
    ]


def test_every_row_in_every_condition_has_its_mean() -> None:
    found = scores(RESULT, CC)
    assert len(found) == 7
    for each in found:
        assert each.over_seeds.mean == pytest.approx(np.mean(_values(each.frontend, each.condition)))
        assert each.over_items is not None
    assert all(each.over_items is None for each in scores(RESULT, ERROR))


def test_differences_are_paired_by_seed() -> None:
    found = {(each.frontend, each.condition): each.over_seeds for each in differences(RESULT, CC, "mel")}
    assert set(found) == {(name, part) for name in ("leaf", "biomimetic") for part in ("100 %", "10 %")}
    expected = stats.ttest_rel(_values("leaf", "100 %"), _values("mel", "100 %")).confidence_interval(0.95)
    assert (found["leaf", "100 %"].low, found["leaf", "100 %"].high) == pytest.approx((expected.low, expected.high))
    assert found["leaf", "100 %"].excludes_zero
    assert not found["leaf", "10 %"].excludes_zero


def test_the_best_is_no_reference_and_knows_the_direction() -> None:
    assert best_of(scores(RESULT, CC), CC, "100 %", RESULT.frontends) == "biomimetic"
    assert best_of(scores(RESULT, ERROR), ERROR, "100 %", RESULT.frontends) == "biomimetic"
    assert best_of(scores(RESULT, CC), CC, "100 %", RESULT.rows) == "oracle"
    assert best_of(scores(RESULT, CC), CC, "1 %", RESULT.rows) == ""


def test_every_frontend_is_compared_with_the_best_of_its_condition() -> None:
    found = behind_the_best(RESULT, CC)
    assert [(each.frontend, each.baseline, each.condition) for each in found] == [
        ("mel", "biomimetic", "100 %"),
        ("leaf", "biomimetic", "100 %"),
        ("mel", "leaf", "10 %"),
        ("biomimetic", "leaf", "10 %"),
    ]
    assert all(each.over_seeds.mean <= 0 for each in found)


def _without(frontend: str) -> tuple[RunRecord, ...]:
    return tuple(record for record in RESULT.records if record.name.frontend != frontend)


def test_without_the_baseline_the_first_frontend_is_compared_with() -> None:
    result = dataclasses.replace(RESULT, records=_without("mel"))
    assert baseline_of(result) == "leaf"


def test_results_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="without a finished run"):
        dataclasses.replace(RESULT, records=())
    with pytest.raises(InputError, match="same frontend, condition and seed"):
        ExperimentResult(RESULT.description, RESULT.facts, RESULT.origin, RESULT.records[:1] * 2)


def test_names_of_runs() -> None:
    names = run_names("neural", ("mel", "leaf"), ("linear",), (1, 2))
    assert [(name.frontend, name.seed) for name in names] == [("mel", 1), ("leaf", 1), ("mel", 2), ("leaf", 2)]


def test_chosen_names() -> None:
    assert chosen("--frontend", ["b", "a", "b"], ("a", "b", "c")) == ("b", "a")
    assert chosen("--frontend", None, ("a", "b")) == ("a", "b")
    with pytest.raises(InputError, match=r"--frontend is 'x'.*Allowed: a, b"):
        chosen("--frontend", ["a", "x"], ("a", "b"))


def test_settings_within_settings_are_named_by_their_path() -> None:
    settings: Settings = {"training": {"rate": 1e-3, "patience": None}, "test": [17, 18], "is_fast": True}
    assert flat(settings) == {
        "training.rate": 1e-3,
        "training.patience": "none",
        "test": "17, 18",
        "is_fast": True,
    }


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=[each.task for each in DESCRIPTIONS])
def test_descriptions_agree_with_themselves(description: object) -> None:
    each = next(one for one in DESCRIPTIONS if one is description)
    names = [frontend.name for frontend in each.frontends]
    assert len(set(names)) == len(names)
    assert each.frontend(each.baseline).name == each.baseline
    assert each.metric(each.metrics[0].name) is each.metrics[0]
    assert each.question.endswith("?")


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda each: each.task)
def test_no_meaning_leans_on_the_row_above_it(description: ExperimentDescription) -> None:
    """A page shows the frontends that were run, in the order of the runs: "the same" would be that of another one."""
    told = [
        *(text for each in description.frontends for text in (each.meaning, each.learns)),
        *(meaning for _, meaning in description.conditions),
        *(each.meaning for each in description.metrics),
    ]
    assert [text for text in told if text.lower().startswith("the same")] == []
    # Each condition is explained for itself, as only some of them may have been run.
    assert all(meaning for _, meaning in description.conditions)


def test_metrics_have_titles_where_their_names_are_internal() -> None:
    titles = {each.name: each.title for each in (*ENHANCEMENT.metrics, *NEURAL.metrics)}
    assert titles["si_sdr_improvement"] == "SI-SDR improvement"
    assert titles["estoi"] == "ESTOI"
    assert titles["cc_norm"] == "cc_norm"
    of_phonemes = {each.name: each for each in metrics_of((10.0,))}
    assert of_phonemes["broad accuracy, white 10 dB"].title == "broad accuracy in white noise at 10 dB SNR"
    assert of_phonemes["phone accuracy, quiet"].meaning == "phone accuracy of words in quiet, mean over words"


def test_seeds_that_share_a_test_set_are_one_study() -> None:
    """Five seeds over three test sets, as for digits: the interval is scipy's over the three means."""
    facts = dataclasses.replace(RESULT.facts, has_same_items=False, num_test_sets=3)
    result = dataclasses.replace(RESULT, facts=facts)
    score = next(each for each in scores(result, CC) if (each.frontend, each.condition) == ("leaf", "100 %"))
    of_seed = dict(zip(range(1, 6), _values("leaf", "100 %"), strict=True))
    means = [of_seed[3], (of_seed[1] + of_seed[4]) / 2, (of_seed[2] + of_seed[5]) / 2]
    low, high = stats.t.interval(0.95, 2, loc=np.mean(means), scale=stats.sem(means))
    assert (score.over_seeds.low, score.over_seeds.high) == pytest.approx((low, high))
    assert score.over_items is None
    difference = next(each for each in differences(result, CC, "mel") if each.condition == "100 %")
    assert difference.over_seeds.num == 3


def test_items_of_one_group_are_not_independent() -> None:
    groups = tuple(str(number // 8) for number in range(40))
    result = dataclasses.replace(RESULT, facts=dataclasses.replace(RESULT.facts, item_groups=groups))
    grouped, plain = scores(result, CC)[0].over_items, scores(RESULT, CC)[0].over_items
    assert grouped is not None
    assert plain is not None
    assert grouped != plain
    assert grouped.mean == plain.mean
