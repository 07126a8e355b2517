"""The profile of one ear: what a fit concluded, how sure it is, and what it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hearfit.audiology.audiogram import Audiogram, Ear

PROFILE_SCHEMA = "hearfit.profile"
PROFILE_VERSION = 2


@dataclass(frozen=True)
class Estimate:
    """Posterior of one quantity.

    `data_share` is 1 - (posterior variance / prior variance), within [0, 1]: 0 means that the number is the prior
    speaking, 1 that the answers alone decided. For compression exponent and attenuation the prior is that given the
    threshold, because a threshold alone tells neither of them. None where there is no such share.
    """

    mean: float
    sd: float
    lower_95: float
    upper_95: float
    data_share: float | None = None


@dataclass(frozen=True)
class FrequencyEstimates:
    """Everything about one audiometric frequency of this ear."""

    frequency_hz: float
    num_trials: int
    compression_exponent: Estimate
    attenuation_db: Estimate
    inhibition: Estimate
    equivalent_bandwidth_hz: Estimate
    threshold_db_hl: Estimate


@dataclass(frozen=True)
class ObserverEstimate:
    """A parameter of the person who answers rather than of the ear (criterion, lapse rate, ...)."""

    name: str
    unit: str
    estimate: Estimate


@dataclass(frozen=True)
class AnswerCount:
    """How often one response was given at one place of a curve; `x` is None in a catch trial."""

    x: float | None
    response: int
    count: int


@dataclass(frozen=True)
class ResponseCurve:
    """Answers to one stimulus against one of its columns, with what the fitted ear and a normal ear predict.

    `x` are values of the column `x_column` of a trial table; `parameters` are what its other columns have along the
    curve: of a tone in notched noise the level of the masker and its notch, of a standard its level. `predicted` is the
    expected category (categorical loudness, in CU) or the probability of a "heard" or correct answer (other tasks),
    with its 95 % posterior band.
    """

    protocol: str
    task: str
    frequency_hz: float
    interval_count: int
    x_column: str
    x: tuple[float, ...]
    predicted: tuple[float, ...]
    lower_95: tuple[float, ...]
    upper_95: tuple[float, ...]
    normal_ear: tuple[float, ...]
    answers: tuple[AnswerCount, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Posterior:
    """Gaussian approximation in unconstrained coordinates; `covariance[i][j]` follows `names`."""

    names: tuple[str, ...]
    mode: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Diagnostics:
    """Whether the numbers can be believed, and why not."""

    method: str
    is_converged: bool
    status: str
    num_iterations: int
    newton_decrement: float
    condition_number: float
    parameters_at_bound: tuple[str, ...]
    num_trials: int
    num_conditions: int
    log_likelihood: float
    log_likelihood_per_trial: float
    log_posterior_trace: tuple[float, ...]
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class NamedVersion:
    """A protocol, standard or software package and its version or edition."""

    name: str
    version: str


@dataclass(frozen=True)
class Provenance:
    """What the profile was made from and with."""

    data_sha256: str
    trial_files: tuple[str, ...]
    protocols: tuple[NamedVersion, ...]
    transducer: str
    standards: tuple[NamedVersion, ...]
    software: tuple[NamedVersion, ...]
    seed: int
    created: str


@dataclass(frozen=True)
class Profile:
    """One ear of one listener in one session."""

    listener: str
    ear: Ear
    session: str
    frequencies: tuple[FrequencyEstimates, ...]
    observer: tuple[ObserverEstimate, ...]
    curves: tuple[ResponseCurve, ...]
    posterior: Posterior
    diagnostics: Diagnostics
    not_identified: tuple[str, ...]
    provenance: Provenance
    measured_audiogram: Audiogram | None = None
    schema: str = PROFILE_SCHEMA
    version: int = PROFILE_VERSION
