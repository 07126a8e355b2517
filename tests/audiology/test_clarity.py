"""The listeners file of the Clarity Challenge, and every way to refuse one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear
from hearfit.audiology.clarity import parse_clarity_listeners
from hearfit.errors import InputError

# The first two listeners of listeners.json of the Clarity data (MIT licence).
FREQUENCY_HZ = [250, 500, 1000, 2000, 3000, 4000, 6000, 8000]
L0001 = {
    "name": "L0001",
    "audiogram_cfs": FREQUENCY_HZ,
    "audiogram_levels_l": [45, 45, 35, 45, 60, 65, 70, 65],
    "audiogram_levels_r": [40, 40, 45, 45, 60, 65, 80, 80],
}
L0002 = {
    "name": "L0002",
    "audiogram_cfs": FREQUENCY_HZ,
    "audiogram_levels_l": [30, 35, 40, 45, 50, 70, 80, 80],
    "audiogram_levels_r": [10, 20, 35, 45, 45, 55, 65, 70],
}
BOTH = json.dumps({"L0001": L0001, "L0002": L0002})


def parse(text: str, *, listener: str | None = None) -> Audiogram:
    return parse_clarity_listeners(text, source="listeners.json", listener=listener)


def refusal(text: str, *, listener: str | None = None) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse(text, listener=listener)
    return caught.value.problems


def with_entry(**changes: object) -> str:
    return json.dumps({"L0001": {**L0001, **changes}})


def test_a_listener_is_chosen() -> None:
    audiogram = parse(BOTH, listener="L0002")
    assert audiogram.listener == "L0002"
    assert [t.frequency_hz for t in audiogram.of(Ear.LEFT)] == FREQUENCY_HZ
    assert [t.level_db_hl for t in audiogram.of(Ear.LEFT)] == L0002["audiogram_levels_l"]
    assert [t.level_db_hl for t in audiogram.of(Ear.RIGHT)] == L0002["audiogram_levels_r"]
    assert {t.conduction for t in audiogram.thresholds} == {Conduction.AIR}


def test_the_only_listener_needs_no_choice() -> None:
    assert parse(with_entry()).listener == "L0001"


def test_a_missing_or_wrong_choice_lists_listeners() -> None:
    assert refusal(BOTH) == ("listeners.json: holds 2 listeners ('L0001', 'L0002'). Name the one to read.",)
    many = json.dumps({f"L{number}": {**L0001, "name": f"L{number}"} for number in range(9)})
    assert refusal(many, listener="X") == (
        "listeners.json: has no listener 'X'. Its listeners are 'L0', 'L1', 'L2', 'L3', 'L4' and 4 more.",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not readable JSON (line 1, column 2: "),
        ("[]", "is not a file of listeners"),
        ("{}", "is not a file of listeners"),
        ("3", "is not a file of listeners"),
        ('{"resourceType": "Bundle"}', "is a FHIR resource"),
        ('{"L1": 3}', "listener 'L1': is '3'. A Clarity file is a JSON object of listeners"),
        ('{"L1": {}, "L1": {}}', "the key 'L1' occurs more than once"),
        ("[" * 100_000, "is not readable JSON (maximum recursion depth exceeded"),
        ("9" * 5000, "is not readable JSON (Exceeds the limit"),
        (with_entry(name="L0002"), "listener 'L0001', name: \"'L0002'\" is not the key"),
        (with_entry(audiogram_cfs=None), "listener 'L0001', audiogram_cfs: is missing"),
        (with_entry(audiogram_levels_l="45"), "audiogram_levels_l: is \"'45'\", not a list of at least one number"),
        (with_entry(audiogram_levels_r=[]), "audiogram_levels_r: is '[]', not a list of at least one number"),
        (with_entry(audiogram_levels_r=[1, 2]), "has 2 levels, but audiogram_cfs has 8 frequencies"),
        (with_entry(audiogram_cfs=[250, 250, *FREQUENCY_HZ[2:]]), "a frequency occurs more than once"),
        (with_entry(audiogram_cfs=[0, *FREQUENCY_HZ[1:]]), "audiogram_cfs, entry 1: '0' is not a number of hertz"),
        (json.dumps({" ": L0001}), "the name of a listener is printable text"),
        ('{"\\ud800": {}}', "listener '\\ud800': the name of a listener is printable text"),
    ],
)
def test_broken_files(text: str, expected: str) -> None:
    assert expected in refusal(text)[0]


@pytest.mark.parametrize("level", [None, True, "45", float("nan"), float("inf"), -21, 131, 10**400, [45]])
def test_levels_that_are_not_hearing_levels(level: object) -> None:
    (problem,) = refusal(with_entry(audiogram_levels_l=[45, level, 35, 45, 60, 65, 70, 65]))
    assert problem.startswith("listeners.json, listener 'L0001', audiogram_levels_l, entry 2: ")
    assert problem.endswith(" is not a number of dB HL from -20 to 130.")


def test_all_problems_at_once() -> None:
    assert len(refusal(with_entry(audiogram_cfs=[1, 2], audiogram_levels_l=None, audiogram_levels_r=["x"]))) == 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(list(L0001)), inner),
)


@given(st.text() | JSON.map(json.dumps) | st.dictionaries(st.text(), JSON).map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"listeners\.json"):
        parse(text)
