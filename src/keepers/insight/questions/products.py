"""Products: what sells, to how many, and what they come back for."""

import pyarrow as pa

from keepers.core.told import Told
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
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.mix import MOST_DRAWN, folded, measure_words
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """Which products bring the money, and which of them are bought again by the same customer?

    Raises:
        MissingForInsightError: no line names a product.
    """
    rows = ask(store, "insight_products", scope)
    if rows.num_rows == 0:
        raise MissingForInsightError(
            "The orders name no products. If a column of the file does, pass --map product_id=HEADER.",
        )
    measure = main_measure(rows)
    again, customers = rows["buyers_again"].to_pylist(), rows["customers"].to_pylist()
    rows = with_column(rows, "share", shares_of(rows[measure].to_pylist()))
    rows = with_column(
        rows, "share_again", [part / whole if whole else None for part, whole in zip(again, customers, strict=True)]
    )
    return Answer(
        finding=_finding(rows, scope.top, measure_words(measure)),
        definition="Net of returns. Bought again: share of a product's customers who ordered it more than once.",
        rows=rows,
        shown=folded(_shown(rows), scope.top),
        drawn=_drawn(rows, scope.top),
        picture=Bars("product", measure),
        currency=scope.currency,
    )


def _finding(rows: pa.Table, top: int, of_what: str) -> str:
    first = rows.slice(0, 1).to_pylist()[0]
    name = first["name"] or Told.of("Product %(code)s", code=first["product_id"])
    if rows.num_rows <= top:
        share = wording.share(first["share"])
        return Told.of("%(name)s brings most: %(share)s of %(measure)s.", name=name, share=share, measure=of_what)
    held = sum(value or 0 for value in rows["share"].to_pylist()[:top])
    return Told.of(
        "The top %(top)s of %(all)s products bring %(share)s of %(measure)s; %(name)s leads.",
        top=top,
        all=f"{rows.num_rows:,}",
        share=wording.share(held),
        measure=of_what,
        name=name,
    )


def _shown(rows: pa.Table) -> pa.Table:
    """Without the columns that say nothing here: names where the source has none, customers who bought again."""
    silent = [name for name in ("name", "category") if rows[name].null_count == rows.num_rows]
    return rows.drop_columns([*silent, "buyers_again"])


def _drawn(rows: pa.Table, top: int) -> pa.Table:
    """The top products under their names; the rest would dwarf them."""
    first = rows.slice(0, min(top, MOST_DRAWN))
    names = [
        f"{name} ({product})" if name else product
        for name, product in zip(first["name"].to_pylist(), first["product_id"].to_pylist(), strict=True)
    ]
    return with_column(first, "product", names)


INSIGHT = Insight("products", "What do they buy, and what do they come back for?", answer)
