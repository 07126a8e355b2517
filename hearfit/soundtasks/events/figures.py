"""What the filters of the event tasks have become, as arrays to be drawn."""

from collections.abc import Sequence

from hearfit.soundtasks.events.frontends import event_frontend
from hearfit.soundtasks.filter_figures import PicturedRun, filter_sheets
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.record import RunRecord


def event_sheets(records: Sequence[RunRecord]) -> tuple[Sheet, ...]:
    """Filters of every run that learned any."""
    return filter_sheets([pictured(record) for record in records if record.learned])


def pictured(record: RunRecord) -> PicturedRun:
    """A run with the frontend that it began from."""
    frontend = event_frontend(record.name.frontend, record.name.seed)
    return PicturedRun(record, record.name.frontend, frontend, frontend.layout)
