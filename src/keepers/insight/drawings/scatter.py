"""Scatters: points of two measures in four named quarters."""

import altair as alt
import pyarrow as pa

from keepers.insight.drawings.frame import PER_CENT, Frame, Layered, records_as_data
from keepers.insight.drawings.pictures import Scatter

LIFT = 34  # of the lower names below the plot's usual height [px]


def draw_scatter(scatter: Scatter, rows: pa.Table, frame: Frame) -> Layered:
    """Money goes up by powers, because a few hold most of it; the quarters are named in the corners."""
    x = alt.X(
        f"{scatter.x}:Q",
        title=scatter.x_words,
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(labelExpr=PER_CENT, tickCount=2 if frame.narrow else 5),
    )
    y = alt.Y(
        f"{scatter.y}:Q",
        title=None if frame.narrow else scatter.y_words,
        scale=alt.Scale(type="symlog", constant=max(scatter.cuts[1] / 20, 1e-9), nice=False, zero=True),
        axis=alt.Axis(labelExpr=frame.labels(scatter.y), values=_ticks(rows[scatter.y].to_pylist())),
    )
    palette = frame.colours.groups
    names = list(scatter.names)
    colour = alt.Color(
        f"{scatter.colour}:N", scale=alt.Scale(domain=names, range=[palette[name] for name in names]), legend=None
    )
    size = alt.Size(f"{scatter.size}:Q", scale=alt.Scale(range=[8, 180 if frame.narrow else 320]), legend=None)
    points = (
        alt.Chart(records_as_data(rows.to_pylist()))
        .mark_circle(opacity=0.85, stroke=frame.colours.ink_quiet, strokeWidth=0.5)
        .encode(x=x, y=y, size=size, color=colour)
    )
    return alt.layer(*_cuts(scatter, frame), points, *_names(scatter, frame)).properties(
        width=frame.width, height=frame.height + 40
    )


def _cuts(scatter: Scatter, frame: Frame) -> list[alt.Chart]:
    at_x, at_y = (
        alt.Chart(alt.InlineData(values=[{"cut": cut}])).mark_rule(color=frame.colours.rule) for cut in scatter.cuts
    )
    return [at_x.encode(x="cut:Q"), at_y.encode(y="cut:Q")]


def _names(scatter: Scatter, frame: Frame) -> list[alt.Chart]:
    """The quarters' names in the corners, from low x and low y on."""
    bottom = frame.height + LIFT
    corners = [(0, 4, bottom), (1, -4, bottom), (0, 4, -8), (1, -4, -8)]
    return [
        _text(right).encode(
            x=alt.value(alt.ExprRef("width") if right else 0),
            y=alt.value(y),
            text=alt.value(name),
            xOffset=alt.value(dx),
        )
        for name, (right, dx, y) in zip(scatter.names, corners, strict=True)
    ]


def _text(right: int) -> alt.Chart:
    nothing = alt.Chart(alt.InlineData(values=[{}]))
    drawn: alt.Chart = nothing.mark_text(align="right" if right else "left", baseline="bottom", fontWeight=600)
    return drawn


def _ticks(values: list[float | None]) -> list[float]:
    """Powers of ten up to the largest value, and nothing."""
    most = max((value for value in values if value is not None), default=0)
    powers = [10.0**power for power in range(-2, 9)]
    return [0.0, *[power for power in powers if most / 5000 <= power <= most]]
