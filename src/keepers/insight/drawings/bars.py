"""Bars: one a row with its label at the end; and bars of what happened with marks of what was forecast."""

import altair as alt
import pyarrow as pa

from keepers.insight.drawings.frame import Frame, KeyEntry, Layered, key_of, records_as_data
from keepers.insight.drawings.pictures import Bars, BarsAgainst

STEP = 30
MOST_BARS = 30
LABEL_ROOM = 96
_SHAPES = ("stroke", "circle", "triangle-up")
_SIGNS = ("━", "○", "△")


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
    ends = base if bars.high is None else base.encode(x=alt.X(f"{bars.high}:Q", axis=None, scale=room))
    labels = ends.mark_text(align="left", dx=6).encode(text="label:N")
    return alt.layer(drawn, *_ranges(bars, base, frame), labels).properties(width=frame.width, height=alt.Step(STEP))


def _ranges(bars: Bars, base: alt.Chart, frame: Frame) -> list[alt.Chart]:
    """A line across the end of each bar, from the low to the high end of its range."""
    if bars.low is None or bars.high is None:
        return []
    across = base.mark_rule(color=frame.colours.ink, strokeWidth=2)
    return [across.encode(x=alt.X(f"{bars.low}:Q", axis=None), x2=alt.X2(f"{bars.high}:Q"))]


def _colour(bars: Bars, frame: Frame) -> alt.Color | object:
    if bars.colour is None:
        return alt.value(frame.colours.accent)
    palette = frame.colours.groups
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    return alt.Color(f"{bars.colour}:N", scale=scale, legend=None)


def draw_bars_against(bars: BarsAgainst, rows: pa.Table, frame: Frame) -> Layered:
    """Standing bars, the forecasts as a dash and points across them, and a key in words above."""
    columns = [bars.actual, *(column for column, _ in bars.forecasts)]
    top = max((value or 0 for column in columns for value in rows[column].to_pylist()), default=0)
    x = alt.X(f"{bars.of}:O", title=bars.x_words, sort=None, axis=alt.Axis(labelAngle=0))
    axis = alt.Axis(labelExpr=frame.labels(bars.actual))
    scale = alt.Scale(domain=[0, top or 1], nice=True)
    base = alt.Chart(records_as_data(rows.to_pylist())).encode(x=x)
    happened = base.mark_bar(color=frame.colours.accent, opacity=0.45)
    layers = [happened.encode(y=alt.Y(f"{bars.actual}:Q", title=None, axis=axis, scale=scale))]
    key = [KeyEntry(bars.y_words, "█", frame.colours.accent, 0.45)]
    colours = (frame.colours.ink, frame.colours.negative, frame.colours.ink_quiet)
    for (column, words), shape, sign, colour in zip(bars.forecasts, _SHAPES, _SIGNS, colours, strict=False):
        told = base.transform_filter(f"isValid(datum.{column})").mark_point(
            filled=False, strokeWidth=2.5, size=110 if frame.narrow else 220, opacity=1, shape=shape, color=colour
        )
        layers.append(told.encode(y=alt.Y(f"{column}:Q", title=None, axis=axis, scale=scale)))
        key.append(KeyEntry(words, sign, colour))
    return alt.layer(*layers, *key_of(key, frame)).properties(width=frame.width, height=frame.height)
