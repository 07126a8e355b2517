"""How much repeated thresholds of an unchanged ear differ: the constants of `hearfit.change.retest` and their sources.

    python -m tests.studies.retest_variability ../shared/data

**Within a session**: NHANES 2011-2012 tested 1 kHz twice in each ear, earphones in place (US CDC/NCHS, public domain).
The SD of one threshold about the mean of its repetitions is that of the differences over sqrt 2. Thresholds without a
response are left out.

Both data sets are in steps of 5 dB, posteriors are not: of each variance that of the rounding is taken off, 5^2 / 12
(Sheppard 1898). Solved without his approximation, for Gaussian differences at every place between two steps, NHANES
gives 1.65 dB as well.

**Between sessions**: one listener, six sessions from 2018 to 2021, both ears, 250 to 8000 Hz in steps of 5 dB, little
true change (PSY6983-2021/fortier_project, CC0). The SD pools the variances of the 16 series of thresholds; the
correlation is that of deviations from the series' means at neighbouring test frequencies of an ear. It is one
listener: the interval of the SD takes its 6 sessions as independent, but not its 16 series.

What others found, to compare with, is in `PUBLISHED_RETESTS`: SDs of a single threshold, computed from the published
numbers as if differences were Gaussian.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import chi2, norm

from hearfit.change.retest import BETWEEN_SESSIONS, PUBLISHED, WITHIN_SESSION

HIGHEST_HZ = 8000.0
_NO_THRESHOLD = 600.0
_STEP_DB = 5.0


@dataclass(frozen=True)
class WithinSession:
    """Differences of test and retest at 1 kHz."""

    num_ears: int
    sd_db: float
    sd_with_rounding_db: float
    mean_difference_db: float
    within_5_db: float
    within_10_db: float


@dataclass(frozen=True)
class BetweenSessions:
    """Thresholds of one listener about their means over sessions; differences are those of all pairs of sessions."""

    num_series: int
    num_sessions: int
    sd_db: float
    sd_with_rounding_db: float
    sd_interval_db: tuple[float, float]
    sd_without_first_db: float
    neighbour_correlation: float
    within_5_db: float
    within_10_db: float


def within_session(data: Path) -> WithinSession:
    table = pd.read_csv(data / "nhanes" / "AUX_G_2011_2012.csv.gz")
    differences = []
    for side in "RL":
        first, second = (table[f"AUXU1K{run}{side}"] for run in (1, 2))
        # 666 is no response, 888 not obtained.
        is_obtained = (first < _NO_THRESHOLD) & (second < _NO_THRESHOLD)
        differences.append((second - first)[is_obtained].to_numpy(float))
    joined = np.concatenate(differences)
    size = np.abs(joined)
    return WithinSession(
        num_ears=len(joined),
        sd_db=_without_rounding(joined.var(ddof=1) / 2.0),
        sd_with_rounding_db=float(joined.std(ddof=1) / np.sqrt(2.0)),
        mean_difference_db=float(joined.mean()),
        within_5_db=float(np.mean(size <= 5.0)),
        within_10_db=float(np.mean(size <= 10.0)),
    )


def longitudinal_thresholds(data: Path) -> Float[np.ndarray, "ears frequencies sessions"]:
    """In dB HL, left ear first, up to 8 kHz, sessions by date."""
    table = pd.read_csv(data / "longitudinal" / "pta_long.csv")
    table = table[table["freq_hz"] <= HIGHEST_HZ]
    wide = table.pivot_table(index=["ear", "freq_hz"], columns="session", values="threshold_db_hl", sort=False)
    wide = wide.sort_index()
    return wide.to_numpy(float).reshape(2, -1, wide.shape[1])


def between_sessions(data: Path) -> BetweenSessions:
    levels = longitudinal_thresholds(data)
    num_sessions = levels.shape[2]
    pairs = np.triu_indices(num_sessions, 1)
    sizes = np.abs(levels[:, :, pairs[0]] - levels[:, :, pairs[1]])
    deviation = levels - levels.mean(axis=2, keepdims=True)
    neighbours = np.sum(deviation[:, 1:] * deviation[:, :-1])
    spread = np.sqrt(np.sum(deviation[:, 1:] ** 2) * np.sum(deviation[:, :-1] ** 2))
    variance = _pooled_variance(levels)
    freedom = num_sessions - 1
    low, high = (_without_rounding(variance * freedom / chi2.ppf(q, freedom)) for q in (0.975, 0.025))
    return BetweenSessions(
        num_series=levels.shape[0] * levels.shape[1],
        num_sessions=num_sessions,
        sd_db=_without_rounding(variance),
        sd_with_rounding_db=float(np.sqrt(variance)),
        sd_interval_db=(low, high),
        sd_without_first_db=_without_rounding(_pooled_variance(levels[:, :, 1:])),
        neighbour_correlation=float(neighbours / spread),
        within_5_db=float(np.mean(sizes <= 5.0)),
        within_10_db=float(np.mean(sizes <= 10.0)),
    )


def _without_rounding(variance: float) -> float:
    return float(np.sqrt(variance - _STEP_DB**2 / 12.0))


def _pooled_variance(levels: Float[np.ndarray, "ears frequencies sessions"]) -> float:
    return float(levels.var(axis=2, ddof=1).mean())


def _from_share(limit_db: float, share: float) -> float:
    return float(limit_db / norm.ppf(0.5 + share / 2.0) / np.sqrt(2.0))


def _from_mean_size(mean_db: float) -> float:
    return float(mean_db * np.sqrt(np.pi / 2.0) / np.sqrt(2.0))


# Henry et al. 2001 (J. Rehabil. Res. Dev. 38:567), abstract: 20 normal listeners, two sessions, steps of 1 dB. The
# employees: abstract of "Long-term repeatability of the pure-tone hearing threshold and its relation to noise exposure"
# (712 ears, 13 months apart, self-recording audiometry).
PUBLISHED_RETESTS: dict[str, float] = {
    "Henry et al. 2001: mean size of a difference 2.5 dB": _from_mean_size(2.5),
    "Henry et al. 2001: 91.5 % within 5 dB": _from_share(5.0, 0.915),
    "Henry et al. 2001: 98.1 % within 10 dB": _from_share(10.0, 0.981),
    "employees, 13 months apart: mean size of a difference, smallest 3.4 dB": _from_mean_size(3.4),
    "employees, 13 months apart: largest 5.6 dB (7.8 dB at 6 kHz)": _from_mean_size(5.6),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    within, between = within_session(data), between_sessions(data)
    print(
        f"within a session: SD {within.sd_db:.2f} dB, with rounding {within.sd_with_rounding_db:.2f} dB "
        f"({within.num_ears:,} ears; {WITHIN_SESSION.source})"
    )
    print(
        f"  retest less test {within.mean_difference_db:+.2f} dB; {within.within_5_db:.1%} within 5 dB, "
        f"{within.within_10_db:.1%} within 10 dB"
    )
    low, high = between.sd_interval_db
    print(
        f"between sessions: SD {between.sd_db:.2f} dB, with rounding {between.sd_with_rounding_db:.2f} dB, "
        f"95 % interval {low:.1f} to {high:.1f} dB ({between.num_series} series of {between.num_sessions} sessions; "
        f"{BETWEEN_SESSIONS.source})"
    )
    print(
        f"  without the first session {between.sd_without_first_db:.2f} dB; correlation of neighbours "
        f"{between.neighbour_correlation:.2f}; {between.within_5_db:.1%} within 5 dB, {between.within_10_db:.1%} "
        "within 10 dB"
    )
    print("published, as the SD of a single threshold:")
    for name, sd in PUBLISHED_RETESTS.items():
        print(f"  {sd:.1f} dB  {name}")
    print(
        f"shipped: {WITHIN_SESSION.sd_db} and {BETWEEN_SESSIONS.sd_db} dB, correlation "
        f"{BETWEEN_SESSIONS.neighbour_correlation}; limit {PUBLISHED.limit_db:g} dB ({PUBLISHED.source})"
    )


if __name__ == "__main__":
    main()
