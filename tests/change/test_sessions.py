"""Which profiles may be compared, in which order, and what is refused with which sentence."""

import dataclasses

import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.change.profile_change import compare_profiles
from hearfit.change.retest import BETWEEN_SESSIONS
from hearfit.change.sessions import history_of
from hearfit.change.swapped_ears import swapped_ears
from hearfit.errors import InputError
from hearfit.listener.profile import Profile
from tests.change.profiles import FREQUENCIES_HZ, profile_with

FLAT = [30.0] * len(FREQUENCIES_HZ)
SLOPING = [20.0 + 8.0 * i for i in range(len(FREQUENCIES_HZ))]
LATER, LATEST = "2026-09-01", "2027-03-01"


def refusal(*profiles: Profile) -> str:
    with pytest.raises(InputError) as caught:
        history_of(profiles)
    return str(caught.value)


def test_sessions_are_ordered_by_date_and_it_is_said() -> None:
    later, first = profile_with(SLOPING, session=LATER), profile_with(FLAT)
    change = compare_profiles([later, first])
    assert [session.name for session in change.history.sessions] == ["2026-03-14", LATER]
    assert change.latest.baselines == {Ear.RIGHT: "2026-03-14"}
    assert "not given in the order" in change.remarks[0]
    assert "2026-03-14, 2026-09-01" in change.remarks[0]
    assert compare_profiles([first, later]).remarks == ()


def test_ears_after_one_another_are_in_order() -> None:
    profiles = [
        profile_with(levels, ear=ear, session=day)
        for ear in Ear
        for levels, day in ((FLAT, "2026-03-14"), (SLOPING, LATER))
    ]
    assert compare_profiles(profiles).remarks == ()


def test_each_later_session_is_compared_with_the_first_of_that_ear() -> None:
    right = [profile_with(FLAT), profile_with(SLOPING, session=LATER), profile_with(FLAT, session=LATEST)]
    left = [profile_with(FLAT, ear=Ear.LEFT, session=day) for day in (LATER, LATEST)]
    steps = compare_profiles([*right, *left]).steps
    assert [(step.session, step.baselines) for step in steps] == [
        (LATER, {Ear.RIGHT: "2026-03-14"}),
        (LATEST, {Ear.RIGHT: "2026-03-14", Ear.LEFT: LATER}),
    ]


@pytest.mark.parametrize(
    ("later", "sentence"),
    [
        (
            profile_with(SLOPING, session=LATER, listener="L002"),
            "different listeners: 'L001' (Profile 1), 'L002' (Profile 2)",
        ),
        (profile_with(SLOPING, session="2026-03-14"), "is the right ear in session 2026-03-14, which Profile 1 is too"),
        (profile_with(SLOPING, session="yesterday"), "its session is 'yesterday', but sessions are ordered by a date"),
        (profile_with(SLOPING, session=LATER, software="0.2.0"), "made by hearfit 0.1 and 0.2"),
        (profile_with(SLOPING, session=LATER, prior="flat"), "different priors (population and flat)"),
        (profile_with(SLOPING, session=LATER, protocols={"stored_thresholds": "1.0.0"}), "no protocol in common"),
        (
            profile_with(SLOPING, session=LATER, protocols={"pure_tone_detection": "2.0.0"}),
            "different versions of the protocol pure_tone_detection",
        ),
        (profile_with(SLOPING, session=LATER, ear=Ear.LEFT), "No ear has two sessions"),
    ],
)
def test_what_cannot_be_compared_is_refused(later: Profile, sentence: str) -> None:
    assert sentence in refusal(profile_with(FLAT), later)


def test_one_profile_is_refused() -> None:
    assert "at least two profiles" in refusal(profile_with(FLAT))


def test_the_same_answers_under_two_dates_are_refused() -> None:
    first = profile_with(FLAT)
    assert "holds the same answers as session 2026-03-14" in refusal(first, dataclasses.replace(first, session=LATER))


def test_one_day_written_in_two_ways_is_one_session() -> None:
    assert "which Profile 1 is too" in refusal(profile_with(FLAT), profile_with(SLOPING, session="20260314"))


def test_other_parameters_are_refused() -> None:
    second = profile_with(SLOPING, session=LATER)
    posterior = dataclasses.replace(second.posterior, names=("other",) * len(second.posterior.names))
    assert "different models of the ear" in refusal(
        profile_with(FLAT), dataclasses.replace(second, posterior=posterior)
    )


def test_all_problems_are_told_at_once() -> None:
    text = refusal(profile_with(FLAT), profile_with(SLOPING, session=LATER, prior="flat", software="0.9.1"))
    assert "different priors" in text
    assert "hearfit 0.1 and 0.9" in text


def test_remarks_on_what_a_reader_must_keep_in_mind() -> None:
    first, second = profile_with(FLAT), profile_with(SLOPING, session=LATER, protocols={"pure_tone_detection": "1.0.0"})
    second = dataclasses.replace(second, provenance=dataclasses.replace(second.provenance, transducer="ER3A"))
    left = profile_with(FLAT, ear=Ear.LEFT)
    text = " ".join(compare_profiles([first, second, left]).remarks)
    assert "The left ear was tested in 2026-03-14 only" in text
    assert "different transducers (HDA200 and ER3A)" in text
    assert "only one of them has categorical_loudness" in text


def test_swapped_ears_are_suspected() -> None:
    right, left = profile_with(SLOPING), profile_with(FLAT, ear=Ear.LEFT)
    swapped = [profile_with(FLAT, session=LATER), profile_with(SLOPING, ear=Ear.LEFT, session=LATER)]
    (warning,) = compare_profiles([right, left, *swapped]).latest.warnings
    assert warning.startswith(f"Were the ears swapped in {LATER}")


def test_true_changes_are_not_taken_for_swapped_ears() -> None:
    right, left = profile_with(SLOPING), profile_with(FLAT, ear=Ear.LEFT)
    worse = [threshold + 25.0 for threshold in SLOPING]
    later = [profile_with(worse, session=LATER), profile_with([35.0] * 8, ear=Ear.LEFT, session=LATER)]
    assert compare_profiles([right, left, *later]).latest.warnings == ()


def test_ears_that_are_alike_are_not_taken_for_swapped_ones(rng: np.random.Generator) -> None:
    # Truth: simulation of like ears with the variability between sessions.
    num_warned = 0
    for _ in range(30):
        profiles = [
            profile_with([30.0 + x for x in rng.normal(0.0, BETWEEN_SESSIONS.sd_db, 8)], ear=ear, session=session)
            for session in ("2026-03-14", LATER)
            for ear in Ear
        ]
        before, after = ({p.ear: p for p in part} for part in (profiles[:2], profiles[2:]))
        num_warned += swapped_ears(before, after, session=LATER) is not None
    assert num_warned <= 2


def test_fits_that_did_not_converge_are_named() -> None:
    change = compare_profiles([profile_with(FLAT), profile_with(SLOPING, session=LATER, is_converged=False)])
    (sentence,) = change.not_trusted
    assert sentence.startswith("The fit of the right ear in 2026-09-01 cannot be trusted: The limit of 100")
