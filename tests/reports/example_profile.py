"""A made-up but realistic profile: eleven frequencies, six of them tested, detection and loudness answers."""

import dataclasses
import math

import numpy as np

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.listener.profile import (
    Agreement,
    AnswerCount,
    Diagnostics,
    Estimate,
    FrequencyEstimates,
    NamedVersion,
    ObserverEstimate,
    Posterior,
    Profile,
    Provenance,
    ResponseCurve,
    Sampling,
)

FREQUENCIES_HZ = (125.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
TESTED_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 6000.0)
THRESHOLDS_DB_HL = (36.0, 34.0, 35.5, 36.0, 41.0, 44.0, 49.0, 56.0, 61.0, 64.0, 66.0)
EXPONENTS = (0.36, 0.38, 0.41, 0.43, 0.47, 0.52, 0.58, 0.66, 0.74, 0.81, 0.83)
NORMAL_EXPONENT = 0.3
SAMPLING = Sampling(
    num_chains=4,
    num_draws=1000,
    seed=1,
    rhat_max=1.00432,
    ess_bulk_min=1812.4,
    ess_tail_min=1203.2,
    num_divergent=3,
    num_largest_tree=0,
    energy_bfmi_min=0.9,
    mean_steps=7.0,
    problems=(),
    not_gaussian=(),
    agreement=(
        Agreement("threshold_db_hl", 500.0, 0.1, 1.4),
        Agreement("attenuation_db", 4000.0, -0.213, 1.02),
        # Half as wide is farther from 1 than 1.4 times as wide.
        Agreement("inhibition", 750.0, 0.05, 0.5),
    ),
)


def example_profile(
    ear: Ear = Ear.RIGHT,
    *,
    listener: str = "L001",
    seed: int = 1,
    is_converged: bool = True,
    has_audiogram: bool = True,
) -> Profile:
    """One ear with a sloping moderate loss."""
    random = np.random.default_rng(seed + (100 if ear is Ear.LEFT else 0))
    names = tuple(
        f"{name}_{frequency:.0f}"
        for name in ("log_exponent", "attenuation", "inhibition")
        for frequency in FREQUENCIES_HZ
    )
    root = random.normal(size=(len(names), len(names))) * 0.02
    covariance = root @ root.T + 0.01 * np.eye(len(names))
    trace = -2950.0 + 1080.0 * (1 - np.exp(-np.arange(15) / 2.2))
    return Profile(
        listener=listener,
        ear=ear,
        session="2026-03-14",
        frequencies=tuple(_at_frequency(index, random) for index in range(len(FREQUENCIES_HZ))),
        observer=(
            ObserverEstimate("lapse rate", "", _estimate(0.012, 0.005, 0.9)),
            ObserverEstimate("detection criterion", "d'", _estimate(1.1, 0.15, 0.97)),
            ObserverEstimate("spread of loudness answers", "CU", _estimate(4.1, 0.12, 0.99)),
        ),
        curves=(
            *(_loudness(frequency, random) for frequency in TESTED_HZ),
            *(_detection(frequency, random) for frequency in TESTED_HZ),
        ),
        posterior=Posterior(
            names,
            tuple(float(value) for value in random.normal(size=len(names))),
            tuple(tuple(float(value) for value in row) for row in covariance),
        ),
        diagnostics=Diagnostics(
            method="map",
            is_converged=is_converged,
            status="The steps became smaller than the tolerance."
            if is_converged
            else "The limit of 100 iterations was reached while the log posterior was still rising.",
            num_iterations=15,
            newton_decrement=2.1e-7 if is_converged else 3.4,
            condition_number=4.1e4,
            parameters_at_bound=() if is_converged else ("inhibition_8000",),
            num_trials=1380,
            num_conditions=412,
            log_likelihood=-1841.2,
            log_likelihood_per_trial=-1841.2 / 1380,
            log_posterior_trace=tuple(float(value) for value in trace),
            seconds=1.31,
            warnings=() if is_converged else ("The attenuation at 8 kHz lies at its lower bound.",),
        ),
        not_identified=(
            "Lateral inhibition was not measured at any frequency: no masking task was among the answers.",
            "125, 750, 1500, 3000 and 8000 Hz were not tested: neighbours and the prior speak there.",
        ),
        provenance=Provenance(
            data_sha256="9f2c6b0d4a1e8f7733c5b1aa0d64e2f19f2c6b0d4a1e8f7733c5b1aa0d64e2f1",
            trial_files=("sub-L001_task-detection_beh.tsv", "sub-L001_task-categoricalLoudness_beh.tsv"),
            protocols=(NamedVersion("pure_tone_detection", "1.0"), NamedVersion("categorical_loudness", "1.0")),
            transducer="HDA200",
            standards=(NamedVersion("ISO 389-8", "2004"), NamedVersion("ISO 16832", "2006")),
            software=(NamedVersion("hearfit", "0.1.0"), NamedVersion("jax", "0.7.2")),
            seed=seed,
            created="2026-03-14T10:20:30+00:00",
            prior="population",
        ),
        measured_audiogram=_audiogram(listener, ear) if has_audiogram else None,
    )


def sampled_profile(ear: Ear = Ear.RIGHT) -> Profile:
    """The example as if it had been made from draws."""
    profile = example_profile(ear)
    return dataclasses.replace(
        profile, diagnostics=dataclasses.replace(profile.diagnostics, method="nuts", sampling=SAMPLING)
    )


