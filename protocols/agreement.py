"""Whether protocols of one name are one test: answers to different stimuli must not enter a fit under one name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass

from hearfit.errors import InputError
from hearfit.experiment.protocol import Protocol
from hearfit.protocols.loader import shipped_protocols

# What a session presents and what people read does not change what an answer means.
_WITHOUT_MEANING = frozenset({"title", "description", "references", "design"})


@dataclass(frozen=True)
class NamedProtocol:
    """A protocol and where it was declared."""

    source: str
    protocol: Protocol


def shipped() -> tuple[NamedProtocol, ...]:
    """The protocols that come with hearfit."""
    return tuple(NamedProtocol(f"{each.name}.toml of hearfit itself", each) for each in shipped_protocols())


def check_agreement(new: NamedProtocol, others: Sequence[NamedProtocol]) -> None:
    """Refuses a protocol whose name another one has, if they differ in anything that a fit depends on.

    Raises:
        InputError: they do; names both sources and what differs.
    """
    for other in others:
        if other.protocol.name != new.protocol.name:
            continue
        if differences := list(_differences(new.protocol, other.protocol)):
            raise InputError(
                f"{new.source}: contradicts {other.source}, which declares a protocol {new.protocol.name} too: "
                f"{'; '.join(differences)}. Answers to both cannot be told apart by this name: give each its own."
            )


def _differences(new: Protocol, other: Protocol) -> Iterator[str]:
    for field in fields(Protocol):
        if field.name not in _WITHOUT_MEANING:
            yield from _compared(field.name, getattr(new, field.name), getattr(other, field.name))
    # Holds for tables that do not say how many intervals a trial had.
    yield from _compared("design.interval_count", new.design.interval_count, other.design.interval_count)


def _compared(name: str, new: object, other: object) -> Iterator[str]:
    if is_dataclass(new) and is_dataclass(other):
        for field in fields(new):
            yield from _compared(f"{name}.{field.name}", getattr(new, field.name), getattr(other, field.name))
    elif new != other:
        yield f"{name} is {_told(new)} and {_told(other)}"


def _told(value: object) -> str:
    if value is None:
        return "not given"
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
