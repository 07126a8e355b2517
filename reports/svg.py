"""Matplotlib figures as SVG that can be inlined into a page: no header, no network names, no ids that collide."""

import io
import re
import warnings

import matplotlib
from matplotlib.figure import Figure

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}

_ROOT = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")
# Matplotlib's style sheet would apply to the whole page.
_STYLE_SHEET = re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_FONT_FAMILY = re.compile(r"(?<=font-size: )([\d.]+px); font-family: [^;\"]*")
_IDENTIFIER = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r"(?:xlink:)?href=\"#([^\"]*)\"|url\(#([^)]*)\)")
_WHITE_SPACE_IN_PATHS = re.compile(r" ?\n(?=[MLHVCSQTAZz\"])")


def inline_svg(figure: Figure, *, prefix: str) -> str:
    """The drawing as an `<svg>` element whose ids begin with `prefix`."""
    # Text stays text, so that it is searchable, sharp and in the font of the page; DejaVu, in which it is laid out, is
    # wider than the fonts of pages, so nothing overlaps. The hash salt makes ids, and so whole reports, reproducible.
    with (
        matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "hearfit", "svg.id": None}),
        warnings.catch_warnings(),
    ):
        # The page has a font for the letters of a name that this one lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = _METADATA.sub("", _STYLE_SHEET.sub("", text))
    text = _ROOT.sub(
        r'<svg viewBox="\1" aria-hidden="true" style="stroke-linejoin: round; stroke-linecap: butt">', text, count=1
    )
    text = _WHITE_SPACE_IN_PATHS.sub(" ", _FONT_FAMILY.sub(r"\1", text))
    return _unique_identifiers(text, prefix).strip()


def _unique_identifiers(text: str, prefix: str) -> str:
    """Prefixes the ids that something refers to, and drops the others."""
    referenced = {first or second for first, second in _REFERENCE.findall(text)}

    def identifier(match: re.Match[str]) -> str:
        return f' id="{prefix}-{match[1]}"' if match[1] in referenced else ""

    def reference(match: re.Match[str]) -> str:
        return f'href="#{prefix}-{match[1]}"' if match[1] else f"url(#{prefix}-{match[2]})"

    return _REFERENCE.sub(reference, _IDENTIFIER.sub(identifier, text))
