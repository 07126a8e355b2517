"""What the report says."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from hearfit.audiology.age_norms import Sex
from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.errors import InputError
from hearfit.listener.profile import NamedVersion, Profile
from hearfit.reports.build import build_document
from hearfit.reports.contents import Person
from hearfit.reports.document import Tone
from tests.reports.document_text import document_text
from tests.reports.example_profile import example_profile
from tests.reports.example_report import NORMAL, earlier, example_audiogram, example_document, small_profile

GOLDEN = Path(__file__).with_name("golden_report.txt")
GOLDEN_AUDIOGRAM = Path(__file__).with_name("golden_audiogram.txt")


def test_every_word_of_the_report() -> None:
    text = document_text(example_document())
    # To accept a change of wording: write `text` to the golden file and read the difference.
    assert text == GOLDEN.read_text("utf-8")


def test_every_word_of_the_report_on_an_audiogram_alone() -> None:
    text = document_text(build_document([], normal=NORMAL, audiogram=example_audiogram()))
    assert text == GOLDEN_AUDIOGRAM.read_text("utf-8")


def test_the_same_profile_gives_the_same_report() -> None:
    profile = small_profile()
    assert build_document([profile], normal=NORMAL) == build_document([profile], normal=NORMAL)


def test_the_right_ear_comes_first() -> None:
    document = build_document([small_profile(Ear.LEFT), small_profile(Ear.RIGHT)], normal=NORMAL)
    headings = [section.heading for section in document.sections]
    assert headings.index("Right ear") < headings.index("Left ear")


def test_a_fit_that_did_not_converge_is_the_first_thing_said() -> None:
    document = build_document([small_profile(is_converged=False, has_audiogram=False)], normal=NORMAL)
    assert document.notices[0].tone is Tone.WARNING
    assert "did not converge" in document.notices[0].title
    assert document.notices[0].items == (
        "The limit of 100 iterations was reached while the log posterior was still rising.",
        "The attenuation at 8 kHz lies at its lower bound.",
        "At a bound of its range: inhibition_8000.",
    )


def test_nothing_is_flagged_when_everything_is_known() -> None:
    profile = small_profile(has_audiogram=False)
    known = tuple(
        dataclasses.replace(
            entry,
            num_trials=1,
            **{
                name: dataclasses.replace(getattr(entry, name), data_share=0.5)
                for name in ("compression_exponent", "attenuation_db", "inhibition")
            },
        )
        for entry in profile.frequencies
    )
    document = build_document([dataclasses.replace(profile, frequencies=known, not_identified=())], normal=NORMAL)
    assert document.notices == ()
    text = document_text(document)
    assert "follows mostly from the answers" in text
    assert "Every parameter is told by the answers at some frequency at least" in text


def test_a_warning_of_a_converged_fit_is_a_caution() -> None:
    profile = small_profile(has_audiogram=False)
    diagnostics = dataclasses.replace(profile.diagnostics, warnings=("The scale is short.",))
    document = build_document([dataclasses.replace(profile, diagnostics=diagnostics)], normal=NORMAL)
    assert document.notices[0].tone is Tone.CAUTION
    assert document.notices[0].items[0] == "Right ear: The scale is short."


def test_one_report_is_about_one_listener() -> None:
    with pytest.raises(InputError, match="these profiles are of 2: L001, L002"):
        build_document([small_profile(), small_profile(Ear.LEFT, listener="L002")], normal=NORMAL)


def test_an_ear_is_shown_once() -> None:
    with pytest.raises(InputError, match="each ear once"):
        build_document([small_profile(), small_profile()], normal=NORMAL)


def test_a_report_needs_a_profile() -> None:
    with pytest.raises(InputError, match="at least one profile or an audiogram"):
        build_document([], normal=NORMAL)


def test_an_audiogram_of_the_other_ear_is_not_shown() -> None:
    audiogram = Audiogram("L001", (Threshold(Ear.LEFT, 1000.0, 20.0),))
    profile = dataclasses.replace(small_profile(Ear.RIGHT), measured_audiogram=audiogram)
    assert "Measured by air" not in document_text(build_document([profile], normal=NORMAL))


def test_thresholds_outside_the_axes_are_counted() -> None:
    audiogram = Audiogram("L001", (Threshold(Ear.RIGHT, 12500.0, 20.0), Threshold(Ear.RIGHT, 1000.0, 20.0)))
    profile = dataclasses.replace(small_profile(Ear.RIGHT), measured_audiogram=audiogram)
    text = document_text(build_document([profile], normal=NORMAL))
    assert "1 threshold outside these axes not drawn." in text


def test_a_minimal_profile_has_a_report() -> None:
    profile = small_profile(has_audiogram=False)
    minimal = dataclasses.replace(profile, frequencies=profile.frequencies[:1], observer=(), curves=())
    text = document_text(build_document([minimal], normal=NORMAL))
    assert "125 Hz | none" in text
    assert "too few frequencies" in text


def test_answers_of_an_unknown_task_are_not_passed_over_in_silence() -> None:
    profile = example_profile()
    curve = dataclasses.replace(profile.curves[0], task="gap_detection", protocol="gaps")
    text = document_text(build_document([dataclasses.replace(profile, curves=(curve,))], normal=NORMAL))
    assert "The answers to gaps are part of the fit, but not drawn." in text


def test_an_ear_with_an_air_bone_gap_is_warned_of_and_not_interpreted() -> None:
    document = build_document([small_profile(Ear.LEFT)], normal=NORMAL)
    assert document.notices[0].tone is Tone.WARNING
    assert "air-bone gap" in document.notices[0].title
    text = document_text(document)
    assert "the parameters of the left ear must not be interpreted (air-bone gap)" in text
    assert "less compression than" not in text


def test_a_fit_that_did_not_converge_concludes_nothing() -> None:
    profile = small_profile(is_converged=False, has_audiogram=False)
    text = document_text(build_document([profile], normal=NORMAL))
    assert "must not be interpreted (the fit did not converge)" in text
    assert "the fitted ear would just hear" not in text


def test_a_given_audiogram_goes_before_that_of_the_profile() -> None:
    audiogram = dataclasses.replace(example_audiogram(), listener="L001")
    text = document_text(build_document([small_profile(Ear.LEFT)], normal=NORMAL, audiogram=audiogram))
    assert "Left ear. Measured: 2026-02-03, HDA200." in text
    # The other ear was measured, but not fitted.
    assert "Right ear. Measured: 2026-02-03, HDA200." in text
    assert "not fitted" in text


def test_thresholds_that_the_fit_knew_are_no_independent_comparison() -> None:
    profile = small_profile(Ear.LEFT)
    protocols = (*profile.provenance.protocols, NamedVersion("stored_thresholds", "1.0.0"))
    informed = dataclasses.replace(profile, provenance=dataclasses.replace(profile.provenance, protocols=protocols))
    text = document_text(build_document([informed], normal=NORMAL))
    assert "Measured thresholds were among the data of the fit" in text
    assert "was not used in the fit" not in text


def test_ears_measured_on_different_days_are_not_compared() -> None:
    left, right = small_profile(Ear.LEFT), small_profile(Ear.RIGHT)
    assert left.measured_audiogram is not None
    left = dataclasses.replace(left, measured_audiogram=dataclasses.replace(left.measured_audiogram, date="2020-01-01"))
    assert "Difference between the ears" not in document_text(build_document([left, right], normal=NORMAL))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: [dataclasses.replace(p, session="2027-01-01")], "which is not before 2026-03-14"),
        (lambda p: [dataclasses.replace(earlier(p), listener="L002")], "A previous profile is of L002"),
        (lambda p: [earlier(p), earlier(p)], "two previous profiles are of the same ear"),
        (lambda p: [earlier(small_profile(Ear.LEFT))], "previous profile of the left ear has nothing to be compared"),
    ],
)
def test_an_earlier_session_that_is_none(make: Callable[[Profile], list[Profile]], sentence: str) -> None:
    profile = small_profile(Ear.RIGHT)
    with pytest.raises(InputError, match=sentence):
        build_document([profile], normal=NORMAL, previous=make(profile))


def test_the_audiogram_of_somebody_else_is_refused() -> None:
    with pytest.raises(InputError, match="the profiles are of L001 and the audiogram is of L009"):
        build_document([small_profile()], normal=NORMAL, audiogram=example_audiogram())


def test_a_session_with_the_same_audiogram_says_nothing_of_its_change() -> None:
    profile = small_profile(Ear.LEFT)
    before = dataclasses.replace(earlier(profile), measured_audiogram=profile.measured_audiogram)
    text = document_text(build_document([profile], normal=NORMAL, previous=[before]))
    assert "Left ear: both sessions hold the same audiogram, so nothing can be said of a change." in text


def test_a_percentile_that_the_standard_does_not_have_is_explained() -> None:
    person = Person(age_years=74.0, sex=Sex.MALE)
    text = document_text(build_document([], normal=NORMAL, audiogram=example_audiogram(), person=person))
    # A threshold of 60 dB HL at 4 kHz, and one at 8 kHz.
    assert text.count("Above 2000 Hz ISO 7029:2017 ends at 70 years.") == 1
    assert "4 kHz | 60 | – | – | – | 60 | –" in text


def test_a_grade_without_a_baseline_is_no_change() -> None:
    # SIOP Boston grades children treated with platinum; this listener is 60 years old.
    assert "SIOP" not in document_text(example_document())


def test_criteria_of_change_are_among_the_tables_that_were_used() -> None:
    profile = small_profile(Ear.LEFT)
    with_change = document_text(build_document([profile], normal=NORMAL, previous=[earlier(profile)]))
    assert "\nctcae-5 | CTCAE v5.0" in with_change
    assert "ctcae-5" not in document_text(build_document([profile], normal=NORMAL))


@pytest.mark.parametrize(("date", "is_refused"), [("2025-08-31", True), ("2025-09-01", True), ("2025-09-02", False)])
def test_an_older_audiogram_is_no_later_session(date: str, is_refused: bool) -> None:
    # The earlier session's audiogram is of 2025-09-01; a file given beside the profile may be of any date.
    profile = small_profile(Ear.LEFT)
    assert profile.measured_audiogram is not None
    given = dataclasses.replace(profile.measured_audiogram, date=date)
    text = document_text(build_document([profile], normal=NORMAL, audiogram=given, previous=[earlier(profile)]))
    assert (f"the audiogram of {date} is not later than that of the earlier session, 2025-09-01" in text) is is_refused
    assert ("Left ear: criteria of change" in text) is not is_refused


def test_what_is_assumed_of_normal_ears_is_said() -> None:
    # Nobody has measured inhibition in people, so its range must not pass for one that was learned from them.
    text = document_text(build_document([small_profile()], normal=NORMAL))
    assert "of inhibition, and so of bandwidth, is an assumption" in text


def test_gains_tell_that_a_conductive_component_is_left_out() -> None:
    text = document_text(build_document([], normal=NORMAL, audiogram=example_audiogram()))
    assert "No allowance is made for a conductive component." in text
