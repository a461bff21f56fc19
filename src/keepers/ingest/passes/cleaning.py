"""From the columns of a source to order lines, a block at a time; every row leaves as a line or with a reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from keepers.ingest.cells.amounts import currencies_in, currency_named, is_missing, plain_numbers, to_numbers
from keepers.ingest.cells.dates import Orders, to_moments
from keepers.ingest.cells.identifiers import are_whole_numbers, to_ids, was_shortened
from keepers.ingest.cells.kinds import line_kinds, words_of_return
from keepers.ingest.cells.statuses import not_paid, not_sold, taken_back
from keepers.ingest.recognising.vocabulary import NO_CUSTOMER, WORDS

_LARGEST = 1e13  # what DECIMAL(18, 4) can hold
_MONEY = ("revenue", "gross", "discount", "cost", "unit_price", "unit_cost", "profit", "refund")
_NUMBERS = ("quantity", *_MONEY)
_WORDS = (
    "product_name", "category", "brand", "channel", "payment_method", "location", "acquisition_source", "segment",
    "currency", "status",
)  # fmt: skip
_IDS = ("order_id", "product_id", "cancels_order_id")
_PARTS_OF_AMOUNTS = {"quantity", "line_kind", *_MONEY} - {"revenue"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of one layout of files are read: decided once, before the first row is kept.

    `date_zone` is the zone of stamps without one where a header says so; `discount_share` is what a discount column
    is to be multiplied with to be a share of the price (1 for 0.1, 0.01 for 10 %), or `None` where it is money.
    `yen_sign` is the currency that ¥ means.
    """

    headers: Mapping[str, str]
    orders: Orders
    decimal_marks: Mapping[str, str]
    timezone: str
    source: str
    batch_id: str
    has_money: bool
    date_zone: str = ""
    yen_sign: str = "JPY"
    discount_share: float | None = None


def whole_ids(rows: pl.DataFrame, reading: Reading) -> frozenset[str]:
    """The columns of ids in which each cell is a whole number, so that nothing needs to be looked for in them."""
    columns = [column for column in (*_IDS, "customer_id") if column in reading.headers and rows.height]
    return frozenset(column for column in columns if are_whole_numbers(rows[reading.headers[column]]))


def clean(
    rows: pl.DataFrame,
    reading: Reading,
    *,
    whole: Collection[str] = (),
    as_read: Mapping[str, pl.Series] = MappingProxyType({}),
) -> pl.DataFrame:
    """Order lines without their numbers, and for each row `reason` (null where it is accepted) and `amount`.

    `whole` is what `whole_ids` tells, `as_read` columns read as numbers or days already; without them the lines are
    the same, and take longer.
    """
    found = {column: rows[header] for column, header in reading.headers.items()}
    lines = pl.DataFrame({"ordered_at": _moments(found, reading, as_read)}) if rows.width else pl.DataFrame()
    lines = lines.with_columns(
        [_text(found, column, rows.height) for column in _WORDS]
        + [_ids(found, column, rows.height, whole) for column in _IDS]
        + [_customers(found, rows.height, whole), _says_return(found, rows.height)]
    )
    plain = _plain_numbers(found, reading, as_read)
    lines = _with_amounts(lines.hstack(_numbers(found, plain, reading, rows.height)), reading)
    lines = lines.with_columns(currency=_currencies(lines, found, reading, plain))
    lines = lines.with_columns(
        ordered_on=lines["ordered_at"].dt.convert_time_zone(reading.timezone).dt.date(),
        reason=_reasons(lines, found, rows, reading, whole),
        amount=lines["revenue"],
        source=pl.lit(reading.source),
        batch_id=pl.lit(reading.batch_id),
    )
    if "order_id" not in whole:
        lines = lines.with_columns(order_id=_order_ids(lines))
    lines = lines.with_columns(line_kind=line_kinds(lines, whole=whole))
    return _without_what_was_taken_back(lines) if "status" in found else lines


def _without_what_was_taken_back(lines: pl.DataFrame) -> pl.DataFrame:
    """A cancelled or wholly refunded order stays as an adjustment of 0, so that it replaces its older version."""
    back = taken_back(pl.col("status"))
    return lines.with_columns(
        is_taken_back=back,
        line_kind=pl.when(back).then(pl.lit("adjustment")).otherwise("line_kind"),
        revenue=pl.when(back).then(pl.col("revenue") * 0.0).otherwise("revenue"),
    )


