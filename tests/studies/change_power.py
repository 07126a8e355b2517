"""How often an unchanged ear is told to have changed, and a true change of its thresholds is found.

    python -m tests.studies.change_power fit FOLDER --retest-sd 1.7 --listeners 40
    python -m tests.studies.change_power table FOLDER [--figure docs/figures/change.png]

**Listeners** have the standard audiograms N1 to N4, S1 and S2, a random share of every loss in compression, and an
observer drawn from the prior of people. **Sessions** are the standard one, tone detection and categorical loudness (480
answers), simulated and fitted like anybody's. In each session every threshold is shifted by retest noise: independent
between frequencies with the SD within a session (1.7 dB), or with that between sessions (4.5 dB) and a correlation of
neighbours that falls by half in as many octaves as neighbouring test frequencies lie apart on average. Three sessions
have no true change, one each has 10 and 20 dB at two neighbouring frequencies of 2 to 8 kHz.

**Rates**: each session without change is a baseline for each other one. A false alarm is a comparison that tells any
change of any ear, frequency or parameter; a change is found where at least one of the two thresholds or their mean is
told to be worse. Both ears are two simulated listeners of equal number taken for one. Intervals of rates are Wilson's,
by listeners, because comparisons of one listener are not independent.

Fits are kept in the folder as profiles, one a session, and made only where they are missing.
"""

import argparse
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.change.difference import Quantity, differences
from hearfit.change.profile_change import compare_profiles
from hearfit.change.retest import BETWEEN_SESSIONS, WITHIN_SESSION
from hearfit.change.verdict import QuantityChange, Verdict
from hearfit.experiment.trial_assembly import trials_sha256
from hearfit.experiment.trials import Trials
from hearfit.fitting import fit_ear
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.simulate import position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, attenuation_db, compression_exponent
from hearfit.listener.profile import Profile
from hearfit.protocols.loader import load_protocol
from hearfit.storage.profile_files import read_profile, write_profile

AUDIOGRAMS = ("N1", "N2", "N3", "N4", "S1", "S2")
PROTOCOLS = ("pure_tone_detection", "categorical_loudness")
CHANGES_DB = (0.0, 0.0, 0.0, 10.0, 20.0)
# Knots of the audiometric frequencies between which no other one is tested.
PAIRS = ((6, 7), (7, 8), (8, 9), (9, 10))
_NUM_ADJUSTMENTS = 8
# Neighbouring test frequencies lie 0.7 octaves apart on average.
_HALVED_IN_OCTAVES = 0.7
# What varies more than careful tests do is what neighbours share: the person, the earphone's place.
_CORRELATED_FROM_DB = 3.0

Position = Float[np.ndarray, " parameters"]


@dataclass(frozen=True)
class Simulated:
    """One session: its profile, the true change, where, and the true values of the session (thresholds first)."""

    profile: Profile
    change_db: float
    changed_hz: tuple[float, float]
    truth: Float[np.ndarray, "quantities knots"]


def retest_shift(sd_db: float, generator: np.random.Generator) -> Float[np.ndarray, " knots"]:
    """What this session adds to every threshold."""
    if sd_db < _CORRELATED_FROM_DB:
        return sd_db * generator.standard_normal(NUM_KNOTS)
    octave = np.log2(AUDIOMETRIC_FREQUENCIES_HZ)
    distance = np.abs(octave[:, None] - octave[None, :])
    correlation = BETWEEN_SESSIONS.neighbour_correlation ** (distance / _HALVED_IN_OCTAVES)
    return sd_db * np.linalg.cholesky(correlation) @ generator.standard_normal(NUM_KNOTS)


