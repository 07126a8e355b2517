"""How much repeated thresholds of an unchanged ear differ: numbers learned from people, none of whom is in here.

`python -m tests.studies.retest_variability` computes the two SDs. They are SDs of one threshold about the mean of its
repetitions, in dB, without the rounding to steps of 5 dB; the difference of two has an SD 1.41 times as large. Both
still hold the errors of the few answers that they were found by, which a posterior holds of its own answers, too: some
error is counted twice, on the side of no change.

They stand for two kinds of sessions. The smaller one is that of careful tests. Sessions simulated with it and fitted
differ by as much as thresholds of normal listeners in two sessions did in steps of 1 dB (`docs/change.md`; Henry et al.
2001). The larger one is that of one listener over years; as much as employees tested 13 months apart.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

from hearfit.listener.normal import NORMAL

NORMAL_QUANTILE_975: Final = 1.959963984540054


@dataclass(frozen=True)
class RetestVariability:
    """What is known of repeated thresholds: SD about their mean, its correlation between neighbours, and the source."""

    name: str
    sd_db: float
    neighbour_correlation: float
    source: str

    def difference_sd_db(self, num_frequencies: int) -> float:
        """SD of the difference of two sessions, of one threshold or of the mean of two neighbouring ones."""
        shared = 1.0 if num_frequencies == 1 else 0.5 * (1.0 + self.neighbour_correlation)
        return sqrt(2.0 * shared) * self.sd_db

    def limit_95_db(self, num_frequencies: int) -> float:
        """What 95 % of the differences of an unchanged ear stay within (Bland & Altman 1986, Lancet 327:307)."""
        return NORMAL_QUANTILE_975 * self.difference_sd_db(num_frequencies)


@dataclass(frozen=True)
class PublishedLimit:
    """A difference of repeated thresholds that others seldom saw exceeded."""

    limit_db: float
    source: str


WITHIN_SESSION: Final = RetestVariability(
    name="within a session",
    sd_db=1.7,
    # Only one frequency was repeated; errors of separate answers are independent.
    neighbour_correlation=0.0,
    source="NHANES 2011-2012, 1 kHz tested twice, 7,700 ears, earphones not moved (US CDC/NCHS, public domain)",
)
BETWEEN_SESSIONS: Final = RetestVariability(
    name="between sessions",
    sd_db=4.5,
    neighbour_correlation=0.5,
    source="one listener, 6 sessions in 3 years, both ears, 250 to 8000 Hz (fortier_project, PSY6983-2021, CC0)",
)
PUBLISHED: Final = PublishedLimit(
    limit_db=10.0,
    source="98.1 % of thresholds of 20 normal listeners within 10 dB (91.5 % within 5 dB) between two sessions "
    "(Henry et al. 2001, J. Rehabil. Res. Dev. 38:567)",
)


def exponent_per_db(first: float, second: float) -> float:
    """Change of the compression exponent that changes the threshold by 1 dB, between two exponents.

    An exponent alpha adds L_A (1 - alpha_0 / alpha) to the threshold (`hearfit.listener.parameters`), so the step from
    one to the other is L_A alpha_0 (second - first) / (first second) dB: exact, not a derivative.
    """
    return first * second / (NORMAL.anchor_db_hl * NORMAL.compression_exponent)
