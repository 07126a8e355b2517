"""Tiers of Praat's TextGrids: labelled intervals, checked; the parsing is praatio's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.errors import InputError

if TYPE_CHECKING:
    from praatio.data_classes.textgrid import Textgrid

# Times are written in decimals; two that are meant to be equal differ by less.
_TOLERANCE_S: Final = 1e-6


@dataclass(frozen=True)
class Interval:
    """A label and where it applies, in seconds; the label of silence is empty."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True)
class Tier:
    """Intervals in order, without gap or overlap, from 0 to `duration_s`."""

    name: str
    duration_s: float
    intervals: tuple[Interval, ...]


def read_tier(path: Path, names: Sequence[str]) -> Tier:
    """The interval tier that has one of these names; the first of `names` that is there.

    Raises:
        InputError: the file is missing or no TextGrid, has none of the tiers, the tier holds points instead of
            intervals, or its intervals leave a gap, overlap, or lie outside its range.
    """
    from praatio.data_classes.interval_tier import IntervalTier

    grid = _grid(path)
    found = next((name for name in names if name in grid.tierNames), None)
    if found is None:
        wanted = " or ".join(f'"{name}"' for name in names)
        there = ", ".join(f'"{name}"' for name in grid.tierNames)
        raise InputError(f"{path}: has no tier {wanted}. Its tiers are {there or 'none'}.")
    tier = grid.getTier(found)
    if not isinstance(tier, IntervalTier):
        raise InputError(f'{path}: the tier "{found}" holds points, not intervals.')
    intervals = tuple(Interval(float(each.start), float(each.end), each.label) for each in tier.entries)
    read = Tier(found, float(tier.maxTimestamp), intervals)
    problems = list(_problems(path, read))
    if problems:
        raise InputError(problems)
    return read


def _grid(path: Path) -> "Textgrid":
    from praatio.textgrid import openTextgrid
    from praatio.utilities.errors import PraatioException, TextgridStateAutoModified, TextgridStateError

    if not path.is_file():
        raise InputError(f"{path}: there is no such file. Give the path of a TextGrid.")
    try:
        return openTextgrid(str(path), includeEmptyIntervals=True, reportingMode="error")
    except TextgridStateAutoModified:
        raise InputError(f"{path}: an interval lies outside the range of its tier. Correct the boundaries.") from None
    except TextgridStateError as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}. Correct the boundaries in Praat.") from None
    except (PraatioException, ValueError, IndexError, KeyError) as error:
        # What praatio raises for a file that ends early depends on where it ends.
        reason = f" ({' '.join(str(error).split()).rstrip('.')})" if isinstance(error, PraatioException) else ""
        raise InputError(
            f"{path}: cannot be read as a TextGrid{reason}. Export it from Praat again, as a text file in UTF-8."
        ) from None


def _problems(path: Path, tier: Tier) -> Sequence[str]:
    # Praat's intervals follow one another without gaps. A gap tells of what praatio does not: of a file that ends
    # before its last interval, and of a start below 0, whose sign is ignored.
    problems = []
    last_end_s = 0.0
    for number, each in enumerate(tier.intervals, start=1):
        where = f'{path}: tier "{tier.name}", interval {number} ("{each.label}", {each.start_s:g} to {each.end_s:g} s)'
        if abs(each.start_s - last_end_s) > _TOLERANCE_S:
            problems.append(
                f"{where}: should begin where the one before it ends, at {last_end_s:g} s, and the first one at 0 s."
            )
        last_end_s = each.end_s
    if abs(tier.duration_s - last_end_s) > _TOLERANCE_S:
        problems.append(
            f'{path}: tier "{tier.name}" lasts {tier.duration_s:g} s, but its last interval ends at {last_end_s:g} s. '
            f"The file may be truncated; export it from Praat again."
        )
    return problems
