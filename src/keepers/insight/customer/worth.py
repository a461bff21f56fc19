"""Worth: what may still come from this customer, from nothing at all to the best of futures."""

from collections.abc import Sequence

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Histogram

DEFINITION = (
    "Discounted margin up to the value cap, in %(draws)s simulated futures of this customer. The last bar also holds "
    "what lies beyond it; the mean and the 90 %% interval at the top of the page are the run's."
)


def worth_answer(
    edges: Sequence[float],
    shares: Sequence[float],
    *,
    share_nothing: float,
    low: float,
    high: float,
    mean: float,
    draws: int,
    currency: str | None,
) -> Answer:
    """What may this customer still be worth, and how likely is nothing?

    Args:
        edges: (bins + 1) of the values that are not nothing [money].
        shares: (bins) of all futures.
        share_nothing: share of the futures in which no order comes.
        low: 5 % point of the run's interval [money].
        high: 95 % point of it [money].
        mean: of the run [money].
        draws: number of futures.
        currency: of the money.
    """
    bins = [
        {"value_from": low_edge, "value_to": high_edge, "share": share}
        for low_edge, high_edge, share in zip(edges, edges[1:], shares, strict=False)
    ]
    nothing = [{"value_from": 0.0, "value_to": 0.0, "share": share_nothing}] if share_nothing > 0 else []
    return Answer(
        finding=_finding(share_nothing, low, high, mean, currency),
        definition=Told.of(DEFINITION, draws=wording.count(draws)),
        rows=pa.Table.from_pylist([*nothing, *bins], schema=_SCHEMA),
        picture=Histogram("value_from", "value_to", "share", at_zero="nothing more"),
        currency=currency,
    )


_SCHEMA = pa.schema([("value_from", pa.float64()), ("value_to", pa.float64()), ("share", pa.float64())])


def _finding(share_nothing: float, low: float, high: float, mean: float, currency: str | None) -> str:
    average, least, most = (wording.money(amount or 0.0, currency) for amount in (mean, low, high))
    nothing = wording.chance(share_nothing)
    if share_nothing >= 0.95:
        words = "Most likely nothing more comes (%(chance)s); the mean over all futures is %(mean)s."
        return Told.of(words, chance=nothing, mean=average)
    told = {"low": least, "high": most, "mean": average}
    if share_nothing < 0.005:
        return Told.of("Between %(low)s and %(high)s still to come, %(mean)s on average.", **told)
    words = (
        "Between %(low)s and %(high)s still to come, %(mean)s on average; the chance of nothing at all is %(chance)s."
    )
    return Told.of(words, chance=nothing, **told)