def ear_of(number: int, generator: np.random.Generator) -> Position:
    """A listener by number; under `jax.enable_x64`."""
    audiogram = standard_audiogram(AUDIOGRAMS[number % len(AUDIOGRAMS)])
    share = float(generator.uniform(0.3, 0.95))
    position = position_from_thresholds(
        thresholds_at_knots(audiogram, Ear.LEFT), outer_hair_cell_share=share, normal=NORMAL
    )
    anybody = generator.multivariate_normal(DEFAULT_PRIOR.mean, DEFAULT_PRIOR.covariance)
    position[2 * NUM_KNOTS :] = anybody[2 * NUM_KNOTS :]
    return position


def with_shift(position: Position, shift_db: Float[np.ndarray, " knots"]) -> Position:
    """The ear whose implied thresholds lie this much higher, its shares of loss unchanged."""
    target = _implied(position) + shift_db
    shifted = position.copy()
    for _ in range(_NUM_ADJUSTMENTS):
        shifted[NUM_KNOTS : 2 * NUM_KNOTS] += target - _implied(shifted)
    return shifted


def _implied(position: Position) -> Float[np.ndarray, " knots"]:
    return np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=NORMAL))[0]


def true_values(position: Position) -> Float[np.ndarray, "quantities knots"]:
    """Threshold, compression exponent and attenuation, in the order of `Quantity`."""
    share, level = jnp.asarray(position[:NUM_KNOTS]), jnp.asarray(position[NUM_KNOTS : 2 * NUM_KNOTS])
    exponent, attenuation = compression_exponent(share, level), attenuation_db(share, level)
    return np.stack([_implied(position), np.asarray(exponent), np.asarray(attenuation)])


def fit_listener(number: int, sd_db: float, folder: Path) -> None:
    """Simulates and fits all sessions of a listener that are not in the folder."""
    protocols = [load_protocol(name) for name in PROTOCOLS]
    generator = np.random.default_rng([number, round(10 * sd_db)])
    with jax.enable_x64(True):
        ear = ear_of(number, generator)
        low, high = PAIRS[int(generator.integers(len(PAIRS)))]
        for index, change in enumerate(CHANGES_DB):
            shift = retest_shift(sd_db, generator)
            shift[[low, high]] += change
            own = np.random.default_rng([number, round(10 * sd_db), index])
            path = folder / f"{sd_db:g}" / f"{number:03d}-{index}.json"
            if path.exists():
                continue
            position = with_shift(ear, shift)
            blocks = tuple(
                simulate_block(protocol, position, transducer="HDA200", normal=NORMAL, generator=own)
                for protocol in protocols
            )
            who, day = f"{number}", f"2026-01-{index + 1:02d}"
            trials = Trials(
                listener=who,
                ear=Ear.LEFT,
                session=day,
                transducer="HDA200",
                blocks=blocks,
                source_names=(),
                source_sha256=trials_sha256(blocks, listener=who, ear=Ear.LEFT, session=day, transducer="HDA200"),
            )
            # From one point: these answers have one mode.
            profile = fit_ear(trials, audiogram=None, method="map", seed=1, num_starts=1).profile
            changed = [AUDIOMETRIC_FREQUENCIES_HZ[knot] for knot in (low, high)]
            about = {"change_db": change, "changed_hz": changed, "truth": true_values(position).tolist()}
            path.with_suffix(".truth").parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".truth").write_text(json.dumps(about), encoding="utf-8")
            # Last, because it says that the session is complete.
            write_profile(path, profile)
            print(f"{path.name}: {profile.diagnostics.seconds:.1f} s", flush=True)


def read_listeners(folder: Path) -> list[list[Simulated]]:
    """The complete listeners of a folder, each with sessions in the order of `CHANGES_DB`."""
    listeners: dict[str, list[Simulated]] = {}
    for path in sorted(folder.glob("*.json")):
        about = json.loads(path.with_suffix(".truth").read_text("utf-8"))
        low, high = about["changed_hz"]
        listeners.setdefault(path.name[:3], []).append(
            Simulated(read_profile(path), about["change_db"], (low, high), np.array(about["truth"]))
        )
    return [sessions for sessions in listeners.values() if len(sessions) == len(CHANGES_DB)]


