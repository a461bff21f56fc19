"""Weekdays: on which days of the week they buy."""

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
from keepers.insight.questions.mix import measure_words
from keepers.warehouse.store import Store

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def answer(store: Store, scope: Scope) -> Answer:
    """How do orders and revenue divide over the days of the week?

    Raises:
        MissingForInsightError: there are no orders.
    """
    rows = ask(store, "insight_weekdays", scope)
    if rows.num_rows == 0:
        raise MissingForInsightError("There are no orders up to this day, so no weekday stands out.")
    measure = main_measure(rows)
    amounts = rows[measure].to_pylist()
    names = [NAMES[weekday - 1] for weekday in rows["weekday"].to_pylist()]
    rows = with_column(rows, "weekday_name", names, after="weekday")
    shares = shares_of(amounts)
    rows = with_column(rows, "share", shares)
    a_day = [amount / days for amount, days in zip(amounts, rows["days"].to_pylist(), strict=True)]
    rows = with_column(rows, f"{measure}_per_day", a_day)
    best = max(range(len(amounts)), key=amounts.__getitem__)
    return Answer(
        finding=Told.of(
            "%(name)s brings most: %(share)s of %(measure)s.",
            name=Told.of(names[best]),
            share=wording.share(shares[best]),
            measure=measure_words(measure),
        ),
        definition="Local days in the firm's zone, net of returns; a day's mean is over all such days of the history.",
        rows=rows,
        shown=rows.drop_columns(["weekday"]),
        picture=Bars("weekday_name", f"{measure}_per_day"),
        currency=scope.currency,
    )


INSIGHT = Insight("weekdays", "On which days of the week do they buy?", answer)
