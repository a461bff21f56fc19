"""How an answer is drawn, in words: which columns go where. `charts` turns a picture into a chart.

Insights say what to draw and know no drawing library, so a table in the terminal starts fast.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar a row, in the order of the rows, each with its label.

    of: column that names the bars
    length: column that they are as long as
    label: column written at their ends; None for `length`
    colour: column of a group or decision that colours them; None for one colour
    whole: length of a bar as wide as the chart; None for the longest
    low, high: columns of the ends of each bar's range; None where it has none
    """

    of: str
    length: str
    label: str | None = None
    colour: str | None = None
    whole: float | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class BarsAgainst:
    """What happened as bars, and what was forecast as marks across them.

    of: column that names the bars
    actual: column that they are as long as
    forecasts: columns of the marks, each with what it is called; the first is ours
    x_words: what the x axis counts
    y_words: what the bars are called
    """

    of: str
    actual: str
    forecasts: tuple[tuple[str, str], ...]
    x_words: str
    y_words: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through the rows; several lines where `series` names a column.

    x_words: what the x axis counts; dates need none
    solid: column of booleans; the line to a row where it is false is dashed, since its period is not over
    even: whether to draw the line along which everybody holds the same
    ticks: column of booleans; a row where it is true has a mark at the foot of the chart
    top: where the y axis ends; None: where the rows do
    """

    x: str
    y: str
    x_words: str = ""
    series: str | None = None
    solid: str | None = None
    even: bool = False
    ticks: str | None = None
    top: float | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """What happened as a solid line, what was expected as a dashed one, and the range around it as an area.

    solid, dashed: columns of the lines, each with what it is called; None where there is no such line
    low, high: columns of the range's ends; a row without them has no range
    range_words: what the range is called
    mark: column of points on top, null in all other rows, with what they are called
    x_words, y_words: what the axes count; dates need none
    """

    x: str
    low: str
    high: str
    range_words: str
    solid: tuple[str, str] | None = None
    dashed: tuple[str, str] | None = None
    mark: tuple[str, str] | None = None
    x_words: str = ""
    y_words: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A field of cells, coloured by a column and written with it.

    change: column of what came or went since an earlier day, written below the figure; None for nothing
    """

    x: str
    y: str
    colour: str
    x_words: str
    y_words: str
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From an opening to a closing amount by steps up and down."""

    of: str
    amount: str
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points of two measures, as large as a third, in four named quarters.

    colour: column that names a point's quarter
    cuts: where the quarters part, in x and in y
    names: the quarters at low x and low y, high x and low y, low x and high y, high x and high y
    """

    x: str
    y: str
    size: str
    colour: str
    cuts: tuple[float, float]
    names: tuple[str, str, str, str]
    x_words: str
    y_words: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often which amount: a bar from one edge to the next, as high as its share.

    left, right: columns of the bars' edges; a row where they are equal is a bar of its own beside the others
    at_zero: what that row is called
    """

    left: str
    right: str
    share: str
    at_zero: str


@dataclass(frozen=True, slots=True)
class Months:
    """One standing bar a month."""

    of: str
    height: str


@dataclass(frozen=True, slots=True)
class Flow:
    """From the groups of an earlier day on the left to those of a later one on the right, as wide as many moved."""

    start: str
    end: str
    width: str
    start_words: str
    end_words: str


Picture = Bars | BarsAgainst | Curve | Band | Grid | Waterfall | Scatter | Histogram | Months | Flow
