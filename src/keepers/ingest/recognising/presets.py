"""Exports that are known by their headers: what their columns mean, and what must be made of them first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from keepers.ingest.cells.amounts import to_numbers
from keepers.ingest.recognising.vocabulary import DESCRIBING, plain
from keepers.ingest.report import ChosenColumn

Prepare = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """A known export. `known_by` holds headers that must all be there, each in one of its spellings.

    `prepare` adds columns that the mapping may name; `whole_orders` is the header of the order whose rows it must see
    together.
    """

    name: str
    title: str
    known_by: tuple[tuple[str, ...], ...]
    mapping: Mapping[str, tuple[str, ...]]
    products_beside: str | None = None
    products_mapping: Mapping[str, str] = field(default_factory=dict)
    prepare: Prepare | None = None
    made: tuple[str, ...] = ()
    whole_orders: str | None = None
    notes: tuple[str, ...] = ()


def _shopify(rows: pl.DataFrame) -> pl.DataFrame:
    """Order fields stand on an order's first row only: carry them down, and share its discount and refund out."""
    order_fields = [
        name
        for name in ("Email", "Financial Status", "Created at", "Currency", "Payment Method", "Billing Country",
                     "Shipping Country", "Cancelled at", "Source", "Paid at")
        if name in rows.columns
    ]  # fmt: skip
    money = {name: to_numbers(rows[name]) for name in ("Lineitem price", "Lineitem quantity") if name in rows.columns}
    whole = {
        f"order {name}": to_numbers(rows[name]) if name in rows.columns else _no_number(rows.height)
        for name in ("Subtotal", "Total", "Refunded Amount")
    }
    gross = (money["Lineitem price"] * money["Lineitem quantity"]).alias("line gross")
    order = pl.col("Name")
    filled = [
        pl.when(pl.col(name).str.strip_chars() == "")
        .then(None)
        .otherwise(pl.col(name))
        .drop_nulls()
        .first()
        .over(order)
        .alias(name)
        for name in order_fields
    ]
    rows = rows.with_columns(filled).with_columns(gross, **whole)
    total, refund, subtotal = (
        pl.col(f"order {name}").drop_nulls().first().over(order) for name in ("Total", "Refunded Amount", "Subtotal")
    )
    all_lines = pl.col("line gross").sum().over(order)
    paid = subtotal.fill_null(all_lines)
    share = pl.when(all_lines > 0).then(pl.col("line gross") / all_lines).otherwise(1.0 / pl.len().over(order))
    back = pl.when(total > 0).then((refund.fill_null(0.0) / total).clip(0.0, 1.0)).otherwise(0.0)
    cancelled = pl.col("Cancelled at").is_not_null() if "Cancelled at" in order_fields else pl.lit(value=False)
    all_back = cancelled | ((total > 0) & (back >= 1.0))
    status = pl.col("Financial Status") if "Financial Status" in order_fields else pl.lit(None, pl.String)
    return rows.with_columns(
        (paid * share * (1.0 - back)).alias("line net of discount and refund"),
        (pl.col("line gross") - paid * share).alias("share of the order's discount"),
        pl.when(all_back).then(pl.lit("cancelled")).otherwise(status).alias("order status"),
    )


def _stripe(rows: pl.DataFrame) -> pl.DataFrame:
    """The customer by id or else by e-mail; the amount less refunds, in one currency where Stripe converted."""
    amount, refunded, currency = ("Amount", "Amount Refunded", "Currency")
    if "Converted Amount" in rows.columns and "Converted Currency" in rows.columns:
        amount, refunded, currency = (f"Converted {name}" for name in (amount, refunded, currency))
    customers = [
        pl.when(pl.col(name).str.strip_chars() == "").then(None).otherwise(pl.col(name))
        for name in ("Customer ID", "Customer Email", "Email")
        if name in rows.columns
    ]
    paid = to_numbers(rows[amount])
    back = to_numbers(rows[refunded]).fill_null(0.0) if refunded in rows.columns else paid * 0.0
    status = pl.col("Status") if "Status" in rows.columns else pl.lit("Paid")
    whole = (back >= paid) & (paid > 0)
    return rows.with_columns(
        (pl.coalesce(customers) if customers else pl.lit(None, pl.String)).alias("customer"),
        (paid - back).alias("amount less refund"),
        pl.when(pl.lit(whole.fill_null(value=False)))
        .then(pl.lit("refunded"))
        .otherwise(status)
        .alias("payment status"),
        pl.col(currency).alias("currency of the amount"),
    )


def _no_number(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.Float64).new_from_index(0, height)