@dataclass(frozen=True)
class Rate:
    """How often something was told, by listeners, with Wilson's 95 % interval of as many listeners."""

    value: float
    low: float
    high: float
    num_comparisons: int


def rate_of(told_by_listener: Sequence[Sequence[bool]]) -> Rate:
    n = len(told_by_listener)
    share = float(np.mean([np.mean(told) for told in told_by_listener]))
    z = 1.96
    middle, half = (share + z * z / (2 * n)), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
    return Rate(share, max(float(low), 0.0), min(float(high), 1.0), sum(map(len, told_by_listener)))


def comparisons(listeners: Sequence[Sequence[Simulated]], change_db: float) -> Iterator[list[list[Simulated]]]:
    """Of each listener the pairs of an unchanged session and another one with this change, earlier one first."""
    for sessions in listeners:
        unchanged = [each for each in sessions if each.change_db == 0.0]
        if change_db == 0.0:
            yield [[a, b] for i, a in enumerate(unchanged) for b in unchanged[i + 1 :]]
        else:
            yield [[a, b] for a in unchanged for b in sessions if b.change_db == change_db]


def as_ear(profile: Profile, ear: Ear) -> Profile:
    return dataclasses.replace(profile, listener="both", ear=ear)


def changes_of(pair: Sequence[Simulated], other: Sequence[Simulated] | None) -> tuple[QuantityChange, ...]:
    """All changes of the left ear in this pair of sessions, and of the right ear in another pair, unchanged."""
    profiles = [as_ear(each.profile, Ear.LEFT) for each in pair]
    if other is not None:
        days = [each.session for each in profiles]
        profiles += [
            dataclasses.replace(as_ear(each.profile, Ear.RIGHT), session=day)
            for each, day in zip(other, days, strict=True)
        ]
    return compare_profiles(profiles).latest.changes


def is_found(changes: Sequence[QuantityChange], changed_hz: tuple[float, float], verdicts: Sequence[Verdict]) -> bool:
    """Whether one of the two changed thresholds, or their mean, is told to be worse."""
    return any(
        change.verdict in verdicts
        and change.is_worse
        and change.measured.quantity is Quantity.THRESHOLD
        and set(change.measured.frequencies_hz) <= set(changed_hz)
        and change.ear is Ear.LEFT
        for change in changes
    )


TOLD = (Verdict.TO_BE_CONFIRMED, Verdict.BEYOND_RETEST)
BEYOND = (Verdict.BEYOND_RETEST,)


def rates(listeners: Sequence[Sequence[Simulated]], *, is_both: bool) -> dict[tuple[float, str], Rate]:
    """False alarms (change 0) and power, of what is told at all and of what is beyond retest."""
    table: dict[tuple[float, str], Rate] = {}
    unchanged = list(comparisons(listeners, 0.0))
    for change_db in dict.fromkeys(CHANGES_DB):
        told: dict[str, list[list[bool]]] = {"told": [], "beyond": []}
        for index, pairs in enumerate(comparisons(listeners, change_db)):
            other = unchanged[(index + 1) % len(unchanged)][0] if is_both else None
            found = [changes_of(pair, other) for pair in pairs]
            for name, verdicts in (("told", TOLD), ("beyond", BEYOND)):
                told[name].append(
                    [any(c.verdict in verdicts for c in changes) for changes in found]
                    if change_db == 0.0
                    else [is_found(changes, pairs[0][1].changed_hz, verdicts) for changes in found]
                )
        table |= {(change_db, name): rate_of(rows) for name, rows in told.items()}
    return table


