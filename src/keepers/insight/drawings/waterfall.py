"""Waterfalls: from an opening to a closing amount by steps up and down."""

from typing import Any

import altair as alt
import pyarrow as pa

from keepers.insight import wording
from keepers.insight.columns import written
from keepers.insight.drawings.frame import Frame, Layered
from keepers.insight.drawings.pictures import Waterfall

HALF_BAR = 0.36
SMALL = 0.2  # share of the height below which steps would not be seen on a whole bar
CUT_WORDS = "The bars are cut off below {foot}."
ROW = 40


def draw_waterfall(waterfall: Waterfall, rows: pa.Table, frame: Frame) -> Layered:
    """Standing steps; on a phone lying ones, whose names and amounts have a line each."""
    steps = _steps(waterfall, rows, frame.currency)
    foot = _foot(steps)
    steps = [step | {"low": max(step["low"], foot)} for step in steps]
    along, across = (_places(steps, frame), _amounts(frame, foot))
    kinds = alt.Scale(
        domain=["end", "rise", "fall"],
        range=[frame.colours.ink_quiet, frame.colours.positive, frame.colours.negative],
    )
    colour = alt.Color("kind:N", scale=kinds, legend=None)
    base = alt.Chart(alt.InlineData(values=steps))
    joined = base.transform_filter("datum.joined").mark_rule(color=frame.colours.rule)
    if frame.narrow:
        bars = base.mark_bar(cornerRadiusEnd=0).encode(
            y=along("left"), y2="right:Q", x=across("low"), x2="high:Q", color=colour
        )
        joins = joined.encode(y=along("leaves"), y2="joined:Q", x=across("after"))
        labels = base.mark_text(align="left", dx=6).encode(y=along("place"), x=across("high"), text="label:N")
        drawn = alt.layer(joins, bars, labels, *_cut(foot, frame))
        return drawn.properties(width=frame.width, height=ROW * len(steps))
    bars = base.mark_bar(cornerRadiusEnd=0).encode(
        x=along("left"), x2="right:Q", y=across("low"), y2="high:Q", color=colour
    )
    joins = joined.encode(x=along("leaves"), x2="joined:Q", y=across("after"))
    labels = base.mark_text(baseline="bottom", dy=-6).encode(x=along("place"), y=across("high"), text="label:N")
    return alt.layer(joins, bars, labels, *_cut(foot, frame)).properties(width=frame.width, height=frame.height)


def _foot(steps: list[dict[str, Any]]) -> float:
    """Where the bars begin: at nothing, or, where the steps would be too small to see, not far below them."""
    lowest: float = min(step["after"] for step in steps)
    highest: float = max(step["high"] for step in steps)
    reach = highest - lowest
    if lowest <= 0 or reach >= SMALL * highest:
        return 0.0
    return max(lowest - max(reach, 0.02 * highest), 0.0)


def _cut(foot: float, frame: Frame) -> list[alt.Chart]:
    """Says that the bars do not begin at nothing."""
    if foot == 0:
        return []
    words = CUT_WORDS.format(foot=wording.money(foot, frame.currency))
    text = alt.Chart(alt.InlineData(values=[{}])).mark_text(
        align="left", baseline="top", color=frame.colours.ink_quiet, fontStyle="italic"
    )
    below = "height + 8" if frame.narrow else "height + 32"
    return [text.encode(x=alt.value(0), y=alt.value(alt.ExprRef(below)), text=alt.value(words))]


def _places(steps: list[dict[str, Any]], frame: Frame) -> Any:
    """The axis that names the steps."""
    names = ", ".join(f"'{step['name']}'" for step in steps)
    axis = alt.Axis(
        values=list(range(len(steps))),
        labelExpr=f"[{names}][datum.value]",
        labelColor=frame.colours.ink,
        labelOverlap=False,
        tickCount=len(steps),
        grid=False,
    )
    domain = [-0.5, len(steps) - 0.5]
    if frame.narrow:
        scale = alt.Scale(domain=domain, nice=False, reverse=True)
        return lambda column: alt.Y(f"{column}:Q", title=None, axis=axis, scale=scale)
    return lambda column: alt.X(f"{column}:Q", title=None, axis=axis, scale=alt.Scale(domain=domain, nice=False))


def _amounts(frame: Frame, foot: float) -> Any:
    low = alt.Undefined if foot == 0 else foot
    if frame.narrow:
        room = alt.Scale(range=[0, alt.ExprRef("width - 78")], domainMin=low, zero=foot == 0, nice=False)
        return lambda column: alt.X(f"{column}:Q", title=None, axis=None, scale=room)
    scale = alt.Scale(domainMin=low, zero=foot == 0, nice=False)
    return lambda column: alt.Y(f"{column}:Q", title=None, axis=None, scale=scale)


def _steps(waterfall: Waterfall, rows: pa.Table, currency: str | None) -> list[dict[str, Any]]:
    names, amounts = rows[waterfall.of].to_pylist(), rows[waterfall.amount].to_pylist()
    labels = written(amounts, waterfall.amount, currency)
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