def _moments(found: Mapping[str, pl.Series], reading: Reading, as_read: Mapping[str, pl.Series]) -> pl.Series:
    column, zone = found["ordered_at"], reading.date_zone or reading.timezone
    plain = as_read.get(reading.headers["ordered_at"])
    alone = to_moments(column, orders=reading.orders, timezone=zone, plain=plain)
    if "ordered_time" not in found or column.dtype != pl.String:
        return alone
    day = column.str.strip_chars().str.replace(r"[T ]00:00(?::00)?(?:\.0+)?$", "")
    clock = found["ordered_time"].cast(pl.String).str.strip_chars()
    return to_moments((day + " " + clock).rename("ordered_at"), orders=reading.orders, timezone=zone).fill_null(alone)


def _text(found: Mapping[str, pl.Series], column: str, height: int) -> pl.Series:
    if column not in found:
        return _nothing(column, height)
    text = found[column].cast(pl.String, strict=False).str.strip_chars()
    return text.set(is_missing(text), None).alias(column)


def _ids(found: Mapping[str, pl.Series], column: str, height: int, whole: Collection[str]) -> pl.Series:
    if column in whole:
        return found[column].cast(pl.String).alias(column)
    return to_ids(found[column]).alias(column) if column in found else _nothing(column, height)


def _customers(found: Mapping[str, pl.Series], height: int, whole: Collection[str]) -> pl.Series:
    if "customer_id" not in found:
        return _nothing("external_id", height)
    if "customer_id" in whole:
        return found["customer_id"].cast(pl.String).alias("external_id")
    ids = to_ids(found["customer_id"], missing=NO_CUSTOMER).alias("external_id")
    addresses = ids.str.contains("@", literal=True).fill_null(value=False)
    return ids.set(addresses, None).fill_null(ids.str.to_lowercase()) if addresses.any() else ids


def _says_return(found: Mapping[str, pl.Series], height: int) -> pl.Series:
    if "line_kind" not in found:
        return _nothing("says_return", height)
    return words_of_return(found["line_kind"]).alias("says_return")


def _nothing(column: str, height: int) -> pl.Series:
    return pl.Series(column, [None], dtype=pl.String).new_from_index(0, height)


def _plain_numbers(
    found: Mapping[str, pl.Series], reading: Reading, as_read: Mapping[str, pl.Series]
) -> Mapping[str, pl.Series]:
    """The columns of numbers in which a point parts decimals and nothing else stands beside the digits."""
    columns = [column for column in _NUMBERS if column in found and _decimal_mark(column, reading) == "."]
    read = {column: as_read.get(reading.headers[column]) for column in columns}
    numbers = {column: plain_numbers(found[column], read[column]) for column in columns}
    return {column: values for column, values in numbers.items() if values is not None}


def _decimal_mark(column: str, reading: Reading) -> str:
    return reading.decimal_marks.get(reading.headers[column], ".")


def _numbers(
    found: Mapping[str, pl.Series], plain: Mapping[str, pl.Series], reading: Reading, height: int
) -> pl.DataFrame:
    empty = pl.Series([None], dtype=pl.Float64).new_from_index(0, height)
    read = {
        column: to_numbers(found[column], decimal_mark=_decimal_mark(column, reading))
        for column in _NUMBERS
        if column in found and column not in plain
    }
    return pl.DataFrame({column: plain.get(column, read.get(column, empty)) for column in _NUMBERS})


