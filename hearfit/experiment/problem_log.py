"""Collects what is wrong in a table: each sentence once, with the lines that it holds for."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int

from hearfit.experiment.table_chunk import CodedText
from hearfit.experiment.trial_cells import shown

_MAX_LINES_NAMED = 5
_MAX_DISTINCT = 1000


@dataclass
class _Lines:
    first: list[int] = field(default_factory=list)
    count: int = 0


class ProblemLog:
    """The problems of one file. `row_word` is what a row is counted in: "line", or "row" where there are no lines."""

    def __init__(self, source: str, *, row_word: str) -> None:
        self._source = source
        self.row_word = row_word
        self._problems: dict[str, _Lines] = {}

    @property
    def is_full(self) -> bool:
        """So many different problems that reading on would tell nobody anything."""
        return len(self._problems) >= _MAX_DISTINCT

    def add(self, line: int, sentence: str) -> None:
        """One problem in one line."""
        if sentence not in self._problems and self.is_full:
            return
        lines = self._problems.setdefault(sentence, _Lines())
        lines.count += 1
        if len(lines.first) < _MAX_LINES_NAMED:
            lines.first.append(line)

    def add_cells(
        self,
        column: str,
        cells: CodedText,
        *,
        line: Int[np.ndarray, " rows"],
        is_wrong: Bool[np.ndarray, " rows"],
        reason: str,
    ) -> None:
        """The cells of some rows are refused for one reason; equal cells make one problem."""
        rows = np.flatnonzero(is_wrong)
        if not rows.size:
            return
        order = rows[np.argsort(cells.codes[rows], kind="stable")]
        starts = np.flatnonzero(np.diff(cells.codes[order], prepend=-1))
        for group in np.split(order, starts[1:])[:_MAX_DISTINCT]:
            sentence = f"column {column}: {shown(cells.texts[cells.codes[group[0]]])} {reason}"
            for row in group[:_MAX_LINES_NAMED]:
                self.add(int(line[row]), sentence)
            if sentence in self._problems:
                self._problems[sentence].count += max(0, len(group) - _MAX_LINES_NAMED)

    def sentences(self) -> list[str]:
        """All problems, by the first line that each one holds for."""
        ordered = sorted(self._problems.items(), key=lambda problem: (problem[1].first[0], problem[0]))
        return [f"{self._source}, {self._where(lines)}, {sentence}" for sentence, lines in ordered]

    def _where(self, lines: _Lines) -> str:
        named = [str(line) for line in lines.first]
        if lines.count == 1:
            return f"{self.row_word} {named[0]}"
        hidden = lines.count - len(named)
        last = f"{hidden} more" if hidden else named.pop()
        return f"{self.row_word}s {', '.join(named)} and {last}"
