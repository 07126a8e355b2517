"""Names of scores and conditions, shared by what computes them and what describes them; imports nothing heavy."""

from typing import Final

from hearfit.errors import InputError

BROAD: Final = "broad accuracy"
PHONES: Final = "phone accuracy"
BALANCED: Final = "balanced accuracy"


def score_name(measure: str, listening: str) -> str:
    """A measure in one listening condition; the bare name of a measure is its mean over all of them."""
    return f"{measure}, {listening}"


def condition_of(share: float) -> str:
    """The condition of a run: its share of the training words."""
    return f"{100.0 * share:g} %"


def share_of_condition(condition: str) -> float:
    """The share that a condition names.

    Raises:
        InputError: it names none.
    """
    try:
        return float(condition.removesuffix(" %")) / 100.0
    except ValueError:
        raise InputError(
            f"The condition {condition!r} is no share of the training words. An example is '10 %'."
        ) from None
