"""All that can be said of an audiogram at once: what a page or a screen about it shows."""

from dataclasses import dataclass

from hearfit.audiology.age_norms import AgePercentile, Sex, age_percentiles
from hearfit.audiology.air_bone_gap import AirBoneGap, air_bone_gap
from hearfit.audiology.asymmetry import AsymmetryResult, asymmetry
from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.averages import AVERAGE_DEFINITIONS, PureToneAverage
from hearfit.audiology.bisgaard import NearestStandard, nearest_standard
from hearfit.audiology.configuration import Configuration, configuration
from hearfit.audiology.grades import GradedAverage, clark_graded, who_graded
from hearfit.audiology.reference_gains import GainFormula, ReferenceGains, reference_gains


@dataclass(frozen=True)
class Person:
    """What ISO 7029 needs of a listener."""

    age_years: float
    sex: Sex


@dataclass(frozen=True)
class NamedAverage:
    """An average with the name and title of its definition."""

    name: str
    title: str
    average: PureToneAverage


@dataclass(frozen=True)
class EarSummary:
    """One ear; `age_percentiles` is empty where age and sex are not given."""

    ear: Ear
    averages: tuple[NamedAverage, ...]
    clark: GradedAverage
    configuration: Configuration
    nearest_standard: NearestStandard
    air_bone_gap: AirBoneGap
    age_percentiles: tuple[AgePercentile, ...]
    reference_gains: tuple[ReferenceGains, ...]


@dataclass(frozen=True)
class AudiogramSummary:
    """Both ears, right first as on an audiogram form, and what needs both."""

    ears: tuple[EarSummary, ...]
    who: GradedAverage
    asymmetry: tuple[AsymmetryResult, ...]


def summarise(audiogram: Audiogram, *, person: Person | None = None) -> AudiogramSummary:
    """Averages, grades, configuration, nearest standard audiogram, gaps and asymmetry; percentiles of a person.

    Raises:
        InputError: the age is outside 18 to 80 years.
    """
    ears = [ear for ear in (Ear.RIGHT, Ear.LEFT) if ear in audiogram.ears()]
    return AudiogramSummary(
        tuple(_ear_summary(audiogram, ear, person) for ear in ears), who_graded(audiogram), asymmetry(audiogram)
    )


def _ear_summary(audiogram: Audiogram, ear: Ear, person: Person | None) -> EarSummary:
    return EarSummary(
        ear=ear,
        averages=tuple(
            NamedAverage(definition.name, definition.title, definition.of(audiogram, ear))
            for definition in AVERAGE_DEFINITIONS
        ),
        clark=clark_graded(audiogram, ear=ear),
        configuration=configuration(audiogram, ear=ear),
        nearest_standard=nearest_standard(audiogram, ear=ear),
        air_bone_gap=air_bone_gap(audiogram, ear=ear),
        age_percentiles=()
        if person is None
        else age_percentiles(audiogram, ear=ear, age_years=person.age_years, sex=person.sex),
        reference_gains=tuple(reference_gains(audiogram, ear=ear, formula=formula) for formula in GainFormula),
    )
