"""What reading and valuing a table of contracts agree on. It is kept in no workspace, so no stage owns it."""

import pyarrow as pa

from keepers.warehouse.columns import MONEY, Column, Table

CONTRACT_ROWS = Table(
    "contract_rows",
    "row of a table of contracts: one stretch of a customer's contract",
    (
        Column("external_id", pa.string(), "the source's own customer id", required=True),
        Column("started_on", pa.date32(), "first day; null where the source gives a tenure instead"),
        Column("ended_on", pa.date32(), "last day or the day after; null while it runs"),
        Column("tenure", pa.float64(), "periods as a customer, where the source gives no dates", "periods"),
        Column("churned", pa.bool_(), "whether the customer left at the end of the tenure"),
        Column("amount", MONEY, "revenue of a period", "money"),
        Column("amount_per", pa.string(), "what the amount is for: period, month or year", required=True),
        Column("total_amount", MONEY, "revenue of the whole stretch", "money"),
        Column("product", pa.string(), "plan or product"),
        Column("period", pa.string(), "renewal period that the source names: day, week, month, quarter, year"),
        Column("currency", pa.string(), "currency of the amounts (ISO 4217)"),
    ),
    "ingest",
    ("valuation",),
)
