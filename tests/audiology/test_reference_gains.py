"""Gains against the worked values of other implementations, and against the formulas written out."""

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.audiology.reference_gains import NOT_A_PRESCRIPTION, GainFormula, reference_gains
from tests.audiology.example_ears import Levels, example_audiogram

SIX_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 6000.0)


def gains_at(audiogram_name: str, formula: GainFormula) -> dict[float, float]:
    result = reference_gains(standard_audiogram(audiogram_name), ear=Ear.LEFT, formula=formula)
    return {gain.frequency_hz: gain.gain_db for gain in result.gains}


@pytest.mark.parametrize(
    ("name", "expected_db"),
    [
        ("N2", (0, 2.2, 12.75, 13.85, 15.95, 17.5)),
        ("N3", (0.1, 9.1, 19.65, 20.75, 22.85, 24.4)),
        ("N5", (17.37, 27.92, 38.47, 38.02, 37.02, 37.02)),
        ("S1", (0, 0, 5.85, 5.4, 16.8, 21.45)),
        ("S3", (0.8, 11.35, 28.1, 30.75, 31.3, 32.85)),
    ],
)
def test_nal_r_of_the_standard_audiograms(name: str, expected_db: tuple[float, ...]) -> None:
    """Worked with pyclarity's NAL-R, which has the rule for sums above 180 dB."""
    gains = gains_at(name, GainFormula.NAL_R)
    assert [gains[hz] for hz in SIX_HZ] == pytest.approx(expected_db, abs=0.005)


def test_nal_r_at_the_frequencies_between() -> None:
    """N3: X = 0.05 (35 + 40 + 50) = 6.25, to which 0.31 HTL + k is added."""
    gains = gains_at("N3", GainFormula.NAL_R)
    assert gains[750.0] == pytest.approx(6.25 + 0.31 * 35 - 3)
    assert gains[1500.0] == pytest.approx(6.25 + 0.31 * 45 + 1)
    assert gains[3000.0] == pytest.approx(6.25 + 0.31 * 55 - 2)


@pytest.mark.parametrize("name", ["N1", "N2", "N3", "N4", "S1", "S2", "S3"])
def test_nal_rp_is_nal_r_up_to_a_mean_of_60_db(name: str) -> None:
    assert gains_at(name, GainFormula.NAL_RP) == pytest.approx(gains_at(name, GainFormula.NAL_R))


def test_nal_rp_of_a_severe_loss() -> None:
    """The two published forms of the severe loss differ by 0.002 (mean - 60): N5 has a mean of 75 dB."""
    severe, plain = gains_at("N5", GainFormula.NAL_RP), gains_at("N5", GainFormula.NAL_R)
    assert severe[1000.0] == pytest.approx(0.15 * 75 + 0.20 * 15 + 0.31 * 75 + 1)
    assert severe[1000.0] - plain[1000.0] == pytest.approx(0.002 * 15, abs=1e-9)


def test_nal_rp_of_a_profound_loss() -> None:
    """N7: mean 305 / 3 dB, 105 dB HL at 2 kHz: +8 dB at 250 Hz, -5 dB from 2 kHz on; 750 Hz is not in the table."""
    common = 0.05 * 305 + 0.20 * (305 / 3 - 60)
    result = reference_gains(standard_audiogram("N7"), ear=Ear.LEFT, formula=GainFormula.NAL_RP)
    gains = {gain.frequency_hz: gain.gain_db for gain in result.gains}
    assert gains[250.0] == pytest.approx(common + 0.31 * 90 - 17 + 8)
    assert gains[2000.0] == pytest.approx(common + 0.31 * 105 - 1 - 5)
    assert result.left_out_hz == (375.0, 750.0)


@pytest.mark.parametrize(("level_db_hl", "added_db"), [(95, 4), (97.5, 5), (100, 6), (120, 15)])
def test_nal_rp_between_the_rows_of_its_table(level_db_hl: float, added_db: float) -> None:
    levels: Levels = {250: 60, 500: 60, 1000: 60, 2000: level_db_hl}
    result = reference_gains(example_audiogram(levels), ear=Ear.LEFT, formula=GainFormula.NAL_RP)
    total = 120 + level_db_hl
    expected = 0.05 * total + 0.20 * (total / 3 - 60) + 0.31 * 60 - 17 + added_db
    assert result.gains[0].gain_db == pytest.approx(expected)


@pytest.mark.parametrize(("level", "found"), [(">100", "a no response"), (125, "125 dB HL")])
def test_nal_rp_beyond_its_table_is_refused(level: float | str, found: str) -> None:
    levels: Levels = {500: 90, 1000: 90, 2000: level}
    result = reference_gains(example_audiogram(levels), ear=Ear.LEFT, formula=GainFormula.NAL_RP)
    assert result.gains == ()
    assert result.reason is not None
    assert f"has {found} there" in result.reason


def test_camfit() -> None:
    # 0.48 HTL and the intercepts -10, -8, 0, 1 and 0 dB, as in the unit test of openMHA at 2 kHz.
    gains = gains_at("N3", GainFormula.CAMFIT)
    expected = {250.0: 6.8, 500.0: 8.8, 1000.0: 19.2, 2000.0: 25.0, 4000.0: 28.8}
    assert {hz: gains[hz] for hz in expected} == pytest.approx(expected)
    assert 6000.0 not in gains


@pytest.mark.parametrize("formula", GainFormula)
def test_gain_is_never_negative_and_never_a_prescription(formula: GainFormula) -> None:
    levels: Levels = {250: -10, 500: -10, 1000: -10, 2000: -10, 4000: -10}
    result = reference_gains(example_audiogram(levels), ear=Ear.LEFT, formula=formula)
    assert [gain.gain_db for gain in result.gains] == [0.0] * 5
    assert result.note == NOT_A_PRESCRIPTION == "reference line, not a prescription"


def test_a_no_response_makes_gains_lower_bounds() -> None:
    levels: Levels = {500: 60, 1000: 70, 2000: ">90", 4000: 80}
    nal = reference_gains(example_audiogram(levels), ear=Ear.LEFT, formula=GainFormula.NAL_R)
    assert all(gain.is_at_least for gain in nal.gains)
    camfit = reference_gains(example_audiogram(levels), ear=Ear.LEFT, formula=GainFormula.CAMFIT)
    assert [gain.is_at_least for gain in camfit.gains] == [False, False, True, False]


def test_what_is_missing_is_named() -> None:
    result = reference_gains(example_audiogram({500: 40, 4000: 50}), ear=Ear.LEFT, formula=GainFormula.NAL_R)
    assert result.gains == ()
    assert result.reason == "It needs the left ear's threshold at 1000, 2000 Hz, which was not measured."
    none = reference_gains(example_audiogram({500: 40}), ear=Ear.RIGHT, formula=GainFormula.CAMFIT)
    assert none.reason == "The right ear has no air-conduction thresholds."
