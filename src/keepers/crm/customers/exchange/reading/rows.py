"""From the rows of a table to rows that are ready to be brought in, a block at a time; refused rows with reasons."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.reading.fingerprints import Fingerprints
from keepers.crm.customers.exchange.recognising.fields import COUNTED
from keepers.crm.customers.exchange.recognising.layout import Link, Table
from keepers.crm.customers.exchange.recognising.links import compared, put_together
from keepers.crm.customers.exchange.recognising.plans import ADDRESS_PARTS, Contact, Custom, Plan, Refusal
from keepers.crm.customers.exchange.recognising.said import refusal_of, statements
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.passes.ahead import ahead
from keepers.ingest.recognising.vocabulary import plain
from keepers.ingest.sources import Block, Source

LONGEST_NAME, LONGEST_ID, LONGEST_PART = 255, 200, 120
_DELETED, _DELETED_WHEN = ("isdeleted", "deleted"), ("deletedat", "deletedon", "datedeleted")
_ACTIVE_STAGES = ("customer", "evangelist", "client", "active", "kunde")
NUMBERS, MOMENTS = COUNTED, ("date",)
_NAMING = ("name", "title")  # roles whose cells several rows may share
_MEASURED = (*NUMBERS, *MOMENTS, "yes-no")


@dataclass(frozen=True, slots=True)
class Translation:
    """What cells of a linked column stand for: the identity of the row that they point to, or its name.

    table: which they point to
    bearers: by how many rows of it a name is borne that so stands for none
    met: how many cells said such a name
    """

    role: str
    pairs: Mapping[str, str]
    table: str = ""
    bearers: Mapping[str, int] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)

    def of(self, written: pl.Series) -> pl.Series:
        """The same cells, as identities or names; null where nothing is pointed to."""
        text = compared(cells.text_of(written), self.role)
        if self.bearers:
            self.met.update(text.filter(text.is_in(list(self.bearers))).to_list())
        if not self.pairs:
            return cells.nothing(len(text))
        return text.replace_strict(dict(self.pairs), default=None, return_dtype=pl.String)


@dataclass(slots=True)
class Unfit:
    """Cells of a column that are not of its kind; they are left out, and told."""

    count: int = 0
    example: str = ""
    lines: list[int] = field(default_factory=list)

    def add(self, missed: pl.Series, written: pl.Series, lines: pl.Series) -> None:
        """Take in the cells that were missed in a block."""
        at = missed.arg_true()
        if len(at):
            self.count += len(at)
            self.example = self.example or str(written[int(at[0])])
            self.lines += lines.gather(at).head(max(0, 3 - len(self.lines))).to_list()


@dataclass(slots=True)
class Reader:
    """Reads the rows of a table of people.

    beyond: header → by what else people are reached that its lists say, and that has no place
    """

    plan: Plan
    region: str
    dates: str
    translations: Mapping[str, Translation] = field(default_factory=dict)
    survey: cells.Survey = field(default_factory=cells.Survey)
    unfit: dict[str, Unfit] = field(default_factory=dict)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    beyond: Counter[str] = field(default_factory=Counter)

    @property
    def table(self) -> Table:
        """The table whose rows it reads."""
        return self.plan.table

    def look_through(self, source: Source) -> None:
        """Learn what only whole columns tell."""
        dated = [custom.header for custom in self.plan.customs if custom.kind in MOMENTS and not custom.link]
        if "acquired_on" in self.plan.roles:
            dated.append(self.plan.roles["acquired_on"])
        counted = [custom.header for custom in self.plan.customs if custom.kind in NUMBERS and not custom.link]
        if dated or counted:
            for block in ahead(source.blocks([*dict.fromkeys([*dated, *counted])])):
                for header in dated:
                    self.survey.add_dates(header, block.rows[header], block.line_numbers)
                for header in counted:
                    self.survey.add_numbers(header, block.rows[header])

    def read(self, block: Block) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that are ready, and the refused ones with line, reason and text."""
        rows, lines = block.rows, block.line_numbers
        made: dict[str, pl.Series | pl.Expr] = {"line": lines}
        made |= self._who(rows)
        regions = self._regions(rows)
        for number, contact in enumerate(self.plan.contacts):
            made |= self._contact(number, contact, rows[contact.header], regions)
        made |= self._addresses(rows)
        for number, custom in enumerate(self.plan.customs):
            made[f"v{number}"] = self._custom(custom, rows[custom.header], lines)
        for header, (channel, state) in self.plan.consents.items():
            said = cells.yes_or_no(rows[header])
            opposite = "given" if state == "refused" else "refused"
            made[f"k_{channel}_{state}"] = pl.select(
                pl.when(said).then(pl.lit(state)).when(~said & pl.lit(state == "given")).then(pl.lit(opposite))
            ).to_series()
        for number, refusal in enumerate(self.plan.refusals):
            made[f"w{number}"] = self._said(refusal, rows)
        for header in self.plan.relations:
            made[f"r_{header}"] = self._pointed(header, rows)
        ready = pl.DataFrame(made)
        ready = ready.with_columns(key=self._key(ready, rows))
        reasons = self._reasons(ready, rows)
        unknown = ready["key"].is_null() & ready["id"].is_null() & reasons.is_null()
        ready = ready.with_columns(fingerprint=self.fingerprints.of_some(rows, unknown))
        return ready.filter(reasons.is_null()), refused(block, reasons)

    def _said(self, refusal: Refusal, rows: pl.DataFrame) -> pl.Series:
        """What each says by their row, here or by those in another table, in lines; null of those who say nothing."""
        if not refusal.header:
            return statements(self.table.name, rows, by_state=self.table.by_state)
        if any(join.refuses and join.header == refusal.header for join in self.table.joins):
            return cells.long_text_of(rows[refusal.header])
        told, says = cells.long_text_of(rows[refusal.header]), cells.yes_or_no(rows[refusal.header])
        by_itself = pl.format("{}: {}", pl.lit(refusal.header), told)
        proof = pl.when(says).then(by_itself).when(says.is_null()).then(told)
        return pl.select(refusal_of(proof)).to_series()

    def _who(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        roles, table = self.plan.roles, self.plan.table
        nothing = cells.nothing(len(rows))
        parts = [
            cells.text_of(rows[roles[role]]) for role in ("first_name", "middle_name", "last_name") if role in roles
        ]
        put_together = _joined(parts) if parts else nothing
        name = cells.text_of(rows[roles["name"]]).fill_null(put_together) if "name" in roles else put_together
        company = cells.text_of(rows[roles["organisation_name"]]) if "organisation_name" in roles else nothing
        kind = "organisation" if table.noun == "organisations" else "person"
        kinds = cells.same(kind, len(rows))
        if "tells_kind" in roles:
            told = cells.are_organisations(rows[roles["tells_kind"]])
            kinds = pl.select(pl.when(told).then(pl.lit("organisation")).otherwise(kinds)).to_series()
            name = name.fill_null(company)
        contact = _names_in(rows[roles["contact"]]) if self.plan.names_contacts else nothing
        alone = name.is_null() & contact.is_not_null()
        kinds = kinds.set(alone, "person")  # a customer without a firm
        name = name.fill_null(contact)
        identity = self.plan.identity
        found = {
            "name": name.str.slice(0, LONGEST_NAME),
            "kind": kinds,
            "works_at": _but(company.str.slice(0, LONGEST_NAME), name) if self.plan.names_employers else nothing,
            "contact": contact.set(alone, None).str.slice(0, LONGEST_NAME),
            "id": to_ids(rows[identity]).str.slice(0, LONGEST_ID) if identity and self.plan.has_ids else nothing,
            "owner": self._owner(rows),
            "tags": cells.text_of(rows[roles["tags"]]) if "tags" in roles else nothing,
            "acquired_by": self._text("acquired_by", rows),
            "acquired_on": self._day("acquired_on", rows),
            "converted_to": self._pointed(roles["converted_to"], rows) if "converted_to" in roles else nothing,
            "employer": company,
        }
        if "stage" in roles:
            told = self._text("stage", rows).str.to_lowercase().is_in(_ACTIVE_STAGES).fill_null(value=False)
            found["stage"] = pl.select(pl.when(told).then(pl.lit("active")).otherwise(None)).to_series()
        else:
            found["stage"] = nothing
        return found

    def _owner(self, rows: pl.DataFrame) -> pl.Series:
        header = self.plan.roles.get("owner")
        if header is None:
            return cells.nothing(len(rows))
        return self._called(header, rows)

    def _text(self, role: str, rows: pl.DataFrame) -> pl.Series:
        header = self.plan.roles.get(role)
        return cells.nothing(len(rows)) if header is None else self._called(header, rows).str.slice(0, LONGEST_PART)

    def _called(self, header: str, rows: pl.DataFrame) -> pl.Series:
        """The cells of a column, or what another table calls what they stand for."""
        told = cells.text_of(rows[header])
        return self.translations[header].of(told).fill_null(told) if header in self.translations else told

    def _day(self, role: str, rows: pl.DataFrame) -> pl.Series:
        header = self.plan.roles.get(role)
        if header is None:
            return pl.repeat(None, len(rows), dtype=pl.Date, eager=True)
        return cells.days(rows[header], self.survey.orders(header, self.dates))

    def _regions(self, rows: pl.DataFrame) -> pl.Series:
        found = cells.nothing(len(rows))
        for role in ("phone_country", "country"):
            if role in self.plan.roles:
                found = found.fill_null(self._called(self.plan.roles[role], rows))
        return cells.regions_of(found, self.region).fill_null(self.region)

    def _contact(
        self, number: int, contact: Contact, written: pl.Series, regions: pl.Series
    ) -> dict[str, pl.Series | pl.Expr]:
        told = cells.text_of(written)
        text = cells.one_of(told, contact.place).str.slice(0, cells.LONGEST)
        if contact.is_last:
            self.beyond[contact.header] += cells.beyond(told, contact.place)
        return _reached(number, contact.kind, text, regions)

    def _addresses(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        found = {}
        for number, (label, parts) in enumerate(self.plan.addresses):
            for part in ADDRESS_PARTS:
                if part in parts:
                    longest = LONGEST_NAME if part == "street" else LONGEST_PART
                    found[f"a{number}_{part}"] = self._called(parts[part], rows).str.slice(0, longest)
            if not label and "street" in parts:
                found[f"a{number}_street"] = self._street(rows, found[f"a{number}_street"])
        return found

    def _street(self, rows: pl.DataFrame, street: pl.Series) -> pl.Series:
        """The street with its number and its second line, where these have columns of their own."""
        roles = self.plan.roles
        if "street_number" in roles:
            street = _joined([cells.text_of(rows[roles["street_number"]]), street])
        return _joined([street, cells.text_of(rows[roles["street_2"]])], ", ") if "street_2" in roles else street

    def _custom(self, custom: Custom, written: pl.Series, lines: pl.Series) -> pl.Series:
        text = cells.long_text_of(written)
        if custom.link is not None and custom.header in self.translations and custom.kind not in _MEASURED:
            return self.translations[custom.header].of(written).fill_null(text)
        if custom.kind == "date":
            found = cells.days(written, self.survey.orders(custom.header, self.dates))
        elif custom.kind in NUMBERS:
            found = cells.numbers(written, self.survey.decimal_mark(custom.header)) / custom.parts
        elif custom.kind == "yes-no":
            found = cells.yes_or_no(written)
        else:
            return text.str.slice(0, 4_000)
        missed = text.is_not_null() & found.is_null()
        if missed.any():
            self.unfit.setdefault(custom.header, Unfit()).add(missed, text, lines)
        return found

    def _pointed(self, header: str, rows: pl.DataFrame) -> pl.Series:
        written = rows[header]
        return self.translations[header].of(written) if header in self.translations else to_ids(written)

    def _key(self, ready: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
        """What finds a known customer."""
        plan = self.plan
        if plan.key_field:
            at = next((n for n, custom in enumerate(plan.customs) if custom.key == plan.key_field), None)
            return cells.nothing(len(rows)) if at is None else ready[f"v{at}"].cast(pl.String)
        if plan.key_role in {"email", "phone"}:
            kind = plan.key_role
            first = next((n for n, contact in enumerate(plan.contacts) if contact.kind == kind), None)
            if first is None:
                return cells.nothing(len(rows))
            usable = ready[f"c{first}_problem"] == ""
            return pl.select(pl.when(usable).then(ready[f"c{first}_value"])).to_series()
        return ready["id"]

    def _reasons(self, ready: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
        """Why rows are refused; null where they are not."""
        somebody = ready["name"].is_not_null()
        for number in range(len(self.plan.contacts)):
            somebody = somebody | ready[f"c{number}_value"].is_not_null()
        reason: Any = pl.when(~(somebody | ready["id"].is_not_null())).then(
            pl.lit(_("it names nobody: there is no name, no id and no way to reach them"))
        )
        reason = reason.when(deleted_in(rows)).then(pl.lit(_("it is marked as deleted")))
        return pl.select(reason.otherwise(None)).to_series().cast(pl.String)


def deleted_in(rows: pl.DataFrame) -> pl.Series:
    """Which rows their system had thrown away, and exports all the same."""
    gone = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    for header in rows.columns:
        if plain(header) in _DELETED:
            gone |= cells.yes_or_no(rows[header]).fill_null(value=False)
        elif plain(header) in _DELETED_WHEN:
            gone |= cells.are_so_by_now(rows[header])
    return gone


def refused(block: Block, reasons: pl.Series) -> pl.DataFrame:
    """The rows of a block that have a reason, and those that could not even be split: line, reason, text."""
    at = reasons.is_not_null().arg_true().to_list()
    found: dict[str, Any] = {
        "line": block.line_numbers.gather(at).cast(pl.Int64),
        "reason": reasons.gather(at),
        "text": pl.Series(block.text_of(at), dtype=pl.String),
    }
    return pl.concat([_broken_rows(block), pl.DataFrame(found)])


def _broken_rows(block: Block) -> pl.DataFrame:
    """The rows that could not even be split into their columns."""
    return pl.DataFrame(
        [(row.line_number, row.reason, row.text) for row in block.broken],
        schema={"line": pl.Int64, "reason": pl.String, "text": pl.String},
        orient="row",
    )


def pairs_of(source: Source, table: Table, link: Link, *, to: Callable[[Table], Sequence[str]]) -> Translation:
    """What the cells of a column stand for; a name that several bear stands for none of them.

    Args:
        source: the table's rows.
        table: the table that is pointed to.
        link: where in it the cells point.
        to: which of its headers are wanted instead; the cells of several are put together.
    """
    column = table.column(link.header)
    role = "name" if link.beside else column.role if column else ""
    wanted = to(table) or [link.header]
    found: dict[str, str] = {}
    shared: dict[str, set[str]] = {}
    for block in source.blocks([*dict.fromkeys(filter(None, [link.header, link.beside, *wanted]))]):
        rows = block.rows
        written = put_together(rows[link.header], rows[link.beside]) if link.beside else rows[link.header]
        keys = compared(cells.text_of(written), role)
        meant = to_ids(rows[wanted[0]]) if len(wanted) == 1 else _joined([cells.text_of(rows[each]) for each in wanted])
        for key, value in zip(keys.to_list(), meant.to_list(), strict=True):
            if key is not None and value is not None and found.setdefault(key, value) != value:
                shared.setdefault(key, {found[key]}).add(value)
    if role not in _NAMING:
        return Translation(role, found, table.name)
    alone = {key: value for key, value in found.items() if key not in shared}
    return Translation(role, alone, table.name, {key: len(values) for key, values in shared.items()})


def _reached(number: int, kind: str, text: pl.Series, regions: pl.Series) -> dict[str, pl.Series | pl.Expr]:
    if kind == "email":
        told = cells.emails(text)
    elif kind == "phone":
        told = cells.phones(text, regions)
    elif kind == "web":
        told = cells.webs(text)
    else:
        told = pl.DataFrame({"value": text, "problem": cells.same("", len(text))})
    return {f"c{number}_value": told["value"], f"c{number}_written": text, f"c{number}_problem": told["problem"]}


def _names_in(written: pl.Series) -> pl.Series:
    """Cells that may be a name; null where they are an address, or hold no letter."""
    told = cells.text_of(written)
    return told.set((told.str.contains("@", literal=True) | ~told.str.contains(r"\pL")).fill_null(value=True), None)


def _but(cells: pl.Series, others: pl.Series) -> pl.Series:
    """Cells without those that say the same as others beside them."""
    return cells.set((cells == others).fill_null(value=False), None)


def _joined(parts: list[pl.Series], mark: str = " ") -> pl.Series:
    """The parts that hold something, with a mark between them; null where none does."""
    frame = pl.DataFrame({str(number): part for number, part in enumerate(parts)})
    text = frame.select(pl.concat_str(pl.all(), separator=mark, ignore_nulls=True)).to_series()
    return text.set(text == "", None)
