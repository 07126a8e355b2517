"""A course of numbers as a word of bars."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], *, least_span: float, width: int) -> str:
    """A bar for each value, higher for more, or for the mean of several neighbours where there are more than `width`.

    The bars span the values, and at least `least_span`, so that noise does not look like a trend. A value that is not
    known is a space.
    """
    count = min(width, len(values))
    edges = [round(index * len(values) / count) for index in range(count + 1)] if count else []
    groups = [values[begin:end] for begin, end in pairwise(edges)]
    means = [_mean([value for value in group if value is not None]) for group in groups]
    known = [mean for mean in means if mean is not None]
    if not known:
        return ""
    span = max(max(known) - min(known), least_span)
    bottom = (max(known) + min(known) - span) / 2
    return "".join(" " if mean is None else _bar((mean - bottom) / span if span else 0.5) for mean in means)


def _bar(share: float) -> str:
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
