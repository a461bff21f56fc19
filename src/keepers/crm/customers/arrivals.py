"""Customers as the warehouse knows them, brought into the app database."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepers.crm.customers.finding import words
from keepers.crm.customers.models import Customer
from keepers.crm.customers.models.lives import TOLD_ADDRESS
from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace

DESCRIBED = ("name", "email", "phone", *TOLD_ADDRESS)
_TOGETHER = TOLD_ADDRESS[:3]  # of one address; the country stays where a later order names none
ROWS_A_CHUNK = 2_000  # each row is also taken up among the words
KEYS_A_BLOCK = 80_000  # customers whose keys follow each other, written by name
TABLE = Customer._meta.db_table

_KNOWN = pa.schema(
    [
        ("id", pa.int64()),
        *((name, pa.string()) for name in ("key", *DESCRIBED)),
        ("named_by_hand", pa.bool_()),
        ("reached_by_hand", pa.bool_()),
    ]
)
_KEYS = pa.schema([("id", pa.int64()), ("key", pa.string())])


def bring_customers(pace: Pace, described: pa.Table) -> pa.Array:
    """Add customers seen first, and what is new about the others; what was given by hand stays.

    Args:
        pace: how fast to write.
        described: a row a customer: key, and `DESCRIBED`, each null where nothing is known; where it has `stage`, that
            is where new customers begin.

    Returns:
        The primary key of each row's customer.
    """
    known, described = _known(_KNOWN), _fitting(described)
    missing = pc.invert(pc.is_in(described["key"], value_set=known["key"]))
    _add(pace, described.filter(missing))
    words.settle()
    chunks.look_anew(TABLE)
    found = _known(_KEYS) if pc.any(missing).as_py() else known
    if known.num_rows:
        _describe(pace, described, known)
    rows = pc.index_in(described["key"], value_set=found["key"])
    return found["id"].combine_chunks().take(rows.combine_chunks())


def _fitting(described: pa.Table) -> pa.Table:
    """As much of each text as its column holds."""
    for name in DESCRIBED:
        place, longest = described.column_names.index(name), getattr(Customer._meta.get_field(name), "max_length", None)
        described = described.set_column(place, name, pc.utf8_slice_codeunits(described[name], 0, longest))
    return described


def _known(schema: pa.Schema) -> pa.Table:
    """Every customer that the app database has."""
    columns = ", ".join(f'"{field.name}"' for field in schema)
    return chunks.read(f'SELECT {columns} FROM "{TABLE}"', schema)  # noqa: S608 - our names


def _add(pace: Pace, described: pa.Table) -> None:
    """By key; many in such an order that a chunk writes few pages of the indexes by key and by name."""
    ordered = described.sort_by("key")
    if ordered.num_rows > ROWS_A_CHUNK:
        blocks = pa.array(np.arange(ordered.num_rows) // KEYS_A_BLOCK)
        ordered = ordered.append_column("block", blocks).sort_by([("block", "ascending"), ("name", "ascending")])
    texts = {name: pc.fill_null(ordered[name], "") for name in DESCRIBED}
    by_hand = pa.repeat(pa.scalar(value=False), ordered.num_rows)
    rows = pa.table({"key": ordered["key"], **texts, "named_by_hand": by_hand})
    if "stage" in ordered.column_names:
        rows = rows.append_column("stage", ordered["stage"])
    chunks.insert(pace, TABLE, rows, rows_a_chunk=ROWS_A_CHUNK, then=words.take_up)


def _describe(pace: Pace, described: pa.Table, known: pa.Table) -> None:
    """Write what differs from what is known."""
    rows = pc.index_in(described["key"], value_set=known["key"])
    before = known.take(rows.combine_chunks())
    after = {name: pc.coalesce(described[name], before[name]) for name in DESCRIBED}
    lives = pc.is_valid(pc.coalesce(*(described[name] for name in _TOGETHER)))
    after |= {name: pc.if_else(lives, pc.fill_null(described[name], ""), before[name]) for name in _TOGETHER}
    after["name"] = pc.if_else(before["named_by_hand"], before["name"], after["name"])
    for name in DESCRIBED[1:]:
        after[name] = pc.if_else(before["reached_by_hand"], before[name], after[name])
    differs = pc.fill_null(pc.not_equal(after["name"], before["name"]), fill_value=False)
    for name in DESCRIBED[1:]:
        differs = pc.or_(differs, pc.fill_null(pc.not_equal(after[name], before[name]), fill_value=False))
    changed = pa.table({**after, "id": before["id"]}).filter(differs)
    # What is told by hand may have been told since it was looked at.
    name = '"name" = CASE WHEN "named_by_hand" THEN "name" ELSE %s END'
    others = ", ".join(f'"{name}" = CASE WHEN "reached_by_hand" THEN "{name}" ELSE %s END' for name in DESCRIBED[1:])
    update = f'UPDATE "{TABLE}" SET {name}, {others} WHERE id = %s'  # noqa: S608 - our names
    chunks.execute(pace, update, changed, rows_a_chunk=ROWS_A_CHUNK)
