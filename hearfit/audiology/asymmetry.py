"""Difference between the ears by named criteria: there is no single definition, so each is answered by its name.

A criterion that asks for neighbouring frequencies counts only those that are neighbours on the routine ladder of ASHA
(2005), or closer: 2000 and 4000 Hz are no neighbours because 3000 Hz was left out. Own choice: the same ear must be the
worse one at all of them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.averages import THREE_TONE
from hearfit.audiology.criterion import Outcome, outcome_of
from hearfit.audiology.ear_thresholds import in_hertz, possible_levels_db_hl, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard

ROUTINE_FREQUENCY_HZ = (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
NICE_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 4000.0, 8000.0)

_AVERAGE_LIMIT_DB = 15.0


@dataclass(frozen=True)
class EarDifference:
    """Right minus left threshold, dB: one number, or a range where an ear did not respond or was not measured."""

    frequency_hz: float
    lowest_db: float
    highest_db: float

    @property
    def is_known(self) -> bool:
        """Whether both ears were measured and responded."""
        return self.lowest_db == self.highest_db


@dataclass(frozen=True)
class AsymmetryResult:
    """The answer of one criterion: `frequency_hz` are those that meet it, or those that an answer needs."""

    name: str
    rule: str
    outcome: Outcome
    frequency_hz: tuple[float, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Finding:
    """The answer to a rule: `frequency_hz` are those that meet it, or those that an answer needs."""

    outcome: Outcome
    frequency_hz: tuple[float, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class AsymmetryCriterion:
    """A named rule with its source, and the function that answers it."""

    name: str
    rule: str
    source: str
    provenance: Provenance
    evaluate: Callable[[Audiogram], Finding]


def ear_differences(audiogram: Audiogram, frequency_hz: Sequence[float]) -> tuple[EarDifference, ...]:
    """Right minus left air-conduction threshold at each of these frequencies, in their order."""
    left, right = (thresholds_by_frequency(audiogram, ear) for ear in Ear)
    differences = []
    for frequency in frequency_hz:
        left_low, left_high = possible_levels_db_hl(left.get(frequency))
        right_low, right_high = possible_levels_db_hl(right.get(frequency))
        # An infinite bound on both sides would make a difference that is not a number.
        lowest = -math.inf if math.inf == left_high else right_low - left_high
        highest = math.inf if math.inf == right_high else right_high - left_low
        differences.append(EarDifference(frequency, lowest, highest))
    return tuple(differences)


def asymmetry(audiogram: Audiogram) -> tuple[AsymmetryResult, ...]:
    """What every criterion says of an audiogram, in the order of `ASYMMETRY_CRITERIA`."""
    results = []
    for criterion in ASYMMETRY_CRITERIA:
        found = criterion.evaluate(audiogram)
        results.append(AsymmetryResult(criterion.name, criterion.rule, found.outcome, found.frequency_hz, found.reason))
    return tuple(results)


def _neighbours(
    limit_db: float, num_neighbours: int, ladder_of: Callable[[tuple[float, ...]], tuple[float, ...]]
) -> Callable[[Audiogram], Finding]:
    """At least this difference at so many neighbours of a ladder, which may depend on what both ears have."""

    def evaluate(audiogram: Audiogram) -> Finding:
        shared_hz = _shared_hz(audiogram)
        if not shared_hz:
            return _without_two_ears(audiogram)
        differences = ear_differences(audiogram, ladder_of(shared_hz))
        runs = [differences[start : start + num_neighbours] for start in range(len(differences) - num_neighbours + 1)]
        certain = [run for run in runs if _is_certain(run, limit_db)]
        # Where nothing was measured nothing is claimed, unless the rule names that very frequency.
        examined = [run for run in runs if num_neighbours == 1 or any(d.frequency_hz in shared_hz for d in run)]
        possible = [run for run in examined if _is_possible(run, limit_db)]
        outcome = outcome_of(is_certain=bool(certain), is_possible=bool(possible))
        if outcome is Outcome.NOT_MET and not any(all(d.frequency_hz in shared_hz for d in run) for run in runs):
            # Nowhere do both ears have as many neighbours as the rule compares.
            return _not_computable(audiogram, tuple(d.frequency_hz for d in differences if not d.is_known))
        if outcome is Outcome.NOT_COMPUTABLE:
            unknown = sorted({d.frequency_hz for run in possible for d in run if not d.is_known})
            return _not_computable(audiogram, tuple(unknown))
        return Finding(outcome, tuple(sorted({d.frequency_hz for run in certain for d in run})))

    return evaluate


def _as_shared(shared_hz: tuple[float, ...]) -> tuple[float, ...]:
    return shared_hz


def _routine_ladder(shared_hz: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({*ROUTINE_FREQUENCY_HZ, *shared_hz}))


def _nice_ladder(_measured_hz: tuple[float, ...]) -> tuple[float, ...]:
    return NICE_FREQUENCY_HZ


def _only_3000_hz(_measured_hz: tuple[float, ...]) -> tuple[float, ...]:
    return (3000.0,)


def _average_difference(audiogram: Audiogram) -> Finding:
    differences = ear_differences(audiogram, THREE_TONE.frequency_hz)
    lowest = sum(difference.lowest_db for difference in differences) / len(differences)
    highest = sum(difference.highest_db for difference in differences) / len(differences)
    is_certain = lowest >= _AVERAGE_LIMIT_DB or highest <= -_AVERAGE_LIMIT_DB
    is_possible = highest >= _AVERAGE_LIMIT_DB or lowest <= -_AVERAGE_LIMIT_DB
    outcome = outcome_of(is_certain=is_certain, is_possible=is_possible)
    if outcome is Outcome.NOT_COMPUTABLE:
        unknown = tuple(difference.frequency_hz for difference in differences if not difference.is_known)
        return _not_computable(audiogram, unknown)
    return Finding(outcome, THREE_TONE.frequency_hz if outcome is Outcome.MET else ())


def _one_sided_no_response(audiogram: Audiogram) -> Finding:
    shared_hz = _shared_hz(audiogram)
    if not shared_hz:
        return _without_two_ears(audiogram)
    left, right = (thresholds_by_frequency(audiogram, ear) for ear in Ear)
    met_hz = tuple(hz for hz in shared_hz if left[hz].is_no_response != right[hz].is_no_response)
    return Finding(Outcome.MET if met_hz else Outcome.NOT_MET, met_hz)


def _word_recognition(_audiogram: Audiogram) -> Finding:
    return Finding(Outcome.NOT_COMPUTABLE, reason="An audiogram holds no word recognition scores.")


def _is_certain(run: Sequence[EarDifference], limit_db: float) -> bool:
    return all(d.lowest_db >= limit_db for d in run) or all(d.highest_db <= -limit_db for d in run)


def _is_possible(run: Sequence[EarDifference], limit_db: float) -> bool:
    return all(d.highest_db >= limit_db for d in run) or all(d.lowest_db <= -limit_db for d in run)


def _shared_hz(audiogram: Audiogram) -> tuple[float, ...]:
    left, right = (thresholds_by_frequency(audiogram, ear) for ear in Ear)
    return tuple(sorted(set(left) & set(right)))


def _not_computable(audiogram: Audiogram, frequency_hz: tuple[float, ...]) -> Finding:
    shared_hz = _shared_hz(audiogram)
    missing_hz = [frequency for frequency in frequency_hz if frequency not in shared_hz]
    unbounded_hz = [frequency for frequency in frequency_hz if frequency in shared_hz]
    reasons = []
    if missing_hz:
        reasons.append(f"It depends on {in_hertz(missing_hz)}, where not both ears were measured.")
    if unbounded_hz:
        reasons.append(f"It depends on {in_hertz(unbounded_hz)}, where an ear did not respond.")
    return Finding(Outcome.NOT_COMPUTABLE, frequency_hz, " ".join(reasons))


def _without_two_ears(audiogram: Audiogram) -> Finding:
    missing = [ear for ear in Ear if not audiogram.of(ear)]
    if not missing:
        reason = "The two ears share no frequency by air conduction."
    else:
        which = f"the {missing[0]} ear" if len(missing) == 1 else "either ear"
        reason = f"There are no air-conduction thresholds of {which}."
    return Finding(Outcome.NOT_COMPUTABLE, reason=reason)


_PACKAGE = "Python package audiogram 0.1.0"

ASYMMETRY_CRITERIA: tuple[AsymmetryCriterion, ...] = (
    AsymmetryCriterion(
        "any-15",
        "at least 15 dB at any frequency that both ears have",
        _PACKAGE,
        Provenance.TRANSCRIPTION,
        _neighbours(15.0, 1, _as_shared),
    ),
    AsymmetryCriterion(
        "any-30",
        "at least 30 dB at any frequency that both ears have",
        _PACKAGE,
        Provenance.TRANSCRIPTION,
        _neighbours(30.0, 1, _as_shared),
    ),
    AsymmetryCriterion(
        "two-10",
        "at least 10 dB at two neighbouring frequencies",
        f"{_PACKAGE}; droracle.ai 349892",
        Provenance.TRANSCRIPTIONS,
        _neighbours(10.0, 2, _routine_ladder),
    ),
    AsymmetryCriterion(
        "two-15",
        "at least 15 dB at two neighbouring frequencies",
        _PACKAGE,
        Provenance.TRANSCRIPTION,
        _neighbours(15.0, 2, _routine_ladder),
    ),
    AsymmetryCriterion(
        "three-10",
        "at least 10 dB at three neighbouring frequencies",
        _PACKAGE,
        Provenance.TRANSCRIPTION,
        _neighbours(10.0, 3, _routine_ladder),
    ),
    AsymmetryCriterion(
        "pta-15",
        "averages of 500, 1000 and 2000 Hz at least 15 dB apart",
        f"{_PACKAGE}; droracle.ai 658941 quotes the AAO-HNS with more than 15 dB",
        Provenance.TRANSCRIPTION,
        _average_difference,
    ),
    AsymmetryCriterion(
        "rule-3000",
        "at least 15 dB at 3000 Hz",
        f"{_PACKAGE}; droracle.ai 349892",
        Provenance.TRANSCRIPTIONS,
        _neighbours(15.0, 1, _only_3000_hz),
    ),
    AsymmetryCriterion(
        "nice-ng98",
        "at least 15 dB at two neighbours of 500, 1000, 2000, 4000 and 8000 Hz",
        "NICE guideline NG98 (2018), recommendation 1.3.2, as quoted by iatrox.com and by a public clinical calculator",
        Provenance.TRANSCRIPTIONS,
        _neighbours(15.0, 2, _nice_ladder),
    ),
    AsymmetryCriterion(
        "no-response",
        "no response in one ear only at any frequency that both ears have",
        _PACKAGE,
        Provenance.TRANSCRIPTION,
        _one_sided_no_response,
    ),
    AsymmetryCriterion(
        "wrs-15",
        "word recognition scores more than 15 % apart",
        f"{_PACKAGE}; droracle.ai 658941",
        Provenance.TRANSCRIPTIONS,
        _word_recognition,
    ),
)

ASYMMETRY_STANDARD = Standard(
    name="asymmetry",
    title="Criteria of a difference between the ears, by air conduction",
    edition="each criterion by its own name",
    source="as each row says; the package collects published criteria, and was read",
    provenance=Provenance.TRANSCRIPTION,
    columns=("name", "rule", "source"),
    rows=tuple((criterion.name, criterion.rule, criterion.source) for criterion in ASYMMETRY_CRITERIA),
    notes=(
        "There is no single definition, so every criterion is answered by its name.",
        (
            "Neighbours are neighbours on the routine ladder of ASHA (2005), 250, 500, 1000, 2000, 3000, 4000, 6000 "
            "and 8000 Hz, with frequencies between them where both ears have them. Own choice: the same ear is the "
            "worse one at all of them."
        ),
        "Word recognition is listed because guidelines name it; an audiogram cannot answer it.",
    ),
)
