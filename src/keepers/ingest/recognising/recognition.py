"""Which header is which column: by its name in several languages and by what its cells hold, with a score."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from keepers.core.errors import KeepersError
from keepers.ingest.cells.amounts import reads_as_number, to_numbers
from keepers.ingest.cells.dates import reads_as_count, reads_as_date
from keepers.ingest.cells.kinds import tells_kinds
from keepers.ingest.recognising.vocabulary import (
    COLUMNS,
    DESCRIBING,
    NEARLY,
    NO_VALUE,
    PERHAPS,
    WORDS,
    name_score,
    plain,
)
from keepers.ingest.report import ASKED, ChosenColumn

SURE_ENOUGH = 0.5
_WEAK_DATE = 0.8
_FEW_ARE_MEMBERS, _NOT_ALL = 0.5, 0.8  # beside a number that few rows have, whatever names the customer counts more
_MASKED, _MOSTLY_MASKED = r"[*•].*\w|\w.*[*•]|(?i:x{4,}.*\d)", 0.5
_SURELY_COUNTED = 0.95
_SURELY_NUMBERS = 0.9
_SOME = 0.6  # how well a column suits whose cells are of the right kind now and then
_ENOUGH_ORDERS, _FEW = 5, 0.05
_MOSTLY_GROWS = 0.8  # of prices by product and pieces, beside that of the fewest pieces
_HEADERS_SHOWN = 30
_DATES = ("ordered_at",)
_NOT_PIECES = ("refund", "discount", "cost", "profit")  # "Quantity (- Refund)" counts pieces, not money
_PERHAPS_PIECES = 0.6
_AMOUNTS = ("revenue", "gross", "unit_price")
_NUMBERS = ("quantity", "unit_price", "revenue", "gross", "discount", "cost", "unit_cost", "profit", "refund")


class UnknownColumnsError(KeepersError):
    """The columns an order file needs were not found, or `--map` names one that is not there."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the cells of a column look like in the sample."""

    filled: float
    dates: float
    numbers: float
    whole: float
    distinct: float
    example: str
    counted: float = 0.0  # day numbers or seconds, which are dates only by their header
    tells_kinds: bool = False  # whether the cells say sale, refund and the like
    masked: bool = False  # whether cells hide digits behind stars, as of cards, so that different ones look alike

    @property
    def kind(self) -> str:
        return "dates" if self.dates > 0.8 else "numbers" if self.numbers > 0.8 else "text"

    @property
    def decimal(self) -> bool:
        """Whether the cells are numbers, and not only whole ones."""
        return self.numbers > _SURELY_NUMBERS > max(self.whole, self.dates)

    @property
    def in_words(self) -> str:
        return f'{self.kind}, such as "{self.example[:30]}"' if self.filled else "empty"


def look_at(sample: pl.DataFrame) -> dict[str, Look]:
    """What each column of the sample looks like."""
    return {name: _look(sample[name]) for name in sample.columns}


def _look(column: pl.Series) -> Look:
    if column.dtype.is_temporal():
        return Look(
            1.0 - column.null_count() / max(1, len(column)), 1.0, 0.0, 0.0, 0.5, str(column.drop_nulls().first())
        )
    text = column.cast(pl.String, strict=False).str.strip_chars()
    text = text.filter(~text.str.to_lowercase().is_in(NO_VALUE)).drop_nulls()
    if not len(text):
        return Look(0.0, 0.0, 0.0, 0.0, 0.0, "")
    dates = 0.0 if column.dtype.is_float() else _share(reads_as_date(text))
    whole = _share(text.str.contains(r"^[+-]?\d+(?:\.0+)?$"))
    return Look(
        filled=len(text) / max(1, len(column)),
        dates=dates,
        numbers=_share(reads_as_number(text)),
        whole=whole,
        distinct=text.n_unique() / len(text),
        example=str(text.first()),
        counted=_share(reads_as_count(text)),
        tells_kinds=tells_kinds(text),
        masked=_share(text.str.contains(_MASKED)) > _MOSTLY_MASKED,
    )


def _share(mask: pl.Series) -> float:
    return float(mask.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]


