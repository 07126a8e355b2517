"""What a task gives to be drawn: arrays with axes and units, no colours and no layout.

A `Sheet` is one figure of the report: up to a dozen panels of one kind in a grid. `Image`: a receptive field, a kernel,
a spectrogram. `Lines`: frequency responses of filters, masks over time. `Moves`: points before and after training, such
as rate against scale of each cortical filter.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError

MOST_PANELS = 24


@dataclass(frozen=True)
class Axis:
    """`is_log`: drawn in octaves; its values are then positive."""

    label: str
    unit: str
    is_log: bool = False


@dataclass(frozen=True, eq=False)
class Image:
    """Values over a plane, on regular or irregular ascending places. Row r lies at `y_places[r]`, which grow upwards.

    Signed values are drawn around zero, the others from least to greatest.
    """

    title: str
    x: Axis
    y: Axis
    x_places: Float[np.ndarray, " columns"]
    y_places: Float[np.ndarray, " rows"]
    values: Float[np.ndarray, "rows columns"]
    is_signed: bool = False


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves over one axis; `labels` has one name a curve, or is empty where they need none."""

    title: str
    x: Axis
    y: Axis
    x_places: Float[np.ndarray, " places"]
    values: Float[np.ndarray, "curves places"]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Moves:
    """Points of a plane before training and the same ones after it."""

    title: str
    x: Axis
    y: Axis
    before: Float[np.ndarray, "points 2"]
    after: Float[np.ndarray, "points 2"]


Panel = Image | Lines | Moves


@dataclass(frozen=True, eq=False)
class Sheet:
    """One figure.

    Attributes:
        name: of the file, letters, digits and hyphens.
        heading: above it.
        caption: what the signs mean and how it was computed.
        alternative: what it shows, in words, for who cannot see it.
        unit: of the values of images, for the key; empty: arbitrary.
        has_shared_scale: whether the shades of all images mean the same values.

    Raises:
        InputError: no panels, too many of them, or shapes, places or values that cannot be drawn.
    """

    name: str
    heading: str
    caption: str
    alternative: str
    panels: tuple[Panel, ...]
    unit: str = ""
    has_shared_scale: bool = False

    def __post_init__(self) -> None:
        problems = [problem for panel in self.panels for problem in _problems(panel)]
        if not 1 <= len(self.panels) <= MOST_PANELS:
            problems.append(f"has {len(self.panels)} panels; allowed is 1 to {MOST_PANELS}")
        if problems:
            raise InputError([f"The figure {self.name!r} cannot be drawn: it {problem}." for problem in problems])


def _problems(panel: Panel) -> list[str]:
    if isinstance(panel, Moves):
        axes = [
            (panel.x, np.concatenate([panel.before[:, 0], panel.after[:, 0]])),
            (panel.y, np.concatenate([panel.before[:, 1], panel.after[:, 1]])),
        ]
        values = np.concatenate([panel.before, panel.after])
        ascending: list[Float[np.ndarray, " places"]] = []
    else:
        axes = [(panel.x, panel.x_places)]
        values, ascending = panel.values, [panel.x_places]
        if isinstance(panel, Image):
            axes.append((panel.y, panel.y_places))
            ascending.append(panel.y_places)
    problems = []
    if not values.size or not np.isfinite(values).all():
        problems.append(f"holds no values or values that are not finite in {panel.title!r}")
    if any(places.size < 2 or not (np.diff(places) > 0).all() for places in ascending):
        problems.append(f"has places that do not ascend, or fewer than two, in {panel.title!r}")
    problems += [
        f"has places of {axis.label!r} that are not positive, on a logarithmic axis, in {panel.title!r}"
        for axis, places in axes
        if axis.is_log and not (places > 0).all()
    ]
    if isinstance(panel, Lines) and panel.labels and len(panel.labels) != len(panel.values):
        problems.append(f"has {len(panel.labels)} labels for {len(panel.values)} curves in {panel.title!r}")
    return problems
