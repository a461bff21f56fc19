"""The panels beside a customer's orders: a title, a sentence, a chart, and the table behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from keepers.crm.portfolio.insight.reading import said
from keepers.insight.answers import Answer
from keepers.insight.columns import Kind, column_named, written
from keepers.insight.drawings.heights import height_of
from keepers.loop.insights.customer_record import CustomerRecord

TITLES = {
    "alive": _("Chance still active"),
    "worth": _("What may still come"),
    "purchases": _("Month by month"),
    "next": _("What they may buy next"),
    "products": _("Products"),
    "categories": _("Kinds of goods"),
    "channels": _("Channels"),
    "payments": _("How they pay"),
    "standing": _("Beside the base"),
}
MIXES = {"next", "products", "categories", "channels", "payments"}  # what the orders were made of: shown below them
MOST_ROWS = 40
WIDTH = 340
_TEXTS = (Kind.TEXT, Kind.CELL, Kind.DATE)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, and whether it is a number."""

    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """One answer as the page shows it."""

    name: str
    title: str
    finding: str
    definition: str
    headings: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    rows_left_out: int
    width: int
    height: int

    @property
    def is_mix(self) -> bool:
        """Whether it tells what the orders were made of."""
        return self.name in MIXES


@dataclass(frozen=True, slots=True)
class Missing:
    """An answer that the history cannot give, and why."""

    title: str
    why: str


def panels_of(record: CustomerRecord) -> list[Panel]:
    """Every answer of a record, in the order of the page."""
    return [_panel(name, answer) for name, answer in record.answers.items()]


def missing_of(record: CustomerRecord) -> list[Missing]:
    """What is not shown, and why."""
    return [Missing(str(TITLES[name]), why) for name, why in record.left_out.items()]


def _panel(name: str, kept: Answer) -> Panel:
    answer = said(kept)
    shown = answer.table.slice(0, MOST_ROWS)
    columns = [_column(answer, column) for column in shown.column_names]
    return Panel(
        name=name,
        title=str(TITLES[name]),
        finding=answer.finding,
        definition=answer.definition,
        headings=[Cell(column_named(column).heading, _is_number(column)) for column in shown.column_names],
        rows=list(zip(*columns, strict=True)),
        rows_left_out=answer.table.num_rows - shown.num_rows,
        width=WIDTH,
        height=height_of(answer, narrow=True),
    )


def _column(answer: Answer, name: str) -> Iterator[Cell]:
    values = answer.table[name].slice(0, MOST_ROWS).to_pylist()
    return (Cell(text, _is_number(name)) for text in written(values, name, answer.currency))


def _is_number(column: str) -> bool:
    return column_named(column).kind not in _TEXTS
