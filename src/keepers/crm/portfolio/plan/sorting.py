"""Lines of a plan in the order that somebody asks for: as they lie in it, or those of a step by another figure.

Who sees everybody walks along the places that a publication keeps, as quick at the end as at the beginning; the lines
of who sees some are sorted when they ask.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from keepers.crm.lists.keyset import KeysetPage, keyset_page
from keepers.crm.people.models import User
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import LinePlace, PlanLine, PublishedPlan
from keepers.crm.portfolio.orders import LINE_ORDERS, LineOrder
from keepers.crm.portfolio.plan.queries import lines_seen, steps_called
from keepers.crm.portfolio.seen import whose

ROWS_AT_ONCE = 2_000
_BY_NAME = {order.name: order for order in LINE_ORDERS if order.name}


@dataclass(frozen=True, slots=True)
class InOrder:
    """Lines of a plan in an order.

    lines: which
    first: the key from which a step of the list counts
    sort: name of the order, with a minus where it is turned round; empty where they are as they lie in the plan
    field: what they are sorted by, where it is when they are asked for
    places: where the order is kept: its places of these lines
    step: decision and action of the only step asked for, by which another order may be; nothing of several
    """

    lines: QuerySet[PlanLine]
    first: int
    sort: str
    field: str
    places: QuerySet[LinePlace] | None
    step: dict[str, str]

    def page(self, *, size: int, after: int | None, before: int | None) -> KeysetPage[PlanLine]:
        """The lines that follow a step of the list, or the last ones before it; the steps beside them."""
        turned = self.sort.startswith("-")
        start, end = (None if step is None else self.first + step for step in (after, before))
        if self.places is None:
            down = bool(self.sort) and not turned
            lines = keyset_page(self.lines, field=self.field, descending=down, size=size, after=start, before=end)
            return KeysetPage(lines.rows, self._step(lines.before), self._step(lines.after))
        found = keyset_page(self.places, field="pk", descending=turned, size=size, after=start, before=end)
        return KeysetPage([each.line for each in found.rows], self._step(found.before), self._step(found.after))

    def rows(self) -> Iterable[PlanLine]:
        """All of them."""
        turned = self.sort.startswith("-")
        if self.places is not None:
            places = self.places.order_by("-pk" if turned else "pk").iterator(ROWS_AT_ONCE)
            return (place.line for place in places)
        by = dict.fromkeys((self.field, "pk"))
        return self.lines.order_by(*(f"-{name}" if self.sort and not turned else name for name in by)).iterator(
            ROWS_AT_ONCE
        )

    def _step(self, key: int | None) -> int | None:
        return None if key is None else key - self.first


def lines_in_order(
    user: User, plan: PublishedPlan, asked: Mapping[str, str], sort: str, verb: Verb = Verb.SEE
) -> InOrder:
    """The lines to whom the user may do this.

    Args:
        user: who asks.
        plan: whose lines.
        asked: `decision`, `action` and `was` (what the plan before said); empty: any.
        sort: name of an order, with a minus to turn it round; heeded where a single step is asked for.
        verb: what they want to do.
    """
    step = {name: asked[name] for name in ("decision", "action")}
    lines = lines_seen(user, plan, verb=verb, moved_from=asked["was"], **step)
    steps = [] if asked["was"] else steps_called(plan, **step)
    only = {name: steps[0][name] for name in step} if len(steps) == 1 else {}
    order = _BY_NAME.get(sort.removeprefix("-"))
    if order is None or not only or not _is_kept(plan, order):
        return InOrder(lines, PlanLine.number_in(plan.pk, 0), "", "pk", None, only)
    if not sees_all(user, Noun.CUSTOMERS):
        return InOrder(lines, PlanLine.number_in(plan.pk, 0), sort, order.field, None, only)
    first = LinePlace.number_in(plan.pk, order, 0)
    begins, people = steps[0]["first"], steps[0]["people"]
    places = LinePlace.objects.filter(
        whose(user, "line__", verb), pk__gte=first + begins, pk__lt=first + begins + people
    )
    return InOrder(lines, first, sort, order.field, places.select_related("line__customer"), only)


def _is_kept(plan: PublishedPlan, order: LineOrder) -> bool:
    return LinePlace.objects.filter(pk=LinePlace.number_in(plan.pk, order, 0)).exists()
