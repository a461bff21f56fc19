"""Reads the tables of an import to their ends, and keeps what is ready, beside what is refused, for the landing."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from keepers.crm.customers.exchange.landing.deciding import of_forgotten
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.reading.kept_rows import KeptReader, pointer_columns
from keepers.crm.customers.exchange.reading.notes import notes_on
from keepers.crm.customers.exchange.reading.rows import Reader, Translation, pairs_of
from keepers.crm.customers.exchange.recognising.layout import WITH_CUSTOMERS, Table, in_order
from keepers.crm.customers.exchange.recognising.plans import Plan, new_fields, plan_of
from keepers.crm.customers.exchange.recognising.tables import source_for
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.organisation_names import where_they_land
from keepers.ingest.passes.ahead import ahead
from keepers.ingest.sources import Source
from keepers.loop.tombstones import forgotten_in
from keepers.warehouse.tombstones import WHY

Tell = Callable[..., None]


@dataclass(slots=True)
class Staged:
    """A table as it was read; a row that repeats an earlier one is counted as refused."""

    read: int = 0
    ready: int = 0
    refused: int = 0


def rows_path(folder: Path, place: int) -> Path:
    """The ready rows of a table."""
    return folder / f"{place}.parquet"


def remove_rows(folder: Path) -> None:
    """Remove the ready rows of all tables: they have landed. The refused ones stay."""
    for path in folder.glob("*.parquet"):
        if path.stem.isdigit():
            path.unlink()


def refused_path(folder: Path, place: int) -> Path:
    """The refused rows of a table."""
    return folder / f"{place}-refused.parquet"


def kinds_of_fields(tables: list[Table]) -> dict[str, str]:
    """Kinds of custom fields by key: of those that are there, and of those that the tables bring along."""
    known = dict(CustomField.objects.filter(noun="customers").values_list("key", "kind"))
    return {key: kind for key, (_label, kind) in new_fields(tables).items()} | known


def stage(brought: PeopleImport, tables: list[Table], folder: Path, tell: Tell) -> list[dict[str, Any]]:
    """Read every table; what came of each, in the order of the tables."""
    kinds = kinds_of_fields(tables)
    total = sum(table.size for table in tables)
    readers = {place: _reader_of(brought, table, tables, kinds) for place, table in in_order(tables)}
    for reader in readers.values():
        tell("looking", bytes_read=0, bytes_total=total)
        reader.look_through(source_for(brought, reader.table))
        reader.survey.read_beside([(each.table.name, each.survey) for each in readers.values()])
    done, told = 0, dict[int, dict[str, Any]]()
    for place in list(readers):
        reader = readers.pop(place)  # what its cells stand for may be much, and goes with it
        _look_up(brought, reader, tables)
        staged = _read_through(brought, place, reader, folder, partial(_tell_reading, tell, done, total))
        done += reader.table.size
        notes = [*notes_on(reader), *_on_employers(reader, rows_path(folder, place))]
        told[place] = {"read": staged.read, "ready": staged.ready, "refused": staged.refused, "notes": notes}
    return [told[place] for place in range(len(tables))]


def _reader_of(
    brought: PeopleImport, table: Table, tables: list[Table], kinds: Mapping[str, str]
) -> Reader | KeptReader:
    if table.is_people:
        return Reader(plan_of(table, kinds), brought.region, brought.dates)
    pointers = pointer_columns(table, {each.name: each for each in tables})
    return KeptReader(table, pointers, brought.dates, fields=_fields_in(table, tables))


def _look_up(brought: PeopleImport, reader: Reader | KeptReader, tables: list[Table]) -> None:
    """Let a reader know what the cells of linked columns stand for."""
    reader.translations = translations_of(brought, reader.table, tables)
    if isinstance(reader, KeptReader):
        reader.names = names_of(brought, reader.table, tables)


def _fields_in(table: Table, tables: list[Table]) -> tuple[str, frozenset[str]] | None:
    """The column of a table that says of which custom field of people its rows are, and of which are known."""
    of_people = (join for each in tables if each.is_people for join in each.joins)
    joins = [join for join in of_people if join.through == table.name and join.field and not join.refuses]
    return (joins[0].field, frozenset(join.only for join in joins)) if joins else None


def _on_employers(reader: Reader | KeptReader, path: Path) -> list[str]:
    """That rows bring organisations along, where they do."""
    names_them = isinstance(reader, Reader) and reader.plan.names_employers
    named = len(set(where_they_land(employers_in(path)).spellings.values())) if names_them else 0
    told = ngettext(
        "An organisation is named as where people work; if nobody knows it yet, it comes with them.",
        "%(count)s organisations are named as where people work; those that nobody knows yet come with them.",
        named,
    )
    return [told % {"count": f"{named:,}"}] if named else []


def employers_in(path: Path) -> list[str]:
    """Where people work, as ready rows write it, each spelling once."""
    if not path.exists():
        return []
    told = pl.read_parquet(path, columns=["works_at"])["works_at"].drop_nulls().unique(maintain_order=True)
    return [str(name) for name in told]


def translations_of(brought: PeopleImport, table: Table, tables: list[Table]) -> dict[str, Translation]:
    """What the cells of linked columns stand for: identities of people, names of other things."""
    named, found = {each.name: each for each in tables}, {}
    for column in table.columns:
        to = named.get(column.link.table) if column.link else None
        if to is None or column.link is None or (not column.role and table.is_people):
            continue
        says_whose = to.is_people or (to.noun in WITH_CUSTOMERS and not table.is_people)
        if says_whose and (column.role in _POINTING or not table.is_people):
            identity = to.header_of(to.identity) if to.identity else None
            if identity is None or (identity == column.link.header and not column.link.beside):
                continue
            found[column.header] = pairs_of(source_for(brought, to), to, column.link, to=_identity)
        elif table.is_people and column.role not in _POINTING:
            found[column.header] = pairs_of(source_for(brought, to), to, column.link, to=_name)
    return found


def names_of(brought: PeopleImport, table: Table, tables: list[Table]) -> dict[str, Translation]:
    """What the cells of columns that point to things without a desk are called there."""
    named, found = {each.name: each for each in tables}, {}
    for column in table.columns:
        to = named.get(column.link.table) if column.link else None
        if (
            to is not None
            and column.link is not None
            and not to.is_people
            and (_name(to) not in ([], [column.link.header]) or column.link.beside)
        ):
            found[column.header] = pairs_of(source_for(brought, to), to, column.link, to=_name)
    return found


def _tell_reading(tell: Tell, done: int, total: int, read: int, rows: int) -> None:
    tell("reading", rows=rows, bytes_read=done + read, bytes_total=total)


_POINTING = frozenset({"organisation", "parent", "reports_to", "referred_by", "converted_to", "person"})


def _identity(table: Table) -> Sequence[str]:
    header = table.header_of(table.identity)
    return [header] if header else []


def _name(table: Table) -> Sequence[str]:
    """The headers below which rows are called something: users by their address, and people by both their names."""
    alone = ("email", "name") if table.noun == "users" else ("name", "title")
    header = next((header for role in alone if (header := table.header_of(role))), None)
    if header is not None:
        return [header]
    return [header for role in ("first_name", "last_name") if (header := table.header_of(role))]


def pieces_of(path: Path, *, rows: int, skip: np.ndarray | None = None) -> Iterator[tuple[int, pl.DataFrame]]:
    """The ready rows of a table, so many at a time, numbered; the same each time."""
    if not path.exists():
        return
    begun = 0
    for number, batch in enumerate(pq.ParquetFile(path).iter_batches(batch_size=rows)):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)
        if "fingerprint" not in frame.columns:  # checked by an earlier version
            frame = frame.with_columns(fingerprint=pl.lit(None, dtype=pl.String))
        if skip is not None:
            frame = frame.filter(pl.Series(~skip[begun : begun + batch.num_rows]))
        begun += batch.num_rows
        yield number, frame


def repeats_of(folder: Path, place: int) -> np.ndarray | None:
    """Which ready rows repeat an earlier one's key."""
    path = folder / f"{place}-repeats.npy"
    return np.load(path) if path.exists() else None


