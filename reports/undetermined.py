"""In words: the combination of the ear's parameters that answers leave widest, compared with how people vary."""

from collections.abc import Sequence
from typing import Final

from hearfit.listener.profile import Direction, DirectionPart, Profile
from hearfit.reports.wording import enumeration, number, percent

_DECIMALS: Final = {"dB": 1}
_OTHER_DECIMALS: Final = 2
_DIVISION: Final = "division of the loss"


def least_determined_sentence(direction: Direction, *, is_planned: bool = False) -> str:
    """One sentence, of a finished session or of one that is planned. The largest part of the combination rises."""
    rising = _groups([part for part in direction.parts if part.weight > 0.0])
    falling = _groups([part for part in direction.parts if part.weight <= 0.0])
    combination = " together with ".join(_name(group) for group in rising)
    if falling:
        verb = "goes" if len(falling) == 1 and not _is_plural(falling[0]) else "go"
        combination += f", while {enumeration([_name(group) for group in falling])} {verb} the other way"
    groups = [*rising, *falling]
    moves = enumeration([_move(group, groups) for group in groups])
    share = percent(direction.data_share)
    if is_planned:
        return (
            "Of what these tests measure, the widest combination that the answers would leave open, compared with how "
            f"people vary, is {combination}: one SD of it after the answers would move {moves}; they would take away "
            f"{share} of its variance among people."
        )
    return (
        "Of what was measured, the widest combination that the answers leave open, compared with how people vary, is "
        f"{combination}: one SD of it after the answers moves {moves}; they took away {share} of its variance among "
        "people."
    )


def undetermined_sentences(profile: Profile) -> tuple[str, ...]:
    """The sentence about a fitted ear, or nothing where its profile does not say."""
    return () if profile.least_determined is None else (least_determined_sentence(profile.least_determined),)


def _groups(parts: Sequence[DirectionPart]) -> list[list[DirectionPart]]:
    """The parts of each quantity by frequency, the quantity with the largest part first."""
    by_quantity: dict[str, list[DirectionPart]] = {}
    for part in parts:
        by_quantity.setdefault(part.quantity, []).append(part)
    return [sorted(own, key=lambda part: part.frequency_hz) for own in by_quantity.values()]


def _name(group: Sequence[DirectionPart]) -> str:
    where = _where(group)
    if group[0].quantity == _DIVISION:
        return f"how much of the loss{where} is loss of compression rather than attenuation"
    return f"{_quantity(group)}{where}"


def _move(group: Sequence[DirectionPart], groups: Sequence[Sequence[DirectionPart]]) -> str:
    """How far one SD of the combination moves these parts; where, if the quantity alone does not say it."""
    unit = group[0].unit
    sds = [number(part.sd, _DECIMALS.get(unit, _OTHER_DECIMALS)) for part in group]
    span = " to ".join(dict.fromkeys((min(sds, key=float), max(sds, key=float))))
    is_ambiguous = sum(other[0].quantity == group[0].quantity for other in groups) > 1
    where = _where(group) if is_ambiguous else " there" if len(groups) == 1 else ""
    return f"{_quantity(group)}{where} by {span} {unit}".rstrip()


def _quantity(group: Sequence[DirectionPart]) -> str:
    """Of the division of the loss it is the attenuation that is in decibels."""
    quantity = group[0].quantity
    if quantity == _DIVISION:
        return "the attenuation"
    if quantity == "threshold":
        return "thresholds" if _is_plural(group) else "the threshold"
    return quantity


def _is_plural(group: Sequence[DirectionPart]) -> bool:
    return group[0].quantity == "threshold" and len(group) > 1


def _where(group: Sequence[DirectionPart]) -> str:
    return f" at {enumeration([f'{part.frequency_hz:g}' for part in group])} Hz"