def recognise(sample: pl.DataFrame, asked: Mapping[str, str], *, only_asked: bool = False) -> tuple[ChosenColumn, ...]:
    """The columns chosen for a file: those asked for, then the best pairs of header and column.

    Those that describe customers are not among the latter: `describing.py` finds them in what these leave.

    Raises:
        UnknownColumnsError: `asked` names a column of ours or a header that does not exist.
    """
    looks = look_at(sample)
    chosen = [_asked(column, header, looks) for column, header in asked.items()]
    if only_asked:
        return tuple(chosen)
    taken = {choice.header for choice in chosen if choice.column not in DESCRIBING}
    filled = {choice.column for choice in chosen} | DESCRIBING.keys()
    describing = {choice.header: DESCRIBING.get(choice.column) for choice in chosen if choice.header not in taken}
    pairs = sorted(
        (
            (_score(column, header, look), -position, column, header)
            for position, (header, look) in enumerate(looks.items())
            if header not in taken
            for column in COLUMNS
            if column not in filled and describing.get(header, column) == column
        ),
        reverse=True,
    )
    for score, _, column, header in pairs:
        if score >= SURE_ENOUGH and header not in taken and column not in filled:
            chosen.append(ChosenColumn(column, header, round(score, 2), _why(column, header, looks[header])))
            taken.add(header)
            filled.add(column)
    chosen += _by_content(looks, taken | describing.keys(), filled)
    return tuple(_or_the_agency(chosen, looks, describing.keys()))


