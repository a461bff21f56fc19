"""Bars: one a row with its label at the end; and bars of what happened with marks of what was forecast."""

import altair as alt
import pyarrow as pa

from keepers.insight.drawings.frame import ABOVE, Frame, Layered, records_as_data
from keepers.insight.pictures import Bars, BarsAgainst

STEP = 30
MOST_BARS = 30
LABEL_ROOM = 96
_SHAPES = ("stroke", "circle", "triangle-up")


def draw_bars(bars: Bars, rows: pa.Table, frame: Frame) -> Layered:
    """Lying bars, so that names and labels read as they stand."""
    data = frame.data(rows.slice(0, MOST_BARS), label=bars.label or bars.length)
    limit = 132 if frame.narrow else 300
    names = alt.Y(f"{bars.of}:N", sort=None, title=None, axis=alt.Axis(labelLimit=limit, labelColor=frame.colours.ink))
    domain = alt.Undefined if bars.whole is None else [0, bars.whole]
    room = alt.Scale(range=[0, alt.ExprRef(f"width - {LABEL_ROOM}")], zero=True, domain=domain)
    lengths = alt.X(f"{bars.length}:Q", axis=None, scale=room)
    base = alt.Chart(data).encode(y=names, x=lengths)
    drawn = base.mark_bar(size=STEP * 0.6).encode(color=_colour(bars, frame))
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    return alt.layer(drawn, labels).properties(width=frame.width, height=alt.Step(STEP))


def _colour(bars: Bars, frame: Frame) -> alt.Color | object:
    if bars.colour is None:
        return alt.value(frame.colours.accent)
    palette = frame.colours.groups
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    return alt.Color(f"{bars.colour}:N", scale=scale, legend=None)


def draw_bars_against(bars: BarsAgainst, rows: pa.Table, frame: Frame) -> Layered:
    """Standing bars, the forecasts as a dash and points across them, named once in a legend."""
    columns = [bars.actual, *(column for column, _ in bars.forecasts)]
    top = max((value or 0 for column in columns for value in rows[column].to_pylist()), default=0)
    x = alt.X(f"{bars.of}:O", title=bars.x_words, sort=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y(
        f"{bars.actual}:Q",
        title=bars.y_words,
        axis=alt.Axis(labelExpr=frame.labels(bars.actual), **ABOVE),
        scale=alt.Scale(domain=[0, top or 1], nice=True),
    )
    base = alt.Chart(records_as_data(rows.to_pylist()))
    happened = base.mark_bar(color=frame.colours.accent, opacity=0.45).encode(x=x, y=y)
    words = [words for _, words in bars.forecasts]
    marks = [
        {bars.of: row[bars.of], "of": name, "figure": row[column]}
        for row in rows.to_pylist()
        for column, name in bars.forecasts
        if row[column] is not None
    ]
    colours = [frame.colours.ink, frame.colours.negative, frame.colours.ink_quiet][: len(words)]
    legend = alt.Legend(columns=1 if frame.narrow else len(words), symbolSize=120, labelLimit=300)
    points = (
        alt.Chart(records_as_data(marks))
        .mark_point(filled=False, strokeWidth=2.5, size=110 if frame.narrow else 220, opacity=1)
        .encode(
            x=x,
            y=alt.Y("figure:Q", title=bars.y_words),
            shape=alt.Shape("of:N", scale=alt.Scale(domain=words, range=list(_SHAPES[: len(words)])), legend=legend),
            color=alt.Color("of:N", scale=alt.Scale(domain=words, range=colours), legend=legend),
        )
    )
    return alt.layer(happened, points).properties(width=frame.width, height=frame.height)
