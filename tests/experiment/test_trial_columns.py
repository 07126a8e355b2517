"""The header of a trial table: exactly one level with a unit, and nothing left out unnoticed."""

import pytest

from hearfit.errors import InputError
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER
from hearfit.experiment.trial_columns import REQUIRED, LevelColumn, trial_columns

MASKER = (MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER)

NAMES = (*REQUIRED, "level_db_spl")


def _problems(*names: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        trial_columns(names, source="a.tsv")
    return caught.value.problems


def test_the_common_columns_in_any_order() -> None:
    columns = trial_columns(NAMES[::-1], source="a.tsv")
    assert columns.level is LevelColumn.DB_SPL
    assert not columns.has_catch
    assert not columns.has_interval_count
    assert columns.warnings == ()
    assert set(columns.used) == set(NAMES)


def test_the_optional_columns() -> None:
    columns = trial_columns((*REQUIRED, "level_db_hl", "catch", "interval_count"), source="a.tsv")
    assert columns.level is LevelColumn.DB_HL
    assert columns.has_catch
    assert columns.has_interval_count


@pytest.mark.parametrize("name", ["level", "level_db", "level_dB", "db", "dB", "intensity", "Level"])
def test_a_level_without_a_reference_is_refused_with_the_reason(name: str) -> None:
    (problem,) = _problems(*REQUIRED, name)
    assert problem == (
        f"a.tsv: the column '{name}' does not say what its decibels refer to, and dB SPL and dB HL differ by up to "
        "50 dB. Name it level_db_spl or level_db_hl."
    )
    assert len(_problems(*NAMES, name)) == 1


def test_two_levels_or_none_are_refused() -> None:
    assert _problems(*NAMES, "level_db_hl") == (
        "a.tsv: there are both level_db_spl and level_db_hl. Give exactly one of them.",
    )
    assert _problems(*REQUIRED) == ("a.tsv: the column level_db_spl or level_db_hl is missing.",)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_column_is_named(name: str) -> None:
    assert _problems(*(each for each in NAMES if each != name)) == (f"a.tsv: the column {name} is missing.",)


@pytest.mark.parametrize(
    ("name", "written"), [("frequency_hz", "freq_hz"), ("level_db_spl", "Level_dB_SPL"), ("response", "Response")]
)
def test_a_near_miss_is_guessed(name: str, written: str) -> None:
    (problem,) = _problems(*(written if each == name else each for each in NAMES))
    assert problem.endswith(f"is missing. Did you mean it by '{written}'?")


def test_double_and_nameless_columns_are_refused_together() -> None:
    assert _problems(*NAMES, "ear", "") == (
        "a.tsv: the column 'ear' is there 2 times. Each name may stand once.",
        "a.tsv: column 10 has no name. Name it or remove it.",
    )


@pytest.mark.parametrize(
    "name", ["masker_level_db_spl", "notch_width", "gap_ms", "snr_db", "noise_level_db_spl", "MASKER_x"]
)
def test_stimulus_parameters_of_other_protocols_are_refused(name: str) -> None:
    (problem,) = _problems(*NAMES, name)
    assert problem.removesuffix(" Did you mean masker_level_db_spl_per_hz?") == (
        f"a.tsv: the column '{name}' describes a stimulus that no protocol of this version has, so it cannot be left "
        "out. Remove the column if nothing of the kind was played."
    )
    assert problem.endswith("?") == (name == "masker_level_db_spl")


def test_a_masker_has_all_its_columns_or_none() -> None:
    assert trial_columns((*NAMES, *MASKER), source="a.tsv").parameters == MASKER
    assert set(trial_columns((*NAMES, *MASKER), source="a.tsv").used) == {*NAMES, *MASKER}
    assert not trial_columns(NAMES, source="a.tsv").parameters
    for name in MASKER:
        others = [other for other in MASKER if other != name]
        assert _problems(*NAMES, *others) == (f"a.tsv: the column {name} is missing.",)
        assert _problems(*NAMES, name) == tuple(f"a.tsv: the column {other} is missing." for other in others)


def test_other_columns_are_not_used_and_said_so() -> None:
    assert trial_columns((*NAMES, "note"), source="a.tsv").warnings == ("a.tsv: the column 'note' is not used.",)
    columns = trial_columns((*NAMES, "response_time", "\x1b"), source="a.tsv")
    assert columns.warnings == (r"a.tsv: the columns 'response_time', '\x1b' are not used.",)


@pytest.mark.parametrize("header", ["listener;ear;session", "listener,ear", "listener\tear"])
def test_a_wrong_separator_is_recognised(header: str) -> None:
    (problem,) = _problems(header)
    assert problem == (
        "a.tsv: the header is one single column. The cells of a .tsv file are separated by tabs, those of a .csv file "
        "by commas."
    )
