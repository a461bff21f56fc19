"""From rows of what has no desk of its own to records that are kept whole: whose, when, called what, in which state."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.reading.fingerprints import Fingerprints
from keepers.crm.customers.exchange.reading.rows import Translation, Unfit, deleted_in, refused
from keepers.crm.customers.exchange.recognising.headers import parts_of_one
from keepers.crm.customers.exchange.recognising.layout import NOUNS, PEOPLE, WITH_CUSTOMERS, Table
from keepers.ingest.cells.amounts import currencies_in, currency_named
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.recognising.vocabulary import plain
from keepers.ingest.sources import Block, Source

LONGEST_CELL = 20_000
_WHILE = ("since", "until")
_STILL, _NO_MORE = ("isactive", "active", "iscurrent", "current"), ("isinactive", "inactive", "isended", "ended")
_CURRENCY = ("currency", "waehrung", "wahrung", "devise", "moneda", "valuta", "divisa")  # in headers
_KINDS = {
    "deals": "deal", "tickets": "ticket", "tasks": "task", "campaigns": "campaign", "members": "campaign",
    "orders": "order", "lines": "order",
}  # fmt: skip
_KINDS_BY_WORD = (
    ("call", "call"), ("phone", "call"), ("anruf", "call"), ("appel", "call"), ("telefon", "call"), ("notiz", "note"),
    ("mail", "e-mail"), ("meeting", "meeting"), ("event", "meeting"), ("appointment", "meeting"),
    ("termin", "meeting"), ("visit", "visit"), ("besuch", "visit"), ("letter", "letter"), ("task", "task"),
    ("todo", "task"), ("to-do", "task"), ("chat", "chat"), ("sms", "chat"), ("whatsapp", "chat"), ("message", "chat"),
    ("note", "note"), ("ticket", "ticket"),
)  # fmt: skip
_FIRST_BEGUN = frozenset({"tickets", "members", "campaigns", "other", "products"})  # told by the day that they began


@dataclass(frozen=True, slots=True)
class PointerColumn:
    """A column that says whose a row is.

    noun: the kind of table that it points to; empty where only its name tells
    is_organisation: whether it points to an organisation
    about: the table of what has no desk that it points to, whose customers the row's are where nothing else says it
    """

    header: str
    noun: str
    is_organisation: bool
    about: Table | None = None


def pointer_columns(table: Table, tables: Mapping[str, Table]) -> list[PointerColumn]:
    """The columns that say whose the rows of a table are; those that a kind beside them tells come first."""
    found = []
    for column in table.columns:
        to = tables.get(column.link.table) if column.link else None
        if to is not None and to.noun in PEOPLE:
            is_organisation = to.noun == "organisations" or column.role == "organisation"
            found.append(PointerColumn(column.header, to.known_as, is_organisation))
        elif to is not None and to.noun in WITH_CUSTOMERS and to.identity and _came_before(to, table):
            found.append(PointerColumn(column.header, to.noun, is_organisation=False, about=to))
        elif to is None and column.role in {"person", "organisation"}:
            noun = "organisations" if column.role == "organisation" else ""
            found.append(PointerColumn(column.header, noun, column.role == "organisation"))
    said = {split.header for split in table.splits}
    return sorted(found, key=lambda pointer: pointer.header not in said)


def _came_before(to: Table, table: Table) -> bool:
    """Whether the rows of the one are here already when those of the other come in."""
    return to.name != table.name and NOUNS.index(to.noun) <= NOUNS.index(table.noun)


@dataclass(slots=True)
class KeptReader:
    """Reads the rows of a table that has no desk.

    fields: the column that says of which custom field a row is, where people get them from it, and its known cells
    unknown: how many rows are of others
    """

    table: Table
    pointers: Sequence[PointerColumn]
    dates: str
    translations: Mapping[str, Translation] = field(default_factory=dict)
    names: Mapping[str, Translation] = field(default_factory=dict)
    survey: cells.Survey = field(default_factory=cells.Survey)
    unfit: dict[str, Unfit] = field(default_factory=dict)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    fields: tuple[str, frozenset[str]] | None = None
    unknown: Counter[str] = field(default_factory=Counter)

    def look_through(self, source: Source) -> None:
        """Learn what only whole columns tell."""
        headers = {role: self.table.header_of(role) for role in ("at", "created", "amount", *_WHILE)}
        wanted = [header for header in headers.values() if header is not None]
        if not wanted:
            return
        for block in source.blocks(list(dict.fromkeys(wanted))):
            for role, header in headers.items():
                if header is not None and role == "amount":
                    self.survey.add_numbers(header, block.rows[header])
                elif header is not None:
                    self.survey.add_dates(header, block.rows[header], block.line_numbers)

    def read(self, block: Block) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The records, and the rows that were thrown away or could not even be split."""
        rows, lines = block.rows, block.line_numbers
        made: dict[str, pl.Series] = {
            "line": lines,
            "id": self._id(rows),
            "title": self._title(rows).str.slice(0, 255),
            "body": self._text("body", rows).str.slice(0, LONGEST_CELL),
            "status": self._named("status", rows).fill_null(self._named("outcome", rows)).str.slice(0, 120),
            "actor": self._named("owner", rows).str.slice(0, 150),
            "at": self._moment(rows, lines),
            "amount": self._amount(rows, lines),
            "currency": self._currency(rows),
            "kind": self._kind(rows),
        }
        for number, pointer in enumerate(self.pointers):
            written = rows[pointer.header]
            translation = self.translations.get(pointer.header)
            made[f"p{number}"] = translation.of(written) if translation else to_ids(written)
        if self.table.noun == "relations":
            made |= {role: self._day(role, rows) for role in _WHILE}
        made["data"] = self._data(rows)
        if not self.table.identity:
            made["id"] = self.fingerprints.of(made["data"].to_list())
        if self.fields is not None:
            header, known = self.fields
            told = cells.text_of(rows[header]).drop_nulls()
            self.unknown.update(told.filter(~told.is_in(list(known))).to_list())
        gone, over = deleted_in(rows), self._over(rows, made)
        reason = pl.when(gone).then(pl.lit(_("it is marked as deleted"))).when(over).then(pl.lit(_("it is over")))
        reasons = pl.select(reason).to_series().cast(pl.String)
        return pl.DataFrame(made).filter(~(gone | over)), refused(block, reasons)

    def _id(self, rows: pl.DataFrame) -> pl.Series:
        header = self.table.header_of(self.table.identity) if self.table.identity else None
        return to_ids(rows[header]).str.slice(0, 200) if header else cells.nothing(rows.height)

    def _text(self, role: str, rows: pl.DataFrame) -> pl.Series:
        header = self.table.header_of(role)
        return cells.text_of(rows[header]) if header else cells.nothing(rows.height)

    def _named(self, role: str, rows: pl.DataFrame) -> pl.Series:
        """The cells of a role, or what another table calls what they stand for."""
        header, told = self.table.header_of(role), self._text(role, rows)
        return self.names[header].of(told).fill_null(told) if header is not None and header in self.names else told

    def _title(self, rows: pl.DataFrame) -> pl.Series:
        """What the row is called; of a member of a campaign, the campaign's name."""
        campaign = next((header for header in self.names if "campaign" in header.lower()), None)
        if self.table.noun == "relations":
            return self._named("role", rows)
        if self.table.noun == "members" and campaign is not None:
            return self.names[campaign].of(rows[campaign])
        return self._text("title", rows)

    def _day(self, role: str, rows: pl.DataFrame) -> pl.Series:
        header = self.table.header_of(role)
        if header is None:
            return pl.repeat(None, rows.height, dtype=pl.Date, eager=True)
        return cells.days(rows[header], self.survey.orders(header, self.dates))

    def _over(self, rows: pl.DataFrame, made: Mapping[str, pl.Series]) -> pl.Series:
        """Which relations are no more, and do not say since when."""
        found = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
        if self.table.noun == "relations":
            for header in rows.columns:
                if plain(header) in _STILL:
                    found |= ~cells.yes_or_no(rows[header]).fill_null(value=True)
                elif plain(header) in _NO_MORE:
                    found |= cells.yes_or_no(rows[header]).fill_null(value=False)
            found &= made["until"].is_null()
        return found

    def _moment(self, rows: pl.DataFrame, lines: pl.Series) -> pl.Series:
        order = ("created", "at") if self.table.noun in _FIRST_BEGUN else ("at", "created")
        found = pl.repeat(None, rows.height, dtype=pl.Datetime("us", "UTC"), eager=True)
        for role in order:
            header = self.table.header_of(role)
            if header is not None and rows.height:
                told = cells.moments(rows[header], self.survey.orders(header, self.dates))
                missed = cells.text_of(rows[header]).is_not_null() & told.is_null()
                if missed.any():
                    self.unfit.setdefault(header, Unfit()).add(missed, rows[header], lines)
                found = found.fill_null(told)
        return found.head(rows.height)

    def _amount(self, rows: pl.DataFrame, lines: pl.Series) -> pl.Series:
        header = self.table.header_of("amount")
        if header is None:
            return cells.nothing(rows.height).cast(pl.Float64)
        told = cells.numbers(rows[header], self.survey.decimal_mark(header))
        missed = cells.text_of(rows[header]).is_not_null() & told.is_null()
        if missed.any():
            self.unfit.setdefault(header, Unfit()).add(missed, rows[header], lines)
        return told / parts_of_one(header)

    def _currency(self, rows: pl.DataFrame) -> pl.Series:
        """Of the amount: as its cell says, else a cell beside it, else its header."""
        header = self.table.header_of("amount")
        if header is None:
            return cells.nothing(rows.height)
        told = currencies_in(rows[header])
        for other in rows.columns:
            if any(word in plain(other) for word in _CURRENCY):
                words = cells.text_of(self.names[other].of(rows[other]) if other in self.names else rows[other])
                named = {word: currency_named(word) for word in words.drop_nulls().unique().to_list()}
                told = told.fill_null(words.replace_strict(named, default=None, return_dtype=pl.String))
        if (named_by_header := currency_named(header)) is not None:
            told = told.fill_null(named_by_header)
        return told.set(self._text("amount", rows).is_null(), None)

    def _kind(self, rows: pl.DataFrame) -> pl.Series:
        noun = self.table.noun
        if noun != "activities":
            return cells.same(_KINDS.get(noun, "note"), rows.height)
        named = kind_called(self.table.sheet or self.table.file) or "note"
        told = self._named("kind", rows)
        known = {word: kind_called(word) or named for word in told.drop_nulls().unique().to_list()}
        if not known:
            return cells.same(named, rows.height)
        return told.replace_strict(known, default=named, return_dtype=pl.String)

    def _data(self, rows: pl.DataFrame) -> pl.Series:
        """Each row whole, as JSON; beside the id of something else stands its name."""
        texts = rows.select(pl.all().cast(pl.String, strict=False))
        for header, translation in self.names.items():
            named = translation.of(texts[header])
            both = pl.format("{} ({})", named, pl.col(header))
            texts = texts.with_columns(pl.when(named.is_not_null()).then(both).otherwise(pl.col(header)).alias(header))
        told = [
            json.dumps({name: cell[:LONGEST_CELL] for name, cell in row.items() if cell}, ensure_ascii=False)
            for row in texts.iter_rows(named=True)
        ]
        return pl.Series(told, dtype=pl.String)


def kind_called(words: str) -> str:
    """What the timeline calls something that another system calls so; empty where nobody can tell."""
    lower = words.lower()
    return next((kind for word, kind in _KINDS_BY_WORD if word in lower), "")
