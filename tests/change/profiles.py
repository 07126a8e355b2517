"""Made-up profiles of one ear with thresholds and posteriors to order."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Estimate, FrequencyEstimates, NamedVersion, Profile
from tests.reports.example_profile import example_profile

FREQUENCIES_HZ = (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)


def estimate(mean: float, sd: float, share: float | None = 0.98) -> Estimate:
    return Estimate(mean, sd, mean - 1.96 * sd, mean + 1.96 * sd, share)


_base = functools.cache(lambda ear, listener, is_good: example_profile(ear, listener=listener, is_converged=is_good))


def profile_with(
    thresholds: Sequence[float],
    *,
    ear: Ear = Ear.RIGHT,
    session: str = "2026-03-14",
    listener: str = "L001",
    sd: float = 1.5,
    share: float = 0.98,
    is_converged: bool = True,
    software: str = "0.1.0",
    prior: str = "population",
    protocols: Mapping[str, str] | None = None,
) -> Profile:
    """Thresholds at `FREQUENCIES_HZ`; exponent and attenuation are measured at all of them, selectivity at none."""
    base = _base(ear, listener, is_converged)
    own = {"pure_tone_detection": "1.0.0", "categorical_loudness": "1.0.0"} if protocols is None else protocols
    rows = tuple(
        FrequencyEstimates(
            frequency_hz=frequency,
            num_trials=55,
            compression_exponent=estimate(0.4, 0.03, 0.7),
            attenuation_db=estimate(10.0, 4.0, 0.7),
            inhibition=estimate(0.4, 0.1, 0.0),
            equivalent_bandwidth_hz=estimate(0.15 * frequency, 0.02 * frequency, 0.0),
            threshold_db_hl=estimate(threshold, sd, share),
        )
        for frequency, threshold in zip(FREQUENCIES_HZ, thresholds, strict=True)
    )
    provenance = dataclasses.replace(
        base.provenance,
        data_sha256=f"{ear} {session} {tuple(thresholds)}",
        software=(NamedVersion("hearfit", software),),
        protocols=tuple(NamedVersion(*each) for each in own.items()),
        prior=prior,
    )
    return dataclasses.replace(base, session=session, frequencies=rows, provenance=provenance)


def with_estimates(
    profile: Profile, *, attenuation_db: Estimate | None = None, inhibition: Estimate | None = None
) -> Profile:
    """The same estimates at every frequency."""
    rows = tuple(
        dataclasses.replace(
            row, attenuation_db=attenuation_db or row.attenuation_db, inhibition=inhibition or row.inhibition
        )
        for row in profile.frequencies
    )
    return dataclasses.replace(profile, frequencies=rows)


def with_answers(profile: Profile, sha256: str) -> Profile:
    """As if made from other answers."""
    return dataclasses.replace(profile, provenance=dataclasses.replace(profile.provenance, data_sha256=sha256))
