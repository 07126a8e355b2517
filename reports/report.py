"""The verb of this package: profiles in, a report on disk out."""

from collections.abc import Sequence
from pathlib import Path

from hearfit.listener.normal import NORMAL
from hearfit.listener.profile import Profile
from hearfit.reports.build import build_document
from hearfit.reports.figure_parameters import NormalValues
from hearfit.reports.html import render_html
from hearfit.storage.files import write_text


def write_report(path: Path, profiles: Sequence[Profile]) -> None:
    """Writes one self-contained HTML file on one or both ears of a listener.

    Raises:
        InputError: the profiles do not belong into one report, or the file cannot be written.
    """
    normal = NormalValues(
        compression_exponent=NORMAL.compression_exponent, attenuation_db=0.0, inhibition=NORMAL.inhibition
    )
    write_text(path, render_html(build_document(profiles, normal=normal)))
