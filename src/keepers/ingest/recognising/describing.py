"""Which headers say who the customers are: their names, addresses and numbers, beside what an order is made of.

They are looked for in what the columns of orders have left, and never at the cost of the customer's id: where the only
sign of the customer is an e-mail address or a name, it is the id and describes the customer too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from keepers.ingest.cells.amounts import is_missing
from keepers.ingest.recognising.recognition import SURE_ENOUGH
from keepers.ingest.recognising.vocabulary import DESCRIBING, WORDS, name_score, plain, words_of
from keepers.ingest.report import ChosenColumn

ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_HIDDEN = r"[*•…]|\.\.|(?i)x{3,}@"  # in addresses of which a part is hidden, so that different ones look alike
NUMBER = r"^['+(]?[\d\s()+./x-]{6,}$"
_SURE, _LIKELY, _MEANS_A_NAME = 0.9, 0.75, 0.7
_BARE = ("name", "nom", "naam")  # a surname beside a first name, else whatever the row is about
_NAMES = ("customer_name", "customer_first_name", "customer_last_name")
_PLACES = ("customer_house_number", "customer_postal_code", "customer_city", "customer_country")
_ENOUGH, _MOSTLY, _DISTINCT = 5, 0.9, 0.7
_CELLS = {  # what half of the cells must look like, at least
    "customer_email": ADDRESS,
    "customer_phone": NUMBER,
    "customer_house_number": r"^\d{1,5}\s?\p{L}?(?:\s?[-/]\s?\d{1,5}\s?\p{L}?)?$",
    "customer_postal_code": r"^(?:\p{L}{1,2}-)?\p{L}{0,3}\d[\p{L}\d -]{1,8}(?:\.0)?$",
}
_LETTERS = r"^[^@]*\p{L}[^@]*$"
_LIKE_A_NAME = r"^[\p{L}\p{M}\s.,'’&-]+$"


def describing_columns(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> tuple[ChosenColumn, ...]:
    """The columns that describe the customers; none where the file names no customer."""
    headers = {choice.column: choice.header for choice in chosen}
    if "customer_id" not in headers:
        return ()
    found: dict[str, tuple[float, str]] = {}
    for score, _, column, header in _candidates(headers, sample):
        used = {known for _, known in found.values()}
        if column in found or header in used or _is_of_another_kind(column, header, found, headers):
            continue
        if _fits(column, sample[header], score) and _belongs(column, score, sample, header, headers["customer_id"]):
            found[column] = (score, header)
    if not (found.keys() | headers.keys()) & (DESCRIBING.keys() - set(_PLACES)):
        found = {column: (score, header) for column, (score, header) in found.items() if score > _SURE}
    return tuple(
        ChosenColumn(column, found[column][1], round(found[column][0], 2), f'"{found[column][1]}" is a name for it')
        for column in DESCRIBING
        if column in found
    )


def by_address(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> tuple[ChosenColumn, ...]:
    """The columns with the e-mail address as the customer's id where it was to be the name, which people share."""
    held = {choice.column: choice for choice in chosen}
    customer = held.get("customer_id")
    if customer is None or customer.by_hand or not _is_a_name(customer.header, sample):
        return tuple(chosen)
    taken = {choice.header for choice in chosen if choice.column not in DESCRIBING}
    names = _filled(sample[customer.header])
    for header in sample.columns:
        if header in taken or _score("customer_email", header) < _LIKELY:
            continue
        addresses = _filled(sample[header])
        if len(addresses) >= len(names) and addresses.n_unique() >= _MOSTLY * names.n_unique():
            if _share(addresses.str.contains(ADDRESS) & ~addresses.str.contains(_HIDDEN)) < _MOSTLY:
                continue
            better = replace(customer, header=header, why=f'"{header}" tells customers apart better than their names')
            return tuple(better if choice is customer else choice for choice in chosen)
    return tuple(chosen)


def _candidates(headers: Mapping[str, str], sample: pl.DataFrame) -> list[tuple[float, int, str, str]]:
    """Score, place, column and header of what may describe a customer by its name, the best first."""
    of_orders = {header: column for column, header in headers.items()}
    pairs = (
        (_score(column, header), -position, column, header)
        for position, header in enumerate(sample.columns)
        for column, shared in DESCRIBING.items()
        if column not in headers and of_orders.get(header, shared) == shared
    )
    return sorted((pair for pair in pairs if pair[0] >= SURE_ENOUGH), reverse=True)


def _score(column: str, header: str) -> float:
    if set(WORDS["not_the_customer"]["words"]) & set(words_of(header)):
        return 0.0
    score = name_score(column, header)
    return 0.0 if column in _NAMES and score < _MEANS_A_NAME else score


def _is_of_another_kind(
    column: str, header: str, found: Mapping[str, tuple[float, str]], headers: Mapping[str, str]
) -> bool:
    """Whether a bare "Name" is the surname although the whole name is looked for, or the other way round."""
    if plain(header) not in _BARE:
        return False
    has_first = "customer_first_name" in found or "customer_first_name" in headers
    return has_first == (column == "customer_name")


def _fits(column: str, cells: pl.Series, score: float) -> bool:
    """Whether the cells look like what the header says; a name that the header only hints at must look like one."""
    filled = _filled(cells)
    if not len(filled):
        return False
    if column in _NAMES and score < _SURE:
        return _share(filled.str.contains(_LIKE_A_NAME)) > 0.8 and (
            column != "customer_name" or _share(filled.str.contains(r"\p{L},?\s+\p{L}|^[\p{Han}\p{Hangul}]+$")) > 0.3
        )
    return _share(filled.str.contains(_CELLS.get(column, _LETTERS))) >= 0.5


def _belongs(column: str, score: float, sample: pl.DataFrame, header: str, customer: str) -> bool:
    """Whether rows of one customer agree in a column whose header is not sure to be about the customer."""
    if score > _SURE or header == customer or customer not in sample.columns:
        return True
    rows = sample.select(customer=customer, cell=header).filter(~is_missing(sample[header]))
    customers = rows.drop_nulls("customer").group_by("customer").agg(pl.len(), pl.col("cell").n_unique())
    if column == "customer_name" and rows["cell"].n_unique() < _DISTINCT * customers.height:
        return False
    several = customers.filter(pl.col("len") > 1)
    agree = _share(several["cell"] == 1) if several.height else 1.0
    enough = several.height >= _ENOUGH
    return not enough or agree >= 0.5 if score > _LIKELY else enough and agree >= _MOSTLY


def _is_a_name(header: str, sample: pl.DataFrame) -> bool:
    """Whether a header that was taken for the customer's id names people rather than numbers them."""
    if name_score("customer_id", header) > _SURE:
        return False
    score = _score("customer_name", header)
    return (score > _LIKELY or plain(header) in _BARE) and _fits("customer_name", sample[header], min(score, _LIKELY))


def _filled(cells: pl.Series) -> pl.Series:
    text = cells.cast(pl.String, strict=False).str.strip_chars()
    return text.filter(~is_missing(text))


def _share(mask: pl.Series) -> float:
    return float(mask.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
