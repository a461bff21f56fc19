"""Retention: all cohorts together, how many still order after a time and what a customer has brought by then."""

from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope
from keepers.insight.drawings.pictures import Curve
from keepers.insight.questions.cohorts import COHORT_SPANS, cohort_rows, nothing_yet
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """What share of customers orders in the n-th month after the first order, and what has each brought by then?

    Cohorts that hold customers who were there before the log began are left out where others remain.

    Raises:
        MissingForInsightError: no month (quarter, year) with orders is over.
    """
    by = scope.span("month", allowed=COHORT_SPANS)
    cohorts = [row for row in cohort_rows(store, scope, by=by).to_pylist() if row["is_complete"]]
    acquired = [row for row in cohorts if scope.acquired_from is None or row["cohort"] >= scope.acquired_from]
    rows = _pooled(acquired or cohorts)
    if rows.num_rows == 0:
        raise MissingForInsightError(f"No {by} with orders is over yet; try a shorter period with --by month.")
    last = rows.to_pylist()[-1]
    return Answer(
        finding=_finding(last, by, scope.currency) if last["periods_since"] else nothing_yet(by),
        definition=Told.of(
            "All cohorts that have reached the %(by)s, weighted by customers; only %(those)s that are over.",
            by=Told.of(by),
            those=Told.of(f"{by}s"),
        ),
        rows=rows,
        picture=Curve("periods_since", "active_share", f"{by.capitalize()}s since the first order"),
        currency=scope.currency,
    )


def _finding(last: dict[str, Any], by: str, currency: str | None) -> str:
    told = {"share": wording.share(last["active_share"]), "by": Told.of(by), "which": last["periods_since"]}
    if "cumulative_revenue_per_head" not in last:
        return Told.of("%(share)s of a cohort orders in %(by)s %(which)s after its first order.", **told)
    return Told.of(
        "%(share)s of a cohort orders in %(by)s %(which)s after its first order and has brought %(money)s per "
        "customer.",
        money=wording.money(last["cumulative_revenue_per_head"], currency),
        **told,
    )


def _pooled(cohorts: list[dict[str, Any]]) -> pa.Table:
    """Each period since, over the cohorts that have reached it; what each has brought adds up over them."""
    rows: list[dict[str, Any]] = []
    so_far = 0.0
    for since in range(1 + max((row["periods_since"] for row in cohorts), default=-1)):
        reached = [row for row in cohorts if row["periods_since"] == since]
        customers = sum(row["customers"] for row in reached)
        active = sum(row["active"] for row in reached)
        line = {"periods_since": since, "customers": customers, "active": active, "active_share": active / customers}
        if "revenue" in reached[0]:
            per_customer = sum(row["revenue"] for row in reached) / customers
            so_far += per_customer
            line |= {"revenue_per_head": per_customer, "cumulative_revenue_per_head": so_far}
        rows.append(line)
    return pa.Table.from_pylist(rows)


INSIGHT = Insight("retention", "How long do customers keep ordering, and what does a customer bring?", answer)
