"""ASHA 1994, CTCAE v5.0 and SIOP Boston. Truth: worked by hand from the published rules, at and beside each limit."""

import pytest

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.change.answers import CriterionAnswer
from tests.audiology.change.audiograms import answer, audiogram, flat

NORMAL = audiogram(flat())


@pytest.mark.parametrize(
    ("criterion", "right", "verdict"),
    [
        ("asha-1994-a", {"f4000": 19.0}, "not met"),
        ("asha-1994-a", {"f4000": 20.0}, "met"),
        ("asha-1994-a", {"f4000": 25.0}, "met"),
        ("asha-1994-a", {"f4000": -20.0}, "not met"),
        ("asha-1994-a", {"f250": 20.0}, "met"),
        ("asha-1994-a", {"f4000": ">20"}, "met"),
        ("asha-1994-a", {"f4000": ">15"}, "cannot be computed"),
        ("asha-1994-b", {"f4000": 10.0}, "not met"),
        ("asha-1994-b", {"f3000": 10.0, "f4000": 10.0}, "met"),
        ("asha-1994-b", {"f3000": 10.0, "f4000": 9.0}, "not met"),
        ("asha-1994-b", {"f2000": 15.0, "f4000": 15.0}, "not met"),
        ("asha-1994-b", {"f3000": 10.0, "f4000": -10.0}, "not met"),
        ("asha-1994-b", {"f6000": 10.0, "f8000": ">10"}, "met"),
        ("asha-1994-b", {"f6000": 10.0, "f8000": ">5"}, "cannot be computed"),
        ("asha-1994-c", {"f4000": ">110", "f6000": ">110"}, "not met"),
        ("asha-1994-c", {"f4000": ">110", "f6000": ">110", "f8000": ">90"}, "met"),
        ("asha-1994-c", {"f2000": ">110", "f4000": ">110", "f6000": ">110"}, "not met"),
    ],
)
def test_asha_with_the_same_retest(criterion: str, right: dict[str, float | str], verdict: str) -> None:
    current = audiogram(flat(**right))
    assert answer(criterion, NORMAL, current, retest=current).verdict == verdict


@pytest.mark.parametrize(
    ("criterion", "right"),
    [
        ("asha-1994-a", {"f4000": 20.0}),
        ("asha-1994-b", {"f3000": 10.0, "f4000": 10.0}),
        ("asha-1994-c", {"f4000": ">110", "f6000": ">110", "f8000": ">90"}),
        ("niosh", {"f4000": 15.0}),
    ],
)
def test_a_change_counts_only_when_a_retest_confirms_it(criterion: str, right: dict[str, float | str]) -> None:
    current = audiogram(flat(**right))
    alone = answer(criterion, NORMAL, current)
    assert (alone.verdict, alone.is_unconfirmed) == ("cannot be computed", True)
    assert alone.reason.endswith("but no retest to confirm it.")
    gone = answer(criterion, NORMAL, current, retest=NORMAL)
    assert (gone.verdict, gone.is_unconfirmed) == ("not met", False)
    assert "does not show it again at the same frequencies" in gone.reason
    other_ear = answer(criterion, NORMAL, current, retest=audiogram(left=flat()))
    assert other_ear.verdict == "cannot be computed"
    assert "it has no threshold of the right ear" in other_ear.reason


def test_a_retest_that_shows_it_elsewhere_does_not_confirm() -> None:
    current, retest = audiogram(flat(f4000=20.0)), audiogram(flat(f6000=20.0))
    assert answer("asha-1994-a", NORMAL, current, retest=retest).verdict == "not met"
    current, retest = audiogram(flat(f3000=10.0, f4000=10.0)), audiogram(flat(f4000=10.0, f6000=10.0))
    assert answer("asha-1994-b", NORMAL, current, retest=retest).verdict == "not met"


def test_octaves_are_adjacent_only_on_a_ladder_of_octaves() -> None:
    octaves = (500.0, 1000.0, 2000.0, 4000.0)
    baseline = audiogram(dict.fromkeys(octaves, 0.0))
    current = audiogram({500.0: 0.0, 1000.0: 0.0, 2000.0: 10.0, 4000.0: 10.0})
    omitted = answer("asha-1994-b", baseline, current, retest=current)
    # 2 and 4 kHz do not stand side by side where 3 kHz was left out.
    assert omitted.verdict == "cannot be computed"
    assert "no threshold in either audiogram at 3000, 6000 and 8000 Hz" in omitted.reason
    declared = answer("asha-1994-b", baseline, current, retest=current, ladder_hz=octaves)
    assert declared.verdict == "met"


def test_a_frequency_that_both_have_is_a_rung_of_the_ladder() -> None:
    baseline = audiogram({**flat(), 1500.0: 0.0})
    current = audiogram({**flat(f1000=10.0, f2000=10.0), 1500.0: 0.0})
    assert answer("asha-1994-b", baseline, current, retest=current).verdict == "not met"
    without = audiogram(flat(f1000=10.0, f2000=10.0))
    assert answer("asha-1994-b", baseline, without, retest=without).verdict == "met"


