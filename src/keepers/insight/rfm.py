"""RFM: cells of how long ago, how often and for how much the customers bought."""

import pyarrow as pa

from keepers.insight import wording
from keepers.insight.answers import (
    Answer,
    Insight,
    MissingForInsightError,
    Scope,
    ask,
    main_measure,
    shares_of,
    with_column,
)
from keepers.insight.pictures import Grid
from keepers.warehouse.store import Store

BEST = 5
FIFTHS = ("last_order_fifth", "orders_fifth")


def answer(store: Store, scope: Scope) -> Answer:
    """How many customers, how much revenue and, where a run has valued them, how much value is in each cell?

    Fifths go by mean rank: equals are in the same fifth, so fifths of the number of orders may be of unequal size.

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    rows = ask(store, "insight_rfm", scope)
    if rows.num_rows == 0:
        raise MissingForInsightError("There are no orders of known customers up to this day, so there are no cells.")
    measure = main_measure(rows)
    rows = with_column(rows, "share", shares_of(rows[measure].to_pylist()), after=measure)
    return Answer(
        finding=_finding(rows, measure),
        definition="Customers by fifth of the last order (rows, 5: latest) and of their orders (columns, 5: most). "
        "Fifths go by mean rank.",
        rows=rows,
        shown=_grid(rows),
        picture=Grid(
            "orders_fifth", "last_order_fifth", "customers", "Number of orders, in fifths", "Last order, in fifths"
        ),
        currency=scope.currency,
    )


def _finding(rows: pa.Table, measure: str) -> str:
    cells = rows.to_pylist()
    highest = [max(cell[fifth] for cell in cells) for fifth in FIFTHS]
    best = [cell for cell in cells if [cell[fifth] for fifth in FIFTHS] == highest]
    customers = sum(cell["customers"] for cell in best)
    everyone = sum(cell["customers"] for cell in cells)
    words = "revenue" if measure == "revenue" else "orders"
    people = f"{wording.plural(customers, 'customer')} ({wording.share(customers / everyone)})"
    held = wording.share(sum(cell["share"] or 0 for cell in best))
    return f"{people} ordered most recently and most often; they hold {held} of {words} so far."


def _grid(rows: pa.Table) -> pa.Table:
    lines = []
    for fifth in range(BEST, 0, -1):
        cells = [cell for cell in rows.to_pylist() if cell["last_order_fifth"] == fifth]
        line = {"cell": f"fifth {fifth}{' (latest)' if fifth == BEST else ''}"}
        for orders in range(1, BEST + 1):
            customers = sum(cell["customers"] for cell in cells if cell["orders_fifth"] == orders)
            line[f"orders {orders}"] = wording.count(customers) if customers else ""
        lines.append(line)
    return pa.Table.from_pylist(lines)


INSIGHT = Insight("rfm", "How recently, how often and for how much did they buy?", answer)
