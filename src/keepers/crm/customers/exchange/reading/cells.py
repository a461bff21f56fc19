"""Cells as they are kept: names, addresses, telephone numbers, days, figures; a block of rows at a time."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import polars as pl
from django.utils import timezone
from phonenumbers import SUPPORTED_REGIONS

from keepers.crm.customers.exchange.reading.plain_phones import plain_phones
from keepers.crm.customers.reach import Reach, email_of, phone_of, web_of
from keepers.ingest.cells.amounts import NumberEvidence, is_missing, to_numbers
from keepers.ingest.cells.dates import DateEvidence, Orders, to_moments
from keepers.ingest.report import DateOrder

LONGEST = 254
_NEVER = 1970
FEWEST_TELLING = 3  # rows that read in but one way, for other columns to go by them
_ADDRESS = r"^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$"
_RESERVED = r"\.(?:test|invalid|local|localhost|onion|arpa|example)$"
_YES = ("1", "true", "yes", "y", "on", "x", "t", "ja", "da", "si", "sì", "oui", "sí", "wahr", "vrai")
_NO = ("0", "false", "no", "n", "off", "f", "nein", "ne", "non", "falsch", "faux")
_NAMED_COMPANIES = frozenset(
    {"org", "company", "organisation", "organization", "firma", "business", "société", "unternehmen"}
)
_COMPANIES = (*_NAMED_COMPANIES, "true", "yes", "1", "ja")
_NAMED_PERSONS = frozenset({"individual", "person", "household", "private", "privat", "particulier", "human"})
_SHORT_NAMES = {"usa": "US", "us": "US", "u.s.a.": "US", "u.s.": "US", "uk": "GB", "u.k.": "GB", "england": "GB",
                "scotland": "GB", "wales": "GB", "great britain": "GB", "holland": "NL", "czech republic": "CZ",
                "russia": "RU", "south korea": "KR", "korea": "KR", "turkey": "TR", "vietnam": "VN"}  # fmt: skip


def nothing(rows: int) -> pl.Series:
    """As many empty cells."""
    return same(None, rows)


def same(value: str | None, rows: int) -> pl.Series:
    """As many cells of one text."""
    return pl.repeat(value, rows, dtype=pl.String, eager=True)


def text_of(cells: pl.Series) -> pl.Series:
    """Without blanks at the ends and within; null where a cell says that there is nothing."""
    text = cells.cast(pl.String, strict=False).str.strip_chars()
    text = text.set(is_missing(text), None)
    if text.str.starts_with("'").any():
        text = text.str.replace(r"^'([=+@-])", "$1")  # as exports make texts harmless that a spreadsheet would run
    if text.str.contains(r"\s\s|[\t\r\n]").any():
        text = text.str.replace_all(r"\s+", " ")
    return text


def one_of(text: pl.Series, place: int) -> pl.Series:
    """Cells with that one of those that one lists, 0 the first; what is no list is the first of itself."""
    lists = _lists_in(text)
    told = {cell: values[place] if len(values) > place else None for cell, values in lists.items()}
    alone = text if place == 0 else nothing(len(text))
    if not told:
        return alone
    meant = text.replace_strict(told, default=None, return_dtype=pl.String)
    return pl.select(pl.when(text.is_in(list(told))).then(meant).otherwise(alone)).to_series()


def beyond(text: pl.Series, place: int) -> int:
    """How many more than those up to a place cells list."""
    more = {cell: len(values) - place - 1 for cell, values in _lists_in(text).items() if len(values) > place + 1}
    return int(text.replace_strict(more, default=0, return_dtype=pl.Int64).sum()) if more else 0


def _lists_in(text: pl.Series) -> Mapping[str, list[str]]:
    """The cells that are lists of texts, as programs write them down, `["a", "b"]`, with what they list."""
    found = {}
    for cell in text.filter(text.str.starts_with("[")).unique().to_list():
        with suppress(json.JSONDecodeError):
            values = json.loads(cell)
            if all(isinstance(value, str) for value in values):
                found[cell] = [value.strip() for value in values if value.strip()]
    return found


def long_text_of(cells: pl.Series) -> pl.Series:
    """As `text_of`, with its lines."""
    text = cells.cast(pl.String, strict=False).str.strip_chars()
    return text.set(is_missing(text), None)


def are_organisations(kinds: pl.Series) -> pl.Series:
    """Whose kind says that they are organisations."""
    return text_of(kinds).str.to_lowercase().is_in(_COMPANIES).fill_null(value=False)


def tell_kinds(kinds: pl.Series, names: Sequence[pl.Series] = ()) -> bool:
    """Whether cells say in words of all rows whether they are people or organisations, and some are each.

    Args:
        kinds: the cells.
        names: first and last names beside them. Most organisations do not have both.
    """
    said = text_of(kinds).str.to_lowercase()
    told = frozenset(said.drop_nulls().unique().to_list())
    if not (told & _NAMED_PERSONS and told & _NAMED_COMPANIES) or not told <= _NAMED_PERSONS | _NAMED_COMPANIES:
        return False
    firms = said.is_in(_NAMED_COMPANIES).fill_null(value=False)
    have_both = [text_of(each).is_not_null().filter(firms).to_list() for each in names]
    return len(have_both) < 2 or sum(map(all, zip(*have_both, strict=True))) <= firms.sum() / 2


def emails(written: pl.Series) -> pl.DataFrame:
    """`value` and `problem` of each address."""
    lower = written.str.to_lowercase()
    plain = lower.str.contains(_ADDRESS) & ~lower.str.contains(_RESERVED) & (lower.str.len_bytes() <= 64)
    return _reached(written, lower, plain, email_of)


def phones(written: pl.Series, regions: pl.Series) -> pl.DataFrame:
    """`value` and `problem` of each number; regions are two letters, empty where nobody knows."""
    pairs = pl.DataFrame({"written": written, "region": regions, "plain": plain_phones(written, regions)})
    odd = pairs.filter(pl.col("plain").is_null()).select("written", "region").drop_nulls("written").unique()
    found = [phone_of(number, region or "") for number, region in odd.iter_rows()]
    joined = _joined(pairs, odd, found, ["written", "region"])
    return joined.with_columns(
        value=pairs["plain"].fill_null(joined["value"]),
        problem=pl.when(pairs["plain"].is_not_null()).then(pl.lit("")).otherwise("problem"),
    )


def webs(written: pl.Series) -> pl.DataFrame:
    """`value` and `problem` of each address of a page."""
    return _reached(written, written, pl.repeat(False, len(written), eager=True), web_of)  # noqa: FBT003


def regions_of(countries: pl.Series, otherwise: str) -> pl.Series:
    """The two letters of countries as people write them; `otherwise` where nobody can tell."""
    known = countries.drop_nulls().unique()
    letters = {country: region_of(country) or otherwise for country in known.to_list()}
    if not letters:
        return same(otherwise, len(countries))
    return countries.replace_strict(letters, default=otherwise, return_dtype=pl.String)


@cache
def region_of(country: str) -> str:
    """The two letters of a country, by its letters or its name in any language; empty where nobody can tell."""
    written = country.strip()
    if written.upper() in SUPPORTED_REGIONS:
        return written.upper()
    lower = written.casefold()
    return _SHORT_NAMES.get(lower) or _names_of_countries().get(lower, "")


@cache
def _names_of_countries() -> Mapping[str, str]:
    from phonenumbers.geodata.locale import LOCALE_DATA  # loads the places of every prefix beside it

    return {
        name.lstrip("*").casefold(): region
        for region, names in LOCALE_DATA.items()
        if region in SUPPORTED_REGIONS
        for name in names.values()
    }


def moments(cells: pl.Series, orders: Orders) -> pl.Series:
    """Moments in UTC; null where a cell is none."""
    return to_moments(text_of(cells), orders=orders, timezone="UTC")


def days(cells: pl.Series, orders: Orders) -> pl.Series:
    """Days; null where a cell is none."""
    return moments(cells, orders).dt.date()


def numbers(cells: pl.Series, decimal_mark: str) -> pl.Series:
    """Figures; null where a cell is none."""
    return to_numbers(text_of(cells), decimal_mark=decimal_mark)


def yes_or_no(cells: pl.Series) -> pl.Series:
    """Yes, no, or null where a cell is neither."""
    lower = text_of(cells).str.to_lowercase()
    answer = pl.when(lower.is_in(_YES)).then(statement=True).when(lower.is_in(_NO)).then(statement=False)
    return pl.select(answer.otherwise(None)).to_series()


def moments_read_both_ways(written: pl.Series) -> list[pl.Series]:
    """Moments in UTC that have been, the day read first, and the month; null where a cell is none.

    Some systems write the year 0, 1970 or 9999 where they mean never.
    """
    read = [moments(written, dict.fromkeys("/-.", order)) for order in ("dmy", "mdy")]
    return [at.set(~((at.dt.year() > _NEVER) & (at <= timezone.now())).fill_null(value=False), None) for at in read]


def are_so_by_now(written: pl.Series) -> pl.Series:
    """Which cells say yes, or when it came to be so, and that has been."""
    found = pl.repeat(value=False, n=len(written), dtype=pl.Boolean, eager=True)
    for at in moments_read_both_ways(written):  # which of the two it is, whether it has been does not hang on
        found |= at.is_not_null()
    return yes_or_no(written).fill_null(found)


@dataclass(frozen=True, slots=True)
class ReadAs:
    """The order in which days are read that read both ways, and the column of which table tells it."""

    order: DateOrder
    header: str
    table: str


class Survey:
    """What whole columns tell: day or month first, the decimal mark.

    A column of days that does not tell is read as the others of its table, and of the tables that came with it, where
    some rows of these can be read in but one way.

    read_as: header → what told of its days, where it does not tell itself
    """

    def __init__(self) -> None:
        self.read_as: dict[str, ReadAs] = {}
        self._beside: list[tuple[str, Survey]] = []
        self._dates: dict[str, DateEvidence] = {}
        self._numbers: dict[str, NumberEvidence] = {}

    def read_beside(self, tables: Iterable[tuple[str, "Survey"]]) -> None:
        """Let the columns of tables, by their names, tell where those of this one do not."""
        self._beside = list(tables)

    def add_dates(self, header: str, cells: pl.Series, lines: pl.Series) -> None:
        """Look at some more days."""
        self._dates.setdefault(header, DateEvidence()).add(text_of(cells), lines)

    def add_numbers(self, header: str, cells: pl.Series) -> None:
        """Look at some more figures."""
        self._numbers.setdefault(header, NumberEvidence()).add(text_of(cells))

    def orders(self, header: str, asked: str) -> Orders:
        """Which of day and month stands first.

        Raises:
            AmbiguousDatesError: the column does not tell, and nobody has said.
        """
        own = self._dates.get(header, DateEvidence())
        if asked == "auto" and not own.told and {"/", "-"}.intersection(own.open):
            told = self.read_as.get(header) or self._told_beside()
            if told is not None:
                self.read_as[header] = told
                return own.orders(told.order, header)
        return own.orders(asked, header)  # type: ignore[arg-type]

    def _told_beside(self) -> ReadAs | None:
        """What the other columns of the table tell with one voice, or else those of all tables."""
        own = [(table, survey) for table, survey in self._beside if survey is self]
        for surveys in (own, self._beside):
            found = [
                (evidence.telling, ReadAs(order, header, table))
                for table, survey in surveys
                for header, evidence in survey._dates.items()
                for order in evidence.told
            ]
            if len({told.order for _rows, told in found}) == 1 and sum(rows for rows, _told in found) >= FEWEST_TELLING:
                return max(found, key=lambda each: each[0])[1]
        return None

    def decimal_mark(self, header: str) -> str:
        """What parts decimals."""
        return self._numbers.get(header, NumberEvidence()).decimal_mark


def _reached(written: pl.Series, as_is: pl.Series, plain: pl.Series, look: Callable[[str], Reach]) -> pl.DataFrame:
    """Those that are plainly good as they are; the others one by one, each once."""
    good = plain.fill_null(value=False)
    frame = pl.DataFrame({"written": written})
    odd = frame.filter(~good).drop_nulls("written").unique()
    found = [look(text) for (text,) in odd.iter_rows()]
    joined = _joined(frame, odd, found, ["written"])
    return joined.with_columns(
        value=pl.when(good).then(as_is).otherwise("value"),
        problem=pl.when(good).then(pl.lit("")).otherwise("problem"),
    )


def _joined(frame: pl.DataFrame, known: pl.DataFrame, found: list[Reach], on: list[str]) -> pl.DataFrame:
    told = known.with_columns(
        value=pl.Series([reach.value[:LONGEST] for reach in found], dtype=pl.String),
        problem=pl.Series([reach.problem[:LONGEST] for reach in found], dtype=pl.String),
    )
    return frame.join(told, on=on, how="left", maintain_order="left").select("value", "problem")
