"""The figure of a planned session: the intervals to be expected, drawn like those of a fitted ear."""

import io
from collections.abc import Sequence
from pathlib import Path

from hearfit.audiology.audiogram import Ear
from hearfit.listener.normal import NORMAL
from hearfit.listener.profile import FrequencyEstimates
from hearfit.reports.figure_parameters import NormalValues, draw_parameters
from hearfit.storage.files import write_bytes

_DOTS_PER_INCH = 200


def write_plan_figure(frequencies: Sequence[FrequencyEstimates], ear: Ear, path: Path) -> None:
    """Writes the figure in the format that the name of the file asks for."""
    normal = NormalValues(NORMAL.compression_exponent, 0.0, NORMAL.inhibition)
    figure = draw_parameters(frequencies, ear, normal)
    drawing = io.BytesIO()
    figure.savefig(drawing, format=path.suffix[1:].lower(), dpi=_DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.1)
    write_bytes(path, drawing.getvalue())