def _estimate(
    mean: float, sd: float, data_share: float | None, low: float = -math.inf, high: float = math.inf
) -> Estimate:
    return Estimate(mean, sd, max(low, mean - 1.96 * sd), min(high, mean + 1.96 * sd), data_share)


def _at_frequency(index: int, random: np.random.Generator) -> FrequencyEstimates:
    frequency = FREQUENCIES_HZ[index]
    is_tested = frequency in TESTED_HZ
    exponent = EXPONENTS[index] * float(np.exp(random.normal() * 0.04))
    width = 1.0 if is_tested else 2.6
    inhibition = 0.5 - 0.02 * index
    bandwidth = 24.7 * (4.37 * frequency / 1000 + 1) * (1 + 0.08 * index)
    return FrequencyEstimates(
        frequency_hz=frequency,
        num_trials=230 if is_tested else 0,
        compression_exponent=Estimate(
            exponent,
            0.035 * width,
            exponent * math.exp(-0.14 * width),
            exponent * math.exp(0.14 * width),
            0.96 if is_tested else 0.31,
        ),
        attenuation_db=_estimate(6.0 + 1.3 * index, 2.8 * width, 0.82 if is_tested else 0.22, low=0.0),
        inhibition=_estimate(inhibition, 0.18, 0.08 if is_tested else 0.01, low=0.0, high=1.0),
        equivalent_bandwidth_hz=_estimate(bandwidth, 0.15 * bandwidth, None),
        threshold_db_hl=_estimate(
            THRESHOLDS_DB_HL[index] + float(random.normal()), 1.4 * width, 0.98 if is_tested else 0.45
        ),
    )


def _parameters(frequency: float) -> tuple[float, float]:
    index = FREQUENCIES_HZ.index(frequency)
    return THRESHOLDS_DB_HL[index], EXPONENTS[index] / NORMAL_EXPONENT


def _normal_loudness(level: np.ndarray) -> np.ndarray:
    return np.clip(np.where(level < 68, 0.33 * level, 0.33 * 68 + (level - 68) * 0.8), 0.0, 50.0)


def _loudness(frequency: float, random: np.random.Generator) -> ResponseCurve:
    threshold, steepness = _parameters(frequency)
    levels = np.arange(-10.0, 111.0, 2.5)

    def category(level: np.ndarray) -> np.ndarray:
        return _normal_loudness(np.clip(105 - (105 - level) * min(steepness, 105 / (105 - threshold)), -10, 120))

    predicted = category(levels)
    presented = np.repeat(np.round(np.linspace(threshold - 5, 105, 12)), 3)
    answers: dict[tuple[float, int], int] = {}
    for level in presented:
        value = float(category(np.array([level]))[0]) + random.normal() * 4
        key = (float(level), int(np.clip(round(value / 5) * 5, 0, 50)))
        answers[key] = answers.get(key, 0) + 1
    return ResponseCurve(
        protocol="categorical_loudness",
        task="categorical_loudness",
        frequency_hz=frequency,
        interval_count=1,
        x_column="level_db_hl",
        x=tuple(levels.tolist()),
        predicted=tuple(predicted.tolist()),
        lower_95=tuple(np.clip(predicted - 2.2, 0, 50).tolist()),
        upper_95=tuple(np.clip(predicted + 2.2, 0, 50).tolist()),
        normal_ear=tuple(_normal_loudness(levels).tolist()),
        answers=tuple(AnswerCount(level, response, count) for (level, response), count in sorted(answers.items())),
    )


def _heard(level: np.ndarray, threshold: float) -> np.ndarray:
    return 0.04 + 0.95 / (1 + np.exp(-(level - threshold) / 2.2))


def _detection(frequency: float, random: np.random.Generator) -> ResponseCurve:
    threshold, _ = _parameters(frequency)
    levels = np.arange(-10.0, 111.0, 2.5)
    predicted = _heard(levels, threshold)
    answers: list[AnswerCount] = [AnswerCount(None, 0, 19), AnswerCount(None, 1, 1)]
    for offset in (-10, -5, 0, 5, 10, 20):
        num_heard = int(random.binomial(20, float(_heard(np.array([threshold + offset]), threshold)[0])))
        level = float(round(threshold) + offset)
        if num_heard:
            answers.append(AnswerCount(level, 1, num_heard))
        if num_heard < 20:
            answers.append(AnswerCount(level, 0, 20 - num_heard))
    return ResponseCurve(
        protocol="pure_tone_detection",
        task="detection",
        frequency_hz=frequency,
        interval_count=1,
        x_column="level_db_hl",
        x=tuple(levels.tolist()),
        predicted=tuple(predicted.tolist()),
        lower_95=tuple(_heard(levels, threshold + 2.5).tolist()),
        upper_95=tuple(_heard(levels, threshold - 2.5).tolist()),
        normal_ear=tuple(_heard(levels, 0.0).tolist()),
        answers=tuple(answers),
    )


def _audiogram(listener: str, ear: Ear) -> Audiogram:
    air = [
        Threshold(ear, frequency, 5.0 * round(THRESHOLDS_DB_HL[FREQUENCIES_HZ.index(frequency)] / 5 + 0.3))
        for frequency in (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0)
    ]
    air.append(Threshold(ear, 6000.0, 75.0, is_masked=True))
    air.append(Threshold(ear, 8000.0, 100.0, is_no_response=True))
    bone = [Threshold(ear, f, 35.0, Conduction.BONE, is_masked=f > 1000) for f in (500.0, 1000.0, 2000.0)]
    return Audiogram(listener, (*air, *bone), transducer="TDH39", date="2026-03-01")
