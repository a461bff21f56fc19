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
    """

    of: str
    length: str
    label: str | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through the rows; several lines where `series` names a column.

    x_words: what the x axis counts; dates need none
    solid: column of booleans; the line to a row where it is false is dashed, since its period is not over
    even: whether to draw the line along which everybody holds the same
    """

    x: str
    y: str
    x_words: str = ""
    series: str | None = None
    solid: str | None = None
    even: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A field of cells, coloured by a column and written with it."""

    x: str
    y: str
    colour: str
    x_words: str
    y_words: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From an opening to a closing amount by steps up and down."""

    of: str
    amount: str
    ends: tuple[str, str]


Picture = Bars | Curve | Grid | Waterfall
