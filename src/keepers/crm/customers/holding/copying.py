"""Bringing lots from the warehouse into the app's copy of who is held out."""

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from keepers.crm.customers.holding.asking import control_share
from keepers.crm.customers.holding.models import ControlGroup, Hold, Trial, TrialLot
from keepers.crm.customers.models import Customer
from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.experiments.assigning import GLOBAL_CONTROL, HELD_OUT, left_alone
from keepers.experiments.holding_out import parts_in
from keepers.loop.experiments.trials import TRIAL


def copy_lots(pace: Pace, assignments: pa.Table, keys: pa.Array, customers: pa.Array, *, day: date) -> None:
    """Hold out whom lots drawn anywhere hold out, and the control group; let go whose time is over; keep trials.

    Args:
        pace: how fast to write.
        assignments: rows of the warehouse's table.
        keys: of customers.
        customers: primary key of each.
        day: today; windows that ended before it hold nobody.
    """
    over = set(Trial.objects.filter(held_until__lt=day).values_list("experiment", flat=True))
    for experiment in pc.unique(assignments["experiment"]).to_pylist():
        drawn = assignments.filter(pc.equal(assignments["experiment"], experiment))
        hold(pace, drawn, keys, customers, day=day)
        if experiment.startswith(TRIAL) and experiment not in over:
            _copy_trial(pace, drawn, keys, customers)
    _hold_control_group(pace, keys, customers)
    with pace.transaction():
        Hold.objects.filter(until__lt=day).delete()


def hold(pace: Pace, drawn: pa.Table, keys: pa.Array, customers: pa.Array, *, day: date) -> int:
    """Hold out those of one experiment's lots who are known here; how many.

    Args:
        pace: how fast to write.
        drawn: rows of `assignments` of one experiment.
        keys: of customers.
        customers: primary key of each.
        day: today.
    """
    open_still = pc.fill_null(pc.greater_equal(drawn["held_until"], pa.scalar(day)), True)  # noqa: FBT003 - pyarrow's
    out = drawn.filter(pc.and_(pc.equal(drawn["arm"], HELD_OUT), open_still))
    known = customers.take(pc.index_in(out["customer_id"], value_set=keys))
    for part in parts_in(str(drawn["action"][0])):
        _insert(pace, known, out["experiment"], part, out["held_until"].cast(pa.string()))
    alone = drawn.filter(pc.equal(drawn["arm"], GLOBAL_CONTROL))
    known_alone = customers.take(pc.index_in(alone["customer_id"], value_set=keys))
    _insert(pace, known_alone, _repeated("", alone.num_rows), "", pa.nulls(alone.num_rows, pa.string()))
    return int(len(known) - known.null_count)


def _copy_trial(pace: Pace, drawn: pa.Table, keys: pa.Array, customers: pa.Array) -> None:
    """Keep a standing trial with the lots of those who are known here; lots that are there already stay."""
    gets_it = pc.not_equal(drawn["arm"], HELD_OUT)
    arms = pc.unique(drawn["arm"].filter(gets_it)).to_pylist()
    first = drawn.slice(0, 1).to_pylist()[0]
    treated = int(pc.sum(gets_it).as_py() or 0)
    told = {"action": first["action"], "told": "" if not arms or arms[0] == first["action"] else arms[0]}
    window = {"starts_on": first["assigned_at"].date(), "held_until": first["held_until"]}
    with pace.transaction():
        trial, _ = Trial.objects.update_or_create(
            experiment=first["experiment"],
            defaults=told | window | {"treated": treated, "held": drawn.num_rows - treated},
        )
    known = customers.take(pc.index_in(drawn["customer_id"], value_set=keys))
    columns = {"trial_id": pa.array(np.full(len(known), trial.pk)), "customer_id": known, "gets_it": gets_it}
    rows = pa.table(columns | {"cost": drawn["cost"]})
    chunks.insert(pace, TrialLot._meta.db_table, rows.filter(pc.is_valid(known)))


def set_control_group(share: float, *, by: User, at: datetime) -> None:
    """Say which share of customers nothing is to reach from now on; whom it was before and is no longer may be."""
    with transaction.atomic():
        before = control_share()
        ControlGroup.objects.create(share=share, by=by, at=at)
        changes = {"control_share": [before, share]}
        record(at=at, actor=by, verb="edit", noun=Noun.SETTINGS, changes=changes)
        Hold.objects.filter(experiment="", part="").delete()
    keys, customers = zip(*Customer.objects.values_list("key", "pk"), strict=True) if share else ((), ())
    _hold_control_group(Pace(), pa.array(keys, pa.string()), pa.array(customers, pa.int64()))


def _hold_control_group(pace: Pace, keys: pa.Array, customers: pa.Array) -> None:
    share = control_share()
    if share > 0:
        alone = customers.filter(pa.array(left_alone(keys.to_pylist(), share)))
        _insert(pace, alone, _repeated("", len(alone)), "", pa.nulls(len(alone), pa.string()))


def _insert(pace: Pace, customers: pa.Array, experiments: pa.Array, part: str, until: Sequence[str] | pa.Array) -> None:
    columns = {"customer_id": customers, "experiment": experiments, "part": _repeated(part, len(customers))}
    rows = pa.table(columns | {"until": until}).filter(pc.is_valid(customers))
    chunks.insert(pace, Hold._meta.db_table, rows)


def _repeated(text: str, times: int) -> pa.Array:
    return pa.array(np.full(times, text, dtype=object), pa.string())
