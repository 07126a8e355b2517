"""Learned parameters within physiological bounds, and a table that shows what training did to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.errors import InputError

# This close to an end of its range, as a share of it, a parameter counts as at its bound.
_AT_BOUND = 0.01
# A coordinate at infinity has no gradient; initial values this close to a bound are moved inwards.
_LEAST_SHARE = 1e-4
_HEADER = ("parameter", "unit", "range", "before (min, median, max)", "after", "largest change", "at bound", "meaning")


@dataclass(frozen=True)
class BoundedParameter:
    """A parameter v = low + (high - low) sigmoid(u), in log v where `is_log`; u is what an optimiser changes."""

    name: str
    unit: str
    meaning: str
    low: float
    high: float
    is_log: bool = False

    def value(self, coordinate: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Every coordinate is a value within the bounds."""
        low, high = self._ends()
        mapped = low + (high - low) * jax.nn.sigmoid(coordinate)
        # The exponential of a rounded logarithm may step over the limit by a unit in the last place.
        return jnp.minimum(jnp.exp(mapped), self.high) if self.is_log else mapped

    def coordinate(self, value: Float[np.ndarray, "*shape"]) -> Float[Array, "*shape"]:
        """The inverse of `value`, in JAX's default float type.

        Raises:
            InputError: a value lies outside the bounds.
        """
        refused = value[~((value >= self.low) & (value <= self.high))]
        if refused.size:
            unit = f" {self.unit}" if self.unit else ""
            raise InputError(
                f"The {self.name} is {refused.flat[0]:g}{unit}; allowed is {self.low:g} to {self.high:g}{unit}."
            )
        share = np.clip(self._share(value), _LEAST_SHARE, 1.0 - _LEAST_SHARE)
        return jnp.asarray(np.log(share) - np.log1p(-share), float)

    def is_at_bound(self, value: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """1 where a value is within 1 % of the range from one of its ends."""
        share = self._share(value)
        return np.asarray((share < _AT_BOUND) | (share > 1.0 - _AT_BOUND), np.float64)

    def _ends(self) -> tuple[float, float]:
        if self.is_log:
            return float(np.log(self.low)), float(np.log(self.high))
        return self.low, self.high

    def _share(self, value: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        low, high = self._ends()
        position = np.log(value.astype(np.float64)) if self.is_log else value.astype(np.float64)
        return np.asarray((position - low) / (high - low))


def parameter_table(
    parameters: Sequence[BoundedParameter],
    before: Mapping[str, Float[np.ndarray, "..."]],
    after: Mapping[str, Float[np.ndarray, "..."]] | None = None,
) -> tuple[str, ...]:
    """Rows of text, the header first: unit, range, values before and after training, and how far they went."""
    rows = [_HEADER]
    for parameter in parameters:
        old = np.asarray(before[parameter.name])
        new = old if after is None else np.asarray(after[parameter.name])
        rows.append(
            (
                parameter.name,
                parameter.unit or "1",
                f"{parameter.low:g} to {parameter.high:g}",
                _summary(old),
                _summary(new),
                f"{np.abs(new - old).max():.3g}",
                f"{int(parameter.is_at_bound(new).sum())} of {new.size}",
                parameter.meaning,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    return tuple("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _summary(values: Float[np.ndarray, "..."]) -> str:
    if values.size == 1:
        return f"{values.item():.4g}"
    return f"{values.min():.4g}, {np.median(values):.4g}, {values.max():.4g}"