def without_repeated_totals(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> tuple[ChosenColumn, ...]:
    """The columns without an order total that each line repeats, where the lines have amounts of their own."""
    headers = {choice.column: choice.header for choice in chosen}
    needed = {"order_id", "revenue", "quantity", "unit_price"}
    if not needed <= headers.keys() or any(choice.by_hand for choice in chosen if choice.column == "revenue"):
        return tuple(chosen)
    lines = sample.select(
        order=headers["order_id"],
        total=to_numbers(sample[headers["revenue"]]),
        line=to_numbers(sample[headers["quantity"]]) * to_numbers(sample[headers["unit_price"]]),
    )
    orders = lines.group_by("order").agg(
        pl.len().alias("lines"), pl.col("total").n_unique(), pl.col("line").n_unique().alias("of_lines")
    )
    several = orders.filter((pl.col("lines") > 1) & (pl.col("of_lines") > 1))
    if not _mostly_one_total(several["total"]):
        return tuple(chosen)
    return tuple(choice for choice in chosen if choice.column != "revenue")


def with_amounts_of_lines(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> tuple[ChosenColumn, ...]:
    """The columns with a price as the line's amount, where it grows with the pieces of one product, as tills print it.

    A price of one piece is much the same however many are bought, or falls.
    """
    held = {choice.column: choice for choice in chosen}
    product = next((held[column].header for column in ("product_id", "product_name") if column in held), None)
    price = held.get("unit_price")
    if (
        price is None
        or price.by_hand
        or product is None
        or "quantity" not in held
        or held.keys() & {"revenue", "gross"}
    ):
        return tuple(chosen)
    lines = pl.DataFrame(
        {
            "product": sample[product],
            "pieces": to_numbers(sample[held["quantity"].header]),
            "price": to_numbers(sample[price.header]),
        }
    )
    usual = (
        lines.filter(pl.col("pieces") > 0, pl.col("price") > 0).group_by("product", "pieces").agg(pl.median("price"))
    )
    least = usual.sort("pieces").group_by("product").first()
    several = usual.join(least, on="product", suffix="_least").filter(pl.col("pieces") > pl.col("pieces_least"))
    more, dearer = (several[name] / several[f"{name}_least"] for name in ("pieces", "price"))
    if len(several) < _ENOUGH_ORDERS or float((dearer.log() > more.log() / 2).mean() or 0.0) < _MOSTLY_GROWS:  # type: ignore[arg-type]
        return tuple(chosen)
    of_line = replace(price, column="gross", why=f'"{price.header}" grows with the pieces, so it is the line\'s amount')
    return tuple(of_line if choice is price else choice for choice in chosen)


def total_to_count_once(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> str | None:
    """The header of an order total that each line repeats, where the lines have no amounts of their own.

    Lines of one order that differ in product or pieces, all with the same amount, while the orders differ in it: then
    the amount is the order's. The lines of an order must stand together.
    """
    headers = {choice.column: choice.header for choice in chosen}
    differ = [headers[column] for column in ("product_id", "product_name", "quantity") if column in headers]
    asked = any(choice.by_hand for choice in chosen if choice.column == "revenue")
    of_lines = headers.keys() & {"unit_price", "gross"}
    if asked or of_lines or not differ or not {"order_id", "revenue"} <= headers.keys():
        return None
    lines = sample.select(
        order=headers["order_id"],
        total=headers["revenue"],
        line=pl.struct(differ),
        run=pl.col(headers["order_id"]).rle_id(),
    )
    orders = lines.group_by("order").agg(
        pl.col("total").n_unique(),
        pl.col("line").n_unique(),
        pl.col("run").n_unique(),
        pl.col("total").first().alias("of"),
    )
    several = orders.filter(pl.col("line") > 1)
    varied = several["of"].n_unique() > max(3, several.height / 2)
    if not _mostly_one_total(several["total"]) or not varied or (orders["run"] > 1).any():
        return None
    return headers["revenue"]


def unread_amounts(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> list[str]:
    """The headers that name an amount but whose cells read as no numbers, where a file gives no other amount."""
    if {choice.column for choice in chosen} & {"revenue", "gross", "unit_price"}:
        return []
    taken = {choice.header for choice in chosen}
    named = [
        header
        for header in sample.columns
        if header not in taken and max(name_score(column, header) for column in _AMOUNTS) >= SURE_ENOUGH
    ]
    return [header for header in named if _look(sample[header]).filled]


def unnamed_amounts(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> list[str]:
    """The headers of decimals that were taken for nothing, where a file gives no amount: one may be it."""
    if {choice.column for choice in chosen} & set(_AMOUNTS):
        return []
    taken = {choice.header for choice in chosen}
    looks = {header: _look(sample[header]) for header in sample.columns if header not in taken}
    return [header for header, look in looks.items() if look.decimal]


def _mostly_one_total(totals: pl.Series) -> bool:
    return len(totals) >= _ENOUGH_ORDERS and float((totals > 1).mean() or 0.0) <= _FEW  # type: ignore[arg-type]


def _asked(column: str, header: str, looks: Mapping[str, Look]) -> ChosenColumn:
    column = {"external_id": "customer_id", "amount": "revenue", "date": "ordered_at"}.get(column, column)
    if column not in COLUMNS:
        raise UnknownColumnsError(f'--map knows no column "{column}". It knows: {", ".join(COLUMNS)}.')
    same = [name for name in looks if name == header] or [
        name for name in looks if name.casefold() == header.casefold()
    ]
    if not same:
        raise UnknownColumnsError(
            f'--map {column}={header}: there is no header "{header}". There are: {", ".join(looks)}.'
        )
    return ChosenColumn(column, same[0], 1.0, ASKED)


def _score(column: str, header: str, look: Look) -> float:
    if column in _NOT_PIECES and name_score("quantity", header) >= _PERHAPS_PIECES:
        return 0.0
    name = name_score(column, header)
    if column == "customer_id" and name == NEARLY and look.filled < _FEW_ARE_MEMBERS:
        name *= _NOT_ALL
    return name * _fits(column, look) if name else 0.0


def _fits(column: str, look: Look) -> float:
    """How well the cells suit the column, 0 to 1."""
    if column == "line_kind":
        return 1.0 if look.tells_kinds else 0.0
    if not look.filled:
        return 0.2
    if column in _DATES or column in _NUMBERS:
        counted = look.counted if look.counted > _SURELY_COUNTED else 0.0
        share = max(look.dates, counted) if column in _DATES else look.numbers
        return _SOME + (1 - _SOME) * share if share else 0.0
    if column == "customer_id":
        if look.masked:
            return 0.0
        return 0.4 if look.dates > 0.8 and look.whole < 0.8 else 1.0
    if column == "product_name":
        return 1.0 if look.numbers < 0.5 else 0.3
    return 0.3 if column == "ordered_time" and look.dates > 0.5 else 1.0


def _why(column: str, header: str, look: Look) -> str:
    return f'"{header}" is a name for {column}; {_told(column, look)}'


def _told(column: str, look: Look) -> str:
    """What the cells look like; of a customer's id, which may be an address, no example is kept."""
    return look.kind if column == "customer_id" else look.in_words


def _by_content(looks: Mapping[str, Look], taken: set[str], filled: set[str]) -> list[ChosenColumn]:
    """What no name told: the only column of dates; the only column of decimals; the only column of repeated codes."""
    chosen: list[ChosenColumn] = []
    left = {header: look for header, look in looks.items() if header not in taken and look.filled > 0.5}
    tests = {
        "ordered_at": [header for header, look in left.items() if look.dates > 0.9 and look.whole < 0.99],
        "revenue": [header for header, look in left.items() if look.decimal],
        "customer_id": [
            header
            for header, look in left.items()
            if look.dates < 0.5 and 0.001 < look.distinct < 0.9 and not look.masked
        ],
    }
    if "unit_price" in filled or "gross" in filled:
        tests.pop("revenue")
    for column, headers in tests.items():
        free = [header for header in headers if header not in {choice.header for choice in chosen}]
        if column not in filled and len(free) == 1:
            chosen.append(
                ChosenColumn(
                    column, free[0], 0.5, f"the only column that looks like it: {_told(column, looks[free[0]])}"
                )
            )
    return chosen


def _or_the_agency(
    chosen: list[ChosenColumn], looks: Mapping[str, Look], describing: Collection[str]
) -> list[ChosenColumn]:
    """An agency that books is the channel where somebody else is the customer, else it may be the customer itself."""
    agency = next((choice for choice in chosen if choice.column == "channel" and _is_agency(choice)), None)
    if agency is None or any(choice.column == "customer_id" for choice in chosen):
        return chosen
    others = [choice for choice in chosen if choice is not agency]
    taken, filled = {choice.header for choice in others}, {choice.column for choice in others}
    found = [choice for choice in _by_content(looks, taken | set(describing), filled) if choice.column == "customer_id"]
    return others + found if found else chosen


def _is_agency(choice: ChosenColumn) -> bool:
    return not choice.by_hand and name_score("channel", choice.header) == PERHAPS


def is_product_table(sample: pl.DataFrame) -> bool:
    """Whether a file names products and their groups, but no customers and no dates, and sells none."""
    have = {choice.column for choice in recognise(sample, {})}
    if "quantity" in have and have & {"revenue", "gross"}:
        return False  # lines of orders whose days and customers stand elsewhere
    return (
        "product_id" in have
        and bool(have & {"product_name", "category", "brand"})
        and not have & {"ordered_at", "customer_id", "order_id"}
    )


def must_hold_orders(chosen: Sequence[ChosenColumn], sample: pl.DataFrame, file: str) -> None:
    """Hold a file to the least that orders need: a date, and a customer or an order; and it must be no other list.

    Raises:
        UnknownColumnsError: with what each header looks like and the `--map` to pass.
    """
    have = {choice.column: choice for choice in chosen}
    missing = [] if "ordered_at" in have else ["ordered_at"]
    missing += [] if have.keys() & {"customer_id", "order_id"} else ["customer_id"]
    if missing:
        raise UnknownColumnsError(_what_is_missing(missing, sample, file))
    if any(choice.by_hand for choice in chosen):
        return
    has_money = bool(have.keys() & {"revenue", "unit_price", "gross"})
    if not has_money and not have.keys() & {"quantity", "product_id"}:
        _must_not_be_another_list(sample, file)
    _must_not_be_records(have, sample, file, has_money=has_money)


def _must_not_be_records(have: Mapping[str, ChosenColumn], sample: pl.DataFrame, file: str, *, has_money: bool) -> None:
    """A date that only says when a record was made, and each customer once or no money: accounts, not orders."""
    customer = have.get("customer_id")
    if (
        customer is None
        or name_score("ordered_at", have["ordered_at"].header) >= _WEAK_DATE
        or have.keys() & {"order_id", "product_id"}
    ):
        return
    ids = sample[customer.header].drop_nulls()
    if not has_money or (len(ids) >= 5 and ids.n_unique() == len(ids)):
        raise UnknownColumnsError(
            f'{file} looks like a list of records, not of orders: "{have["ordered_at"].header}" seems to say when '
            f'a row was entered, and "{customer.header}" names each row. If it does hold orders, pass '
            "--map customer_id=HEADER --map ordered_at=HEADER."
        )


def _what_is_missing(missing: Sequence[str], sample: pl.DataFrame, file: str) -> str:
    words = {"ordered_at": "the date of an order", "customer_id": "the customer"}
    looks = look_at(sample.select(sample.columns[:_HEADERS_SHOWN]))
    seen = "; ".join(f"{header} ({look.in_words})" for header, look in looks.items()) or "none"
    seen += f"; and {sample.width - _HEADERS_SHOWN} more" if sample.width > _HEADERS_SHOWN else ""
    flags = " ".join(f"--map {column}=HEADER" for column in missing)
    return (
        f"{file} shows no column for {' and '.join(words[column] for column in missing)}. "
        f"Its headers are: {seen}. If it is a file of orders, pass {flags}."
    )


def _must_not_be_another_list(sample: pl.DataFrame, file: str) -> None:
    have = {plain(header) for header in sample.columns}
    for kind, headers in WORDS["other_lists"].items():
        signs = set(headers)
        found = [header for header in sample.columns if plain(header) in signs]
        if len(have & signs) >= 2:
            raise UnknownColumnsError(
                f"{file} looks like a list of {kind}, not of orders: it has {', '.join(found[:4])}, but no amount, "
                "quantity, product or order number. If it does hold orders, pass --map customer_id=HEADER "
                "--map ordered_at=HEADER."
            )
