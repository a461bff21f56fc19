"""Profile: what the best customers have more often than all, by what was known of them with their first order."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.representation import Level, represented
from keepers.insight.runs import run_in
from keepers.warehouse.store import Store

BEST_TENTH = "best tenth"
LONG_AGO, SHOWN = "1900-01-01", 12
ATTRIBUTES: Mapping[str, str] = {
    "acquisition_source": "were brought by %(value)s",
    "segment": "are of the segment %(value)s",
    "city": "live in %(value)s",
    "country": "live in %(value)s",
    "location": "bought first in %(value)s",
    "channel": "bought first through %(value)s",
    "payment_method": "paid first by %(value)s",
    "first_category": "bought %(value)s first",
    "first_product": "bought %(value)s first",
    "first_weekday": "bought first on a %(value)s",
    "referred": "were brought by another customer: %(value)s",
}
"""What the warehouse knows of a customer with the first order, and how a sentence says it."""


def answer(store: Store, scope: Scope) -> Answer:
    """What do the best customers have more often than all the others?

    The best are the tenth with the most residual value; everybody counts by the chance to be one of them.

    Raises:
        MissingForInsightError: no run has valued the customers in money, or nothing is known of them.
    """
    run = run_in(store, scope)
    described = store.query(
        "described_customers", value_run=scope.value_run, run_id="", as_of=scope.as_of, margin=scope.margin,
        acquired_from=scope.acquired_from or LONG_AGO,
    )  # fmt: skip
    if described["residual_value"].null_count == described.num_rows:
        raise MissingForInsightError("The run has no values in money: the orders carry no amounts, or are too few.")
    known = {name: described[name] for name in ATTRIBUTES if described[name].null_count < described.num_rows}
    found = represented(known, chances_of(described, BEST_TENTH))
    if not found:
        raise MissingForInsightError(
            "Nothing is known of the customers beside their orders, or too few share it. If a column of the file tells "
            "of the channel, the place or the campaign, pass --map channel=HEADER."
        )
    return Answer(
        finding=said_of(found, "the best tenth"),
        definition="Share among the best tenth by residual value, everybody counted by the chance to be in it, against "
        "the share of all of whom it is known. Clear: surer than chance, given how many values were looked at.",
        rows=rows_of(found),
        drawn=_named_bars(_drawn(found)),
        picture=Bars("what", "times", low="times_low", high="times_high"),
        currency=run.currency,
        notes=(
            Told.of(
                "Of what is called clear, at most a tenth is expected to be chance; %(count)s values were looked at.",
                count=len(found),
            ),
            "What goes with value need not cause it: whom else you win there may differ.",
        ),
    )


def chances_of(described: pa.Table, group: str) -> NDArray[np.float64]:
    """(n,) how likely each customer is to be one of the best tenth, or 1 for those of a group.

    Raises:
        MissingForInsightError: nobody is in the group.
    """
    if group == BEST_TENTH:
        chances = described["chance_in_top_tenth"].fill_null(0.0).to_numpy(zero_copy_only=False)
        if chances.any():
            return np.asarray(chances, dtype=np.float64)
        worth = described["residual_value"].to_numpy(zero_copy_only=False)  # of a run that did not keep the chances
        return np.asarray(worth >= np.nanquantile(worth, 0.9), dtype=np.float64)
    names = np.asarray(described["group"].to_pylist(), dtype=object)
    if not (names == group).any():
        there = ", ".join(sorted({str(name) for name in names if name is not None}))
        raise MissingForInsightError(f'Nobody is in the group "{group}". There are: {BEST_TENTH}, {there}.')
    return np.asarray(names == group, dtype=np.float64)


def said_of(found: Sequence[Level], whom: str) -> str:
    """What most of them have that is clearly more frequent than among all."""
    more = [each for each in found if each.is_clear and each.times > 1]
    if not more:
        words = "Nothing that is known of customers with their first order is clearly more frequent among %(whom)s."
        return Told.of(words, whom=Told.of(whom))
    first = max(more, key=lambda each: each.share_of_chosen * np.log(each.times))
    does = ATTRIBUTES.get(first.attribute, f"have {first.attribute.replace('%', '%%')} %(value)s")
    return Told.of(
        "%(share)s of %(whom)s %(does)s, %(times)s times the share of all (%(low)s to %(high)s).",
        share=wording.share(first.share_of_chosen),
        whom=Told.of(whom),
        does=Told.of(does, value=first.level),
        times=_times(first.times),
        low=_times(first.times_low),
        high=_times(first.times_high),
    )


def rows_of(found: Sequence[Level]) -> pa.Table:
    """The levels as a table."""
    return pa.table(
        {
            "attribute": pa.array([_named(each.attribute) for each in found], pa.string()),
            "value": pa.array([each.level for each in found], pa.string()),
            "customers": pa.array([each.customers for each in found], pa.int64()),
            "share_of_customers": pa.array([each.share for each in found], pa.float64()),
            "share_of_best": pa.array([each.share_of_chosen for each in found], pa.float64()),
            "times": pa.array([each.times for each in found], pa.float64()),
            "times_low": pa.array([each.times_low for each in found], pa.float64()),
            "times_high": pa.array([each.times_high for each in found], pa.float64()),
            "clear": pa.array(["yes" if each.is_clear else "no" for each in found], pa.string()),
        }
    )


def _drawn(found: Sequence[Level]) -> list[Level]:
    """The clear ones, else the largest; those most frequent among the best first."""
    clear = [each for each in found if each.is_clear][:SHOWN]
    some = clear or sorted(found, key=lambda each: -each.customers)[:SHOWN]
    return sorted(some, key=lambda each: -each.times)


def _named_bars(found: Sequence[Level]) -> pa.Table:
    names = [f"{_named(each.attribute)}: {each.level}" for each in found]
    return rows_of(found).add_column(0, "what", pa.array(names, pa.string()))


def _named(attribute: str) -> str:
    return attribute.replace("_", " ")


def _times(times: float) -> str:
    return f"{times:.1f}"


INSIGHT = Insight("profile", "What do the best customers have more often than all?", answer, Needs.VALUES)
