"""Options that take several values after their name: `--frontend mel leaf`, `--snr -5 0 5 10`."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from typer.core import TyperCommand

from hearfit.errors import InputError

if TYPE_CHECKING:
    import typer


class ManyValuesCommand(TyperCommand):
    """A command whose list options take one value or several, and may still be repeated.

    Typer knows only `--frontend mel --frontend leaf`, so the words are rewritten to that before it reads them. Such a
    command has no arguments without an option, because nothing could tell them from further values.
    """

    def parse_args(self, ctx: "typer.Context", args: list[str]) -> list[str]:  # type: ignore[override]
        """As of every command, after the rewriting."""
        names = {name for each in self.params if getattr(each, "multiple", False) for name in each.opts}
        return super().parse_args(ctx, repeated(args, names))


def repeated(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """The arguments with each value of the named options behind a name of its own: `--snr=-5 --snr=0`.

    What begins with a minus sign ends the values, unless it is a number. Behind `--` nothing is rewritten.

    Raises:
        InputError: a named option has no value.
    """
    rewritten: list[str] = []
    option = ""
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*rewritten, word, *rest]
        name, is_joined, _value = word.partition("=")
        if name in names:
            option = name
            if is_joined:
                rewritten.append(word)
            elif rest and _is_value(rest[0]):
                rewritten += _joined(option, rest.pop(0))
            else:
                found = f" before {rest[0]}" if rest else ""
                raise InputError(f"{option} has no value{found}. Give one or several: {option} A B C.")
        elif option and _is_value(word):
            rewritten += _joined(option, word)
        else:
            option = ""
            rewritten.append(word)
    return rewritten


def _joined(option: str, value: str) -> list[str]:
    # "-f=mel" would be the value "=mel".
    return [f"{option}={value}"] if option.startswith("--") else [option, value]


def _is_value(word: str) -> bool:
    if not word.startswith("-") or word == "-":
        return True
    try:
        float(word)
    except ValueError:
        return False
    return True
