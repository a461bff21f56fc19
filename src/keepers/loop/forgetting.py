"""Forgetting a customer in the warehouse: what of theirs is there, and how it goes, whatever process dies meanwhile.

Tombstones come first: from then on nothing of theirs comes in. Then the files that hold their rows are written anew,
and those from before are removed when nobody reads them any more; whoever read them meanwhile may have written rows of
theirs, so it is looked again until nothing is found. Each step finds by itself what is left to do, so all of it done
again ends the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from json import dumps, loads
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError
from keepers.insight.keeping import naming, unnamed
from keepers.loop.tombstones import key_of
from keepers.loop.workspace import Workspace, imports_of
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.erasing import (
    Names,
    chosen_by,
    columns_that_name,
    count_of,
    rows_of,
    tables_that_name,
    write_anew,
)
from keepers.warehouse.readers import begin_generation, wait_until_unread
from keepers.warehouse.tables import BATCHES, CUSTOMER_ATTRIBUTES, INSIGHTS, ORDER_LINES, TOMBSTONES
from keepers.warehouse.tombstones import Mark, pseudonym, tombstones_in, tombstones_of

PATIENCE = 900.0  # seconds for those who read: a valuation of millions takes minutes
LOCK_TIMEOUT = 600.0
MOST_ROUNDS = 10
GONE_TEXT = "(forgotten)"
REFERRED_BY = "referred_by"  # the one column of somebody else's row that names them
Tell = Callable[[str], None]


class NotForgottenError(KeepersError):
    """Rows of somebody who is to be forgotten keep coming."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody as the warehouse knows them.

    names: what they are called in its tables
    marks: what tells them where they come in again
    words: names, addresses and numbers that texts may hold
    """

    names: Names
    marks: frozenset[Mark] = frozenset()
    words: frozenset[str] = frozenset()

    def as_kept(self) -> dict[str, Any]:
        """As it is kept until they are forgotten."""
        return {
            "ids": sorted(self.names.ids),
            "pairs": sorted(map(list, self.names.pairs)),
            "marks": sorted([mark.kind, mark.text, mark.source] for mark in self.marks),
            "words": sorted(self.words),
        }

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> "Subject":
        """As it was kept."""
        pairs = frozenset((source, each) for source, each in kept["pairs"])
        marks = frozenset(Mark(kind, text, source) for kind, text, source in kept["marks"])
        return cls(Names(frozenset(kept["ids"]), pairs), marks, frozenset(kept["words"]))


@dataclass(slots=True)
class Gone:
    """What went: rows by table, and what stays under another name."""

    rows: dict[str, int] = field(default_factory=dict)
    renamed: int = 0


def subject_of(
    store: DeltaStore, customers: Sequence[str], *, marks: Iterable[Mark] = (), words: Iterable[str] = ()
) -> Subject:
    """Who these customer ids are in the warehouse: one person, under all the names that its keys tell.

    Args:
        store: the warehouse.
        customers: customer ids; those who were merged too.
        marks: what else tells them, such as addresses that the app knows.
        words: what else texts may call them.
    """
    known = store.query("known_keys").select(["source", "external_id", "customer_id"])
    turned = store.query("current_keys").select(["source", "external_id", "customer_id"])
    wanted = pa.array(customers, pa.string())
    theirs = [row for rows in (known, turned) for row in rows.filter(pc.is_in(rows["customer_id"], wanted)).to_pylist()]
    pairs = frozenset((row["source"], row["external_id"]) for row in theirs)
    others = {each for _source, each in pairs} - set(customers)
    living = set(
        known.filter(pc.is_in(known["customer_id"], pa.array(sorted(others), pa.string())))["customer_id"].to_pylist()
    )
    names = Names(frozenset(customers) | (others - living), pairs)
    described = rows_of(store, CUSTOMER_ATTRIBUTES, names).to_pylist()
    told = {Mark("email", row["email"]) for row in described if row["email"]}
    told |= {Mark("phone", row["phone"]) for row in described if row["phone"]}
    own = {Mark("id", each) for each in names.ids} | {Mark("id", each, source) for source, each in pairs}
    said = {row[name] for row in described for name in ("name", "email", "phone") if row[name]}
    called = {*names.ids, *(each for _source, each in pairs)}
    return Subject(names, frozenset({*own, *told, *marks}), frozenset({*called, *said, *words}))


def tally(store: DeltaStore, subject: Subject) -> dict[str, int]:
    """How many rows of each table are theirs, of those that hold any."""
    counts = {
        table.name: count_of(store, table, chosen_by(table, subject.names), columns_that_name(table))
        for table in tables_that_name()
    }
    counts[INSIGHTS.name] = count_of(store, INSIGHTS, _naming(subject), ["answer"])
    return {name: count for name, count in counts.items() if count}


def raise_tombstones(workspace: Workspace, subject: Subject, *, at: datetime) -> int:
    """Let nothing of theirs come in from now on; how many tombstones they have.

    Raises:
        WriterBusyError: another process is writing.
    """
    wanted = tombstones_of(key_of(workspace), subject.marks)
    with workspace.opened(lock_timeout=LOCK_TIMEOUT) as store, store.writing():
        new = sorted(wanted - tombstones_in(store))
        if new:
            rows = pa.table({"tombstone": new, "forgotten_at": [at] * len(new)})
            store.append(TOMBSTONES.name, rows)
    return len(wanted)


def take_tombstones_away(workspace: Workspace, marks: Collection[Mark], *, sources: Iterable[str] = ()) -> int:
    """Let somebody come in again; how many tombstones they had.

    Args:
        workspace: where.
        marks: what they are known by; an id without a source goes in each source that the warehouse knows.
        sources: more sources.

    Raises:
        WriterBusyError: another process is writing.
    """
    ids = [mark.text for mark in marks if mark.kind == "id" and not mark.source]
    with workspace.opened(lock_timeout=LOCK_TIMEOUT) as store:
        known = {state["source"] for state in imports_of(store)} | {*store.query("known_keys")["source"].to_pylist()}
        everywhere = [Mark("id", each, source) for each in ids for source in known.union(sources)]
        theirs = pa.array(sorted(tombstones_of(key_of(workspace), [*marks, *everywhere])), pa.string())
        return write_anew(
            store, TOMBSTONES.name, lambda rows: pc.is_in(rows.column("tombstone"), theirs), ["tombstone"]
        )


def forget(
    workspace: Workspace,
    subject: Subject,
    *,
    keep_orders: bool,
    at: datetime,
    tell: Tell = lambda _stage: None,
    patience: float = PATIENCE,
) -> Gone:
    """Take everything of theirs out of the warehouse, and what imports set aside of it.

    Args:
        workspace: where.
        subject: who.
        keep_orders: whether the lines of their orders stay, of nobody: under a pseudonym.
        at: when.
        tell: called before each stage with its name: erasing, waiting; it may raise to stop.
        patience: how long to wait for those who read [seconds].

    Raises:
        WriterBusyError: another process is writing.
        StillReadError: somebody has been reading for longer than that.
        NotForgottenError: rows of theirs keep coming.
    """
    raise_tombstones(workspace, subject, at=at)
    blank_rejects(workspace.rejects, subject.words)
    gone = Gone()
    for _round in range(MOST_ROUNDS):
        with workspace.opened(lock_timeout=LOCK_TIMEOUT) as store:
            alias = pseudonym(key_of(workspace), "customer", min(subject.names.ids)) if keep_orders else ""
            found = _erased(store, subject, gone, partial(tell, "erasing"), alias=alias, at=at)
            left = store.out_of_use()
        if not found and not left:
            return gone
        tell("waiting")
        generation = begin_generation(workspace.warehouse)
        wait_until_unread(workspace.warehouse, generation, patience=patience, tell=partial(tell, "waiting"))
        for path in left:
            path.unlink(missing_ok=True)
    raise NotForgottenError(
        "Rows of this customer keep coming into the warehouse. Stop whatever brings them in, then begin this again."
    )


def blank_rejects(folder: Path, words: Collection[str]) -> int:
    """Take the text out of rejected rows that name somebody; how many those were. Line and reason stay."""
    return sum(blank(path, "text", words) for path in sorted(folder.glob("*.parquet")))


def blank(path: Path, column: str, words: Collection[str]) -> int:
    """The same in one Parquet file and column."""
    rows = pq.read_table(path)
    if column not in rows.column_names or not words:
        return 0
    theirs = pc.fill_null(pc.match_substring_regex(rows[column].cast(pa.string()), pattern_of(words)), fill_value=False)
    count = int(pc.sum(theirs).as_py() or 0)
    if count:
        texts = pc.if_else(theirs, GONE_TEXT, rows[column].cast(pa.string()))
        anew = path.with_suffix(".anew")
        pq.write_table(rows.set_column(rows.column_names.index(column), column, texts), anew)
        anew.replace(path)
    return count


def pattern_of(words: Collection[str]) -> str:
    """What finds one of these in a text: within no longer word, a bare number as a cell alone; cases do not count."""
    numbers = sorted(_escaped(word) for word in words if word.isdigit())
    others = sorted(_escaped(word) for word in words if word and not word.isdigit())
    found = [rf"(?:^|[\s;,|\"'\[:])(?:{'|'.join(numbers)})(?:$|[\s;,|\"'\]}}])"] if numbers else []
    found += [rf"(?:^|[^\p{{L}}\p{{N}}])(?:{'|'.join(others)})(?:$|[^\p{{L}}\p{{N}}])"] if others else []
    return f"(?i){'|'.join(found)}"


def _escaped(word: str) -> str:
    return "".join(letter if letter.isalnum() else rf"\x{{{ord(letter):x}}}" for letter in word)


def _erased(
    store: DeltaStore, subject: Subject, gone: Gone, tell: Callable[[], None], *, alias: str, at: datetime
) -> int:
    """Write every table anew in which there is something of theirs; how many rows that were."""
    found = 0
    for table in tables_that_name():
        tell()
        chosen, columns = chosen_by(table, subject.names), columns_that_name(table)
        if table is ORDER_LINES and alias:
            count = write_anew(store, table.name, chosen, columns, instead=partial(_renamed, alias=alias))
            gone.renamed += count
        else:
            if table is ORDER_LINES:
                _account_for(store, chosen, columns, subject, at)
            count = write_anew(store, table.name, chosen, columns)
            gone.rows[table.name] = gone.rows.get(table.name, 0) + count
        found += count
    named = write_anew(store, INSIGHTS.name, _naming(subject), ["answer"], instead=partial(_unnamed, subject=subject))
    gone.rows[INSIGHTS.name] = gone.rows.get(INSIGHTS.name, 0) + named
    brought = write_anew(
        store, CUSTOMER_ATTRIBUTES.name, _brought_by(subject), [REFERRED_BY], instead=_brought_by_nobody
    )
    return found + named + brought


def _account_for(store: DeltaStore, chosen: Any, columns: Sequence[str], subject: Subject, at: datetime) -> None:
    """Say with each import how many of its rows go, before they do and once: a batch never gets lines again."""
    with store.writing():
        counts = _lines_by_batch(store, chosen, columns)
        name = sha256(dumps(subject.as_kept()["pairs"]).encode()).hexdigest()[:16]
        for state in imports_of(store):
            if count := counts[state["batch_id"]]:
                rows = state | {
                    "version": state["version"] + 1,
                    "rows_forgotten": (state["rows_forgotten"] or 0) + count,
                    "recorded_at": at,
                }
                table = pa.Table.from_pylist([rows], schema=BATCHES.schema)
                store.append(BATCHES.name, table, transaction=f"forget:{name}:{state['batch_id']}")


def _lines_by_batch(store: DeltaStore, chosen: Any, columns: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for path in store.pin([ORDER_LINES.name]).files.get(ORDER_LINES.name, ()):
        with pq.ParquetFile(path) as file:
            for rows in file.iter_batches(columns=[*columns, "batch_id"]):
                counts.update(rows.filter(chosen(rows)).column("batch_id").to_pylist())
    return counts


def _renamed(rows: pa.Table, *, alias: str) -> pa.Table:
    """Lines of nobody: customer and orders under other names, which are the same in each import."""
    for name in ("order_id", "cancels_order_id"):
        orders = zip(rows["source"].to_pylist(), rows[name].to_pylist(), strict=True)
        told = [None if order is None else pseudonym(alias.encode(), source, order) for source, order in orders]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(told, pa.string()))
    whose = pa.repeat(pa.scalar(alias), rows.num_rows)
    return rows.set_column(rows.column_names.index("external_id"), "external_id", whose)


def _brought_by(subject: Subject) -> Any:
    """Whether a row says that they brought somebody."""
    ids = pa.array(sorted(subject.names.ids), pa.string())
    return lambda rows: pc.is_in(rows.column(REFERRED_BY), value_set=ids)


def _brought_by_nobody(rows: pa.Table) -> pa.Table:
    place = rows.column_names.index(REFERRED_BY)
    return rows.set_column(place, REFERRED_BY, pa.nulls(rows.num_rows, pa.string()))


def _naming(subject: Subject) -> Any:
    def chosen(rows: Any) -> pa.Array:
        told = [naming(loads(answer), subject.names.ids) for answer in rows.column("answer").to_pylist()]
        return pa.array(told, pa.bool_())

    return chosen


def _unnamed(rows: pa.Table, *, subject: Subject) -> pa.Table:
    answers = [unnamed(loads(answer), subject.names.ids) for answer in rows["answer"].to_pylist()]
    written = [dumps(answer, allow_nan=False, ensure_ascii=False) for answer in answers]
    return rows.set_column(rows.column_names.index("answer"), "answer", pa.array(written, pa.string()))
