"""The mixes: how the orders divide over channels, payment methods and locations."""

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import (
    Answer,
    MissingForInsightError,
    Scope,
    ask,
    main_measure,
    shares_of,
    with_column,
)
from keepers.insight.drawings.pictures import Bars
from keepers.warehouse.store import Store

NOT_GIVEN = "not given"
OTHERS = "all others"
MOST_DRAWN = 12  # bars of a ranking; its table has the rest
LEADS = 0.2  # share from which the first of many is worth a sentence of its own


def mix_of(store: Store, scope: Scope, *, column: str, words: str, verb: str) -> Answer:
    """How orders and revenue divide over the values of one column of the order lines.

    Args:
        store: where the order lines are.
        scope: its `top` values are shown, the rest in one row.
        column: channel, payment_method or location.
        words: what a value of the column is called, in the plural.
        verb: how the finding says it: "paid by", "bought through".

    Raises:
        MissingForInsightError: no line has a value in the column.
    """
    rows = ask(store, "insight_mix", scope, column=column)
    values = rows["value"].to_pylist()
    if not any(values):
        raise MissingForInsightError(
            f"The orders name no {words}. If a column of the file does, pass --map {column}=HEADER.",
        )
    measure = main_measure(rows)
    rows = rows.set_column(0, "value", pa.array([value or NOT_GIVEN for value in values]))
    rows = with_column(rows, "share", shares_of(rows[measure].to_pylist()))
    if "revenue" in rows.column_names:
        rows = with_column(rows, "order_value", _ratio(rows["revenue"].to_pylist(), rows["orders"].to_pylist()))
    shares = dict(zip(rows["value"].to_pylist(), rows["share"].to_pylist(), strict=True))
    unknown = shares.get(NOT_GIVEN)
    leading = next(value for value in shares if value != NOT_GIVEN)
    return Answer(
        finding=_finding(leading, shares, words, verb, measure_words(measure)),
        definition=Told.of(
            "%(measure)s, net of returns, by %(words)s to %(day)s.",
            measure=Told.of(measure_words(measure).capitalize()),
            words=Told.of(words),
            day=wording.day(scope.as_of),
        ),
        rows=rows,
        shown=folded(rows, scope.top),
        drawn=rows.slice(0, min(scope.top, MOST_DRAWN)),
        picture=Bars("value", measure),
        currency=scope.currency,
        notes=()
        if unknown is None
        else (
            Told.of(
                "For %(share)s of %(measure)s none is given.",
                share=wording.share(unknown),
                measure=measure_words(measure),
            ),
        ),
    )


def _finding(leading: str, shares: dict[str, float | None], words: str, verb: str, of_what: str) -> str:
    share = wording.share(shares[leading])
    if (shares[leading] or 0) >= LEADS:
        return Told.of(f"%(share)s of %(measure)s is {verb} %(value)s.", share=share, measure=of_what, value=leading)
    return Told.of(
        "%(value)s leads %(count)s %(words)s with %(share)s of %(measure)s.",
        value=leading,
        count=f"{len(shares) - (NOT_GIVEN in shares):,}",
        words=Told.of(words),
        share=share,
        measure=of_what,
    )


def measure_words(measure: str) -> str:
    """What a ranking goes by, as a sentence says it."""
    return Told.of("revenue") if measure == "revenue" else Told.of("all orders")


def folded(rows: pa.Table, top: int) -> pa.Table:
    """The first rows, and one row that adds up the rest; customers may be in both, so theirs is left open."""
    if rows.num_rows <= top + 1:
        return rows
    rest = rows.slice(top)
    total = {
        name: sum(value or 0 for value in rest[name].to_pylist())
        for name in ("orders", "revenue", "share", "quantity")
        if name in rows.column_names
    }
    named = {rows.column_names[0]: f"{OTHERS} ({rest.num_rows:,})"}
    last = pa.Table.from_pylist([named | total], schema=rows.schema)
    return pa.concat_tables([rows.slice(0, top), last])


def _ratio(parts: list[float | None], wholes: list[int]) -> list[float | None]:
    return [part / whole if part is not None and whole else None for part, whole in zip(parts, wholes, strict=True)]
