"""Movement: who changed group between two runs."""

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, Needs, Scope, ask
from keepers.insight.drawings.pictures import Flow
from keepers.insight.questions.groups import ORDER
from keepers.insight.runs import opening_run_in, run_in
from keepers.warehouse.store import Store

COMING, GOING = "new", "gone"


def answer(store: Store, scope: Scope) -> Answer:
    """How many customers moved from which group to which between two runs?

    Raises:
        MissingForInsightError: there are not two runs.
    """
    closing, opening = run_in(store, scope), opening_run_in(store, scope)
    rows = _in_order(ask(store, "insight_movement", scope))
    return Answer(
        finding=_finding(rows),
        definition=Told.of(
            "Customers by their group on %(before)s and on %(now)s.",
            before=wording.day(opening.as_of),
            now=wording.day(closing.as_of),
        ),
        rows=rows,
        shown=_pivot(rows),
        picture=Flow("from_group", "to_group", "customers", wording.day(opening.as_of), wording.day(closing.as_of)),
        currency=closing.currency,
    )


def _in_order(rows: pa.Table) -> pa.Table:
    place = {name: number for number, name in enumerate((*ORDER, GOING, COMING))}
    pairs = list(zip(rows["from_group"].to_pylist(), rows["to_group"].to_pylist(), strict=True))
    return rows.take(
        sorted(range(len(pairs)), key=lambda row: tuple(place.get(name, len(place)) for name in pairs[row]))
    )


def _finding(rows: pa.Table) -> str:
    lines = rows.to_pylist()
    known = [line for line in lines if COMING not in line.values() and GOING not in line.values()]
    stayed = sum(line["customers"] for line in known if line["from_group"] == line["to_group"])
    everyone = sum(line["customers"] for line in known)
    if not everyone:
        return Told.of("No customer is in both runs.")
    slipped = sum(
        line["customers"]
        for line in known
        if line["to_group"] in {"slipping", "lost"} and line["from_group"] not in {"slipping", "lost"}
    )
    kept = Told.of("Everyone") if stayed == everyone else wording.share(stayed / everyone)
    if not slipped:
        return Told.of("%(kept)s stayed in their group; nobody began to slip or was lost.", kept=kept)
    return Told.of(
        "%(kept)s stayed in their group; %(people)s began to slip or was lost.",
        "%(kept)s stayed in their group; %(people)s began to slip or were lost.",
        slipped,
        kept=kept,
        people=wording.plural(slipped, "customer"),
    )


def _pivot(rows: pa.Table) -> pa.Table:
    lines = rows.to_pylist()
    columns = [name for name in (*ORDER, GOING) if any(line["to_group"] == name for line in lines)]
    counts = {(line["from_group"], line["to_group"]): line["customers"] for line in lines}
    return pa.Table.from_pylist(
        [
            {"from_group": name} | {column: wording.count(counts.get((name, column), 0)) for column in columns}
            for name in dict.fromkeys(line["from_group"] for line in lines)
        ]
    )


INSIGHT = Insight("movement", "Who moved between the groups since the run before?", answer, Needs.TWO_RUNS)
