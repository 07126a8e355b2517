"""What a column map says: how the columns of another program's table become those of a trial table."""

from dataclasses import dataclass
from decimal import Decimal

from hearfit.experiment.trial_cells import is_missing, shown

ABSENT = "n/a"


@dataclass(frozen=True)
class RowRule:
    """Holds for a row whose cell of `column` is one of `texts`, or, where `is_negated`, none of them.

    The empty text stands for an empty cell and for n/a.
    """

    column: str
    texts: frozenset[str]
    is_negated: bool

    def holds_for(self, text: str) -> bool:
        """Whether a cell meets the rule."""
        return (("" if is_missing(text) else text) in self.texts) is not self.is_negated

    @property
    def words(self) -> str:
        """The rule as a part of a sentence."""
        known = sorted(self.texts)
        listed = ", ".join(shown(text) for text in known[:5]) + (" ..." if len(known) > 5 else "")
        return f"{shown(self.column)} is {'none of ' if self.is_negated else ''}{listed}"


@dataclass(frozen=True)
class LeaveOut:
    """Rows that are no trials; `what` they are is for the reader."""

    what: str
    rule: RowRule


@dataclass(frozen=True)
class MappedColumn:
    """Where one column of the trial table comes from: each step below happens where it is given, in this order.

    Args:
        target: the column of the trial table.
        column: the source's column.
        json_key: a cell is a JSON object, and the value of this key counts.
        missing: cells that stand for no value.
        missing_where: rows without a value, whatever stands there.
        values: each cell and what it becomes; other cells are refused.
        date_format: a cell is a point in time, and its day counts (`datetime.strptime`).
        scale: numbers are multiplied by this.
        add: then this is added.
    """

    target: str
    column: str
    json_key: str | None = None
    missing: frozenset[str] = frozenset()
    missing_where: RowRule | None = None
    values: tuple[tuple[str, str], ...] | None = None
    date_format: str | None = None
    scale: Decimal | None = None
    add: Decimal | None = None


@dataclass(frozen=True)
class ColumnMap:
    """A column map. `source` is how messages name it; `numbers_rows` where the trial numbers are the order of rows."""

    source: str
    columns: tuple[MappedColumn, ...]
    constants: tuple[tuple[str, str], ...]
    numbers_rows: bool
    leave_out: tuple[LeaveOut, ...]
    transducer: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the trial table that it makes."""
        numbered = ("trial",) if self.numbers_rows else ()
        return (*(column.target for column in self.columns), *(name for name, _ in self.constants), *numbered)

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The columns that it reads, each once."""
        wheres = [column.missing_where.column for column in self.columns if column.missing_where is not None]
        used = [*(column.column for column in self.columns), *wheres, *(each.rule.column for each in self.leave_out)]
        return tuple(dict.fromkeys(used))
