"""Which pictures the page on an experiment shows: those of the whole, then those that runs left, side by side."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hearfit.soundtasks.picture_files import PICTURES, pictures_path, read_sheets
from hearfit.soundtasks.pictures import MOST_PANELS, Panel, Sheet
from hearfit.soundtasks.record import RunName
from hearfit.soundtasks.result import ExperimentResult

MOST_SHEETS: Final = 24
# In a heading; the panels name all of them.
_MOST_NAMED: Final = 6
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")

Pictures = Callable[[ExperimentResult, Path], tuple[Sheet, ...]]


@dataclass(frozen=True, eq=False)
class _Own:
    """What one run left."""

    run: RunName
    sheet: Sheet


def sheets_of(result: ExperimentResult, out: Path, pictures: Pictures | None) -> tuple[tuple[Sheet, ...], str]:
    """Figures of the whole, then those that the first seed of each frontend and condition left.

    Panels of one kind and condition stand on one sheet, those of a frontend beside those of the others: a page with a
    sheet for every run would have sixty of them where fifteen frontends are compared with two readouts.

    Beyond `MOST_SHEETS` they are left out, and a sentence says which; it is empty where all are there.

    Raises:
        InputError: a file of pictures is damaged.
    """
    sheets = [] if pictures is None else list(pictures(result, out))
    groups: dict[tuple[object, ...], list[_Own]] = {}
    for record in result.records:
        name = record.name
        if name.seed == min(result.of(name.frontend, name.condition)):
            for sheet in read_sheets(pictures_path(out, name)):
                groups.setdefault(_kind(name, sheet), []).append(_Own(name, sheet))
    kinds = list(dict.fromkeys(own[0].sheet.name for own in groups.values()))
    in_order = sorted(
        groups.values(),
        key=lambda own: (result.conditions.index(own[0].run.condition), kinds.index(own[0].sheet.name)),
    )
    for own in in_order:
        for first in range(0, len(own), MOST_PANELS):
            sheets.append(_side_by_side(own[first : first + MOST_PANELS], len(sheets)))
    return tuple(sheets[:MOST_SHEETS]), _left_out_sentence(sheets[MOST_SHEETS:], out)


def _kind(name: RunName, sheet: Sheet) -> tuple[object, ...]:
    """The same for sheets that can be put together: what one caption is true of, with scales of their own."""
    own = name.frontend if sheet.has_shared_scale else ""
    return sheet.name, name.condition, name.seed, sheet.heading, sheet.caption, sheet.unit, own


def _side_by_side(own: Sequence[_Own], number: int) -> Sheet:
    """One sheet of the first panels of each run, as many of each as there is room for."""
    run, sheet = own[0].run, own[0].sheet
    name = _NOT_IN_NAMES.sub("-", f"{sheet.name} {run.condition} {number}".lower()).strip("-")
    frontends = f"{len(own)} frontends" if len(own) > _MOST_NAMED else ", ".join(each.run.frontend for each in own)
    heading = f"{sheet.heading}: {frontends}, {run.condition}, seed {run.seed}"
    if len(own) == 1:
        return replace(sheet, name=name, heading=heading)
    room = MOST_PANELS // len(own)
    panels: list[Panel] = []
    for each in own:
        panels += [replace(panel, title=f"{each.run.frontend}: {panel.title}") for panel in each.sheet.panels[:room]]
    most = max(len(each.sheet.panels) for each in own)
    shown = "the first" if room == 1 else f"the first {room}"
    cut = f" Of the {most} panels of each frontend {shown} can be shown beside so many others." if most > room else ""
    return replace(
        sheet,
        name=name,
        heading=heading,
        caption=sheet.caption + cut,
        alternative=" ".join(dict.fromkeys(each.sheet.alternative for each in own)),
        panels=tuple(panels),
    )


def _left_out_sentence(left_out: Sequence[Sheet], out: Path) -> str:
    if not left_out:
        return ""
    return (
        f"Pictures are missing from this page, which shows at most {MOST_SHEETS}: "
        f"{'; '.join(sheet.heading for sheet in left_out)}. Those of runs are in {out / PICTURES}, as arrays of NumPy."
    )
