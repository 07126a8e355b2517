"""A document as one self-contained HTML page: it opens offline, loads nothing, runs nothing and escapes every name."""

from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from hearfit.reports.document import Document

_TEMPLATE: Final = "report.html.jinja"
_STYLE_SHEET: Final = "report.css"


def render_html(document: Document) -> str:
    """The whole page."""
    return _template().render(document=document, style_sheet=_read(_STYLE_SHEET))


@cache
def _template() -> Template:
    environment = Environment(
        # Read through importlib.resources, because the templates' folder is not beside the package when it is mapped.
        loader=DictLoader({_TEMPLATE: _read(_TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = _kind
    return environment.get_template(_TEMPLATE)


def _kind(block: object) -> str:
    return type(block).__name__


def _read(name: str) -> str:
    return files("hearfit.reports").joinpath("templates", name).read_text(encoding="utf-8")
