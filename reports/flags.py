"""What a reader must not overlook, on the first page: at most a box that warns and one that asks for care."""

from collections.abc import Callable, Sequence

from hearfit.audiology.air_bone_gap import air_bone_gap
from hearfit.audiology.asymmetry import asymmetry
from hearfit.audiology.audiogram import Ear
from hearfit.audiology.criterion import Outcome
from hearfit.audiology.ear_thresholds import in_hertz
from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile
from hearfit.reports.contents import Contents, EarRecord
from hearfit.reports.document import Notice, Tone
from hearfit.reports.wording import count, ear_name, enumeration, frequency_list, is_prior

_LARGE_DIFFERENCE_DB = 10.0
_PARAMETERS: tuple[tuple[str, Callable[[FrequencyEstimates], Estimate]], ...] = (
    ("compression exponent", lambda entry: entry.compression_exponent),
    ("attenuation", lambda entry: entry.attenuation_db),
    ("lateral inhibition, and with it bandwidth,", lambda entry: entry.inhibition),
)


def notices(contents: Contents, changes: Sequence[str] = ()) -> tuple[Notice, ...]:
    """Warnings first: fits that did not converge, and ears whose parameters cannot be interpreted.

    `changes` are sentences on what has changed since an earlier session.
    """
    boxes = [_not_converged(profile) for profile in contents.profiles if not profile.diagnostics.is_converged]
    boxes += [box for record in contents.ears for box in _conductive(record)]
    of_ears = _of_ears([(record.ear, sentence) for record in contents.ears for sentence in _cautions(record)])
    cautions = [*changes, *_asymmetry(contents), *of_ears]
    if cautions:
        boxes.append(Notice(Tone.CAUTION, "Read with care", tuple(cautions)))
    return tuple(boxes)


def prior_dominated(profile: Profile) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The parameters of which the prior says more than the answers, and at which frequencies in Hz."""
    found = []
    for name, estimate_of in _PARAMETERS:
        where = tuple(entry.frequency_hz for entry in profile.frequencies if is_prior(estimate_of(entry)))
        if where:
            found.append((name, where))
    return tuple(found)


def prior_phrase(profile: Profile) -> str:
    """The same in words; empty where the answers decide everything."""
    return "; ".join(f"{name} at {_places(where, profile)}" for name, where in prior_dominated(profile))


def differing_hz(record: EarRecord) -> tuple[float, ...]:
    """Where the measured threshold lies outside the implied 95 % interval and 10 dB or more from its mean."""
    if record.profile is None:
        return ()
    measured = record.air_thresholds()
    different = []
    for entry in record.profile.frequencies:
        threshold = measured.get(entry.frequency_hz)
        if threshold is None:
            continue
        implied, level = entry.threshold_db_hl, threshold.level_db_hl
        # A no response says only that the threshold is above its level.
        is_above = level > implied.upper_95
        is_below = level < implied.lower_95 and not threshold.is_no_response
        if (is_above or is_below) and abs(level - implied.mean) >= _LARGE_DIFFERENCE_DB:
            different.append(entry.frequency_hz)
    return tuple(different)


def why_not_interpretable(record: EarRecord) -> str | None:
    """Why nothing may be concluded from the parameters of an ear, in a few words; None where something may."""
    if record.profile is not None and not record.profile.diagnostics.is_converged:
        return "the fit did not converge"
    has_gap = record.audiogram is not None and air_bone_gap(record.audiogram, ear=record.ear).outcome is Outcome.MET
    return "air-bone gap" if has_gap else None


def _not_converged(profile: Profile) -> Notice:
    fit = profile.diagnostics
    title = f"{ear_name(profile.ear)}: the fit did not converge, so its numbers must not be relied on"
    return Notice(Tone.WARNING, title, (fit.status, *fit.warnings, *_bounds(profile)))


def _conductive(record: EarRecord) -> list[Notice]:
    if record.audiogram is None:
        return []
    warning = air_bone_gap(record.audiogram, ear=record.ear).warning
    return [] if warning is None else [Notice(Tone.WARNING, f"{record.name}: air-bone gap", (warning,))]


def _asymmetry(contents: Contents) -> list[str]:
    """How many criteria are met and the strictest sign of it; the table of the audiogram answers each by its rule."""
    if contents.audiogram is None or len(contents.audiogram.ears()) < len(Ear):
        return []
    met = [result for result in asymmetry(contents.audiogram) if result.outcome is Outcome.MET]
    if not met:
        return []
    rules = "; ".join(f"{result.rule} ({in_hertz(result.frequency_hz)})" for result in met[:2])
    more = f", and {count(len(met) - 2, 'further criterion', 'further criteria')}" if len(met) > 2 else ""
    return [f"The ears differ: {rules}{more}."]


def _of_ears(sentences: Sequence[tuple[Ear, str]]) -> list[str]:
    """Each sentence after the name of its ear; one that is said of both is said once."""
    by_sentence: dict[str, list[Ear]] = {}
    for ear, sentence in sentences:
        by_sentence.setdefault(sentence, []).append(ear)
    return [
        f"{'Both ears' if len(ears) > 1 else ear_name(ears[0])}: {sentence}" for sentence, ears in by_sentence.items()
    ]


def _cautions(record: EarRecord) -> list[str]:
    sentences: list[str] = []
    profile = record.profile
    if profile is not None:
        if profile.diagnostics.is_converged:
            sentences += [*profile.diagnostics.warnings, *_bounds(profile)]
        if phrase := prior_phrase(profile):
            sentences.append(f"mostly the prior, not the answers: {phrase}.")
        if different := differing_hz(record):
            sentences.append(
                f"measured and implied thresholds differ by 10 dB or more at {_places(different, profile)}: "
                "one of them may be wrong, or the levels were not calibrated alike."
            )
    return sentences


def _places(frequencies_hz: Sequence[float], profile: Profile) -> str:
    return frequency_list(frequencies_hz, [entry.frequency_hz for entry in profile.frequencies])


def _bounds(profile: Profile) -> list[str]:
    at_bound = profile.diagnostics.parameters_at_bound
    return [f"At a bound of its range: {enumeration(at_bound)}."] if at_bound else []
