"""The columns of an upload: what they were recognised as, and what the user made of that."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.core.told import as_record
from keepers.crm.data.models import Upload
from keepers.ingest.heads import FileHead

NEEDED = ("ordered_at",)
ONE_OF = ("customer_id", "order_id")
COLUMN_WORDS: Mapping[str, Promise] = {
    "customer_id": _("Customer"),
    "order_id": _("Order number"),
    "ordered_at": _("Date of the order"),
    "ordered_time": _("Time of the order"),
    "revenue": _("Amount, net"),
    "gross": _("Amount before discount"),
    "quantity": _("Quantity"),
    "unit_price": _("Price of a piece"),
    "discount": _("Discount"),
    "cost": _("Cost of the line"),
    "unit_cost": _("Cost of a piece"),
    "profit": _("Profit"),
    "refund": _("Refunded amount"),
    "product_id": _("Product code"),
    "product_name": _("Product name"),
    "category": _("Category"),
    "brand": _("Brand"),
    "channel": _("Channel"),
    "payment_method": _("Payment method"),
    "location": _("Place"),
    "acquisition_source": _("What brought the customer"),
    "segment": _("Segment of the customer"),
    "currency": _("Currency"),
    "status": _("Status of the order"),
    "line_kind": _("Sale or refund"),
    "cancels_order_id": _("Order that is cancelled"),
    "customer_name": _("Name of the customer"),
    "customer_first_name": _("First name"),
    "customer_last_name": _("Last name"),
    "customer_email": _("E-mail of the customer"),
    "customer_phone": _("Phone of the customer"),
    "customer_street": _("Street of the customer"),
    "customer_house_number": _("House number"),
    "customer_postal_code": _("Postal code of the customer"),
    "customer_city": _("City of the customer"),
    "customer_country": _("Country of the customer"),
}


def heads_as_rows(heads: Iterable[FileHead]) -> list[dict[str, Any]]:
    """The heads as the upload keeps them."""
    return [asdict(head) | {"notes": list(map(as_record, head.notes))} for head in heads]


def lead_of(upload: Upload) -> dict[str, Any] | None:
    """The head whose columns the user decides on: the first file of orders, else the first with columns."""
    heads: list[dict[str, Any]] = upload.heads
    orders = [head for head in heads if head["holds"] == "orders"] or [head for head in heads if head["columns"]]
    return orders[0] if orders else None


def sheets_to_choose(head: Mapping[str, Any]) -> list[tuple[tuple[str, ...], bool]]:
    """What may be read of a workbook, and whether it is: sheets with the same columns as one, then each by itself."""
    sheets = head.get("sheets", [])  # heads of before had none
    read = tuple(sheet["name"] for sheet in sheets if sheet["read"])
    groups: dict[int, list[str]] = {}
    for sheet in sheets:
        groups.setdefault(sheet["alike"], []).append(sheet["name"])
    together = [tuple(names) for names in groups.values() if len(names) > 1]
    choices = list(dict.fromkeys([*together, *((sheet["name"],) for sheet in sheets), read]))
    return [(names, names == read) for names in choices] if len(sheets) > 1 else []


def chosen_now(upload: Upload) -> dict[str, str]:
    """Header → column as it stands: recognised, unless the user decided otherwise."""
    head = lead_of(upload)
    if head is None:
        return {}
    asked = {header: column for column, header in upload.mapping.items()}
    return {
        column["header"]: ""
        if column["header"] in upload.aside
        else asked.get(column["header"], "" if column["column"] in upload.mapping else column["column"])
        for column in head["columns"]
    }


def choices_as_options(upload: Upload, chosen: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to ask of the import: nothing where the user agrees with what was recognised.

    Agreement is left to the import itself, which then knows more: that a total repeats on each line of an order, for
    example. As soon as one column is decided otherwise, the others are held where they are. A file that does not look
    like orders is taken for orders because the user goes on with it.
    """
    head = lead_of(upload)
    if head is None:
        return {}, []
    recognised = {column["header"]: column["column"] for column in head["columns"]}
    agreed = all(chosen.get(header, "") == column for header, column in recognised.items())
    if agreed and head["holds"] == "orders":
        return {}, []
    changed = {header: column for header, column in chosen.items() if column and recognised.get(header) != column}
    aside = [header for header in recognised if not chosen.get(header)]
    held = {
        header: column
        for header, column in chosen.items()
        if column and header not in changed and column != "revenue" and head["preset"] is None
    }
    return {column: header for header, column in (held | changed).items()}, aside


def is_unfit(chosen: Mapping[str, str]) -> list[str]:
    """What the choice lacks or has twice, as words of columns: nothing when it will do."""
    columns = [column for column in chosen.values() if column]
    missing = [column for column in NEEDED if column not in columns]
    if not set(ONE_OF) & set(columns):
        missing.append(ONE_OF[0])
    return missing


def named_twice(chosen: Mapping[str, str]) -> list[str]:
    """Columns that several headers were chosen for."""
    columns = [column for column in chosen.values() if column]
    return sorted({column for column in columns if columns.count(column) > 1})
