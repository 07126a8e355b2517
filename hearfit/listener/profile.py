"""The profile of one ear: what a fit concluded, how sure it is, and what it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.listener.model_comparison import ModelComparison

PROFILE_SCHEMA = "hearfit.profile"
PROFILE_VERSION = 2


@dataclass(frozen=True)
class Estimate:
    """Posterior of one quantity.

    `data_share` is 1 - (posterior variance / variance of the population prior), within [0, 1]: 0 means that the answers
    say no more than what is known of anybody, 1 that they alone decided. It is measured against the population
    whichever prior was used. For compression exponent and attenuation the variance is that under the prior that was
    used, given the threshold, because a threshold alone tells neither of them. None where there is no such share.
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
    """Most probable ear and covariance in unconstrained coordinates; `covariance[i][j]` follows `names`.

    The covariance is that of Laplace's approximation, or of the draws where there are some.
    """

    names: tuple[str, ...]
    mode: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Agreement:
    """Laplace's approximation against the draws: difference of means in SDs of the draws, ratio of SDs."""

    quantity: str
    frequency_hz: float
    mean_difference_sd: float
    sd_ratio: float


@dataclass(frozen=True)
class Sampling:
    """How the chains went. `problems` are sentences on why they cannot be trusted, `not_gaussian` names coordinates.

    R-hat and effective sample sizes (bulk, tail) are the worst of all coordinates and the log posterior.
    """

    num_chains: int
    num_draws: int
    seed: int
    rhat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    num_divergent: int
    num_largest_tree: int
    energy_bfmi_min: float
    mean_steps: float
    problems: tuple[str, ...]
    not_gaussian: tuple[str, ...]
    agreement: tuple[Agreement, ...] = ()


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
    sampling: Sampling | None = None


@dataclass(frozen=True)
class PredictiveStatistic:
    """A statistic of the answers, its 95 % range over replicated answers, and how rare it is among them."""

    name: str
    observed: float
    lower_95: float
    upper_95: float
    p_value: float


@dataclass(frozen=True)
class PredictiveBin:
    """Trials of like expected answer: mean answer, and the 95 % band of replicated means."""

    num_trials: int
    expected: float
    observed: float
    lower_95: float
    upper_95: float


@dataclass(frozen=True)
class PredictiveCheck:
    """Real against replicated answers of one protocol; answers are response values (0 or 1, or CU)."""

    protocol: str
    task: str
    num_trials: int
    statistics: tuple[PredictiveStatistic, ...]
    bins: tuple[PredictiveBin, ...]


@dataclass(frozen=True)
class DirectionPart:
    """One parameter of the ear within a combination of several.

    `weight` is how far one posterior SD along the combination moves the `coordinate` (named as in `Posterior.names`),
    in units of its SD among people; parts of one sign rise together. `sd` is how far that step moves the `quantity`, in
    `unit`: no more than the SD of the quantity by itself, which moves in other directions too. Of the "division of the
    loss" it is how far the attenuation moves: loss of compression changes by as much the other way.
    """

    coordinate: str
    weight: float
    quantity: str
    frequency_hz: float
    sd: float
    unit: str


@dataclass(frozen=True)
class Direction:
    """The combination of the ear's parameters that the answers leave widest, re how people vary; largest part first.

    The largest part rises. `data_share` is 1 - (posterior variance / variance among people) of it, within [0, 1].
    """

    data_share: float
    parts: tuple[DirectionPart, ...]


@dataclass(frozen=True)
class NamedVersion:
    """A protocol, standard or software package and its version or edition."""

    name: str
    version: str


@dataclass(frozen=True)
class Provenance:
    """What the profile was made from and with; `prior` is the name of what was assumed before any answer."""

    data_sha256: str
    trial_files: tuple[str, ...]
    protocols: tuple[NamedVersion, ...]
    transducer: str
    standards: tuple[NamedVersion, ...]
    software: tuple[NamedVersion, ...]
    seed: int
    created: str
    # Older profiles do not say; theirs was set by hand.
    prior: str = "not stated"


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
    predictive_checks: tuple[PredictiveCheck, ...] = ()
    # Older profiles do not have it, nor does one of nothing but catch trials.
    least_determined: Direction | None = None
    model_comparison: ModelComparison | None = None
    schema: str = PROFILE_SCHEMA
    version: int = PROFILE_VERSION