PRESETS = (
    Preset(
        name="shopify",
        title="Shopify orders export",
        known_by=(("Name",), ("Created at",), ("Lineitem quantity",), ("Lineitem name",), ("Lineitem price",)),
        mapping={
            "order_id": ("Name",),
            "customer_id": ("Email",),
            "ordered_at": ("Created at",),
            "product_id": ("Lineitem sku",),
            "product_name": ("Lineitem name",),
            "brand": ("Vendor",),
            "quantity": ("Lineitem quantity",),
            "revenue": ("line net of discount and refund",),
            "discount": ("share of the order's discount",),
            "currency": ("Currency",),
            "payment_method": ("Payment Method",),
            "channel": ("Source",),
            "location": ("Shipping Country", "Billing Country"),
            "status": ("order status",),
        },
        prepare=_shopify,
        made=("line net of discount and refund", "share of the order's discount", "order status"),
        whole_orders="Name",
        notes=(
            "An order's subtotal (after discounts, without shipping and tax) is shared among its lines by price.",
            "A refund takes the same share off each line; orders cancelled or refunded in full are kept, worth 0.",
        ),
    ),
    Preset(
        name="stripe",
        title="Stripe payments export",
        known_by=(
            ("id",),
            ("Created (UTC)", "Created date (UTC)"),
            ("Amount",),
            ("Status",),
            ("Customer ID", "Customer Email"),
        ),
        mapping={
            "order_id": ("id",),
            "customer_id": ("customer",),
            "ordered_at": ("Created (UTC)", "Created date (UTC)"),
            "revenue": ("amount less refund",),
            "currency": ("currency of the amount",),
            "payment_method": ("Card Brand", "Payment Source Type"),
            "status": ("payment status",),
        },
        prepare=_stripe,
        made=("customer", "amount less refund", "payment status", "currency of the amount"),
        notes=(
            "A payment's amount is net of what was refunded; payments that did not succeed are rejected as not paid.",
        ),
    ),
    Preset(
        name="amazon",
        title="Amazon orders report",
        known_by=(("amazon-order-id",), ("purchase-date",), ("quantity",), ("item-price",)),
        mapping={
            "order_id": ("amazon-order-id",),
            "customer_id": ("buyer-email", "buyer-name"),
            "ordered_at": ("purchase-date",),
            "product_id": ("sku",),
            "product_name": ("product-name",),
            "quantity": ("quantity",),
            "gross": ("item-price",),
            "discount": ("item-promotion-discount",),
            "currency": ("currency",),
            "channel": ("sales-channel",),
            "location": ("ship-country",),
            "status": ("order-status", "item-status"),
        },
        notes=("item-price is the price of a line's pieces together; promotions are taken off it.",),
    ),
    Preset(
        name="online_retail",
        title="UCI Online Retail layout",
        known_by=(("Invoice", "InvoiceNo"), ("StockCode",), ("Quantity",), ("InvoiceDate",), ("Price", "UnitPrice")),
        mapping={
            "order_id": ("Invoice", "InvoiceNo"),
            "product_id": ("StockCode",),
            "product_name": ("Description",),
            "quantity": ("Quantity",),
            "ordered_at": ("InvoiceDate",),
            "unit_price": ("Price", "UnitPrice"),
            "customer_id": ("Customer ID", "CustomerID"),
            "location": ("Country",),
        },
    ),
    Preset(
        name="complete_journey",
        title="Complete Journey",
        known_by=(
            ("household_id", "household_key"),
            ("basket_id",),
            ("product_id",),
            ("sales_value",),
            ("transaction_timestamp",),
        ),
        mapping={
            "customer_id": ("household_id", "household_key"),
            "order_id": ("basket_id",),
            "product_id": ("product_id",),
            "quantity": ("quantity",),
            "revenue": ("sales_value",),
            "discount": ("retail_disc",),
            "ordered_at": ("transaction_timestamp",),
            "location": ("store_id",),
        },
        products_beside="products",
        products_mapping={"product_name": "product_type", "category": "product_category", "brand": "brand"},
        notes=("sales_value is what the shop received, so it is the revenue; retail_disc was already taken off it.",),
    ),
    Preset(
        name="cdnow",
        title="CDNOW purchases",
        known_by=(("customer_id",), ("date",), ("number_of_cds",), ("dollar_value",)),
        mapping={
            "customer_id": ("customer_id",),
            "ordered_at": ("date",),
            "quantity": ("number_of_cds",),
            "revenue": ("dollar_value",),
        },
    ),
)
_CDNOW_COLUMNS = {
    4: {"customer_id": 1, "ordered_at": 2, "quantity": 3, "revenue": 4},
    5: {"customer_id": 2, "ordered_at": 3, "quantity": 4, "revenue": 5},
}
_CDNOW_CELLS = (r"^\d{4,5}$", r"^199[78]\d{4}$", r"^\d+$", r"^\d+\.\d{2}$")


def preset_of(headers: Sequence[str], sample: pl.DataFrame) -> Preset | None:
    """The known export with these headers (or, for CDNOW's files without any, with these cells), if there is one."""
    have = {plain(header) for header in headers}
    for preset in PRESETS:
        if all(have & {plain(name) for name in names} for names in preset.known_by):
            return preset
    return _cdnow_without_header(sample)


def _cdnow_without_header(sample: pl.DataFrame) -> Preset | None:
    places = _CDNOW_COLUMNS.get(sample.width)
    if places is None or sample.columns[0] != "column 1" or not sample.height:
        return None
    cells = [sample[f"column {place}"] for place in places.values()]
    if not all(cell.str.contains(pattern).all() for cell, pattern in zip(cells, _CDNOW_CELLS, strict=True)):
        return None
    return Preset("cdnow", "CDNOW purchases", (), {column: (f"column {place}",) for column, place in places.items()})


def chosen_by(preset: Preset, headers: Sequence[str], asked: Mapping[str, str]) -> tuple[ChosenColumn, ...]:
    """The preset's columns as choices, except those that `--map` decides."""
    by_name = {plain(header): header for header in (*headers, *preset.made)}
    taken = {header for column, header in asked.items() if column not in DESCRIBING}
    found: dict[str, str] = {}
    for column, names in preset.mapping.items():
        known = [by_name[plain(name)] for name in names if plain(name) in by_name]
        if known and column not in asked and known[0] not in taken:
            found[column] = known[0]
    why = f"known from the {preset.title}"
    return tuple(ChosenColumn(column, header, 1.0, why) for column, header in found.items())
