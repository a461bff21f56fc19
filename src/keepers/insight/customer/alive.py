"""Alive: the chance that this customer still buys, over time, with the orders on it."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Curve

DEFINITION = (
    "The chance that the customer still buys, from what was known on each day, as this run's fit sees it. "
    "Marks are orders; dashed: the months ahead if no order comes."
)
USUAL = 1.5  # gaps of silence that say nothing yet
ORDER, SILENCE, AHEAD = "order", "no order", "if no order comes"


def alive_answer(
    occasions: Sequence[date],
    days: Sequence[date],
    chances: Sequence[float],
    ordered: Sequence[bool],
    *,
    as_of: date,
) -> Answer:
    """When did this customer buy, and how sure is it that they still do?

    Args:
        occasions: days with an order, rising.
        days: of the points of the curve, rising.
        chances: of still being a customer at each point.
        ordered: whether an order came at the point.
        as_of: last day that is known; later points assume that no order comes.
    """
    known = [day <= as_of for day in days]
    events = [ORDER if order else SILENCE if seen else AHEAD for order, seen in zip(ordered, known, strict=True)]
    rows = pa.table({"day": list(days), "event": events, "probability_alive": list(chances)})
    return Answer(
        finding=rhythm(occasions, as_of),
        definition=DEFINITION,
        rows=rows,
        drawn=rows.append_column("known", pa.array(known)).append_column("ordered", pa.array(list(ordered))),
        picture=Curve("day", "probability_alive", solid="known", ticks="ordered", top=1.0),
    )


def rhythm(occasions: Sequence[date], as_of: date) -> str:
    """How often the customer bought, until when, and how long nothing has come since."""
    last, silence = wording.day(occasions[-1]), (as_of - occasions[-1]).days
    since = Told.of("the last day that is known")
    if silence:
        since = Told.of("nothing for %(days)s", days=wording.plural(silence, "day"))
    if len(occasions) == 1:
        return Told.of("Bought once, on %(last)s; %(since)s.", last=last, since=since)
    gap = (occasions[-1] - occasions[0]).days / (len(occasions) - 1)
    if len(occasions) == 2:
        apart = wording.plural(gap, "day")
        return Told.of(
            "Bought twice, %(apart)s apart, last on %(last)s; %(since)s.", apart=apart, last=last, since=since
        )
    often = Told.of("every day") if gap < 1.5 else Told.of("every %(days)s days", days=f"{gap:.0f}")
    if silence <= USUAL * gap:
        return Told.of("Buys about %(often)s, last on %(last)s.", often=often, last=last)
    return Told.of("Bought about %(often)s until %(last)s; %(since)s.", often=often, last=last, since=since)
