"""Named SQL steps: the files of `warehouse/sql`, what each reads, and the parameters it needs.

A step is one file, written in DuckDB's dialect and kept translatable. Its first line names its grain, its second the
steps and tables it reads. An engine puts what a step reads before it, so any step sees any other by its name. A step
with a third line `Kept:` is computed once a query. Joins are run as they are written, so the small table stands on the
right. Where no line is a return, `net_lines` is computed by `net_lines_without_returns`, which has the same rows and
reads none of the rules for returns.

The views that other rooms build on keep their names and columns:

`active_lines`      line of an order that counts: the columns of `order_lines`, and `customer_id` (external id resolved)
`priced_lines`      the same, `revenue`, `cost` and `discount` in the reporting currency
`known_lines`       the same up to `$as_of`
`net_lines`         known_lines, and `counts_on`, `counts_source`, `counts_order_id` (day and order it counts toward: a
                    matched return takes from the order it returns), `is_matched` (a return with its order), `part` (1,
                    2 …: a return of pieces from several orders has a row each; count lines where part = 1),
                    `is_product` (sale or return; the rest is postage, fee, adjustment), `makes_occasion` (a sale of
                    an order not fully cancelled). No line is lost: revenue sums to that of known_lines
`customer_days`     customer_id, counts_on, is_occasion, lines, quantity, revenue, cost, costed_revenue (revenue of
                    lines with a cost), discount, location; product lines of known customers only
`occasions`         customer_id, occasion_on, and the figures of customer_days, where the day is an occasion
`customer_summary`  the contract of the table, one row a customer with at least one occasion; the rows that earlier
                    runs kept in the table are read as `saved_customer_summary`
`current_products`  source, product_id, name, category, brand, price, cost, as the latest active import has them
`customer_names`    customer_id, name, email, phone, country, each as it was described last, and street, postal_code and
                    city of the latest address; only customers whom an active import describes

Money in views is DECIMAL. Postage, fees and adjustments make no occasion and are no part of a customer's value;
`totals` reports them. Lines without a customer are in `net_lines` and `totals` only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from keepers.core.errors import KeepersError
from keepers.warehouse.columns import Table
from keepers.warehouse.returns import may_hold_returns
from keepers.warehouse.tables import ORDER_LINES, all_tables

Sources = Mapping[str, Sequence[Path]]  # the Parquet files of each table, and of steps that were computed before
_WITHOUT_RETURNS = {"net_lines": "net_lines_without_returns"}
_HEADER = re.compile(r"-- Grain: (?P<grain>.+)\n-- Reads: (?P<reads>.+)\n(?:-- Kept: (?P<kept>.+)\n)?")
_PARAMETER = re.compile(r"\$([a-z_]+)")


class StepError(KeepersError):
    """A step is not there, is not written as the house writes steps, or lacks a parameter."""


@dataclass(frozen=True, slots=True)
class Step:
    """One named SQL step: what a row is, what it reads, whether its rows are kept within a query, and its text."""

    name: str
    grain: str
    reads: tuple[str, ...]
    kept: bool
    text: str


@cache
def step_named(name: str) -> Step:
    """Read one step of `warehouse/sql`.

    Raises:
        StepError: no such file, or its first lines do not name grain and reads.
    """
    file = files("keepers.warehouse.sql") / f"{name}.sql"
    if not file.is_file():
        raise StepError(f'There is no step "{name}" in warehouse/sql.')
    text = file.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if header is None:
        raise StepError(f'Step "{name}" must begin with the lines "-- Grain: ..." and "-- Reads: ...".')
    reads = tuple(part.strip() for part in header["reads"].split(","))
    return Step(name, header["grain"], reads, header["kept"] is not None, text[header.end() :].strip())


def step_over(name: str, sources: Sources) -> Step:
    """The step that computes the rows of this name: a plainer one with the same rows where no line is a return."""
    plainer = _WITHOUT_RETURNS.get(name)
    if plainer is None or may_hold_returns(sources.get(ORDER_LINES.name, ())):
        return step_named(name)
    return step_named(plainer)


@cache
def step_names() -> tuple[str, ...]:
    """Every step of `warehouse/sql`, by name."""
    found = (file.name for file in files("keepers.warehouse.sql").iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql")))


def tables_read_by(step: str) -> tuple[str, ...]:
    """The warehouse tables that a step, or a table's own name, reads in the end."""
    found = (table_read_as(name) for name in in_order(step))
    return tuple(table.name for table in found if table is not None)


def computed(step: str) -> str:
    """The name under which a query's sources hold rows of a step that were computed before."""
    return f"computed {step}"


def in_order(step: str, sources: Sources | None = None) -> list[str]:
    """The step and all it reads, each after what it reads itself; what is computed already reads nothing."""
    known = sources or {}
    step_of = step_named if sources is None else partial(step_over, sources=sources)
    seen: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in seen:
            for part in () if computed(name) in known or table_read_as(name) else step_of(name).reads:
                visit(part)
            seen[name] = None

    visit(step)
    return list(seen)


def table_read_as(name: str) -> Table | None:
    """The table of this name, unless a step that computes its rows has the name; `saved_` always means the table.

    `incoming_lines` are lines that are not in the warehouse yet.
    """
    tables = {table.name: table for table in all_tables()} | {"incoming_lines": ORDER_LINES}
    if name in step_names():
        return None
    return tables.get(name) or tables.get(name.removeprefix("saved_"))


def files_of(name: str, table: Table, sources: Sources) -> Sequence[Path]:
    """The Parquet files of a table, by the name that a step reads it by."""
    return sources.get(name, ()) if name == "incoming_lines" else sources.get(table.name, ())


def needed(step: str, text: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Of the parameters, those that a text names.

    Raises:
        StepError: one is missing.
    """
    names = set(_parameters(text))
    if missing := sorted(names - set(parameters)):
        raise StepError(f'Step "{step}" needs a value for {", ".join(missing)}.')
    return {name: parameters[name] for name in names}


def deciding(step: str, sources: Sources, parameters: Mapping[str, object]) -> str:
    """What decides the rows of a step: the files below it, which never change, and the parameters that it needs."""
    below = in_order(step, sources)
    files = [(part, tuple(sources.get(part, sources.get(computed(part), ())))) for part in below]
    tables = [(table.name, tuple(files_of(part, table, sources))) for part in below if (table := table_read_as(part))]
    texts = "\n".join(step_over(part, sources).text for part in below if part in step_names())
    return repr((step, files, tables, sorted(needed(step, texts, parameters).items())))


def _parameters(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith("--"):
            yield from _PARAMETER.findall(line)
