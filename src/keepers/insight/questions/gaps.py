"""Gaps: how long customers wait from one order to the next."""

from collections.abc import Sequence

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask, shares_of, with_column
from keepers.insight.drawings.pictures import Bars
from keepers.warehouse.store import Store

RANGES = (
    (1, 3, "1–3 days"),
    (4, 7, "4–7 days"),
    (8, 14, "8–14 days"),
    (15, 30, "15–30 days"),
    (31, 60, "1–2 months"),
    (61, 91, "2–3 months"),
    (92, 182, "3–6 months"),
    (183, 365, "6–12 months"),
    (366, None, "over a year"),
)


def answer(store: Store, scope: Scope) -> Answer:
    """How many days lie between an order and the same customer's next one?

    Only gaps that have ended are seen: those who have not ordered again are not in them, so a customer may well wait
    longer.

    Raises:
        MissingForInsightError: nobody has ordered again.
    """
    gaps = ask(store, "insight_gaps", scope).to_pylist()
    if not gaps:
        raise MissingForInsightError("Nobody has ordered on a second day yet, so there is no gap between orders.")
    rows = pa.Table.from_pylist(
        [
            {
                "gap": words,
                "gaps": sum(gap["gaps"] for gap in gaps if least <= gap["gap_days"] <= (most or gap["gap_days"])),
            }
            for least, most, words in RANGES
        ]
    )
    rows = with_column(rows, "share", shares_of(rows["gaps"].to_pylist()))
    half, nine_tenths = (_quantile(gaps, share) for share in (0.5, 0.9))
    return Answer(
        finding=Told.of(
            "Half of the repeat orders come within %(half)s of the one before, nine in ten within %(most)s.",
            half=wording.plural(half, "day"),
            most=wording.plural(nine_tenths, "day"),
        ),
        definition="Days from an occasion to the customer's next one. Those who have not come back are not in it.",
        rows=rows,
        picture=Bars("gap", "gaps"),
        currency=scope.currency,
    )


def _quantile(gaps: Sequence[dict[str, int]], share: float) -> int:
    """The days within which a share of the gaps has ended; the gaps are in the order of their length."""
    needed = share * sum(gap["gaps"] for gap in gaps)
    seen = 0
    for gap in gaps:
        seen += gap["gaps"]
        if seen >= needed:
            return gap["gap_days"]
    return gaps[-1]["gap_days"]


INSIGHT = Insight("gaps", "How long do they wait between orders?", answer)
