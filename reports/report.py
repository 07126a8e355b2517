"""The verb of this package: profiles and audiograms in, a report on disk out."""

from collections.abc import Sequence
from pathlib import Path

from hearfit.audiology.audiogram import Audiogram
from hearfit.listener.normal import NORMAL
from hearfit.listener.profile import Profile
from hearfit.reports.build import build_document
from hearfit.reports.contents import Person
from hearfit.reports.document import Document
from hearfit.reports.figure_parameters import NormalValues
from hearfit.reports.formats import Paper, ReportFormat
from hearfit.reports.html import render_html
from hearfit.storage.files import write_bytes, write_text


def make_document(
    profiles: Sequence[Profile],
    *,
    audiogram: Audiogram | None = None,
    previous: Sequence[Profile] = (),
    person: Person | None = None,
) -> Document:
    """The report on one or both ears of a listener (see `build_document`), with this version's normal ear.

    Raises:
        InputError: what is given does not belong into one report.
    """
    normal = NormalValues(
        compression_exponent=NORMAL.compression_exponent, attenuation_db=0.0, inhibition=NORMAL.inhibition
    )
    return build_document(profiles, normal=normal, audiogram=audiogram, previous=previous, person=person)


def write_document(path: Path, document: Document, *, report_format: ReportFormat, paper: Paper) -> None:
    """Writes one self-contained file; `paper` is that of a PDF.

    Raises:
        InputError: the file cannot be written.
    """
    if report_format is ReportFormat.HTML:
        return write_text(path, render_html(document))
    # Typst's engine is a large library.
    from hearfit.reports.pdf import render_pdf

    return write_bytes(path, render_pdf(document, paper=paper))


def write_report(path: Path, profiles: Sequence[Profile]) -> None:
    """Writes the HTML report on one or both ears of a listener.

    Raises:
        InputError: the profiles do not belong into one report, or the file cannot be written.
    """
    write_document(path, make_document(profiles), report_format=ReportFormat.HTML, paper=Paper.A4)
