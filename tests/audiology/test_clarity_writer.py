"""Clarity files that are written: the file of the challenge itself, exact round trips, and every loss told."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.clarity import parse_clarity_audiograms
from hearfit.audiology.clarity_writer import clarity_listeners, clarity_losses, without_clarity_losses
from hearfit.errors import InputError
from tests.audiology.random_audiograms import FIELDS, NAMES, Fields, audiogram_of

L, R = Ear.LEFT, Ear.RIGHT


def test_the_file_of_the_challenge_comes_back(shared_data: Path) -> None:
    text = (shared_data / "clarity" / "listeners.json").read_text(encoding="utf-8")
    audiograms = parse_clarity_audiograms(text, source="listeners.json")
    assert len(audiograms) == 83
    # Letter by letter, but for the line feed at the end.
    assert clarity_listeners(*audiograms).rstrip("\n") == text.rstrip("\n")


LEVELS = st.floats(min_value=-20.0, max_value=130.0)


@given(
    st.dictionaries(
        NAMES,
        st.dictionaries(
            st.floats(min_value=20.0, max_value=20000.0), st.tuples(LEVELS, LEVELS), min_size=1, max_size=9
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_written_reads_back(levels: dict[str, dict[float, tuple[float, float]]]) -> None:
    audiograms = tuple(
        Audiogram(
            name, tuple(Threshold(ear, hz, own[hz][index]) for index, ear in enumerate(Ear) for hz in sorted(own))
        )
        for name, own in levels.items()
    )
    assert all(clarity_losses(audiogram) == [] for audiogram in audiograms)
    assert parse_clarity_audiograms(clarity_listeners(*audiograms), source="l.json") == audiograms


@settings(max_examples=50)
@given(FIELDS)
def test_without_its_losses_an_audiogram_fits_or_nothing_is_left(fields: Fields) -> None:
    try:
        rest = without_clarity_losses(audiogram_of(fields))
    except InputError as error:
        assert "holds nothing else" in str(error)  # noqa: PT017
        return
    assert clarity_losses(rest) == []
    measured = {(t.ear, t.frequency_hz, t.level_db_hl) for t in fields[1] if not t.is_no_response}
    assert {(t.ear, t.frequency_hz, t.level_db_hl) for t in rest.thresholds} <= measured


def test_every_loss_has_its_sentence() -> None:
    audiogram = Audiogram(
        "P7",
        (
            Threshold(L, 500.0, 30.0),
            Threshold(R, 500.0, 40.0),
            Threshold(R, 500.0, 45.0, is_masked=True),
            Threshold(L, 500.0, 10.0, Conduction.BONE),
            Threshold(L, 8000.0, 110.0, is_no_response=True),
        ),
        transducer="HDA200",
        date="2024-05-31",
    )
    losses = clarity_losses(audiogram)
    for loss, words in zip(
        losses,
        (
            "bone",
            "without a response",
            "with masking, and",
            "both with and",
            "one ear only at 8000 Hz",
            "HDA200",
            "date",
        ),
        strict=True,
    ):
        assert words in loss
        assert loss.startswith("The audiogram of 'P7' has ")
    with pytest.raises(InputError) as caught:
        clarity_listeners(audiogram)
    assert caught.value.problems == tuple(losses)
    # The masked threshold is the ear's own; no response is never stated as a measurement.
    assert without_clarity_losses(audiogram) == Audiogram("P7", (Threshold(L, 500.0, 30.0), Threshold(R, 500.0, 45.0)))


def test_no_response_is_never_left_as_a_measurement() -> None:
    heard = (Threshold(L, 500.0, 30.0), Threshold(R, 500.0, 40.0))
    silent = tuple(Threshold(ear, 8000.0, 110.0, is_no_response=True) for ear in Ear)
    assert without_clarity_losses(Audiogram("P7", (*heard, *silent))) == Audiogram("P7", heard)


def test_names() -> None:
    audiogram = Audiogram("P7", (Threshold(L, 500.0, 30.0), Threshold(R, 500.0, 40.0)))
    with pytest.raises(InputError, match="The listener 'P7' is there twice"):
        clarity_listeners(audiogram, audiogram)
    with pytest.raises(InputError, match="cannot be written as the name"):
        clarity_listeners(Audiogram("n/a", audiogram.thresholds))
    assert json.loads(clarity_listeners(audiogram))["P7"]["audiogram_cfs"] == [500]