def _with_amounts(lines: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Net revenue, cost and discount from what the source gives; a return's money is negative like its pieces."""
    if not reading.headers.keys() & _PARTS_OF_AMOUNTS:
        return lines.with_columns(pl.col("revenue").round(4))
    lines = _with_pieces_taken_back(lines)
    discount = pl.col("discount").fill_null(0.0)
    gross = pl.coalesce("gross", pl.col("unit_price") * (pl.col("quantity") if "quantity" in reading.headers else 1.0))
    share = reading.discount_share
    taken = discount.abs() * gross.sign() if share is None else discount * share * gross
    amount, refund = pl.coalesce("revenue", gross - taken), pl.col("refund").abs()
    revenue = amount - refund.fill_null(0.0)
    signed = pl.when((pl.col("quantity") < 0) & (revenue > 0)).then(-revenue).otherwise(revenue)
    says_return = pl.col("says_return").is_not_null()
    signed = pl.when(says_return).then(-pl.max_horizontal(amount.abs(), refund)).otherwise(signed)
    cost = pl.coalesce(
        "cost", pl.col("unit_cost") * pl.col("quantity").fill_null(1.0), pl.col("revenue") - pl.col("profit")
    )
    cost = pl.when(says_return).then(-cost.abs()).otherwise(cost)
    known_discount = pl.col("discount").abs() if share is None else taken
    return lines.with_columns(revenue=signed.round(4), cost=cost.round(4), discount=known_discount.round(4))


def _with_pieces_taken_back(lines: pl.DataFrame) -> pl.DataFrame:
    """The pieces of a row that says it is a return are negative, however they are written."""
    back = pl.when(pl.col("says_return").is_not_null())
    return lines.with_columns(quantity=back.then(-pl.col("quantity").abs()).otherwise("quantity"))


def _currencies(
    lines: pl.DataFrame, found: Mapping[str, pl.Series], reading: Reading, plain: Collection[str]
) -> pl.Series:
    told = lines["currency"]
    told = told.str.to_uppercase() if told.null_count() < lines.height else told
    for column in ("revenue", "unit_price", "gross"):
        if column in found:
            named = currency_named(reading.headers[column])
            if column not in plain:
                told = told.fill_null(currencies_in(found[column], yen_sign=reading.yen_sign))
            told = told.fill_null(named) if named else told
    if told.null_count() == len(told):
        return told
    return told.replace({"RMB": "CNY", "€": "EUR", "£": "GBP", "$": "USD", "¥": reading.yen_sign})


def _order_ids(lines: pl.DataFrame) -> pl.Series:
    """The source's order; where it has none, customer and local day."""
    own = lines["order_id"]
    if own.str.contains("[eE]").any():
        own = own.set(own.str.contains(r"^\d[.,]\d+[eE]\+?\d+$").fill_null(value=False), None)
    if not own.null_count():
        return own
    day = pl.format("{} {}", pl.col("external_id").fill_null("?"), pl.col("ordered_on"))
    return lines.select(own.fill_null(lines.select(day).to_series()).alias("order_id")).to_series()


def _reasons(
    lines: pl.DataFrame, found: Mapping[str, pl.Series], rows: pl.DataFrame, reading: Reading, whole: Collection[str]
) -> pl.Series:
    """Why a row cannot be used, null where it can; the first reason that holds."""
    no_date, no_money = lines["ordered_at"].is_null(), lines["revenue"].is_null()
    tests: list[tuple[pl.Series, str]] = []
    if "status" in found:
        tests.append((lines.select(not_paid(pl.col("status"))).to_series(), "not paid"))
        tests.append((lines.select(not_sold(pl.col("status"))).to_series(), "not sold, says its status"))
    tests.append((_is_dated_total(lines), "a row of totals"))
    if no_date.any():
        tests.append((no_date & _is_total(rows), "a row of totals"))
        tests.append((no_date & is_missing(found["ordered_at"]), "no date"))
        tests.append((no_date, "the date cannot be read"))
    if reading.has_money and no_money.any():
        tests.append((no_money & _any_unread(lines, found, _MONEY), "the amount is not a number"))
        tests.append((no_money & _any_unread(lines, found, ("quantity",)), "the quantity is not a number"))
        tests.append((no_money, "no amount"))
    large = lines["revenue"].abs() >= _LARGEST
    if large.any():
        tests.append((large, "the amount is too large to be money"))
    if "customer_id" not in whole and (lost := was_shortened(lines["external_id"])).any():
        tests.append((lost, "the customer id lost digits to E-notation"))
    if not tests:
        return _nothing("reason", lines.height)
    return pl.select(
        pl.coalesce([pl.when(mask).then(pl.lit(words)) for mask, words in tests]).alias("reason")
    ).to_series()


def _any_unread(lines: pl.DataFrame, found: Mapping[str, pl.Series], columns: tuple[str, ...]) -> pl.Series:
    unread = pl.Series([False]).new_from_index(0, lines.height)
    for column in columns:
        if column in found:
            unread = unread | (~is_missing(found[column]) & lines[column].is_null())
    return unread


def _is_dated_total(lines: pl.DataFrame) -> pl.Series:
    """Rows in which "Total" stands for the order or for the customer, and the other is missing; with a date or not."""
    if not (lines["order_id"].null_count() or lines["external_id"].null_count()):
        return pl.Series([False]).new_from_index(0, lines.height)
    words = WORDS["totals"]["words"]
    order, customer = (pl.col(name).str.strip_chars(" :").str.to_lowercase() for name in ("order_id", "external_id"))
    total = (order.is_in(words) & customer.is_null()) | (customer.is_in(words) & order.is_null())
    return lines.select(total.fill_null(value=False)).to_series()


def _is_total(rows: pl.DataFrame) -> pl.Series:
    """Rows in which a cell says "Total", in several languages."""
    words = [
        pl.col(name).str.strip_chars(" :\t").str.to_lowercase().is_in(WORDS["totals"]["words"])
        for name, kind in rows.schema.items()
        if kind == pl.String
    ]
    return (
        rows.select(pl.any_horizontal(words).fill_null(value=False)).to_series()
        if words
        else pl.Series([False]).new_from_index(0, rows.height)
    )
