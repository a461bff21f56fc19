"""How high a drawing will be, known before it is drawn, so that a page can leave room for it.

This module loads no drawing library: a page that shows charts only names their files.
"""

from keepers.insight.answers import Answer
from keepers.insight.columns import Kind, column_named
from keepers.insight.drawings.pictures import (
    Band,
    Bars,
    BarsAgainst,
    Curve,
    Flow,
    Grid,
    Histogram,
    Months,
    Scatter,
    Waterfall,
)

BAR, MOST_BARS = 30, 30
STEP, CELL, HIGH_CELL = 40, 26, 40
PLOT, NARROW_PLOT = 300, 240
PADDING = 8
LOW = 0.7  # height of standing bars beside that of a curve
TITLED_AXIS, DATED_AXIS, BARE_AXIS = 73, 52, 35
KEY_LINE = 16


def height_of(answer: Answer, *, narrow: bool) -> int:
    """Height [px] of the answer's picture without its title, near enough that the page does not jump."""
    plot = NARROW_PLOT if narrow else PLOT
    match answer.picture:
        case Bars():
            bars: int = min(answer.pictured.num_rows, MOST_BARS)
            return BAR * bars + PADDING
        case Grid(y=y, change=change):
            cell = CELL if change is None else HIGH_CELL
            return cell * len(set(answer.pictured[y].to_pylist())) + 2 * CELL
        case Waterfall():
            steps: int = answer.pictured.num_rows
            return STEP * steps + 27 if narrow else plot + 57
        case Curve(x=x):
            return plot + _axis(x)
        case Months():
            return round(plot * LOW) + DATED_AXIS
        case Histogram():
            return round(plot * LOW) + BARE_AXIS
        case Band(x=x, solid=solid, dashed=dashed, mark=mark):
            lines = [line for line in (solid, dashed, mark) if line is not None]
            return plot - 5 + _axis(x) + KEY_LINE * len(lines)
        case BarsAgainst(forecasts=forecasts):
            return plot + TITLED_AXIS - 20 + KEY_LINE * (len(forecasts) + 1)
        case Scatter():
            return plot + 107
        case Flow():
            return plot + 94


def _axis(column: str) -> int:
    return DATED_AXIS if column_named(column).kind is Kind.DATE else TITLED_AXIS
