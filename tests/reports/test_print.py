"""The HTML as Chromium prints it, beside the PDF of the same document; skipped where there is no Chromium."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from hearfit.reports.formats import Paper
from hearfit.reports.html import render_html
from hearfit.reports.pdf import render_pdf
from tests.reports.example_report import example_document

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SIZES_MM = {Paper.A4: (210.0, 297.0), Paper.LETTER: (215.9, 279.4)}
CSS_SIZES = {Paper.A4: "A4", Paper.LETTER: "letter"}
POINTS_PER_MM = 72.0 / 25.4


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium to print with, which is not on the path")
@pytest.mark.parametrize("paper", list(Paper))
def test_it_prints_on_both_sheets(tmp_path: Path, paper: Paper) -> None:
    """White margins, no page that is nearly empty, the whole first page on one sheet, as many pages as the PDF."""
    document = example_document()
    text = render_html(document)
    assert "@page { margin" in text
    (tmp_path / "page.html").write_text(text.replace("@page {", f"@page {{ size: {CSS_SIZES[paper]};"), "utf-8")
    assert BROWSER is not None
    subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}",
            "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'page.pdf'}", f"file://{tmp_path / 'page.html'}",
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    printed = pypdfium2.PdfDocument(tmp_path / "page.pdf")
    typeset = pypdfium2.PdfDocument(render_pdf(document, paper=paper))
    assert abs(len(printed) - len(typeset)) <= 2
    words = "".join(printed[0].get_textpage().get_text_range().split())
    assert "Keynumbers" in words
    assert "Mostlytheprior,nottheanswers." in words
    for index, page in enumerate(printed):
        assert [side / POINTS_PER_MM for side in page.get_size()] == pytest.approx(SIZES_MM[paper], abs=0.5)
        picture = np.asarray(page.render(grayscale=True).to_numpy()).squeeze()
        margin = round(12 * POINTS_PER_MM)
        assert picture[:, :margin].min() > 250, index
        assert picture[:, -margin:].min() > 250, index
        assert np.mean(picture < 200) > 0.0015, index
    printed.close()
    typeset.close()