def _read_through(
    brought: PeopleImport, place: int, reader: Reader | KeptReader, folder: Path, tell: Callable[[int, int], None]
) -> Staged:
    staged, read = Staged(), 0
    with ExitStack() as closing:
        writers: dict[Path, pq.ParquetWriter] = {}

        def write(path: Path, frame: pl.DataFrame) -> None:
            if frame.height:
                rows = frame.to_arrow()
                if path not in writers:
                    writers[path] = closing.enter_context(pq.ParquetWriter(path, rows.schema))
                writers[path].write_table(rows.cast(writers[path].schema))

        for block in ahead(source_for(brought, reader.table).blocks()):
            ready, refused = reader.read(block)
            write(rows_path(folder, place), ready)
            write(refused_path(folder, place), refused)
            staged.read += block.rows_read
            staged.ready += ready.height
            staged.refused += refused.height
            read += block.bytes_read
            tell(read, staged.read)
    repeated = _set_repeats_aside(brought, reader, folder, place)
    staged.ready -= repeated
    staged.refused += repeated
    return staged


def _set_repeats_aside(brought: PeopleImport, reader: Reader | KeptReader, folder: Path, place: int) -> int:
    """Refuse rows whose key an earlier row of the same file has; how many there were."""
    path = rows_path(folder, place)
    if not path.exists():
        return 0
    columns = _unique_columns(reader)
    told = pl.from_arrow(pq.read_table(path, columns=["line", *columns]))
    assert isinstance(told, pl.DataFrame)
    again = {column: ~pl.col(column).is_first_distinct() & pl.col(column).is_not_null() for column in columns}
    repeats = told.select(pl.any_horizontal(*again.values())).to_series()
    if not repeats.any():
        return 0
    np.save(folder / f"{place}-repeats.npy", repeats.to_numpy())
    words = _('it repeats "{}" of line {}')
    firsts = {column: pl.when(again[column]).then(pl.col("line").first().over(column)) for column in columns}
    found = told.with_columns(**{f"{column}_first": first for column, first in firsts.items()}).filter(repeats)
    refused = found.select(
        line=pl.col("line").cast(pl.Int64),
        reason=pl.coalesce(pl.format(words, pl.col(column), pl.col(f"{column}_first")) for column in columns),
        text=pl.coalesce(columns),
    )
    if isinstance(reader, Reader):
        source, forgotten = source_for(brought, reader.plan.table), _forgotten(brought, reader, path, repeats)
        refused = _as_they_stand(refused, source, forgotten)
    refused.write_parquet(folder / f"{place}-repeated.parquet")
    return refused.height


