"""Groups: how many customers are best, promising, slipping or lost, and what each group is worth."""

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope, ask
from keepers.insight.drawings.pictures import Bars
from keepers.insight.runs import run_in
from keepers.warehouse.store import Store

ORDER = ("best", "promising", "steady", "one-time", "slipping", "lost")


def answer(store: Store, scope: Scope) -> Answer:
    """How many customers are in each group, what is each worth, and how sure is it that they still buy?

    Raises:
        MissingForInsightError: no run has valued the customers.
    """
    run = run_in(store, scope)
    rows = in_order(ask(store, "insight_groups", scope), "group")
    if rows.num_rows == 0:
        raise MissingForInsightError(f"Run {run.run_id} holds no customers. Run `keepers run` again.")
    if rows["group"].null_count == rows.num_rows:
        raise MissingForInsightError(f"Run {run.run_id} could not value the customers: the history is too short.")
    return Answer(
        finding=_finding(rows, run.currency),
        definition="Groups by the chance of still being a customer and by value; the glossary has the rule of each.",
        rows=rows,
        picture=Bars(
            "group", "residual_value" if "residual_value" in rows.column_names else "customers", colour="group"
        ),
        currency=run.currency,
    )


def in_order(rows: pa.Table, column: str) -> pa.Table:
    """The rows in the order of the groups, the best first; other words last."""
    names = rows[column].to_pylist()
    place = {name: number for number, name in enumerate(ORDER)}
    return rows.take(sorted(range(len(names)), key=lambda row: (place.get(names[row], len(ORDER)), names[row])))


def _finding(rows: pa.Table, currency: str | None) -> str:
    lines = {row["group"]: row for row in rows.to_pylist()}
    if "residual_value" not in rows.column_names:
        biggest = max(lines.values(), key=lambda row: row["customers"])
        people = wording.plural(biggest["customers"], "customer")
        return Told.of("%(people)s are %(group)s.", people=people, group=Told.of(biggest["group"]))
    first = max(lines.values(), key=lambda row: row["residual_value"])
    at_stake = lines.get("slipping")
    people = wording.plural(first["customers"], f"{first['group']} customer")
    held = Told.of(
        "%(people)s holds %(share)s of the value",
        "%(people)s hold %(share)s of the value",
        first["customers"],
        people=people,
        share=wording.share(first["share"]),
    )
    if at_stake is None or first is at_stake:
        return Told.of("%(held)s.", held=held)
    still = Told.of(
        "%(people)s still holds %(worth)s",
        "%(people)s still hold %(worth)s",
        at_stake["customers"],
        people=wording.plural(at_stake["customers"], "slipping one"),
        worth=wording.money(at_stake["residual_value"], currency),
    )
    return Told.of("%(held)s; %(still)s.", held=held, still=still)


INSIGHT = Insight(
    "groups", "Who is best, promising, slipping, lost, and what is each group worth?", answer, Needs.VALUES
)
