"""Random audiograms with everything that one can hold, for the round trips of every format."""

import datetime as dt

from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold

NAMES = st.one_of(
    st.sampled_from(
        ["=cmd|' /C calc'!A0", "+1", "-P7", "@SUM(A1)", "'=x", "''-", "<script>alert(1)</script>", "P 07", "Ünal"]
    ),
    st.text(min_size=1, max_size=20),
).filter(lambda name: name.isprintable() and name.strip() == name and name.lower() != "n/a")

LADDER_HZ = st.sampled_from(
    [125.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0, 12500.0]
)

THRESHOLDS = st.builds(
    Threshold,
    ear=st.sampled_from(Ear),
    frequency_hz=LADDER_HZ | st.floats(min_value=20.0, max_value=20000.0),
    level_db_hl=st.integers(-2, 26).map(lambda steps: 5.0 * steps) | st.floats(min_value=-20.0, max_value=130.0),
    conduction=st.sampled_from(Conduction),
    is_masked=st.booleans(),
    is_no_response=st.booleans(),
)


def _places(threshold: Threshold) -> tuple[Ear, float, Conduction, bool]:
    return threshold.ear, threshold.frequency_hz, threshold.conduction, threshold.is_masked


Fields = tuple[str, list[Threshold], str | None, str | None]

# Not the audiograms themselves: the run-time type check of a tuple draws random numbers, which a strategy must not.
FIELDS: st.SearchStrategy[Fields] = st.tuples(
    NAMES,
    st.lists(THRESHOLDS, min_size=1, max_size=8, unique_by=_places),
    st.none() | NAMES,
    st.none() | st.dates(min_value=dt.date(1900, 1, 1)).map(dt.date.isoformat),
)
SEVERAL_FIELDS = st.lists(FIELDS, min_size=1, max_size=2, unique_by=lambda fields: fields[0])


def audiogram_of(fields: Fields) -> Audiogram:
    listener, thresholds, transducer, date = fields
    return Audiogram(listener, tuple(thresholds), transducer, date)


def sorted_thresholds(audiogram: Audiogram) -> Audiogram:
    """The same audiogram with its thresholds in one order, for formats that do not keep the order of rows."""
    ordered = sorted(audiogram.thresholds, key=lambda t: (t.ear, t.conduction, t.is_masked, t.frequency_hz))
    return Audiogram(audiogram.listener, tuple(ordered), audiogram.transducer, audiogram.date)