def coverage(listeners: Sequence[Sequence[Simulated]]) -> dict[str, tuple[float, int]]:
    """How many 95 % intervals of differences hold the true one, by quantity, where both sessions measured it."""
    held: dict[str, list[bool]] = {}
    quantities = list(Quantity)[:3]
    for sessions in listeners:
        # Each session once as the later one of a pair, so that pairs of one listener share little.
        for before, after in pairwise(sessions):
            for row in differences(before.profile, after.profile):
                if row.quantity not in quantities or row.not_measured is not None or len(row.frequencies_hz) > 1:
                    continue
                knot, k = AUDIOMETRIC_FREQUENCIES_HZ.index(row.frequencies_hz[0]), quantities.index(row.quantity)
                true = after.truth[k, knot] - before.truth[k, knot]
                inside = row.difference.lower_95 <= true <= row.difference.upper_95
                held.setdefault(row.quantity.label, []).append(bool(inside))
    return {name: (float(np.mean(values)), len(values)) for name, values in held.items()}


def print_table(folder: Path) -> dict[str, dict[tuple[float, str], Rate]]:
    tables = {}
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        listeners = read_listeners(own)
        thresholds = [
            row.threshold_db_hl.sd
            for s in listeners
            for each in s
            for row in each.profile.frequencies
            if row.num_trials
        ]
        print(f"retest SD {own.name} dB, {len(listeners)} listeners, SD of a threshold {np.mean(thresholds):.2f} dB")
        for name, (share, number) in coverage(listeners).items():
            print(f"  95 % intervals of the difference of the {name} hold {share:.1%} ({number})")
        for is_both in (False, True):
            table = rates(listeners, is_both=is_both)
            ears = "both ears" if is_both else "one ear"
            tables[f"{own.name} dB, {ears}"] = table
            for (change_db, name), rate in table.items():
                kind = "false alarms" if change_db == 0.0 else f"{change_db:g} dB found"
                print(
                    f"  {ears}, {name}: {kind} {rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%}; "
                    f"{rate.num_comparisons} comparisons)"
                )
    return tables


def write_figure(tables: dict[str, dict[tuple[float, str], Rate]], path: Path) -> None:
    """Share told against the true change: one panel a retest noise and number of ears."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6 * len(tables), 2.9), layout="constrained")
    axes = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for axis, (title, table) in zip(axes, tables.items(), strict=True):
        for name, label, line, marker in (
            ("told", "told: at least to be confirmed", "-", "o"),
            ("beyond", "beyond retest", "--", "s"),
        ):
            points = [(change, rate) for (change, own), rate in table.items() if own == name]
            x, y = [change for change, _ in points], [rate.value for _, rate in points]
            low, high = (
                [abs(rate.value - end) for (_, rate), end in zip(points, ends, strict=True)]
                for ends in ([rate.low for _, rate in points], [rate.high for _, rate in points])
            )
            color = "#1f2328" if name == "told" else "#6b7280"
            axis.errorbar(x, y, yerr=[low, high], fmt=marker + line, color=color, label=label, capsize=2, ms=4, lw=1.3)
        for level in (0.05, 0.8):
            axis.axhline(level, color="#9aa1ab", lw=0.7, ls=":")
        axis.set(title=f"retest SD {title}", xlabel="true change (dB)", ylim=(0, 1.02))
        axis.set_xticks(list(dict.fromkeys(CHANGES_DB)))
        axis.title.set_fontsize(9)
    axes[0].set_ylabel("share of comparisons")
    axes[0].legend(fontsize=7, frameon=False, loc="upper left")
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("fit", "table"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--retest-sd", type=float, default=WITHIN_SESSION.sd_db)
    parser.add_argument("--listeners", type=int, default=48)
    parser.add_argument("--first", type=int, default=0, help="number of the first listener: others are fresh ones")
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    if arguments.verb == "fit":
        for number in range(arguments.first, arguments.first + arguments.listeners):
            fit_listener(number, arguments.retest_sd, arguments.folder)
        return
    tables = print_table(arguments.folder)
    if arguments.figure is not None:
        write_figure(tables, arguments.figure)


if __name__ == "__main__":
    main()
