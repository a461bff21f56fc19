"""Curves: a line through the rows, several named lines, or a line with the range that was expected of it."""

import altair as alt
import pyarrow as pa

from keepers.insight.drawings.frame import Frame, KeyEntry, Layered, key_of, records_as_data
from keepers.insight.drawings.pictures import Band, Curve

MOST_POINTS = 60


def draw_curve(curve: Curve, rows: pa.Table, frame: Frame) -> Layered:
    """One line with its points, or several with their names."""
    x, y = frame.along(curve.x, curve.x_words), frame.up(curve.y, top=curve.top)
    base = alt.Chart(frame.data(rows, label=curve.y)).encode(x=x, y=y)
    layers = _lines(base, curve, rows, frame) if curve.series is None else _named_lines(base, curve, rows, frame)
    if curve.ticks is not None:
        layers.append(_ticks(base, curve, frame))
    if curve.even:
        even = alt.InlineData(values=[{curve.x: 0, curve.y: 0}, {curve.x: 100, curve.y: 1}])
        layers.insert(0, alt.Chart(even).mark_line(color=frame.colours.rule, strokeWidth=1).encode(x=x, y=y))
    return alt.layer(*layers).properties(width=frame.width, height=frame.height)


def _ticks(base: alt.Chart, curve: Curve, frame: Frame) -> alt.Chart:
    """Short marks along the foot, such as a customer's orders."""
    marked = base.transform_filter(f"datum.{curve.ticks}")
    foot = alt.value(alt.ExprRef("height - 5"))
    ticks: alt.Chart = marked.mark_tick(size=10, thickness=1.5, color=frame.colours.ink_quiet).encode(y=foot)
    return ticks


def draw_band(band: Band, rows: pa.Table, frame: Frame) -> Layered:
    """The range as an area, what was expected dashed, what happened solid, and a key in words above."""
    x, y = frame.along(band.x, band.x_words), frame.up(band.low, band.y_words)
    base = alt.Chart(records_as_data(rows.to_pylist())).encode(x=x)
    area = base.transform_filter(f"isValid(datum.{band.low})").mark_area(color=frame.colours.accent, opacity=0.18)
    layers = [area.encode(y=y, y2=f"{band.high}:Q")]
    if band.dashed is not None:
        dashed = base.transform_filter(f"isValid(datum.{band.dashed[0]})")
        line = dashed.mark_line(strokeDash=[5, 4], strokeWidth=2, color=frame.colours.ink_quiet)
        layers.append(line.encode(y=alt.Y(f"{band.dashed[0]}:Q")))
    if band.solid is not None:
        solid = base.transform_filter(f"isValid(datum.{band.solid[0]})").mark_line(strokeWidth=2)
        layers.append(solid.encode(y=alt.Y(f"{band.solid[0]}:Q")))
    if band.mark is not None:
        marked = base.transform_filter(f"isValid(datum.{band.mark[0]})")
        point = marked.mark_point(filled=True, opacity=1, size=110, color=frame.colours.ink)
        layers.append(point.encode(y=alt.Y(f"{band.mark[0]}:Q")))
    return alt.layer(*layers, *_key(band, frame)).properties(width=frame.width, height=frame.height)


def _key(band: Band, frame: Frame) -> list[alt.Chart]:
    """What each line and the range are called."""
    accent = frame.colours.accent
    entries = [
        *([KeyEntry(band.solid[1], "━", accent)] if band.solid else []),
        *([KeyEntry(band.dashed[1], "╍", frame.colours.ink_quiet)] if band.dashed else []),
        *([KeyEntry(band.mark[1], "●", frame.colours.ink)] if band.mark else []),
        KeyEntry(band.range_words, "█", accent, 0.35),
    ]
    return key_of(entries, frame)


def _lines(base: alt.Chart, curve: Curve, rows: pa.Table, frame: Frame) -> list[alt.Chart]:
    if curve.solid is None:
        points = base.mark_point(filled=True, opacity=1, size=36, color=frame.colours.accent)
        return [base.mark_line(), points] if rows.num_rows <= MOST_POINTS else [base.mark_line(strokeWidth=1.5)]
    whole = base.mark_line(strokeDash=[4, 4], strokeWidth=1.5)
    return [whole, base.transform_filter(f"datum.{curve.solid}").mark_line()]


def _named_lines(base: alt.Chart, curve: Curve, rows: pa.Table, frame: Frame) -> list[alt.Chart]:
    """Each line with its name at a point where lines lie well apart, so no legend is needed."""
    names = list(dict.fromkeys(rows[curve.series].to_pylist()))
    series = frame.colours.series
    colours = alt.Color(f"{curve.series}:N", scale=alt.Scale(domain=names, range=list(series)), legend=None)
    middle = sorted(rows[curve.x].to_pylist())[rows.num_rows // 2]
    anchor = base.transform_filter(f"datum.{curve.x} == {middle} && datum.{curve.series} == '{names[0]}'")
    labels = [
        anchor.mark_text(align="left", dx=10, dy=24 + 20 * place, fontWeight=600).encode(
            text=alt.value(name), color=alt.value(colour)
        )
        for place, (name, colour) in enumerate(zip(names, series, strict=False))
    ]
    return [base.mark_line().encode(color=colours), *labels]