def _unique_columns(reader: Reader | KeptReader) -> list[str]:
    """What no two rows of a file may share: the key, and the ids that their system gave beside it."""
    if isinstance(reader, KeptReader):
        return ["id"]
    return ["key", "id"] if reader.plan.table.identity == "id" and not reader.plan.finds_by_ids else ["key"]


def _forgotten(brought: PeopleImport, reader: Reader, path: Path, chosen: pl.Series) -> list[int]:
    """The places, among some ready rows, of those that tell of somebody who was forgotten."""
    if not forgotten_in(settings.WORKSPACE):
        return []
    return of_forgotten(brought, reader.plan, pl.read_parquet(path).filter(chosen))


def _as_they_stand(refused: pl.DataFrame, source: Source, forgotten: list[int]) -> pl.DataFrame:
    """Refused rows with their text in their file; of who was forgotten without it."""
    gone = pl.int_range(refused.height, eager=True).is_in(forgotten)
    told = refused.with_columns(reason=pl.when(gone).then(pl.lit(WHY)).otherwise("reason")).drop("text")
    texts = texts_of(source, told["line"].filter(~gone))
    return told.join(texts, on="line", how="left", maintain_order="left").fill_null("")


def texts_of(source: Source, lines: pl.Series) -> pl.DataFrame:
    """Rows as they stand in their file, by one more look into it: line, text."""
    found = [pl.DataFrame(schema={"line": pl.Int64, "text": pl.String})]
    for block in source.blocks([]) if len(lines) else ():
        told = block.line_numbers.cast(pl.Int64)
        at = told.is_in(lines.implode()).arg_true()
        texts = pl.Series(block.text_of(at.to_list()), dtype=pl.String)
        found.append(pl.DataFrame({"line": told[at], "text": texts.str.replace_all("\0", "", literal=True)}))
    return pl.concat(found)


def keep_counts(folder: Path, told: list[dict[str, Any]]) -> None:
    """Say that the check came to its end; a killed one leaves no such file."""
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether a check came to its end here."""
    return (folder / "told.json").exists()


def plans_of(brought: PeopleImport, tables: list[Table]) -> Mapping[int, Plan]:
    """The plans of the tables of people, by their places."""
    kinds = kinds_of_fields(tables)
    return {place: plan_of(table, kinds) for place, table in enumerate(tables) if table.is_people}
