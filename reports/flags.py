"""What a reader must not overlook, on the first page: at most a box that warns and one that asks for care."""

from collections.abc import Callable, Sequence

from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile
from hearfit.reports.contents import Contents, EarRecord
from hearfit.reports.document import Notice, Tone
from hearfit.reports.wording import ear_name, enumeration, frequency_list, is_prior

_LARGE_DIFFERENCE_DB = 10.0
_PARAMETERS: tuple[tuple[str, Callable[[FrequencyEstimates], Estimate]], ...] = (
    ("compression exponent", lambda entry: entry.compression_exponent),
    ("attenuation", lambda entry: entry.attenuation_db),
    ("lateral inhibition and bandwidth", lambda entry: entry.inhibition),
)
_EVERYWHERE = "every frequency"


def notices(contents: Contents) -> tuple[Notice, ...]:
    """Warnings first: fits that did not converge, and ears whose parameters cannot be interpreted."""
    boxes = [_not_converged(profile) for profile in contents.profiles if not profile.diagnostics.is_converged]
    cautions = [sentence for record in contents.ears for sentence in _cautions(record)]
    if cautions:
        boxes.append(Notice(Tone.CAUTION, "Read with care", tuple(cautions)))
    return tuple(boxes)


def prior_dominated(profile: Profile) -> tuple[str, ...]:
    """Of which parameters the prior says more than the answers, and where: a phrase a parameter."""
    everywhere = [entry.frequency_hz for entry in profile.frequencies]
    phrases = []
    for name, estimate_of in _PARAMETERS:
        where = [entry.frequency_hz for entry in profile.frequencies if is_prior(estimate_of(entry))]
        if where:
            phrases.append(f"{name} at {frequency_list(where, everywhere)}")
    return tuple(phrases)


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


def _not_converged(profile: Profile) -> Notice:
    fit = profile.diagnostics
    title = f"{ear_name(profile.ear)}: the fit did not converge, so its numbers must not be relied on"
    return Notice(Tone.WARNING, title, (fit.status, *fit.warnings, *_bounds(profile)))


def _cautions(record: EarRecord) -> list[str]:
    sentences: list[str] = []
    profile = record.profile
    if profile is not None:
        if profile.diagnostics.is_converged:
            sentences += [*profile.diagnostics.warnings, *_bounds(profile)]
        if phrases := prior_dominated(profile):
            sentences.append(f"mostly the prior, not the answers: {'; '.join(phrases)}.")
        if different := differing_hz(record):
            sentences.append(
                f"measured and implied thresholds differ by 10 dB or more at {_places(different, profile)}: one of them "
                "may be wrong, or the levels were not calibrated alike."
            )
    return [f"{record.name}: {sentence}" for sentence in sentences]


def _places(frequencies_hz: Sequence[float], profile: Profile) -> str:
    return frequency_list(frequencies_hz, [entry.frequency_hz for entry in profile.frequencies])


def _bounds(profile: Profile) -> list[str]:
    at_bound = profile.diagnostics.parameters_at_bound
    return [f"at a bound of its range: {enumeration(at_bound)}."] if at_bound else []
