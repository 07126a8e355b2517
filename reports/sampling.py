"""How the chains of a sampled posterior went, and how far Laplace's approximation is from their draws, in words."""

import math
from collections.abc import Sequence

from hearfit.listener.profile import Agreement, Sampling
from hearfit.reports.wording import frequency, number

# What a profile holds in place of numbers that are not finite.
_LARGEST_KNOWN = 1e299
_QUANTITIES = {
    "threshold_db_hl": "threshold",
    "compression_exponent": "compression exponent",
    "attenuation_db": "attenuation",
    "inhibition": "lateral inhibition",
}


def sampling_rows(sampling: Sampling) -> tuple[tuple[str, str], ...]:
    """Names and values for a table."""
    num_draws = sampling.num_chains * sampling.num_draws
    return (
        ("Chains", f"{sampling.num_chains} of {sampling.num_draws:,} draws"),
        ("Worst R-hat", _known(sampling.rhat_max, 3)),
        ("Smallest effective sample size", _known(_smallest_size(sampling), 0)),
        ("Divergent trajectories", f"{sampling.num_divergent:,} of {num_draws:,}"),
        ("Laplace against draws: largest shift of a mean", _shift(sampling.agreement)),
        ("Laplace against draws: SD ratio farthest from 1", _ratio(sampling.agreement)),
    )


def sampling_sentences(sampling: Sampling) -> str:
    """The same as running text for a terminal."""
    rows = dict(sampling_rows(sampling))
    found = (
        f"{sampling.num_chains} chains of {sampling.num_draws:,} draws: worst R-hat {rows['Worst R-hat']}, "
        f"smallest effective sample size {rows['Smallest effective sample size']}, "
        f"{rows['Divergent trajectories']} trajectories diverged."
    )
    if sampling.agreement:
        found += (
            f" Laplace's approximation against the draws: largest shift of a mean is {_shift(sampling.agreement)}, SD "
            f"ratio farthest from 1 is {_ratio(sampling.agreement)}."
        )
    # A no-break space is not printable and would be shown as an escape.
    return found.replace("\N{NO-BREAK SPACE}", " ")


def _smallest_size(sampling: Sampling) -> float:
    return min(sampling.ess_bulk_min, sampling.ess_tail_min)


def _known(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}" if 0.0 <= value < _LARGEST_KNOWN else "not known"


def _shift(agreement: Sequence[Agreement]) -> str:
    if not agreement:
        return "not known"
    worst = max(agreement, key=lambda each: abs(each.mean_difference_sd))
    return f"{number(abs(worst.mean_difference_sd), 2)} SD ({_place(worst)})"


def _ratio(agreement: Sequence[Agreement]) -> str:
    """Half as wide is as far from 1 as twice as wide."""
    if not agreement:
        return "not known"
    worst = max(agreement, key=lambda each: abs(math.log(each.sd_ratio)) if each.sd_ratio > 0.0 else math.inf)
    return f"{number(worst.sd_ratio, 2)} ({_place(worst)})"


def _place(entry: Agreement) -> str:
    return f"{_QUANTITIES.get(entry.quantity, entry.quantity)} at {frequency(entry.frequency_hz)}"
