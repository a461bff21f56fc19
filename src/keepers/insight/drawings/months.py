"""Standing bars: one a month, or a histogram with the chance of nothing apart."""

from typing import Any

import altair as alt
import pyarrow as pa

from keepers.insight.drawings.frame import ROOMY, Frame, Layered, records_as_data
from keepers.insight.drawings.pictures import Histogram, Months

LABEL_BARS = 6  # bars that the name of the first one may reach over
GAP = 0.12  # of a bar's width between neighbours


def draw_months(months: Months, rows: pa.Table, frame: Frame) -> Layered:
    """One bar a month along a calendar."""
    axis = alt.Axis(format="%b %Y", tickCount=4 if frame.narrow else 8, **ROOMY)
    x = alt.X(f"yearmonth({months.of}):T", title=None, axis=axis)
    bars = alt.Chart(frame.data(rows, label=months.height)).mark_bar(color=frame.colours.accent)
    drawn = bars.encode(x=x, y=frame.up(months.height))
    return alt.layer(drawn).properties(width=frame.width, height=frame.height * 0.7)


def draw_histogram(histogram: Histogram, rows: pa.Table, frame: Frame) -> Layered:
    """A bar from edge to edge; the row without a width stands left of the others, with its name."""
    found = rows.to_pylist()
    bins = [row for row in found if row[histogram.left] < row[histogram.right]]
    points = [row for row in found if row[histogram.left] >= row[histogram.right]]
    width = bins[0][histogram.right] - bins[0][histogram.left] if bins else 1.0
    least = min((row[histogram.left] for row in bins), default=0.0)
    drawn = [_bar(row[histogram.left], row[histogram.right], row[histogram.share], "some", width) for row in bins]
    drawn += [_bar(least - 2 * width, least - width, row[histogram.share], "nothing", width) for row in points]
    clear = max(row["share"] for row in drawn[:LABEL_BARS] + drawn[len(bins) :])
    x = alt.X(
        "left:Q",
        title=None,
        axis=alt.Axis(
            labelExpr=f"datum.value < {least} ? '' : {frame.labels(histogram.left)}",
            tickCount=4 if frame.narrow else 7,
        ),
        scale=alt.Scale(nice=False, zero=False),
    )
    colours = alt.Scale(domain=["some", "nothing"], range=[frame.colours.accent, frame.colours.ink_quiet])
    base = alt.Chart(records_as_data(drawn))
    bars = base.mark_bar().encode(
        x=x,
        x2="right:Q",
        y2=alt.datum(0),
        y=alt.Y("share:Q", title=None, axis=alt.Axis(labelExpr=frame.labels(histogram.share), tickCount=4)),
        color=alt.Color("kind:N", scale=colours, legend=None),
    )
    name = base.transform_filter("datum.kind == 'nothing'").mark_text(align="left", baseline="bottom", dy=-4)
    named = name.encode(x="left:Q", y=alt.datum(clear), text=alt.value(histogram.at_zero))
    return alt.layer(bars, named).properties(width=frame.width, height=frame.height * 0.7)


def _bar(left: float, right: float, share: float, kind: str, width: float) -> dict[str, Any]:
    margin = GAP / 2 * width
    return {"left": left + margin, "right": right - margin, "share": share, "kind": kind}
