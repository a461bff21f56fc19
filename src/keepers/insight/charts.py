"""Draws an answer's picture with Altair and saves it as a page, a vector or an image; nothing is fetched."""

import textwrap
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt
import pyarrow as pa
import vl_convert

from keepers.core.errors import KeepersError
from keepers.insight import theme, wording
from keepers.insight.answers import Answer
from keepers.insight.columns import Kind, column_named, written
from keepers.insight.pictures import Bars, Curve, Grid, Picture, Waterfall

Specification = dict[str, Any]
Layered = alt.LayerChart | alt.FacetChart

WIDTH = 620
CURVE_HEIGHT = 300
HALF_BAR = 0.36
BAR_STEP = 30
CELL_HEIGHT = 26
TITLE_WIDTH = 62
SUBTITLE_WIDTH = 88
MOST_BARS = 30
MOST_CELLS_ACROSS = 13
_PER_CENT = "format(datum.value * 100, '.0f') + ' %'"


class UnknownChartFormatError(KeepersError):
    """A chart cannot be saved under this name."""


def chart_of(answer: Answer) -> alt.TopLevelMixin:
    """The answer's picture: its title is the finding, its subtitle the definition."""
    chart = _drawn(answer.picture, answer)
    title = alt.TitleParams(
        text=textwrap.wrap(answer.finding, TITLE_WIDTH, break_on_hyphens=False),
        subtitle=textwrap.wrap(answer.definition, SUBTITLE_WIDTH),
    )
    return chart.properties(title=title)


def save_chart(answer: Answer, path: Path) -> None:
    """Draw the answer into an .html, .svg or .png file.

    Raises:
        UnknownChartFormatError: the file's name ends in none of these.
    """
    save = _SAVERS.get(path.suffix.lower())
    if save is None:
        raise UnknownChartFormatError(
            f'A chart cannot be saved as "{path.name}". Use a name ending in .html, .svg or .png.',
        )
    path.write_bytes(save(chart_of(answer).to_dict()))


def _html(specification: Specification) -> bytes:
    page: str = vl_convert.vegalite_to_html(specification, bundle=True, config=theme.config())
    return page.encode()


def _svg(specification: Specification) -> bytes:
    drawing: str = vl_convert.vegalite_to_svg(specification, config=theme.config())
    return drawing.encode()


def _png(specification: Specification) -> bytes:
    image: bytes = vl_convert.vegalite_to_png(specification, scale=2, config=theme.config())
    return image


_SAVERS: Mapping[str, Callable[[Specification], bytes]] = {".html": _html, ".svg": _svg, ".png": _png}


def _drawn(picture: Picture, answer: Answer) -> Layered:
    match picture:
        case Bars():
            return _bars(picture, answer)
        case Curve():
            return _curve(picture, answer)
        case Grid():
            return _grid(picture, answer)
        case Waterfall():
            return _waterfall(picture, answer)


def _bars(bars: Bars, answer: Answer) -> Layered:
    rows = answer.pictured.slice(0, MOST_BARS)
    data = _data(rows, answer.currency, label=bars.label or bars.length)
    names = alt.Y(f"{bars.of}:N", sort=None, title=None, axis=alt.Axis(labelLimit=300, labelColor=theme.INK))
    lengths = alt.X(f"{bars.length}:Q", axis=None)
    colour = alt.value(theme.ACCENT)
    base = alt.Chart(data).encode(y=names, x=lengths)
    if bars.colour is None:
        drawn = base.mark_bar(size=BAR_STEP * 0.6).encode(color=colour)
    else:
        scale = alt.Scale(domain=list(theme.PALETTE), range=list(theme.PALETTE.values()))
        drawn = base.mark_bar(size=BAR_STEP * 0.6).encode(color=alt.Color(f"{bars.colour}:N", scale=scale, legend=None))
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    return alt.layer(drawn, labels).properties(width=WIDTH, height=alt.Step(BAR_STEP))


