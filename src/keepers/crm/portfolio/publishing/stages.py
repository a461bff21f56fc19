"""Stages of customers' lives by rule: what a publication's groups say of them, written where it differs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.db.models import Max
from numpy.typing import NDArray

from keepers.crm.customers.models import Customer, StageMove
from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people import audit
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.roles import Noun

Stage = Customer.Stage
MOVES_A_CHUNK = 2_000
BY_GROUP = {"lost": Stage.LAPSED, "slipping": Stage.SLIPPING}
"""What the rules say of a group; whoever is in another is active."""

_STAGES = (*Stage.values, "")
_NAMED = (Stage.ACTIVE, Stage.LAPSED, Stage.WON_BACK, Stage.CLOSED, "")
_KNOWN = pa.schema([("id", pa.int64()), ("stage", pa.string()), ("stage_held", pa.string())])
_Numbers = NDArray[np.int8]
_CUSTOMERS, _MOVES = Customer._meta.db_table, StageMove._meta.db_table
_NOTE = (
    f'INSERT INTO "{_MOVES}" (customer_id, before, after, at, reason) '  # noqa: S608 - our names
    f'SELECT id, %s, %s, %s, %s FROM "{_CUSTOMERS}" WHERE id = %s AND stage = %s'
)
_MOVE = f"UPDATE \"{_CUSTOMERS}\" SET stage = %s, stage_held = '' WHERE id = %s AND stage = %s"  # noqa: S608 - as above

_NOTE_AND_MOVE = (  # PostgreSQL's, all at once
    "WITH said AS (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) "  # noqa: S608 - our names
    "AS told(pk, was, after, why)), "
    f'noted AS (INSERT INTO "{_MOVES}" (customer_id, before, after, at, reason) '
    f'SELECT pk, was, after, %s, why FROM said JOIN "{_CUSTOMERS}" ON id = pk AND stage = was) '
    f"UPDATE \"{_CUSTOMERS}\" SET stage = after, stage_held = '' FROM said WHERE id = pk AND stage = was"
)


def said_of(groups: pa.ChunkedArray) -> pa.Array:
    """What the rules say of customers in these groups: active, slipping or lapsed."""
    lapsed, slipping = (pc.fill_null(pc.equal(groups, name), fill_value=False) for name in BY_GROUP)
    said = pc.if_else(lapsed, str(Stage.LAPSED), pc.if_else(slipping, str(Stage.SLIPPING), str(Stage.ACTIVE)))
    return said.combine_chunks() if isinstance(said, pa.ChunkedArray) else said


def move_by_rules(pace: Pace, values: pa.Table, customers: pa.Array, at: datetime) -> int:
    """Move customers to where a run's groups say they are; each move is a row, and all are one row of the audit log.

    Who was moved by hand stays until the rules say something else than they did then. Who comes back after being lapsed
    is won back, which counts as active until they slip. Who was closed stays so until they order again.

    Args:
        pace: how fast to write.
        values: a run's rows of the warehouse's `customer_values`.
        customers: primary key of each row's customer.
        at: the moment that is written down.

    Returns:
        How many were moved.
    """
    before, held = _known(customers)
    said = _numbers(said_of(values["group"]))
    after = _after(before, held, said, _ordered_again(values, customers))
    moved = np.flatnonzero(after != before)
    keys, groups = customers.to_numpy(), values["group"].take(pa.array(moved)).to_pylist()
    was, to = ([_STAGES[number] for number in stages[moved].tolist()] for stages in (before, after))
    rows = list(zip(keys[moved].tolist(), was, to, groups, strict=True))
    for start in range(0, len(rows), MOVES_A_CHUNK):
        _write(pace, rows[start : start + MOVES_A_CHUNK], at)
    if rows:
        _account(pace, rows, at)
    return len(rows)


def _known(customers: pa.Array) -> tuple[_Numbers, _Numbers]:
    """Stage, and what holds it, of each of these customers."""
    found = chunks.read(f'SELECT id, stage, stage_held FROM "{_CUSTOMERS}"', _KNOWN)  # noqa: S608 - our names
    places = pc.index_in(customers, value_set=found["id"])
    return _numbers(found["stage"].take(places)), _numbers(found["stage_held"].take(places))


def _numbers(stages: pa.Array | pa.ChunkedArray) -> _Numbers:
    """The place of each among all stages; that of none is the last."""
    places = pc.index_in(stages, value_set=pa.array(_STAGES))
    return pc.cast(places, pa.int8()).to_numpy()  # type: ignore[no-any-return]


def _after(before: _Numbers, held: _Numbers, said: _Numbers, again: Any) -> Any:
    """Where each customer is to be."""
    active, lapsed, won_back, closed, free = map(_STAGES.index, _NAMED)
    by_rule = np.where(before == won_back, active, before)
    stays = np.where(held == free, by_rule, held) == said
    came_back = (said == active) & (before == lapsed)
    after = np.where(stays, before, np.where(came_back, won_back, said))
    return np.where(before == closed, np.where(again, won_back, before), after)


def _ordered_again(values: pa.Table, customers: pa.Array) -> Any:
    """Whether each customer ordered after they were closed."""
    closed = Customer.objects.filter(stage=Stage.CLOSED, moves__after=Stage.CLOSED)
    closings = dict(closed.annotate(closed_at=Max("moves__at")).values_list("pk", "closed_at"))
    again = np.zeros(len(customers), dtype=bool)
    if closings:
        places = pc.index_in(pa.array(list(closings), pa.int64()), value_set=customers).to_pylist()
        for place, closed_at in zip(places, closings.values(), strict=True):
            if place is not None:
                again[place] = values["last_order"][place].as_py() > closed_at.date()
    return again


def _write(pace: Pace, rows: Sequence[tuple[int, str, str, str]], at: datetime) -> None:
    """Those who were moved by hand meanwhile stay where they were put."""
    stamp = connection.ops.adapt_datetimefield_value(at)
    with pace.transaction(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            pks, before, after, groups = map(list, zip(*rows, strict=True))
            cursor.execute(_NOTE_AND_MOVE, [pks, before, after, [group or "" for group in groups], stamp])
            return
        cursor.executemany(
            _NOTE, [(before, after, stamp, group or "", pk, before) for pk, before, after, group in rows]
        )
        cursor.executemany(_MOVE, [(after, pk, before) for pk, before, after, _ in rows])


def _account(pace: Pace, rows: Sequence[tuple[int, str, str, str]], at: datetime) -> None:
    ways, counts = np.unique([f"{before} → {after}" for _, before, after, _ in rows], return_counts=True)
    changes = {"stage": dict(zip(ways.tolist(), counts.tolist(), strict=True))}
    with pace.transaction():
        audit.record(at=at, actor=None, verb="edit", noun=Noun.CUSTOMERS, changes=changes, via=AuditEntry.Via.RULE)
