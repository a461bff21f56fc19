"""Orders that a program tells one at a time, as an import: the same tables, kinds of lines and account."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from keepers.ingest.cells.kinds import line_kinds
from keepers.ingest.passes.rejects import Rejects
from keepers.ingest.report import FileRead, ImportReport, KindCount, OrderImport
from keepers.warehouse.tables import CUSTOMER_ATTRIBUTES, ORDER_LINES, PRODUCTS

SENT_IN = Path("sent by a program")
_ABOUT_ORDER = ("channel", "payment_method", "location", "currency", "acquisition_source", "segment")
_TEXTS = (
    "order_id", "external_id", "line_kind", "cancels_order_id", "product_id", "product_name", "says_return",
    *_ABOUT_ORDER,
)  # fmt: skip
_MONEY = ("revenue", "cost", "discount")
_DESCRIBED = ("name", "email", "phone", "city", "country")


@dataclass(frozen=True, slots=True)
class RefusedOrder:
    """An order that could not be taken: its place in what was sent, the text of it, and why."""

    place: int
    text: str
    why: str


def import_told_orders(
    orders: Sequence[Mapping[str, Any]],
    refused: Sequence[RefusedOrder],
    *,
    source: str,
    batch_id: str,
    timezone: str,
    into: Path,
) -> OrderImport:
    """Write orders as the tables of an import.

    Args:
        orders: each once, with order_id, customer_id, ordered_at (a moment; without a zone it is in the firm's),
            lines, `_ABOUT_ORDER`, cancels_order_id, is_cancelled and customer (who they are), as JSON holds them.
        refused: those that could not be taken.
        source: whose orders they are.
        batch_id: what the import is called.
        timezone: the firm's.
        into: a folder that is there.
    """
    zone = ZoneInfo(timezone)
    lines = [line for order in orders for line in _lines(order, zone)]
    table = _table(lines, source=source, batch_id=batch_id)
    part = into / "lines-00000.parquet"
    pq.write_table(table, part)
    rejects = Rejects(into / "rejects.parquet")
    rejects.add(
        str(SENT_IN),
        [each.place for each in refused],
        [each.why for each in refused],
        [each.text for each in refused],
        [None] * len(refused),
    )
    products = _products(lines, source=source, batch_id=batch_id)
    report = _report(table, orders, rejects, source=source)
    customers = _customers(orders, lines, source=source, batch_id=batch_id, into=into)
    return OrderImport((part,), products, rejects.close(), report, customers)


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """The moment that is written; without a zone of its own it is in the firm's."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _lines(order: Mapping[str, Any], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The lines of an order; those of a cancelled one are worth nothing and replace what it was before."""
    at = moment_of(order["ordered_at"], zone)
    shared = {name: order.get(name) for name in _ABOUT_ORDER} | {
        "order_id": order["order_id"],
        "external_id": order.get("customer_id"),
        "ordered_at": at,
        "ordered_on": at.astimezone(zone).date(),
        "cancels_order_id": order.get("cancels_order_id"),
        "says_return": None,
    }
    for number, line in enumerate(order["lines"], start=1):
        told = {name: None if line.get(name) is None else Decimal(line[name]) for name in _MONEY}
        named = {name: line.get(name) for name in ("product_id", "product_name", "category", "brand", "quantity")}
        if order.get("is_cancelled"):
            told |= {"revenue": Decimal(0), "cost": None, "discount": None}
        kind = "adjustment" if order.get("is_cancelled") else line.get("line_kind")
        yield shared | told | named | {"line_number": number, "line_kind": kind}


def _table(lines: Sequence[Mapping[str, Any]], *, source: str, batch_id: str) -> pa.Table:
    """In the contract of order_lines; the kinds that nobody told are found as those of files are."""
    plain = {name: [line[name] for line in lines] for name in (*_TEXTS, "quantity")}
    types = dict.fromkeys(_TEXTS, pl.String) | {"quantity": pl.Float64}
    frame = pl.DataFrame(plain, schema=types)
    money = {name: pa.array([line[name] for line in lines], ORDER_LINES.schema.field(name).type) for name in _MONEY}
    revenue = pl.Series("revenue", [None if line["revenue"] is None else float(line["revenue"]) for line in lines])
    found = line_kinds(frame.with_columns(revenue.cast(pl.Float64)))
    kinds = [told or seen for told, seen in zip(plain["line_kind"], found.to_list(), strict=True)]
    columns: dict[str, Any] = {
        name: pa.array(plain[name], pa.string())
        for name in _TEXTS
        if name not in {"line_kind", "product_name", "says_return"}
    }
    columns |= money
    columns |= {
        "source": pa.array([source] * len(lines), pa.string()),
        "batch_id": pa.array([batch_id] * len(lines), pa.string()),
        "line_kind": pa.array(kinds, pa.string()),
        "quantity": pa.array(plain["quantity"], pa.float64()),
        "line_number": pa.array([line["line_number"] for line in lines], pa.int64()),
        "ordered_at": pa.array([line["ordered_at"] for line in lines], pa.timestamp("us", tz="UTC")),
        "ordered_on": pa.array([line["ordered_on"] for line in lines], pa.date32()),
    }
    return ORDER_LINES.conform(pa.table(columns))


def _products(lines: Sequence[Mapping[str, Any]], *, source: str, batch_id: str) -> pa.Table:
    """One row a product: the first name, category and brand that it was given."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line["product_id"] is None:
            continue
        row = found.setdefault(
            line["product_id"], {"product_id": line["product_id"], "source": source, "batch_id": batch_id}
        )
        for column, name in (("name", "product_name"), ("category", "category"), ("brand", "brand")):
            row[column] = row.get(column) or line[name]
    return pa.Table.from_pylist(list(found.values()), schema=PRODUCTS.schema)


def _customers(
    orders: Sequence[Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
    *,
    source: str,
    batch_id: str,
    into: Path,
) -> tuple[Path, ...]:
    """Who the customers are: of each attribute what the latest order says."""
    day_of = {line["order_id"]: (line["ordered_at"], line["ordered_on"]) for line in lines}
    told: dict[str, dict[str, Any]] = {}
    for order in sorted(orders, key=lambda order: day_of[order["order_id"]]):
        said = {name: value for name in _DESCRIBED if (value := (order.get("customer") or {}).get(name))}
        if said and order.get("customer_id"):
            row = told.setdefault(order["customer_id"], {})
            row |= said | {"described_on": day_of[order["order_id"]][1]}
    if not told:
        return ()
    rows = [row | {"external_id": pk, "source": source, "batch_id": batch_id} for pk, row in told.items()]
    part = into / "customers-00000.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=CUSTOMER_ATTRIBUTES.schema), part)
    return (part,)


def _report(table: pa.Table, orders: Sequence[Mapping[str, Any]], rejects: Rejects, *, source: str) -> ImportReport:
    kinds: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    revenue: dict[str | None, Decimal] = defaultdict(Decimal)
    amounts = table["revenue"].to_pylist()
    for kind, currency, money in zip(
        table["line_kind"].to_pylist(), table["currency"].to_pylist(), amounts, strict=True
    ):
        rows, sum_so_far = kinds[kind]
        kinds[kind] = (rows + 1, sum_so_far + (money or Decimal(0)))
        revenue[currency] += money or Decimal(0)
    has_money = any(money is not None for money in amounts)
    days = table["ordered_on"].to_pylist()
    digest = hashlib.sha256(json.dumps(list(orders), sort_keys=True).encode()).hexdigest()
    rows_read = table.num_rows + rejects.total
    return ImportReport(
        source=source,
        rows_read=rows_read,
        rows_accepted=table.num_rows,
        rows_rejected=rejects.total,
        rejected=rejects.counts(),
        rows_without_customer=table["external_id"].null_count,
        rows_duplicate=0,
        lines_by_kind={kind: KindCount(rows, money) for kind, (rows, money) in kinds.items()},
        rows_cancelled=sum(len(order["lines"]) for order in orders if order.get("is_cancelled")),
        revenue=dict(revenue) if has_money else {},
        has_money=has_money,
        has_order_ids=True,
        mapping=(),
        preset=None,
        files=(FileRead(SENT_IN, "JSON", None, None, digest, rows_read),),
        first_order=min(days),
        last_order=max(days),
        notes=(),
    )
