"""What the report says."""

import dataclasses
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.errors import InputError
from hearfit.reports.build import build_document
from hearfit.reports.document import Tone
from hearfit.reports.figure_parameters import NormalValues
from tests.reports.document_text import document_text
from tests.reports.example_profile import example_profile

NORMAL = NormalValues(compression_exponent=0.3, attenuation_db=0.0, inhibition=0.5)
GOLDEN = Path(__file__).with_name("golden_report.txt")


def test_every_word_of_the_report() -> None:
    profiles = [example_profile(Ear.LEFT), example_profile(Ear.RIGHT, has_audiogram=False)]
    text = document_text(build_document(profiles, normal=NORMAL))
    # To accept a change of wording: write `text` to the golden file and read the difference.
    assert text == GOLDEN.read_text("utf-8")


def test_the_same_profile_gives_the_same_report() -> None:
    profile = example_profile()
    assert build_document([profile], normal=NORMAL) == build_document([profile], normal=NORMAL)


def test_the_right_ear_comes_first() -> None:
    document = build_document([example_profile(Ear.LEFT), example_profile(Ear.RIGHT)], normal=NORMAL)
    headings = [section.heading for section in document.sections]
    assert headings.index("Right ear") < headings.index("Left ear")


def test_a_fit_that_did_not_converge_is_the_first_thing_said() -> None:
    document = build_document([example_profile(is_converged=False)], normal=NORMAL)
    assert document.notices[0].tone is Tone.WARNING
    assert "did not converge" in document.notices[0].title
    assert document.notices[0].items == (
        "The limit of 100 iterations was reached while the log posterior was still rising.",
        "The attenuation at 8 kHz lies at its lower bound.",
        "At a bound of its range: inhibition_8000.",
    )


def test_nothing_is_flagged_when_everything_is_known() -> None:
    profile = example_profile()
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
    assert "follows mostly from the answers" in document_text(document)


def test_a_warning_of_a_converged_fit_is_a_caution() -> None:
    profile = example_profile()
    diagnostics = dataclasses.replace(profile.diagnostics, warnings=("The scale is short.",))
    document = build_document([dataclasses.replace(profile, diagnostics=diagnostics)], normal=NORMAL)
    assert document.notices[0].tone is Tone.CAUTION
    assert document.notices[0].items == ("The scale is short.",)


def test_one_report_is_about_one_listener() -> None:
    with pytest.raises(InputError, match="these profiles are of 2: L001, L002"):
        build_document([example_profile(), example_profile(Ear.LEFT, listener="L002")], normal=NORMAL)


def test_an_ear_is_shown_once() -> None:
    with pytest.raises(InputError, match="each ear once"):
        build_document([example_profile(), example_profile()], normal=NORMAL)


def test_a_report_needs_a_profile() -> None:
    with pytest.raises(InputError, match="at least one profile"):
        build_document([], normal=NORMAL)


def test_an_audiogram_of_the_other_ear_is_not_shown() -> None:
    audiogram = Audiogram("L001", (Threshold(Ear.LEFT, 1000.0, 20.0),))
    profile = dataclasses.replace(example_profile(Ear.RIGHT), measured_audiogram=audiogram)
    assert "Measured by air" not in document_text(build_document([profile], normal=NORMAL))


def test_thresholds_outside_the_axes_are_counted() -> None:
    audiogram = Audiogram("L001", (Threshold(Ear.RIGHT, 12500.0, 20.0), Threshold(Ear.RIGHT, 1000.0, 20.0)))
    profile = dataclasses.replace(example_profile(Ear.RIGHT), measured_audiogram=audiogram)
    text = document_text(build_document([profile], normal=NORMAL))
    assert "1 threshold outside these axes not drawn." in text


def test_a_minimal_profile_has_a_report() -> None:
    profile = example_profile(has_audiogram=False)
    minimal = dataclasses.replace(profile, frequencies=profile.frequencies[:1], observer=(), curves=())
    text = document_text(build_document([minimal], normal=NORMAL))
    assert "125 Hz | none" in text
    assert "Mean of 0.5" not in text


def test_answers_of_an_unknown_task_are_not_passed_over_in_silence() -> None:
    profile = example_profile()
    curve = dataclasses.replace(profile.curves[0], task="gap_detection", protocol="gaps")
    text = document_text(build_document([dataclasses.replace(profile, curves=(curve,))], normal=NORMAL))
    assert "The answers to gaps are part of the fit, but not drawn." in text
