"""What a customer may buy next, as a run proposed it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, MissingForInsightError
from keepers.insight.drawings.pictures import Bars


def next_products_answer(proposals: Sequence[Mapping[str, Any]]) -> Answer:
    """The products that this customer most likely buys within four weeks.

    Args:
        proposals: rows of `next_products`, the likeliest first.

    Raises:
        MissingForInsightError: there are none.
    """
    if not proposals:
        raise MissingForInsightError("The orders name no products, or too few are bought again to say what comes next.")
    names = _told_apart(proposals)
    columns = {name: [row[name] for row in proposals] for name in ("product_id", "proposal", "chance", "reason")}
    rows = pa.table({"rank": [row["rank"] for row in proposals], "name": names} | columns)
    first = proposals[0]
    return Answer(
        finding=Told.of(
            "%(name)s is likeliest: %(chance)s within four weeks. %(reason)s",
            name=names[0],
            chance=wording.share(first["chance"]),
            reason=first["reason"],
        ),
        definition="The chance that they buy the product within four weeks without any offer, learned from what "
        "customers of this shop bought in the last four weeks by what was known of them before. Of products that are "
        "sold now, that they bought before, or that go with what they bought.",
        rows=rows,
        shown=rows.select(["name", "chance", "reason"]),
        picture=Bars("name", "chance"),
    )


def _told_apart(proposals: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each product is called, with its code where another one here is called the same."""
    names = [row["product_name"] or row["product_id"] for row in proposals]
    bearers = Counter(names)
    return [
        name if bearers[name] == 1 else f"{name} ({row['product_id']})"
        for name, row in zip(names, proposals, strict=True)
    ]
