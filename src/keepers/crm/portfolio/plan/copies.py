"""A run's plan as rows of the app database: its lines, their places by what mailings bring, and what it says in all."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.portfolio.models import SPAN, LinePlace, PlanLine, Publication, PublishedPlan
from keepers.crm.portfolio.orders import LINE_ORDERS, LineOrder
from keepers.crm.portfolio.plan.moves import moves_of
from keepers.crm.portfolio.plan.queries import steps_of
from keepers.loop.plans.kept import KeptPlan, latest_plan
from keepers.warehouse.delta import PinnedStore

COPIED = (
    "decision",
    "action",
    "level",
    "cost",
    "expected_gain",
    "expected_gain_low",
    "expected_gain_high",
    "mailed_margin",
    "mailed_margin_low",
    "mailed_margin_high",
    "value_at_stake",
    "chance_back",
    "evidence",
    "reason",
    "moved_from",
)


def write_plan(
    pace: Pace, publication: Publication, seen: PinnedStore, names: pa.Array, customers: pa.Array
) -> PublishedPlan | None:
    """Write the newest plan of the publication's run; None where there is none.

    Args:
        pace: how fast to write.
        publication: whose plan; it does not show it yet.
        seen: the warehouse.
        names: what the run calls its customers.
        customers: the primary key of each.
    """
    kept = latest_plan(seen, publication.run_id) or KeptPlan(publication.run_id, publication.run_id, {}, {}, None)
    asked = {"plan_id": kept.plan_id, "before": kept.before or ""}
    lines = seen.query("lines_of_plan", **asked)
    keys = customers.take(pc.index_in(lines["customer_id"], value_set=names))
    found = lines.append_column("customer", keys).filter(pc.is_valid(keys))
    if not found.num_rows:
        return None
    plan = PublishedPlan.objects.create(
        publication=publication, plan_id=kept.plan_id, limits=kept.limits, account=kept.account
    )
    _write_lines(pace, plan, found)
    plan.steps = steps_of(plan)
    plan.compared = moves_of(seen.query("plans_compared", **asked)) if kept.before else []
    plan.save(update_fields=["steps", "compared"])
    return plan


def remove(pace: Pace, plan: PublishedPlan) -> None:
    """Take a plan out that no page shows any more."""
    first = PlanLine.number_in(plan.pk, 0)
    chunks.remove(pace, PlanLine._meta.db_table, first, first + SPAN)
    chunks.remove(pace, LinePlace._meta.db_table, first, first + SPAN)
    with pace.transaction():
        plan.delete()


def _write_lines(pace: Pace, plan: PublishedPlan, found: pa.Table) -> None:
    ids = PlanLine.number_in(plan.pk, 0) + np.arange(found.num_rows)
    columns = {"id": ids, "plan_id": np.full(found.num_rows, plan.pk), "customer_id": found["customer"]}
    columns |= {name: chunks.stored(found[name]) for name in COPIED if name != "moved_from"}
    columns["moved_from"] = found["moved_from"]
    chunks.insert(pace, PlanLine._meta.db_table, pa.table(columns))
    steps = _steps(found)
    for order in LINE_ORDERS:
        ranking = _ranking(found[order.field].to_numpy(zero_copy_only=False), order, steps)
        places = {"id": LinePlace.number_in(plan.pk, order, 0) + np.arange(len(ranking)), "line_id": ids[ranking]}
        chunks.insert(pace, LinePlace._meta.db_table, pa.table(places))
    chunks.look_anew(PlanLine._meta.db_table, LinePlace._meta.db_table)


def _steps(found: pa.Table) -> NDArray[np.int64]:
    """(n,) the number of each line's step, rising; the lines of one lie together."""
    words = [found[name].combine_chunks().dictionary_encode().indices.to_numpy() for name in ("decision", "action")]
    begins = np.any([np.diff(codes, prepend=codes[:1]) != 0 for codes in words], axis=0)
    return np.cumsum(begins)


def _ranking(figures: NDArray[np.float64], order: LineOrder, steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lines in an order. Those of a step take the places of the step, so either all lines have a place or none."""
    known = np.flatnonzero(~np.isnan(figures))
    if not order.in_steps:
        return known[np.argsort(-figures[known], kind="stable")]
    return np.lexsort((-figures, steps)) if len(known) == len(figures) else known[:0]
