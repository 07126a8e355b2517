"""Which class is taken for which: counts of answers to each class, for scores and for the record of a run."""

import numpy as np
from jaxtyping import Float, Int

from hearfit.soundtasks.record import Confusion

Counts = Int[np.ndarray, "classes classes"]


def confusion_matrix(
    truth: Int[np.ndarray, " cases"], answer: Int[np.ndarray, " cases"], *, num_classes: int
) -> Counts:
    """Counts of every answer (column) to every class (row)."""
    cells = np.bincount(truth * num_classes + answer, minlength=num_classes**2)
    return np.asarray(cells.reshape(num_classes, num_classes), np.int64)


def accuracy(counts: Counts) -> float:
    """Share of right answers; NaN of no cases."""
    total = int(counts.sum())
    return float(np.trace(counts)) / total if total else float("nan")


def recalls(counts: Counts) -> Float[np.ndarray, " classes"]:
    """Share of right answers to each class; NaN of a class without cases."""
    cases = counts.sum(axis=1)
    return np.divide(np.diagonal(counts), cases, out=np.full(len(counts), np.nan), where=cases > 0)


def balanced_accuracy(counts: Counts) -> float:
    """Mean over the classes that occur of the share of right answers to each; chance is 1 / classes; NaN of no cases.

    Every class counts alike, however rare.
    """
    shares = recalls(counts)
    occurring = shares[~np.isnan(shares)]
    return float(np.mean(occurring)) if occurring.size else float("nan")


def recorded(counts: Counts, *, classes: tuple[str, ...], case: str) -> Confusion:
    """The counts as a record keeps them; `case` says of what, in the singular."""
    return Confusion(case, classes, tuple(tuple(row) for row in counts.tolist()))
