"""The base in one of its orders, a page at a time.

A page walks along the places of its order and is full soon, unless few of the next customers are what is asked for:
then all values are looked through once. Both take the same short time however deep the page lies. Where it is known
beforehand that few customers are meant, these are looked up at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, When
from django.db.models.expressions import Combinable

from keepers.core.errors import KeepersError
from keepers.crm.customers.listed import counted_by
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import FEW, are_few
from keepers.crm.lists.listing import Grouping
from keepers.crm.lists.rows import Summed
from keepers.crm.portfolio.bounds import Bounds, places_within
from keepers.crm.portfolio.models import CustomerValue, Place, Publication
from keepers.crm.portfolio.orders import Order

WALK = 5_000  # places looked at before all values are
ROWS_AT_ONCE = 2_000  # of a file

Condition = Callable[[str], Q]
"""What a row must be, given the lookup that leads to it."""


class PublicationGoneError(KeepersError):
    """A publication was removed while it was being read."""


@dataclass(frozen=True)
class Page:
    """Some customers in order; the steps before and after which there are more."""

    rows: list[CustomerValue]
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Total:
    """How many customers, and what they are worth together (None without money)."""

    customers: int
    worth: float | None


@dataclass(frozen=True, slots=True)
class Few:
    """The row of one of few customers: its key, what they are worth, their place in the order that is asked."""

    pk: int
    worth: float | None
    place: int = 0


class Chosen:
    """Customers of a publication who are meant, whatever their order.

    Args:
        publication: whose customers.
        few: the condition names few customers, such as those called something.
        seen: whom alone the condition lets through, if not everybody.
        bounds: between which figures the condition lets somebody through.
    """

    _placed_by: Sequence[str] = ()  # field of a value that holds its place

    def __init__(
        self,
        publication: Publication,
        *,
        few: bool = False,
        seen: QuerySet[Customer] | None = None,
        bounds: Mapping[str, Bounds] | None = None,
    ) -> None:
        self.publication = publication
        self._few, self._seen, self._bounds = few, seen, bounds or {}
        self._first_value = CustomerValue.number(publication.pk, 0)
        self._known_few: dict[Condition, list[Few]] = {}

    def total(self, condition: Condition) -> Total:
        """How many there are and what they are worth: all values are looked through, or those few who can be meant."""
        if self.is_of_few:
            worths = [value.worth for value in self._few_meant(condition) if value.worth is not None]
            return Total(len(self._few_meant(condition)), sum(worths) if worths else None)
        chosen = self._values().filter(condition(""))
        return Total(**chosen.aggregate(customers=Count("pk"), worth=Sum("residual_value")))

    def counted_by(
        self, condition: Condition, grouping: Grouping, summed: Summed | None = None
    ) -> Iterator[dict[str, Any]]:
        """How many there are in each group and what they are worth: all values are looked through."""
        return counted_by(self._values().filter(condition("")), grouping, summed)

    @cached_property
    def is_of_few(self) -> bool:
        """Whether all who can be meant are so few that they are looked up rather than walked along."""
        return are_few(self._seen) or self._within is not None

    def _few_meant(self, condition: Condition) -> list[Few]:
        """Who is meant of those few who can be, looked up once for the page and its foot."""
        if condition not in self._known_few:
            found = self._values().filter(condition("")).order_by()
            self._known_few[condition] = [
                Few(*row) for row in found.values_list("pk", "residual_value", *self._placed_by)
            ]
        return self._known_few[condition]

    def refuse_gone(self) -> None:
        """Refuse to go on reading what is kept no longer.

        Raises:
            PublicationGoneError: later runs took the publication's place meanwhile; what was given so far is not all.
        """
        if not Publication.objects.filter(pk=self.publication.pk, finished_at__isnull=False).exists():
            raise PublicationGoneError("Later runs took this list's place while the file was made. Ask for it again.")

    @cached_property
    def _within(self) -> QuerySet[Place] | None:
        """The places of those whose figures are within the bounds, where these are few."""
        return places_within(self.publication, self._bounds, most=FEW) if self._bounds else None

    def _values(self) -> QuerySet[CustomerValue]:
        if self._few:
            return CustomerValue.objects.filter(publication=self.publication)  # by the index of customers
        if self._within is not None:
            return CustomerValue.objects.filter(pk__in=self._within.values("value"))
        if self._seen is not None:
            numbers = self._seen.annotate(number=F("pk") + self._first_value)
            return CustomerValue.objects.filter(pk__in=numbers.values("number"))
        return CustomerValue.all_of(self.publication)


class Ranked(Chosen):
    """A publication's customers in an order, or in that order turned round.

    A step counts along the list as it is read. Those without a figure come last both ways.

    Args:
        publication: whose customers.
        order: in which.
        backwards: whether it is turned round.
        few: the condition names few customers, such as those called something.
        seen: whom alone the condition lets through, if not everybody.
        bounds: between which figures the condition lets somebody through.
    """

    def __init__(
        self,
        publication: Publication,
        order: Order,
        *,
        backwards: bool = False,
        few: bool = False,
        seen: QuerySet[Customer] | None = None,
        bounds: Mapping[str, Bounds] | None = None,
    ) -> None:
        super().__init__(publication, few=few, seen=seen, bounds=bounds)
        self.order, self.backwards, self._placed_by = order, backwards, (order.place,)
        self._known: int = publication.known[order.name]
        self._first_place = Place.number(publication.pk, order, 0)

    def page(self, condition: Condition, *, size: int, after: int | None = None, before: int | None = None) -> Page:
        """The rows that follow a step, or the last ones before it."""
        if before is not None:
            found = self._found(condition, max(0, before - WALK), before, size + 1, last=True)
            rows = found[:size][::-1]
            return Page(rows, self.step(rows[0]) if len(found) > size else None, self.step(rows[-1]) if rows else None)
        start = 0 if after is None else after + 1
        found = self._found(condition, start, start + WALK, size + 1, last=False)
        rows = found[:size]
        more = self.step(rows[-1]) if len(found) > size else None
        return Page(rows, self.step(rows[0]) if start and rows else None, more)

    def rows(self, condition: Condition) -> Iterator[CustomerValue]:
        """Every row, in order, a few at a time.

        Raises:
            PublicationGoneError: later runs took the publication's place meanwhile; what was given so far is not all.
        """
        for start in range(0, self.publication.customers, ROWS_AT_ONCE):
            yield from self._walked(condition, start, start + ROWS_AT_ONCE, ROWS_AT_ONCE, last=False)
        self.refuse_gone()

    def at_least(self, condition: Condition, page: Page, most: int) -> int:
        """How many there are at least, up to `most`, by looking at no more places than the page did."""
        if page.before is None and self.step(page.rows[-1]) >= WALK:
            return len(page.rows)  # they are rare: the first places hold no more of them than the page
        return self._places(0, WALK).filter(condition("value__"))[:most].count()

    def step(self, row: CustomerValue) -> int:
        """Where a row is in this list."""
        return self._step_at(getattr(row, self.order.place))

    def _step_at(self, place: int) -> int:
        return self._known - 1 - place if self.backwards and place < self._known else place

    def _found(self, condition: Condition, start: int, end: int, most: int, *, last: bool) -> list[CustomerValue]:
        if self.is_of_few:
            return self._looked_through(condition, start, end, most, last=last)
        walked = self._walked(condition, start, end, most, last=last)
        whole = start == 0 if last else end >= self.publication.customers
        if len(walked) == most or whole:
            return walked
        return self._looked_through(condition, start, end, most, last=last)

    def _walked(self, condition: Condition, start: int, end: int, most: int, *, last: bool) -> list[CustomerValue]:
        """Along the places of the order."""
        found: list[CustomerValue] = []
        ranges = self._ranges(start, min(end, self.publication.customers))
        for first, beyond, turned in reversed(ranges) if last else ranges:
            places = self._places(first, beyond).filter(condition("value__")).select_related("value__customer")
            descending = turned != last
            found += [place.value for place in places.order_by("-pk" if descending else "pk")[: most - len(found)]]
            if len(found) == most:
                break
        return found

    def _looked_through(
        self, condition: Condition, start: int, end: int, most: int, *, last: bool
    ) -> list[CustomerValue]:
        """By looking at every value once, for what is rare; at those few who can be meant, where these are known."""
        if self.is_of_few:
            steps = ((self._step_at(each.place), each.pk) for each in self._few_meant(condition))
            inside = sorted((each for each in steps if (each[0] < end if last else each[0] >= start)), reverse=last)
            chosen = [pk for _step, pk in inside[:most]]
        else:
            values = self._values().filter(condition("")).annotate(step=self._step_of_row())
            values = values.filter(step__lt=end) if last else values.filter(step__gte=start)
            chosen = list(values.order_by("-step" if last else "step").values_list("pk", flat=True)[:most])
        rows = CustomerValue.objects.select_related("customer").in_bulk(chosen)
        return sorted(rows.values(), key=self.step, reverse=last)

    def _step_of_row(self) -> Combinable:
        if not self.backwards:
            return F(self.order.place)
        turned = When(Q(**{f"{self.order.place}__lt": self._known}), then=self._known - 1 - F(self.order.place))
        return Case(turned, default=F(self.order.place), output_field=IntegerField())

    def _ranges(self, start: int, end: int) -> list[tuple[int, int, bool]]:
        """The places from one step to before another, and whether they are to be read backwards."""
        if not self.backwards:
            return [(start, end, False)]
        known = self._known
        turned = (known - min(end, known), known - start, True)
        return [each for each in (turned, (max(start, known), end, False)) if each[0] < each[1]]

    def _places(self, first: int, beyond: int) -> QuerySet[Place]:
        return Place.objects.filter(pk__gte=self._first_place + first, pk__lt=self._first_place + beyond)
