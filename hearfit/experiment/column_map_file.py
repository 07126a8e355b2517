"""The text of a column map (TOML) becomes a frozen `ColumnMap`, or one error that names every problem in it."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from hearfit.errors import InputError
from hearfit.experiment.column_map import ColumnMap, LeaveOut, MappedColumn, RowRule
from hearfit.experiment.trial_cells import is_missing, shown
from hearfit.experiment.trial_columns import CATCH, KNOWN_COLUMNS, UNITLESS_LEVELS, LevelColumn, trial_columns

_NOT_NUMERIC = frozenset({"listener", "ear", "session", "protocol", CATCH})
_TABLE_KEYS = ("columns", "constants", "leave_out", "transducer")
_COLUMN_KEYS = ("column", "json_key", "missing", "missing_where", "values", "date_format", "scale", "add")
_RULE_KEYS = ("column", "equals", "differs_from")
_EXAMPLE = 'frequency_hz = "freq" or frequency_hz = {column = "freq_khz", scale = 1000}'

# What tomllib returns, and no narrower type says.
_Toml: TypeAlias = Any


def parse_column_map(text: str, *, source: str) -> ColumnMap:
    """The column map that a TOML text declares.

    Args:
        text: the content of the file.
        source: how messages name the file.

    Raises:
        InputError: the text is not TOML, or a key is missing, unknown or not allowed; all such problems.
    """
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError(f"{source}: is not a TOML file that can be read ({error}).") from None
    reader = _Reader(source)
    result = reader.column_map(raw)
    if not reader.problems:
        try:
            trial_columns(result.names, source=source)
        except InputError as error:
            reader.problems += error.problems
    if reader.problems:
        raise InputError(reader.problems)
    return result


class _Reader:
    """Reads one map and remembers what is wrong with it; what is wrong is left out of the result."""

    def __init__(self, source: str) -> None:
        self.problems: list[str] = []
        self._source = source

    def column_map(self, raw: Mapping[str, _Toml]) -> ColumnMap:
        self._unknown(raw, _TABLE_KEYS, where="")
        columns = self._table(raw, "columns")
        constants = self._table(raw, "constants")
        for name in (*columns, *constants):
            self._check_target(name)
        for name in columns:
            if name in constants:
                self._wrong(f"{name} is both in [columns] and in [constants]. Give it once.")
        levels = [name for name in LevelColumn if name in columns or name in constants]
        if len(levels) > 1:
            self._wrong("both level_db_spl and level_db_hl are given. Give exactly one of them.")
        rows: _Toml = columns.get("trial")
        numbers_rows = isinstance(rows, dict) and "row_order" in rows
        if numbers_rows and rows != {"row_order": True}:
            self._wrong("the key columns.trial must be {row_order = true} alone, or name a column.")
        mapped = (self._column(name, value) for name, value in columns.items() if not (numbers_rows and value is rows))
        rules = raw.get("leave_out", [])
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            self._wrong("leave_out must be a list of tables: write each rule below its own line [[leave_out]].")
            rules = []
        transducer = raw.get("transducer")
        if transducer is not None and not isinstance(transducer, str):
            self._wrong(f'the key transducer is {_told(transducer)}. Allowed is a text, such as "HDA200".')
        return ColumnMap(
            source=self._source,
            columns=tuple(column for column in mapped if column is not None),
            constants=tuple((name, self._text(value, f"constants.{name}")) for name, value in constants.items()),
            numbers_rows=numbers_rows,
            leave_out=tuple(rule for n, each in enumerate(rules) if (rule := self._leave_out(each, n + 1)) is not None),
            transducer=transducer if isinstance(transducer, str) else None,
        )

    def _wrong(self, sentence: str) -> None:
        self.problems.append(f"{self._source}: {sentence}")

    def _table(self, raw: Mapping[str, _Toml], key: str) -> dict[str, _Toml]:
        value = raw.get(key, {})
        if isinstance(value, dict):
            return value
        self._wrong(f"the key {key} is {_told(value)}. Allowed is a table [{key}].")
        return {}

    def _check_target(self, name: str) -> None:
        if name in KNOWN_COLUMNS:
            return
        if name.lower() in UNITLESS_LEVELS:
            self._wrong(
                f"the key {name} does not say what its decibels refer to. Write level_db_spl or level_db_hl, "
                "whichever the numbers of the source are."
            )
            return
        self._wrong(f"{shown(name)} is no column of a trial table. {_guess(name, KNOWN_COLUMNS)}")

    def _unknown(self, raw: Mapping[str, _Toml], known: Sequence[str], *, where: str) -> None:
        for key in raw:
            if key not in known:
                self._wrong(f"the key {shown(where + key)} is not known. {_guess(key, known)}")

    def _column(self, target: str, value: _Toml) -> MappedColumn | None:
        where = f"columns.{target}"
        if isinstance(value, str):
            value = {"column": value}
        if not isinstance(value, dict):
            self._wrong(f"the key {where} is {_told(value)}. Allowed is the name of a column, for example {_EXAMPLE}.")
            return None
        self._unknown(value, _COLUMN_KEYS, where=f"{where}.")
        column = self._name(value, where)
        for problem in _misplaced(target, column, value):
            self._wrong(f"the key {where} {problem}")
        rule = value.get("missing_where")
        return MappedColumn(
            target=target,
            column=column,
            json_key=self._optional_text(value, "json_key", where),
            missing=frozenset(self._texts(value["missing"], f"{where}.missing")) if "missing" in value else frozenset(),
            missing_where=None if rule is None else self._rule(rule, f"{where}.missing_where"),
            values=self._values(value["values"], f"{where}.values") if "values" in value else None,
            date_format=self._optional_text(value, "date_format", where),
            scale=self._number(value, "scale", where),
            add=self._number(value, "add", where),
        )

    def _name(self, value: Mapping[str, _Toml], where: str) -> str:
        column = value.get("column")
        if isinstance(column, str) and column.strip(" "):
            return column.strip(" ")
        state = "is missing" if column is None else f"is {_told(column)}"
        self._wrong(f"the key {where}.column {state}. Allowed is the name of a column of the source.")
        return ""

    def _optional_text(self, value: Mapping[str, _Toml], key: str, where: str) -> str | None:
        given = value.get(key)
        if given is None or (isinstance(given, str) and given):
            return given
        self._wrong(f"the key {where}.{key} is {_told(given)}. Allowed is a text.")
        return None

    def _number(self, value: Mapping[str, _Toml], key: str, where: str) -> Decimal | None:
        given = value.get(key)
        if given is None:
            return None
        is_number = isinstance(given, int | Decimal) and not isinstance(given, bool)
        number = Decimal(given) if is_number else Decimal("nan")
        if not number.is_finite() or abs(number) > Decimal("1e12") or (key == "scale" and number <= 0):
            allowed = "above 0" if key == "scale" else "from -1e12"
            self._wrong(f"the key {where}.{key} is {_told(given)}. Allowed is a number {allowed}, up to 1e12.")
            return None
        return number

    def _values(self, given: _Toml, where: str) -> tuple[tuple[str, str], ...]:
        if not isinstance(given, dict) or not given:
            self._wrong(f'the key {where} is {_told(given)}. Allowed is a table such as {{"y" = 1, "n" = 0}}.')
            return ()
        return tuple((key, self._text(value, f"{where}.{key}")) for key, value in given.items())

    def _texts(self, given: _Toml, where: str) -> tuple[str, ...]:
        if not isinstance(given, list) or not given:
            self._wrong(f'the key {where} is {_told(given)}. Allowed is a list of cells, such as ["", "None"].')
            return ()
        return tuple(self._text(value, where) for value in given)

    def _text(self, value: _Toml, where: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | Decimal):
            return str(value)
        if hasattr(value, "isoformat"):
            return str(value.isoformat())
        self._wrong(f"the key {where} is {_told(value)}. Allowed are text, numbers, dates, true and false.")
        return ""

    def _rule(self, given: _Toml, where: str) -> RowRule | None:
        if not isinstance(given, dict):
            self._wrong(f'the key {where} is {_told(given)}. Allowed is {{column = "...", equals = [...]}}.')
            return None
        self._unknown(given, _RULE_KEYS, where=f"{where}.")
        column = self._name(given, where)
        if ("equals" in given) == ("differs_from" in given):
            self._wrong(f"{where} must have exactly one of the keys equals and differs_from.")
            return None
        key = "equals" if "equals" in given else "differs_from"
        texts = self._texts(given[key], f"{where}.{key}")
        plain = frozenset("" if is_missing(text) else text for text in texts)
        return RowRule(column=column, texts=plain, is_negated=key == "differs_from")

    def _leave_out(self, given: Mapping[str, _Toml], number: int) -> LeaveOut | None:
        where = f"leave_out[{number}]"
        what = given.get("what")
        if not isinstance(what, str) or not what.strip():
            state = "is missing" if what is None else f"is {_told(what)}"
            self._wrong(f'the key {where}.what {state}. Allowed is a text that says what such rows are: "practice".')
            what = ""
        rule = self._rule({key: value for key, value in given.items() if key != "what"}, where)
        return None if rule is None else LeaveOut(what=" ".join(what.split()), rule=rule)


def _misplaced(target: str, column: str, given: Mapping[str, _Toml]) -> Iterator[str]:
    """Steps that this column cannot have, as ends of sentences."""
    if "row_order" in given:
        yield "has row_order. Only trial may have it."
    if "date_format" in given and target != "session":
        yield "has date_format. Only session may have it."
    if target in _NOT_NUMERIC and ("scale" in given or "add" in given):
        yield "has scale or add, but it is not a number."
    if "values" in given and ({"scale", "add", "date_format"} & given.keys()):
        yield "has values beside scale, add or date_format. Write the final values."
    plain = "".join(letter for letter in column.lower() if letter.isalnum())
    other = {LevelColumn.DB_SPL.value: "dbhl", LevelColumn.DB_HL.value: "dbspl"}.get(target)
    if other is not None and other in plain:
        yield f"is the column {shown(column)}, whose name says another unit. Correct one of them."


def _guess(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name.lower(), known, n=1)
    guess = f"Did you mean {close[0]}? " if close else ""
    return f"{guess}Known are {', '.join(known)}."


def _told(value: _Toml) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return shown(value)
    text = str(value) if isinstance(value, int | Decimal) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:60]}..."
