"""What goes where: results to stdout, as text or as one JSON document; progress and warnings to stderr."""

import contextlib
import dataclasses
import json
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
Progress = Callable[[str, float], None]


def printable(text: str) -> str:
    """Text that a terminal shows and does not obey: control characters and broken Unicode as escapes."""
    return "".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in text)


def json_value(value: object) -> JsonValue:
    """A dataclass, or anything inside one, for JSON; numbers that are not finite become null."""
    if dataclasses.is_dataclass(value):
        return {field.name: json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [json_value(item) for item in value]
    return str(value)


def new_table(*columns: str, title: str | None = None, is_textual: bool = False) -> "Table":
    """A plain table; all but the first column are numbers, unless it is textual."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=None if title is None else printable(title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 or is_textual else "right")
    return table


def error_document(sentences: Sequence[str], *, kind: str, exit_code: int) -> None:
    """What --json prints on stdout in place of a result; `kind` is input, bug or interruption."""
    error: JsonValue = {"kind": kind, "exit_code": exit_code, "problems": [printable(each) for each in sentences]}
    Output(is_json=True).document({"error": error})


@dataclass(frozen=True)
class Output:
    """How one command was asked to speak."""

    is_json: bool
    is_quiet: bool = False

    def text(self, line: str = "") -> None:
        """A line of the result; left out with --json."""
        if not self.is_json:
            sys.stdout.write(printable(line) + "\n")

    def paragraph(self, text: str, *, indent: str = "") -> None:
        """Running text of the result, wrapped, its further lines indented; left out with --json."""
        width = min(shutil.get_terminal_size().columns, 100)
        self.text(textwrap.fill(text, width=width, subsequent_indent=indent))

    def table(self, table: "Table") -> None:
        """A table of the result; left out with --json."""
        if not self.is_json:
            from rich.console import Console

            # Names may hold square brackets, which are no markup.
            Console(file=sys.stdout, markup=False, highlight=False).print(table)

    def coloured(self, line: str, *, red: Collection[str], blue: Collection[str]) -> None:
        """A line of the result in which some letters are coloured, on a terminal that wants colour only."""
        if self.is_json:
            return
        from rich.console import Console
        from rich.text import Text

        text = Text()
        for letter in printable(line):
            text.append(letter, style="bold red" if letter in red else "bold blue" if letter in blue else "")
        Console(file=sys.stdout, highlight=False).print(text, no_wrap=True, overflow="ignore", crop=False)

    def document(self, value: JsonValue) -> None:
        """The result as JSON, with --json only."""
        if self.is_json:
            sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")

    def warning(self, sentence: str) -> None:
        """Something that the reader of the result must know."""
        sys.stderr.write(f"warning: {printable(sentence)}\n")

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator[Progress]:
        """Shows how far the work is: a bar on a terminal, a line for each step elsewhere, nothing with --quiet."""
        if self.is_quiet:
            yield _ignore
        elif sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bars

            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
            with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
                bar = bars.add_task(title, total=1.0)
                yield lambda step, share: bars.update(bar, description=f"{title}: {step}", completed=share)
        else:
            yield _line_a_step(title)


def _ignore(_step: str, _share: float) -> None:
    pass


def _line_a_step(title: str) -> Progress:
    told: set[str] = set()

    def tell(step: str, _share: float) -> None:
        if step not in told:
            told.add(step)
            sys.stderr.write(f"{title}: {step}\n")
            sys.stderr.flush()

    return tell