def test_a_missing_frequency_leaves_it_open_and_is_named() -> None:
    current = {hz: level for hz, level in flat().items() if hz != 3000.0}
    found = answer("asha-1994-a", NORMAL, audiogram(current))
    assert found.verdict == "cannot be computed"
    assert found.reason == (
        "A shift of 20 dB or more is not shown but cannot be excluded: no current threshold at 3000 Hz."
    )
    # Elsewhere it is there anyway.
    worse = audiogram(current | {8000.0: 20.0})
    assert answer("asha-1994-a", NORMAL, worse, retest=worse).verdict == "met"


def test_no_response_at_baseline_bounds_the_shift_from_above() -> None:
    baseline = audiogram(flat(f8000=">90"))
    assert answer("asha-1994-a", baseline, audiogram(flat(f8000=110.0))).verdict == "not met"
    assert answer("asha-1994-a", baseline, audiogram(flat(f8000=">90"))).verdict == "cannot be computed"
    open_answer = answer("asha-1994-a", baseline, audiogram(flat(f8000=115.0)))
    assert open_answer.verdict == "cannot be computed"
    assert "no response at baseline at 8000 Hz, so that only a bound is known" in open_answer.reason


def test_a_response_is_not_lost_below_the_baseline_threshold() -> None:
    baseline = audiogram(flat(f4000=60.0, f6000=60.0, f8000=60.0))
    lost = audiogram(flat(f4000=">60", f6000=">60", f8000=">60"))
    assert answer("asha-1994-c", baseline, lost, retest=lost).verdict == "met"
    not_presented = audiogram(flat(f4000=">60", f6000=">60", f8000=">55"))
    found = answer("asha-1994-c", baseline, not_presented, retest=not_presented)
    assert found.verdict == "cannot be computed"
    assert "the highest level presented at 8000 Hz was below the baseline threshold" in found.reason


@pytest.mark.parametrize(
    ("right", "grade"),
    [
        ({}, 0),
        ({"f1000": 15.0, "f2000": 14.0}, 0),
        ({"f1000": 15.0, "f2000": 15.0}, 1),
        ({"f1000": 30.0}, 1),
        ({"f3000": 25.0, "f4000": 25.0}, 1),
        ({"f3000": 30.0, "f4000": 25.0}, 2),
        ({"f3000": 25.0, "f4000": 25.0, "f6000": 25.0}, 1),
        ({"f3000": 30.0, "f4000": 25.0, "f6000": 25.0}, 3),
        ({"f3000": 30.0, "f4000": 20.0, "f6000": 25.0}, 1),
        ({"f250": 40.0, "f500": 40.0}, 0),
        ({"f3000": -30.0, "f4000": -30.0}, 0),
    ],
)
def test_ctcae_of_adults(right: dict[str, float | str], grade: int) -> None:
    found = answer("ctcae-5-adult", NORMAL, audiogram(flat(**right)))
    assert found.grade is not None
    assert (found.grade.lowest, found.grade.highest) == (grade, grade)
    assert found.verdict == ("met" if grade else "not met")


def test_ctcae_of_adults_grade_4_takes_both_ears_and_a_decrease() -> None:
    before = audiogram(flat(75.0), flat(75.0))
    after = audiogram(flat(85.0), flat(85.0))
    found = answer("ctcae-5-adult", before, after)
    assert found.grade is not None
    assert found.grade.lowest == 4
    one_ear = answer("ctcae-5-adult", before, audiogram(flat(85.0), flat(75.0)))
    assert (one_ear.verdict, one_ear.grade and one_ear.grade.highest) == ("not met", 0)
    at_80 = answer("ctcae-5-adult", before, audiogram(flat(80.0), flat(85.0)))
    assert at_80.verdict == "not met"
    assert answer("ctcae-5-adult", after, after).verdict == "not met"
    no_left = answer("ctcae-5-adult", audiogram(flat(75.0)), audiogram(flat(85.0)))
    assert no_left.verdict == "cannot be computed"
    assert "the levels of the left ear at 2 kHz and above are not all known" in no_left.reason


def test_ctcae_needs_adults_in_a_monitoring_program() -> None:
    found = answer("ctcae-5-adult", NORMAL, audiogram(flat(50.0)), is_enrolled=False)
    assert found.verdict == "cannot be computed"
    assert "monitoring program" in found.reason
    child = answer("ctcae-5-child", NORMAL, audiogram(flat(50.0)), is_enrolled=False, is_child=True)
    assert child.verdict == "met"


def test_ctcae_grade_between_bounds() -> None:
    found = answer("ctcae-5-adult", NORMAL, audiogram(flat(f6000=15.0, f8000=">15")))
    assert found.grade is not None
    # 15 dB or more at two for certain; how much more is open, and so is the third.
    assert (found.grade.lowest, found.grade.highest) == (1, 3)
    assert found.verdict == "met"
    assert found.reason.startswith("Grade 1 to 3:")


