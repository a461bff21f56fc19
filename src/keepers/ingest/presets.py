"""Exports that are known by their headers: what their columns mean and what is peculiar about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keepers.ingest.report import ChosenColumn
from keepers.ingest.vocabulary import plain


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """A known export. `known_by` are headers that must all be there; `mapping` may name several spellings."""

    name: str
    title: str
    known_by: tuple[tuple[str, ...], ...]
    mapping: Mapping[str, tuple[str, ...]]
    products_beside: str | None = None
    fill_down: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())


PRESETS = (
    Preset(
        name="online_retail",
        title="UCI Online Retail",
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
        notes=("sales_value is what the shop received, so it is the revenue; retail_disc was already taken off it.",),
    ),
)


def preset_of(headers: Sequence[str]) -> Preset | None:
    """The known export with these headers, if there is one."""
    have = {plain(header) for header in headers}
    return next(
        (preset for preset in PRESETS if all(have & {plain(name) for name in names} for names in preset.known_by)), None
    )


def columns_of(preset: Preset, headers: Sequence[str], asked: Mapping[str, str]) -> dict[str, str]:
    """The header for each column of ours that the preset knows, under what was asked for with `--map`."""
    by_name = {plain(header): header for header in headers}
    found = {
        column: by_name[plain(name)]
        for column, names in preset.mapping.items()
        for name in reversed(names)
        if plain(name) in by_name
    }
    return {column: header for column, header in found.items() if column not in asked and header not in asked.values()}


def chosen_by(preset: Preset, headers: Sequence[str], asked: Mapping[str, str]) -> tuple[ChosenColumn, ...]:
    """The preset's columns as choices with their reason."""
    return tuple(
        ChosenColumn(column, header, 1.0, f"known from the {preset.title} layout")
        for column, header in columns_of(preset, headers, asked).items()
    )
