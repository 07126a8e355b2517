"""Control of false discoveries: of the changes that are told, the expected share that are none."""

import numpy as np
from jaxtyping import Float

FALSE_DISCOVERY_RATE = 0.05
"""Of the changes told. Where nothing has changed every one told is false: then also the chance of telling any."""


def adjusted_p_values(
    p_values: Float[np.ndarray, " tests"], weights: Float[np.ndarray, " tests"]
) -> Float[np.ndarray, " tests"]:
    """Adjusted p-values: to tell those that are at most q keeps the false discovery rate at q.

    Benjamini & Hochberg (1995, J. R. Stat. Soc. B 57:289) on p-values divided by weights of mean 1 (Genovese, Roeder &
    Wasserman 2006, Biometrika 93:509): what was planned as the more telling test gets more of the rate. Proved for
    independent and for positively dependent one-sided tests (Benjamini & Yekutieli 2001, Ann. Stat. 29:1165). For the
    two-sided tests here it is not proved: `python -m tests.studies.change_power` measures it.

    Args:
        p_values: within 0 to 1.
        weights: positive, fixed before the data are seen; only their ratios count.

    Raises:
        ValueError: weights that are not positive, or p-values outside 0 to 1.
    """
    if not (np.all(p_values >= 0.0) and np.all(p_values <= 1.0) and np.all(weights > 0.0)):
        raise ValueError(f"p-values {p_values} must be within 0 to 1, and weights {weights} positive.")
    if len(p_values) == 0:
        return p_values
    weighted = p_values * weights.mean() / weights
    order = np.argsort(weighted, kind="stable")
    scaled = weighted[order] * len(weighted) / np.arange(1, len(weighted) + 1)
    adjusted = np.empty(len(weighted))
    # The smallest rate at which this one and all more extreme ones would be told.
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
