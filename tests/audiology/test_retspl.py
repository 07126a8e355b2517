"""Reference thresholds against other people's transcriptions of the same standards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.retspl import (
    ReferenceThresholds,
    all_reference_thresholds,
    db_hl_from_db_spl,
    db_spl_from_db_hl,
    reference_thresholds,
)
from hearfit.errors import InputError

ALL = all_reference_thresholds()
AUDIOMETRIC_HZ = np.array([125, 250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000], dtype=float)
_THIRD_OCTAVES = "125 160 200 250 315 400 500 630 750 800 1000 1250 1500 1600 2000 2500 3000 3150 4000 5000 6000 6300"
ISO_389_1_HZ = np.array([*_THIRD_OCTAVES.split(), "8000"], dtype=float)

# The first three: phonometry, tests/hearing/test_earphone_reference.py (read from the printed ISO 389-1:1998).
OTHERS = {
    "TDH-39": "45 37.5 31.5 25.5 20 15 11.5 8.5 7.5 7 7 6.5 6.5 7 9 9.5 10 10 9.5 13 15.5 15 13",
    "supra-aural": "45 38.5 32.5 27 22 17 13.5 10.5 9 8.5 7.5 7.5 7.5 8 9 10.5 11.5 11.5 12 11 16 21 15.5",
    "DT48": "47.5 40.5 34 28.5 23 18.5 14.5 11.5 9.5 9 8 7.5 7.5 7.5 8 7 6 6 5.5 7 8 9 14.5",
    # BenGurer/toy_works, getdBHLinSPL_inserts.m, of BS EN ISO 389-2:1997.
    "ER-3A/711": "28 24.5 21.5 17.5 15.5 13 9.5 7.5 6 5.5 5.5 8.5 9.5 9.5 11.5 13.5 13 13 15 18.5 16 16 15.5",
    # openMHA, retspl_ISO389_8_HDA200.m.
    "HDA200": "30.5 26 22 18 15.5 13.5 11 8 6 6 5.5 6 5.5 5.5 4.5 3 2.5 4 9.5 14 17 17.5 17.5",
}


@pytest.mark.parametrize("name", OTHERS)
def test_tables_agree_with_another_transcription(name: str) -> None:
    expected = np.array(OTHERS[name].split(), dtype=float)
    np.testing.assert_array_equal(reference_thresholds(name).at(ISO_389_1_HZ), expected)


def test_er3a_agrees_with_the_output_that_the_manual_lists_at_70_db_hl() -> None:
    # E-A-RTONE 5A manual, page 7, HA-2: sound pressure level of each tone at 70 dB HL.
    listed_db_spl = np.array([96.0, 84.0, 75.5, 72.0, 70.0, 72.0, 73.0, 73.5, 75.5, 72.0, 70.0])
    produced = db_spl_from_db_hl(
        np.full(11, 70.0), frequency_hz=AUDIOMETRIC_HZ, reference=reference_thresholds("ER-3A")
    )
    np.testing.assert_array_equal(produced, listed_db_spl)


def test_ha1_differs_from_ha2_mostly_at_high_frequencies() -> None:
    expected = [26.5, 14.5, 6.0, 2.0, 0.0, 0.0, 2.5, 2.5, 0.0, -2.5, -3.5]
    np.testing.assert_array_equal(reference_thresholds("ER-3A/HA-1").at(AUDIOMETRIC_HZ), expected)


def test_free_field_agrees_with_the_emobi_q_transcription() -> None:
    # iso389_7 in a PyTorch port of eMoBi-Q; ISO 389-7:2005 from 20 Hz to 18 kHz.
    expected = (
        "78.5 68.7 59.5 51.1 44.0 37.5 31.5 26.5 22.1 17.9 14.4 11.4 8.6 6.2 4.4 3.0 2.4 2.2 2.4 3.5 2.4 1.7 -1.3 "
        "-4.2 -5.8 -6.0 -5.4 -1.5 4.3 6.0 12.6 13.9 13.9 13.0 12.3 18.4 40.2 73.2"
    )
    field = reference_thresholds("free field")
    assert list(field.level_db_spl) == [float(level) for level in expected.split()]
    np.testing.assert_allclose(field.at(np.array([20.0, 1000.0, 18000.0])), [78.5, 2.4, 73.2])


def test_diffuse_field() -> None:
    expected = [22.1, 11.4, 3.8, 1.2, 0.8, 1.0, -1.5, -4.0, -3.8, 1.4, 6.8]
    np.testing.assert_array_equal(reference_thresholds("diffuse-field").at(AUDIOMETRIC_HZ), expected)


def test_hda200_is_the_standard_and_not_the_row_that_circulates() -> None:
    frequency_hz = np.array([250, 500, 1000, 2000, 4000, 8000], dtype=float)
    standard = reference_thresholds("HDA200").at(frequency_hz)
    np.testing.assert_array_equal(standard, [18.0, 11.0, 5.5, 4.5, 9.5, 17.5])
    # Row HDA200 of the qCLS repository: its values from 250 Hz on, up to 12.5 dB off.
    circulating = {250: 30.5, 500: 18.0, 1000: 16.5}
    assert standard[0] == circulating[250] - 12.5
    assert standard[2] == circulating[1000] - 11.0


def test_hda200_stops_at_8_khz_where_transcriptions_begin_to_disagree() -> None:
    with pytest.raises(InputError) as refusal:
        reference_thresholds("HDA200").at(np.array([1000.0, 9000.0]))
    assert str(refusal.value) == (
        "9000 Hz is outside the reference thresholds of HDA200 (ISO 389-8:2004), which cover 125 to 8000 Hz."
    )


@pytest.mark.parametrize(
    ("name", "expected_id"),
    [
        ("ER-3A", "ER-3A/HA-2"),
        ("er3a", "ER-3A/HA-2"),
        ("EARtone 3A", "ER-3A/HA-2"),
        ("E-A-RTONE 5A", "ER-3A/HA-2"),
        ("ER3A/711", "ER-3A/711"),
        ("er-3a/ha1", "ER-3A/HA-1"),
        ("HDA 200", "HDA200"),
        ("hda-200", "HDA200"),
        ("Sennheiser HDA200", "HDA200"),
        ("tdh39", "TDH-39"),
        ("TDH 39P", "TDH-39"),
        ("Beyer DT 48", "DT48"),
        ("Free Field", "free-field"),
        ("diffuse_field", "diffuse-field"),
    ],
)
def test_names(name: str, expected_id: str) -> None:
    assert reference_thresholds(name).id == expected_id


def test_an_unknown_transducer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'AirPods' is not a transducer .* ER-3A/HA-2, ER-3A/711, .* diffuse-field"):
        reference_thresholds("AirPods")


@given(st.text())
def test_any_name_is_found_or_refused(name: str) -> None:
    try:
        assert reference_thresholds(name) in ALL
    except InputError as refusal:
        assert refusal.problems  # noqa: PT017


def test_ids_are_unique_and_every_table_says_where_it_is_from() -> None:
    assert len({table.id for table in ALL}) == len(ALL) == 9
    for table in ALL:
        assert reference_thresholds(table.id) is table
        assert table.standard.startswith("ISO 389-")
        assert table.source
        assert table.coupler
        assert list(table.frequency_hz) == sorted(set(table.frequency_hz))


TABLES = st.sampled_from(ALL)


@given(table=TABLES, where=st.floats(min_value=0.0, max_value=1.0), data=st.data())
def test_interpolation_lies_between_its_neighbours(
    table: ReferenceThresholds, where: float, data: st.DataObject
) -> None:
    left = data.draw(st.integers(min_value=0, max_value=len(table.frequency_hz) - 2))
    below, above = table.frequency_hz[left : left + 2]
    frequency = min(max(below * (above / below) ** where, below), above)
    level = float(table.at(np.array([frequency]))[0])
    expected = (1.0 - where) * table.level_db_spl[left] + where * table.level_db_spl[left + 1]
    assert level == pytest.approx(expected, abs=1e-6)


def test_interpolation_is_halfway_in_octaves() -> None:
    # 500 Hz 5.5 dB, 750 Hz 2.0 dB: halfway is the geometric mean of the frequencies.
    middle = np.sqrt(np.array([[500.0 * 750.0]]))
    np.testing.assert_allclose(reference_thresholds("ER-3A").at(middle), [[3.75]])


@given(table=TABLES, level_db_hl=st.floats(min_value=-20.0, max_value=130.0))
def test_hearing_level_round_trip(table: ReferenceThresholds, level_db_hl: float) -> None:
    frequency_hz = np.array([125.0, 1000.0, 3333.0, 8000.0])
    level = np.full(4, level_db_hl)
    level_db_spl = db_spl_from_db_hl(level, frequency_hz=frequency_hz, reference=table)
    back = db_hl_from_db_spl(level_db_spl, frequency_hz=frequency_hz, reference=table)
    np.testing.assert_allclose(back, level, atol=1e-9)
    np.testing.assert_allclose(level_db_spl - level, table.at(frequency_hz), atol=1e-9)


@pytest.mark.parametrize("frequency_hz", [0.0, -5.0, 124.9, 8000.1, np.nan, np.inf])
def test_nothing_is_extrapolated(frequency_hz: float) -> None:
    with pytest.raises(InputError, match="which cover 125 to 8000 Hz"):
        reference_thresholds("TDH-39").at(np.array(frequency_hz))
