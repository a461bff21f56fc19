"""The contracts of the warehouse's tables: name, grain, columns with type and unit, who writes, who reads.

This module is the truth: `ARCHITECTURE.md`'s stage table is generated from it and a test holds the glossary against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from keepers.core.errors import KeepersError

MONEY = pa.decimal128(18, 4)
STAMP = pa.timestamp("us", tz="UTC")


class ContractError(KeepersError):
    """Rows do not fit the contract of the table they were written to."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type, unit ("" for none) and meaning in the reader's words."""

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is, its columns, which stage writes it and which read it."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    written_by: str
    read_by: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema in the order of the columns."""
        return pa.schema([pa.field(column.name, column.type, nullable=not column.required) for column in self.columns])

    def conform(self, rows: pa.Table) -> pa.Table:
        """The same rows in the contract's column order and types; columns that are missing become null.

        Raises:
            ContractError: a column is unknown or required and missing, or a value does not fit its type.
        """
        known = {column.name for column in self.columns}
        if unknown := sorted(set(rows.column_names) - known):
            raise ContractError(f"Table {self.name} has no column {', '.join(unknown)}. See warehouse/tables.py.")
        arrays = [self._column_of(rows, column) for column in self.columns]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _column_of(self, rows: pa.Table, column: Column) -> pa.ChunkedArray:
        if column.name not in rows.column_names:
            if column.required:
                raise ContractError(f"Table {self.name} needs the column {column.name}; the rows do not have it.")
            return pa.chunked_array([pa.nulls(rows.num_rows, column.type)])
        values = rows[column.name]
        if column.required and values.null_count:
            raise ContractError(
                f"Table {self.name} needs {column.name} in every row; {values.null_count} rows lack it."
            )
        try:
            return values.cast(column.type)
        except pa.ArrowInvalid as error:
            raise ContractError(f"Column {column.name} of {self.name} does not fit {column.type}: {error}") from error


ORDER_LINES = Table(
    "order_lines",
    "line of an order",
    (
        Column("source", pa.string(), "where the line came from: the name of a file set, shop or API", required=True),
        Column("batch_id", pa.string(), "import that brought it", required=True),
        Column(
            "order_id",
            pa.string(),
            "the source's order; customer and local day where the source has none",
            required=True,
        ),
        Column("line_number", pa.int64(), "position within the order, from 1", required=True),
        Column("external_id", pa.string(), "the source's own customer id; null: a sale without a known customer"),
        Column("ordered_at", STAMP, "moment of the order", "UTC", required=True),
        Column("ordered_on", pa.date32(), "local date of the order in the firm's zone", required=True),
        Column(
            "line_kind", pa.string(), "sale, return, or what is no product: postage, fee, adjustment", required=True
        ),
        Column("cancels_order_id", pa.string(), "order that this line cancels, where the source says so"),
        Column("product_id", pa.string(), "product code"),
        Column("quantity", pa.float64(), "pieces; negative for a return"),
        Column(
            "revenue", MONEY, "net of discounts; negative for a return; null where the source has no money", "money"
        ),
        Column("cost", MONEY, "cost of the goods", "money"),
        Column("discount", MONEY, "discount already taken off revenue", "money"),
        Column("channel", pa.string(), "where it was bought: web, shop, phone …"),
        Column("payment_method", pa.string(), "how it was paid"),
        Column("location", pa.string(), "shop, city or country"),
        Column("currency", pa.string(), "ISO 4217 code of the money columns; null: the reporting currency"),
    ),
    "ingest",
    ("valuation", "insight"),
)

PRODUCTS = Table(
    "products",
    "product of a source, as a batch describes it",
    (
        Column("source", pa.string(), "as in order_lines", required=True),
        Column("batch_id", pa.string(), "import that brought it", required=True),
        Column("product_id", pa.string(), "product code", required=True),
        Column("name", pa.string(), "what it is called"),
        Column("category", pa.string(), "its group in the source"),
        Column("brand", pa.string(), "its maker"),
        Column("price", MONEY, "list price", "money"),
        Column("cost", MONEY, "unit cost", "money"),
    ),
    "ingest",
    ("insight",),
)

CUSTOMER_SUMMARY = Table(
    "customer_summary",
    "customer × run",
    (
        Column("run_id", pa.string(), "run that computed it", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column(
            "orders", pa.int64(), "occasions: local days with an order not fully cancelled", "occasions", required=True
        ),
        Column("repeat_orders", pa.int64(), "occasions after the first", "occasions", required=True),
        Column("first_order", pa.date32(), "first occasion seen", required=True),
        Column("last_order", pa.date32(), "last occasion", required=True),
        Column("age_at_last_order", pa.float64(), "first occasion to last", "days", required=True),
        Column("age", pa.float64(), "first occasion to as_of", "days", required=True),
        Column(
            "sum_log_gaps",
            pa.float64(),
            "sum of the logarithms of the gaps between occasions",
            "log days",
            required=True,
        ),
        Column("revenue", pa.float64(), "net of returns and discounts; null without money", "money"),
        Column("mean_order_value", pa.float64(), "net revenue per occasion, the first included", "money"),
        Column(
            "margin_rate",
            pa.float64(),
            "(revenue − cost) ÷ revenue over lines with a cost; null where none has",
            "share",
        ),
        Column("location", pa.string(), "where most of the orders were made"),
    ),
    "valuation",
    ("valuation", "insight"),
)

_TABLES = (ORDER_LINES, PRODUCTS, CUSTOMER_SUMMARY)


def all_tables() -> Iterable[Table]:
    """Every table of the warehouse, in the order of the loop."""
    return _TABLES
