"""In words: the combination of the ear's parameters of which answers say least."""

from collections.abc import Sequence
from typing import Final

from hearfit.listener.profile import Direction, DirectionPart, Profile
from hearfit.reports.wording import enumeration, number, percent

_DECIMALS: Final = {"dB": 1}
_OTHER_DECIMALS: Final = 2


def least_determined_sentence(direction: Direction, *, is_planned: bool = False) -> str:
    """One sentence, of a finished session or of one that is planned."""
    rising = _groups([part for part in direction.parts if part.weight > 0.0])
    falling = _groups([part for part in direction.parts if part.weight <= 0.0])
    combination = " together with ".join(rising)
    if falling:
        combination += f", while {enumeration(falling)} {'goes' if len(falling) == 1 else 'go'} the other way"
    share = percent(direction.data_share)
    if is_planned:
        return (
            f"Of what these tests measure, the answers would tell least of {combination}: they would take away {share} "
            "of its variance among people."
        )
    return (
        f"Of what was measured, the answers tell least of {combination}: they took away {share} of its variance among "
        "people."
    )


def undetermined_sentences(profile: Profile) -> tuple[str, ...]:
    """The sentence about a fitted ear, or nothing where its profile does not say."""
    return () if profile.least_determined is None else (least_determined_sentence(profile.least_determined),)


def _groups(parts: Sequence[DirectionPart]) -> list[str]:
    """One group of words for each quantity, the one with the largest part first."""
    by_quantity: dict[str, list[DirectionPart]] = {}
    for part in parts:
        by_quantity.setdefault(part.quantity, []).append(part)
    return [_words(quantity, own) for quantity, own in by_quantity.items()]


def _words(quantity: str, parts: Sequence[DirectionPart]) -> str:
    ordered = sorted(parts, key=lambda part: part.frequency_hz)
    where = f"{enumeration([f'{part.frequency_hz:g}' for part in ordered])} Hz"
    unit = ordered[0].unit
    sds = [number(part.sd, _DECIMALS.get(unit, _OTHER_DECIMALS)) for part in ordered]
    span = " to ".join(dict.fromkeys((min(sds, key=float), max(sds, key=float))))
    sd = f"(SD {span} {unit}".rstrip() + ")"
    if quantity == "division of the loss":
        return f"how much of the loss at {where} is loss of compression rather than attenuation {sd}"
    return f"the {quantity} at {where} {sd}"