@pytest.mark.parametrize(
    ("right", "grade"),
    [
        ({"f6000": 20.0}, 0),
        ({"f6000": 25.0}, 1),
        ({"f8000": 25.0}, 1),
        ({"f4000": 20.0}, 0),
        ({"f4000": 21.0}, 2),
        ({"f3000": 25.0}, 3),
        ({"f2000": 25.0}, 3),
    ],
)
def test_ctcae_of_children(right: dict[str, float | str], grade: int) -> None:
    found = answer("ctcae-5-child", NORMAL, audiogram(flat(**right)), is_child=True)
    assert found.grade is not None
    assert (found.grade.lowest, found.grade.highest) == (grade, grade)


def test_ctcae_of_children_grade_1_is_a_loss() -> None:
    baseline = audiogram(flat(f8000=-10.0))
    assert answer("ctcae-5-child", baseline, audiogram(flat(f8000=20.0)), is_child=True).verdict == "not met"
    assert answer("ctcae-5-child", baseline, audiogram(flat(f8000=21.0)), is_child=True).verdict == "met"


def siop(current: Audiogram) -> CriterionAnswer:
    # Without a baseline: the scale is absolute.
    return answer("siop-boston", None, current, is_child=True)


@pytest.mark.parametrize(
    ("right", "grade"),
    [
        ({}, 0),
        ({"f6000": 20.0, "f8000": 20.0}, 0),
        ({"f8000": 25.0}, 1),
        ({"f6000": 25.0, "f8000": 60.0}, 1),
        ({"f4000": 25.0, "f6000": 30.0, "f8000": 30.0}, 2),
        ({"f3000": 25.0, "f4000": 30.0, "f6000": 30.0, "f8000": 30.0}, 3),
        ({"f2000": 40.0, "f3000": 45.0, "f4000": 45.0, "f6000": 45.0, "f8000": 45.0}, 3),
        ({"f2000": 45.0, "f3000": 45.0, "f4000": 45.0, "f6000": 45.0, "f8000": 45.0}, 4),
    ],
)
def test_siop_boston(right: dict[str, float | str], grade: int) -> None:
    found = siop(audiogram(flat(**right)))
    assert found.grade is not None
    assert (found.grade.lowest, found.grade.highest) == (grade, grade)
    assert found.verdict == ("met" if grade else "not met")


def test_siop_boston_says_where_it_gives_no_grade() -> None:
    adult = answer("siop-boston", None, audiogram(flat(60.0)))
    assert adult.verdict == "cannot be computed"
    assert "children treated with platinum" in adult.reason
    gap = siop(audiogram(flat(30.0), bone_right={2000.0: 15.0}))
    assert gap.verdict == "cannot be computed"
    assert "The air-bone gap is more than 10 dB at 500, 1000 or 2000 Hz (2000 Hz)" in gap.reason
    assert siop(audiogram(flat(30.0), bone_right={2000.0: 20.0})).verdict == "met"
    low = siop(audiogram(flat(f500=30.0)))
    assert low.reason == "No grade of the scale describes a loss of more than 20 dB HL at 500 Hz alone."
    high = siop(audiogram(flat(f14000=60.0)))
    assert high.verdict == "not met"
    notch = siop(audiogram(flat(f4000=30.0)))
    assert "although there is none at 6000 and 8000 Hz" in notch.reason


def test_siop_boston_between_bounds() -> None:
    levels = {hz: level for hz, level in flat(f8000=25.0).items() if hz != 3000.0}
    found = siop(audiogram(levels))
    assert found.grade is not None
    assert (found.verdict, found.grade.lowest, found.grade.highest) == ("met", 1, 3)
    assert "no current threshold at 3000 Hz" in found.reason
    assert siop(audiogram(flat(f2000=">40"))).grade == siop(audiogram(flat(f2000=45.0))).grade


def test_ctcae_child_does_not_deny_a_shift_at_1_khz() -> None:
    # 1 kHz is on the scale's ladder. Its grade 1 can be read with a shift there or for 6 and 8 kHz only.
    alone = answer("ctcae-5-child", NORMAL, audiogram(flat(f1000=30.0)), is_child=True)
    assert alone.verdict == "cannot be computed"
    assert "+30 dB at 1000 Hz" in alone.reason
    assert answer("ctcae-5-child", NORMAL, audiogram(flat(f1000=20.0)), is_child=True).verdict == "not met"
    beside = answer("ctcae-5-child", NORMAL, audiogram(flat(f1000=30.0, f4000=25.0)), is_child=True)
    assert beside.grade is not None
    assert (beside.grade.lowest, beside.grade.highest) == (2, 2)


def test_without_a_baseline_nothing_else_is_answered() -> None:
    for criterion in ("asha-1994-a", "asha-1994-b", "asha-1994-c", "ctcae-5-adult", "osha-sts", "niosh"):
        found = answer(criterion, None, NORMAL)
        assert found.verdict == "cannot be computed"
        assert found.reason == "There is no baseline audiogram to compare with."
    other = answer("asha-1994-a", audiogram(left=flat()), NORMAL, ear=Ear.LEFT)
    assert other.reason == "The current audiogram has no air-conduction threshold of the left ear."
