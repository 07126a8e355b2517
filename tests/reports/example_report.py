"""What the tests of a report are made from: two sessions of an ear, an audiogram of both ears, names that attack."""

import dataclasses

from hearfit.audiology.age_norms import Sex
from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.listener.profile import (
    Estimate,
    NamedVersion,
    ObserverEstimate,
    PredictiveBin,
    PredictiveCheck,
    Profile,
)
from hearfit.reports.build import build_document
from hearfit.reports.contents import Person
from hearfit.reports.document import Document
from hearfit.reports.figure_parameters import NormalValues
from tests.reports.example_profile import example_profile

NORMAL = NormalValues(compression_exponent=0.3, attenuation_db=0.0, inhibition=0.5)
PERSON = Person(age_years=60.0, sex=Sex.FEMALE)


def small_profile(
    ear: Ear = Ear.RIGHT, *, is_converged: bool = True, has_audiogram: bool = True, listener: str = "L001"
) -> Profile:
    """The example without answers, whose dozens of small panels take most of the time of a report."""
    profile = example_profile(ear, listener=listener, is_converged=is_converged, has_audiogram=has_audiogram)
    return dataclasses.replace(profile, curves=())


def earlier(profile: Profile) -> Profile:
    """The same ear half a year before, 12 dB better at 4 kHz, with an audiogram that was 20 dB better there."""
    rows = tuple(
        dataclasses.replace(row, threshold_db_hl=_shifted(row.threshold_db_hl, -12.0))
        if row.frequency_hz == 4000.0
        else row
        for row in profile.frequencies
    )
    provenance = dataclasses.replace(profile.provenance, data_sha256="0" * 64)
    audiogram = profile.measured_audiogram
    if audiogram is not None:
        thresholds = tuple(
            dataclasses.replace(each, level_db_hl=each.level_db_hl - (20.0 if each.frequency_hz == 4000.0 else 0.0))
            for each in audiogram.thresholds
        )
        audiogram = dataclasses.replace(audiogram, thresholds=thresholds, date="2025-09-01")
    return dataclasses.replace(
        profile, session="2025-09-10", frequencies=rows, provenance=provenance, measured_audiogram=audiogram
    )


def example_audiogram() -> Audiogram:
    """Both ears; the right one with an air-bone gap of 25 dB at 500 Hz, the left one without response at 8 kHz."""
    right = [(250.0, 35.0), (500.0, 40.0), (1000.0, 40.0), (2000.0, 45.0), (4000.0, 60.0), (8000.0, 70.0)]
    left = [(250.0, 10.0), (500.0, 10.0), (1000.0, 15.0), (2000.0, 25.0), (4000.0, 60.0)]
    return Audiogram(
        "L009",
        (
            *(Threshold(Ear.RIGHT, hz, level) for hz, level in right),
            Threshold(Ear.RIGHT, 500.0, 15.0, Conduction.BONE, is_masked=True),
            *(Threshold(Ear.LEFT, hz, level) for hz, level in left),
            Threshold(Ear.LEFT, 8000.0, 100.0, is_no_response=True),
        ),
        transducer="HDA200",
        date="2026-02-03",
    )


def example_document() -> Document:
    """Everything that a report can have: both ears, an earlier session of one of them, norms by age."""
    left = example_profile(Ear.LEFT)
    checks = (
        PredictiveCheck(
            "categorical_loudness",
            "categorical_loudness",
            60,
            (),
            (PredictiveBin(30, 10.0, 11.0, 8.0, 12.0), PredictiveBin(30, 30.0, 36.0, 28.0, 33.0)),
        ),
    )
    left = dataclasses.replace(left, predictive_checks=checks)
    right = example_profile(Ear.RIGHT, has_audiogram=False)
    return build_document([left, right], normal=NORMAL, previous=[earlier(left)], person=PERSON)


def attacked_profile(name: str, *, ear: Ear = Ear.RIGHT) -> Profile:
    """A profile in which everything that a file can name has this name."""
    profile = example_profile(ear, listener=name)
    assert profile.measured_audiogram is not None
    return dataclasses.replace(
        profile,
        session=name,
        curves=tuple(dataclasses.replace(curve, protocol=name) for curve in profile.curves),
        not_identified=(name,),
        provenance=dataclasses.replace(
            profile.provenance,
            trial_files=(name,),
            transducer=name,
            created=name,
            data_sha256=name,
            protocols=(NamedVersion(name, name),),
            standards=(NamedVersion(name, name),),
            prior=name,
        ),
        diagnostics=dataclasses.replace(
            profile.diagnostics, status=name, warnings=(name,), parameters_at_bound=(name,), method=name
        ),
        observer=(ObserverEstimate(name, name, profile.observer[0].estimate),),
        measured_audiogram=dataclasses.replace(profile.measured_audiogram, transducer=name, date=name),
        predictive_checks=(PredictiveCheck(name, "detection", 10, (), (PredictiveBin(10, 0.5, 0.6, 0.2, 0.8),)),),
    )


def _shifted(estimate: Estimate, by: float) -> Estimate:
    return dataclasses.replace(
        estimate, mean=estimate.mean + by, lower_95=estimate.lower_95 + by, upper_95=estimate.upper_95 + by
    )
