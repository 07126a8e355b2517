"""OSHA and NIOSH. Truth: worked by hand from the regulation, and the cases that OSHA's letters decide."""

import pytest

from hearfit.audiology.audiogram import Ear
from tests.audiology.change.audiograms import answer, audiogram, flat

NORMAL = audiogram(flat(), flat(), date="2024-01-10")


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        ({"f2000": 10.0, "f3000": 10.0, "f4000": 10.0}, "met"),
        ({"f2000": 10.0, "f3000": 10.0, "f4000": 9.0}, "not met"),
        ({"f4000": 30.0}, "met"),
        # Trap: with "or" for "and" each of these would be a shift, for it is 10 dB or more at one of the three.
        ({"f2000": 25.0}, "not met"),
        ({"f3000": 15.0}, "not met"),
        ({"f4000": 25.0}, "not met"),
        ({"f2000": 40.0, "f3000": -10.0, "f4000": -10.0}, "not met"),
        ({"f2000": -10.0, "f3000": -10.0, "f4000": -10.0}, "not met"),
        ({"f1000": 40.0, "f6000": 40.0}, "not met"),
        ({"f2000": 10.0, "f3000": 10.0, "f4000": ">10"}, "met"),
        ({"f2000": 10.0, "f3000": 10.0, "f4000": ">5"}, "cannot be computed"),
    ],
)
def test_osha_standard_threshold_shift(right: dict[str, float | str], verdict: str) -> None:
    assert answer("osha-sts", NORMAL, audiogram(flat(**right))).verdict == verdict


def test_osha_shift_of_decimals_is_not_missed_by_rounding() -> None:
    # 20.2 - 10.2 and its like come out as 9.999... in binary.
    baseline = audiogram({2000.0: 10.2, 3000.0: 0.3, 4000.0: 0.1})
    now = audiogram({2000.0: 20.2, 3000.0: 10.3, 4000.0: 10.1})
    assert answer("osha-sts", baseline, now).verdict == "met"


def test_osha_worked_example_of_appendix_f() -> None:
    # The man of Appendix F: 5 dB at 27 years and 25 dB at 32 at 4 kHz, 0 to 10 dB at 2 and 3 kHz. Uncorrected
    # average of the shifts 10, 10 and 20 dB.
    baseline = audiogram({1000.0: 0.0, 2000.0: 0.0, 3000.0: 0.0, 4000.0: 5.0, 6000.0: 5.0})
    now = audiogram({1000.0: 5.0, 2000.0: 10.0, 3000.0: 10.0, 4000.0: 25.0, 6000.0: 20.0})
    found = answer("osha-sts", baseline, now)
    assert found.verdict == "met"
    assert found.reason == "The average shift is +13.3 dB at 2000, 3000 and 4000 Hz (10 or more is needed)."
    assert "Not corrected for age" in found.criterion.note
    (shift,) = [each for each in found.evidence if each.frequency_hz == 4000.0]
    assert shift.change.lower_db == 20.0


def test_osha_missing_frequency() -> None:
    levels = {hz: level for hz, level in flat(30.0).items() if hz != 3000.0}
    found = answer("osha-sts", NORMAL, audiogram(levels))
    assert found.verdict == "cannot be computed"
    assert found.reason == "The average shift is not known: no current threshold at 3000 Hz."


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (15.0, 25.0, "met"),
        (14.0, 24.0, "not met"),
        (20.0, 29.0, "not met"),
        (30.0, 40.0, "met"),
        (30.0, ">40", "met"),
        (5.0, ">15", "cannot be computed"),
    ],
)
def test_osha_recordable_takes_a_shift_and_a_level(before: float, after: float | str, verdict: str) -> None:
    assert answer("osha-recordable", audiogram(flat(before)), audiogram(flat(after))).verdict == verdict


def test_osha_recordable_takes_both_in_the_same_ear() -> None:
    before = audiogram(flat(0.0), flat(30.0))
    after = audiogram(flat(15.0), flat(30.0))
    assert answer("osha-sts", before, after).verdict == "met"
    assert answer("osha-recordable", before, after).verdict == "not met"
    assert answer("osha-recordable", before, after, ear=Ear.LEFT).verdict == "not met"


def test_osha_retest_within_30_days_stands_in_and_a_later_one_does_not() -> None:
    # 29 CFR 1910.95(g)(7)(ii); a retest after 45 days came too late in OSHA's own example.
    now = audiogram(flat(10.0), flat(), date="2025-01-10")
    for date, verdict in (("2025-01-10", "not met"), ("2025-02-09", "not met"), ("2025-02-10", "met")):
        retest = audiogram(flat(), flat(), date=date)
        assert answer("osha-sts", NORMAL, now, retest=retest).verdict == verdict, date
    late = answer("osha-sts", NORMAL, now, retest=audiogram(flat(), flat(), date="2025-02-24"))
    assert "is not used, because it is 45 days later and not within 30" in late.reason


def test_osha_retest_counts_for_both_ears() -> None:
    # Letter of 18 June 1985: a shift that only the retest shows, in the other ear, counts.
    now = audiogram(flat(10.0), flat(), date="2025-01-10")
    retest = audiogram(flat(10.0), flat(10.0), date="2025-01-20")
    found = answer("osha-sts", NORMAL, now, retest=retest, ear=Ear.LEFT)
    assert found.verdict == "met"
    assert "The retest stands in for the current audiogram" in found.reason
    # Without a shift there is nothing to retest.
    unshifted = audiogram(flat(), flat(), date="2025-01-10")
    assert answer("osha-sts", NORMAL, unshifted, retest=retest, ear=Ear.LEFT).verdict == "not met"


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        ({"f500": 15.0}, "met"),
        ({"f500": 14.0}, "not met"),
        ({"f6000": 15.0}, "met"),
        ({"f8000": 40.0}, "not met"),
        ({"f250": 40.0}, "not met"),
        ({"f3000": -15.0}, "not met"),
        ({"f3000": ">15"}, "met"),
        ({"f3000": ">10"}, "cannot be computed"),
    ],
)
def test_niosh_with_the_same_retest(right: dict[str, float | str], verdict: str) -> None:
    now = audiogram(flat(**right))
    assert answer("niosh", NORMAL, now, retest=now).verdict == verdict


def test_niosh_takes_the_same_frequency_again() -> None:
    found = answer("niosh", NORMAL, audiogram(flat(f3000=15.0)), retest=audiogram(flat(f4000=15.0)))
    assert found.verdict == "not met"
