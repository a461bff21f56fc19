"""Grids: a field of cells, darker where there is more, each with its figure."""

from typing import Any

import altair as alt
import pyarrow as pa

from keepers.insight import wording
from keepers.insight.drawings.frame import Frame, Layered
from keepers.insight.drawings.pictures import Grid

CELL_HEIGHT = 26
HIGH_CELL = 40  # with the change below the figure
MOST_ACROSS = 13
MOST_ACROSS_NARROW = 6


def draw_grid(grid: Grid, rows: pa.Table, frame: Frame) -> Layered:
    """The cells in the order of their rows; a phone shows the first columns."""
    cells = _cells(grid, rows, MOST_ACROSS_NARROW if frame.narrow else MOST_ACROSS)
    data = frame.data(cells, label=grid.colour, decimals=0)
    most = max((value for value in cells[grid.colour].to_pylist() if value is not None), default=0)
    base = (
        alt.Chart(data)
        .transform_calculate(short="replace(datum.label, ' %', '')")
        .encode(
            x=alt.X(
                f"{grid.x}:O",
                title=grid.x_words,
                sort=_across(cells[grid.x].to_pylist(), frame),
                axis=alt.Axis(labelAngle=0, orient="top"),
            ),
            y=alt.Y(
                f"{grid.y}:O",
                title=None if frame.narrow else grid.y_words,
                sort=None,
                axis=alt.Axis(labelLimit=110 if frame.narrow else 200),
            ),
        )
    )
    scale = alt.Scale(range=list(frame.colours.scale), domain=[0, most])
    colour = alt.Color(f"{grid.colour}:Q", scale=scale, legend=None)
    strong = f"datum.{grid.colour} > {most * frame.colours.strong_from}"
    figures = alt.condition(strong, alt.value(frame.colours.on_accent), alt.value(frame.colours.ink))
    drawn = base.mark_rect(stroke=frame.colours.paper, strokeWidth=2).encode(color=colour)
    lift = 0 if grid.change is None else -7
    written = base.mark_text(fontSize=12 if frame.narrow else 11, dy=lift).encode(text=_figures(frame), color=figures)
    if grid.change is None:
        return alt.layer(drawn, written).properties(width=frame.width, height=alt.Step(CELL_HEIGHT))
    changes = base.mark_text(fontSize=11, dy=9).encode(text="change:N", color=figures)
    return alt.layer(drawn, written, changes).properties(width=frame.width, height=alt.Step(HIGH_CELL))


def _figures(frame: Frame) -> alt.Text:
    """The cells' figures; a phone has no room for the sign of per cent."""
    return alt.Text("short:N" if frame.narrow else "label:N")


def _across(values: list[Any], frame: Frame) -> list[Any]:
    """The columns of a grid: numbers upwards, groups in the order of the palette, other words last."""
    place = {name: number for number, name in enumerate(frame.colours.groups)}
    return sorted(set(values), key=lambda value: value if isinstance(value, int) else place.get(value, len(place)))


def _cells(grid: Grid, rows: pa.Table, most_across: int) -> pa.Table:
    """One row a cell: what lies in the same cell is added up, and columns beyond a page's width are left out."""
    across = list(dict.fromkeys(rows[grid.x].to_pylist()))[:most_across]
    kept = [row for row in rows.to_pylist() if row[grid.x] in across and row.get("is_complete", True)]
    cells: dict[tuple[Any, Any], Any] = {}
    changes: dict[tuple[Any, Any], int] = {}
    for row in kept:
        cell = (row[grid.x], row[grid.y])
        cells[cell] = cells.get(cell, 0) + (row[grid.colour] or 0)
        changes[cell] = changes.get(cell, 0) + (row[grid.change] if grid.change else 0)
    return pa.table(
        {
            grid.x: [x for x, _ in cells],
            grid.y: [y for _, y in cells],
            grid.colour: list(cells.values()),
            "change": [wording.change(change) for change in changes.values()],
        }
    )
