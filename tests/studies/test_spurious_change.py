"""Criteria of change where little changed. Truth: six real sessions, and repeated thresholds of NHANES."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hearfit.audiology.change.answers import CriterionAnswer
from tests.studies.spurious_change import (
    first_as_baseline,
    longitudinal_answers,
    rates,
    read_ears,
    read_pairs_1_khz,
    read_sessions,
    sd_between_sessions_db,
    simulated_answers,
    single_frequency_answers,
)

CONFIRMED = ("ASHA 1994 (a)", "ASHA 1994 (b)", "ASHA 1994 (c)", "NIOSH")


def num_met(answers: Iterable[CriterionAnswer]) -> dict[str, int]:
    return {name: rate.num_met for name, rate in rates([*answers]).items()}


def test_confirmed_criteria_do_not_fire_between_sessions(shared_data: Path) -> None:
    sessions = read_sessions(shared_data)
    assert len(sessions) == 6
    met = num_met(longitudinal_answers(sessions[1:], is_confirmed=True))
    assert {name: met[name] for name in (*CONFIRMED, "OSHA STS", "OSHA recordable")} == dict.fromkeys(
        (*CONFIRMED, "OSHA STS", "OSHA recordable"), 0
    )
    # Without the retest they would have: that is what it is for.
    unconfirmed = rates([*longitudinal_answers(sessions[1:], is_confirmed=False)])
    assert unconfirmed["ASHA 1994 (b)"].num_unconfirmed > 0


def test_a_retest_does_not_mend_a_baseline(shared_data: Path) -> None:
    # The first session was 10 dB better from 250 to 1000 Hz than all later ones.
    found = [*first_as_baseline(read_sessions(shared_data), is_confirmed=True)]
    met = num_met(found)
    assert {name: met[name] for name in (*CONFIRMED, "OSHA STS")} == {
        "ASHA 1994 (a)": 0,
        "ASHA 1994 (b)": 5,
        "ASHA 1994 (c)": 0,
        "NIOSH": 1,
        "OSHA STS": 0,
    }
    # Each of ASHA's lies within published retest limits or where there is none.
    assert rates(found)["ASHA 1994 (b)"].num_beyond_retest == 0


def test_thresholds_repeated_in_a_session_meet_nothing(shared_data: Path) -> None:
    pairs = read_pairs_1_khz(shared_data)
    assert len(pairs) > 7000
    # The largest differences and a sample of the others.
    largest = pairs[np.abs(pairs[:, 1] - pairs[:, 0]) == np.abs(pairs[:, 1] - pairs[:, 0]).max()]
    answers = [*single_frequency_answers(np.concatenate([largest[:20], pairs[::300]]))]
    assert not any(answer.verdict == "met" for answer in answers)
    assert not any(answer.is_unconfirmed for answer in answers)


def test_simulated_retests_keep_false_alarms_down(shared_data: Path, rng: np.random.Generator) -> None:
    ears, sd_db = read_ears(shared_data), sd_between_sessions_db(read_sessions(shared_data))
    errors_db = rng.normal(0.0, sd_db, size=10_000)
    num_ears = 60
    found = rates([*simulated_answers(ears, errors_db, num_ears=num_ears, rng=rng, is_confirmed=True)])
    alone = rates([*simulated_answers(ears, errors_db, num_ears=num_ears, rng=rng, is_confirmed=False)])
    for name in ("ASHA 1994 (a)", "ASHA 1994 (b)", "NIOSH"):
        assert found[name].num_met <= alone[name].num_unconfirmed
    # In 4,000 ears: (b) 10.3 % to be confirmed and 1.6 % confirmed, NIOSH 18.5 % and 4.2 %.
    assert alone["NIOSH"].num_unconfirmed > 1
    assert found["NIOSH"].num_met <= 0.2 * num_ears
