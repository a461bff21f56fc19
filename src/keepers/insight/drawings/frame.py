"""What every drawing shares: the look it is drawn for, its data and its axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt
import pyarrow as pa

from keepers.insight import wording
from keepers.insight.columns import Kind, column_named, written
from keepers.insight.drawings.theme import Colours, Look

Layered = alt.LayerChart | alt.FacetChart

KEY_LINE = 16  # height of a line of a key [px]
PER_CENT = "format(datum.value * 100, '.0f') + ' %'"
ROOMY: dict[str, Any] = {"labelOverlap": "greedy", "labelSeparation": 8}  # dates along an axis, as many as stand apart
SHORT = "(abs(datum.value) < 1 ? format(datum.value, '~g') : replace(format(datum.value, '~s'), 'G', 'bn'))"


# A y axis has its title above it: beside it, it would lie on its side and cost width.
ABOVE: Mapping[str, Any] = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -14, "titleX": 0}


@dataclass(frozen=True, slots=True)
class Frame:
    """The look and the currency that a picture is drawn in."""

    look: Look
    currency: str | None

    @property
    def colours(self) -> Colours:
        """The theme's colours."""
        return self.look.colours

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.look.narrow

    @property
    def width(self) -> int:
        """How wide the drawing is, its axes included [px]."""
        return self.look.width

    @property
    def height(self) -> int:
        """How high a plot is that has no rows to count [px]."""
        return 240 if self.narrow else 300

    def data(self, rows: pa.Table, *, label: str, decimals: int = 1) -> alt.InlineData:
        """The rows as the chart's own data, each with the label that is written beside its mark."""
        labels = written(rows[label].to_pylist(), label, self.currency, decimals=decimals)
        return records_as_data([row | {"label": text} for row, text in zip(rows.to_pylist(), labels, strict=True)])

    def along(self, column: str, words: str) -> alt.X:
        """The x axis of a column of dates or numbers."""
        if column_named(column).kind is Kind.DATE:
            ticks = 4 if self.narrow else 8
            return alt.X(f"{column}:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=ticks, **ROOMY))
        ticks = 5 if self.narrow else 8
        is_money = column_named(column).kind is Kind.MONEY
        axis = alt.Axis(tickCount=ticks, labelExpr=self.labels(column)) if is_money else alt.Axis(tickCount=ticks)
        return alt.X(f"{column}:Q", title=words or None, axis=axis)

    def up(self, column: str, words: str | None = None, *, top: float | None = None) -> alt.Y:
        """The y axis of a column; above the axis on a phone, where a title beside it would cost width."""
        axis = alt.Axis(labelExpr=self.labels(column), **ABOVE)
        title = column_named(column).heading if words is None else words
        scale = alt.Scale(zero=True) if top is None else alt.Scale(domain=[0, top])
        return alt.Y(f"{column}:Q", title=title or None, axis=axis, scale=scale)

    def labels(self, column: str) -> str:
        """How the figures of a column are written along an axis."""
        kind = column_named(column).kind
        if kind is Kind.SHARE:
            return PER_CENT
        sign = wording.symbol(self.currency) if kind is Kind.MONEY else ""
        return f"'{sign}' + {SHORT}"


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A mark of a chart and what it is called."""

    words: str
    sign: str
    colour: str
    opacity: float = 1.0


def key_of(entries: Sequence[KeyEntry], frame: Frame) -> list[alt.Chart]:
    """A key at the top right, above the plot: each entry's words, and a piece of its mark behind them."""
    drawn = []
    for place, entry in enumerate(entries):
        line = alt.Chart(alt.InlineData(values=[{}])).encode(y=alt.value(KEY_LINE * (place - len(entries))))
        words = line.mark_text(align="right", baseline="middle", color=frame.colours.ink)
        piece = line.mark_text(align="right", baseline="middle", color=entry.colour, opacity=entry.opacity)
        drawn.append(words.encode(x=alt.value(alt.ExprRef("width - 18")), text=alt.value(entry.words)))
        drawn.append(piece.encode(x=alt.value(alt.ExprRef("width - 2")), text=alt.value(entry.sign)))
    return drawn


def records_as_data(records: list[dict[str, Any]]) -> alt.InlineData:
    """Rows of a drawing's own as its data."""
    return alt.InlineData(values=[{name: _plain(value) for name, value in row.items()} for row in records])


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