def _curve(curve: Curve, answer: Answer) -> Layered:
    rows = answer.pictured
    x, y = _x_of(curve), _y_of(curve, answer.currency)
    base = alt.Chart(_data(rows, answer.currency, label=curve.y)).encode(x=x, y=y)
    layers = _lines(base, curve.solid) if curve.series is None else _named_lines(base, curve, rows)
    if curve.even:
        even = alt.InlineData(values=[{curve.x: 0, curve.y: 0}, {curve.x: 100, curve.y: 1}])
        layers.insert(0, alt.Chart(even).mark_line(color="#c3c8cc", strokeWidth=1).encode(x=x, y=y))
    return alt.layer(*layers).properties(width=WIDTH, height=CURVE_HEIGHT)


def _x_of(curve: Curve) -> alt.X:
    if column_named(curve.x).kind is Kind.DATE:
        return alt.X(f"{curve.x}:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=8, labelOverlap=True))
    return alt.X(f"{curve.x}:Q", title=curve.x_words, axis=alt.Axis(tickCount=8))


def _y_of(curve: Curve, currency: str | None) -> alt.Y:
    column = column_named(curve.y)
    sign = wording.symbol(currency) if column.kind is Kind.MONEY else ""
    axis = alt.Axis(labelExpr=_PER_CENT if column.kind is Kind.SHARE else f"'{sign}' + format(datum.value, '~s')")
    return alt.Y(f"{curve.y}:Q", title=column.heading, axis=axis, scale=alt.Scale(zero=True))


def _lines(base: alt.Chart, solid: str | None) -> list[alt.Chart]:
    if solid is None:
        return [base.mark_line(), base.mark_point(filled=True, opacity=1, size=36, color=theme.ACCENT)]
    whole = base.mark_line(strokeDash=[4, 4], strokeWidth=1.5)
    return [whole, base.transform_filter(f"datum.{solid}").mark_line()]


def _named_lines(base: alt.Chart, curve: Curve, rows: pa.Table) -> list[alt.Chart]:
    """Each line with its name at a point where lines lie well apart, so no legend is needed."""
    names = list(dict.fromkeys(rows[curve.series].to_pylist()))
    colours = alt.Color(f"{curve.series}:N", scale=alt.Scale(domain=names, range=list(theme.SERIES)), legend=None)
    middle = sorted(rows[curve.x].to_pylist())[rows.num_rows // 2]
    anchor = base.transform_filter(f"datum.{curve.x} == {middle} && datum.{curve.series} == '{names[0]}'")
    labels = [
        anchor.mark_text(align="left", dx=10, dy=24 + 20 * place, fontWeight=600).encode(
            text=alt.value(name), color=alt.value(colour)
        )
        for place, (name, colour) in enumerate(zip(names, theme.SERIES, strict=False))
    ]
    return [base.mark_line().encode(color=colours), *labels]


def _grid(grid: Grid, answer: Answer) -> Layered:
    rows = _cells(grid, answer.pictured)
    data = _data(rows, answer.currency, label=grid.colour, decimals=0)
    most = max((value for value in rows[grid.colour].to_pylist() if value is not None), default=0)
    base = alt.Chart(data).encode(
        x=alt.X(
            f"{grid.x}:O",
            title=grid.x_words,
            sort=_across(rows[grid.x].to_pylist()),
            axis=alt.Axis(labelAngle=0, orient="top"),
        ),
        y=alt.Y(f"{grid.y}:O", title=grid.y_words, sort=None, axis=alt.Axis(labelLimit=160)),
    )
    colour = alt.Color(f"{grid.colour}:Q", scale=alt.Scale(range=list(theme.SCALE), domain=[0, most]), legend=None)
    on_dark = alt.condition(f"datum.{grid.colour} > {most * 0.55}", alt.value("#ffffff"), alt.value(theme.INK))
    cells = base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(color=colour)
    figures = base.mark_text(fontSize=11).encode(text="label:N", color=on_dark)
    return alt.layer(cells, figures).properties(width=WIDTH, height=alt.Step(CELL_HEIGHT))


def _across(values: list[Any]) -> list[Any]:
    """The columns of a grid: numbers upwards, groups in the order of the palette, other words last."""
    place = {name: number for number, name in enumerate(theme.PALETTE)}
    return sorted(set(values), key=lambda value: value if isinstance(value, int) else place.get(value, len(place)))


def _cells(grid: Grid, rows: pa.Table) -> pa.Table:
    """One row a cell: what lies in the same cell is added up, and columns beyond a page's width are left out."""
    across = list(dict.fromkeys(rows[grid.x].to_pylist()))[:MOST_CELLS_ACROSS]
    kept = [row for row in rows.to_pylist() if row[grid.x] in across and row.get("is_complete", True)]
    cells: dict[tuple[Any, Any], Any] = {}
    for row in kept:
        cells[row[grid.x], row[grid.y]] = cells.get((row[grid.x], row[grid.y]), 0) + (row[grid.colour] or 0)
    return pa.Table.from_pylist([{grid.x: x, grid.y: y, grid.colour: value} for (x, y), value in cells.items()])


def _waterfall(waterfall: Waterfall, answer: Answer) -> Layered:
    steps = _steps(waterfall, answer)
    names = ", ".join(f"'{step['name']}'" for step in steps)
    axis = alt.Axis(
        values=list(range(len(steps))),
        labelExpr=f"[{names}][datum.value]",
        labelColor=theme.INK,
        labelOverlap=False,
        tickCount=len(steps),
    )
    scale = alt.Scale(domain=[-0.5, len(steps) - 0.5], nice=False)
    kinds = alt.Scale(domain=["end", "rise", "fall"], range=[theme.INK_QUIET, theme.POSITIVE, theme.NEGATIVE])
    base = alt.Chart(alt.InlineData(values=steps))

    def at(column: str) -> alt.X:
        return alt.X(f"{column}:Q", title=None, axis=axis, scale=scale)

    def height(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", title=None, axis=None)

    bars = base.mark_bar(cornerRadiusEnd=0).encode(
        x=at("left"), x2="right:Q", y=height("low"), y2="high:Q", color=alt.Color("kind:N", scale=kinds, legend=None)
    )
    joins = base.transform_filter("datum.joined").mark_rule(color="#aab2b8")
    joins = joins.encode(x=at("leaves"), x2="joined:Q", y=height("after"))
    labels = base.mark_text(baseline="bottom", dy=-6).encode(x=at("place"), y=height("high"), text="label:N")
    return alt.layer(joins, bars, labels).properties(width=WIDTH, height=CURVE_HEIGHT)


def _steps(waterfall: Waterfall, answer: Answer) -> list[dict[str, Any]]:
    names, amounts = answer.pictured[waterfall.of].to_pylist(), answer.pictured[waterfall.amount].to_pylist()
    labels = written(amounts, waterfall.amount, answer.currency)
    steps: list[dict[str, Any]] = []
    level = 0.0
    for place, (name, amount) in enumerate(zip(names, amounts, strict=True)):
        is_end = name in waterfall.ends
        before, level = (0.0, amount) if is_end else (level, level + amount)
        steps.append(
            {
                "name": name,
                "place": place,
                "left": place - HALF_BAR,
                "right": place + HALF_BAR,
                "leaves": place + (HALF_BAR if amount else -HALF_BAR),
                "joined": place + 1 - HALF_BAR if place + 1 < len(names) else None,
                "low": min(before, level),
                "high": max(before, level),
                "after": level,
                "kind": "end" if is_end else "rise" if amount >= 0 else "fall",
                "label": labels[place] if is_end or amount <= 0 else f"+{labels[place]}",
            }
        )
    return steps


def _data(rows: pa.Table, currency: str | None, *, label: str, decimals: int = 1) -> alt.InlineData:
    """The rows as the chart's own data, each with the label that is written beside its mark."""
    labels = written(rows[label].to_pylist(), label, currency, decimals=decimals)
    records = [
        {name: _plain(value) for name, value in row.items()} | {"label": text}
        for row, text in zip(rows.to_pylist(), labels, strict=True)
    ]
    return alt.InlineData(values=records)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
