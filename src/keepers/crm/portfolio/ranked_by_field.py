"""The base in the order of a custom field, a page at a time; those without it come last both ways.

A page walks along the index of the field's values, no further than `WALK` of them; where few of these are what is
asked for, those who are asked for are looked through instead. A step of the list is the customer who stands there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from keepers.crm.customers.models import Customer, CustomField, CustomValue
from keepers.crm.customers.typed import column_of
from keepers.crm.portfolio.bounds import Bounds
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.ranked import ROWS_AT_ONCE, WALK, Chosen, Condition, Page

_HELD = "customer__custom_values__"


class RankedByField(Chosen):
    """A publication's customers in the order of a custom field.

    Args:
        publication: whose customers.
        field: by which.
        backwards: whether it is turned round.
        few: as `Chosen` has it.
        seen: as `Chosen` has it.
        bounds: as `Chosen` has them.
    """

    def __init__(
        self,
        publication: Publication,
        field: CustomField,
        *,
        backwards: bool = False,
        few: bool = False,
        seen: QuerySet[Customer] | None = None,
        bounds: Mapping[str, Bounds] | None = None,
    ) -> None:
        super().__init__(publication, few=few, seen=seen, bounds=bounds)
        self._field, self._column = field, column_of(field.holds)
        self._descending = (self._column != "text") != backwards
        self._one = {"field": field, "place": 0, f"{self._column}__isnull": False}
        self._held = CustomValue.objects.filter(**self._one).order_by()

    def page(self, condition: Condition, *, size: int, after: int | None = None, before: int | None = None) -> Page:
        """The rows that follow a customer, or the last ones before one."""
        turned, pivot = before is not None, before if before is not None else after
        found = self._found(condition, pivot, size + 1, turned=turned)
        rows, more = found[:size], len(found) > size
        if turned:
            rows.reverse()
        first, last = (rows[0].customer_id, rows[-1].customer_id) if rows else (None, None)
        if turned:
            return Page(rows, first if more else None, last)
        return Page(rows, first if pivot is not None else None, last if more else None)

    def rows(self, condition: Condition) -> Iterator[CustomerValue]:
        """Every row, in order, a few at a time.

        Raises:
            PublicationGoneError: later runs took the publication's place meanwhile; what was given so far is not all.
        """
        if self.is_of_few:
            yield from self._looked_through(condition, None, None, self.publication.customers, turned=False)
        else:
            yield from self._walked(condition)
        pivot: int | None = None
        while some := self._without(condition, pivot, ROWS_AT_ONCE, turned=False):
            yield from some
            pivot = some[-1].customer_id
        self.refuse_gone()

    def at_least(self, condition: Condition, page: Page, most: int) -> int:
        """How many there are at least, up to `most`, by looking at the first who have the field."""
        first = list(self._ordered(None, None, turned=False).values_list("pk", flat=True)[:WALK])
        return max(self._meant(first, condition)[:most].count(), len(page.rows))

    def _walked(self, condition: Condition) -> Iterator[CustomerValue]:
        """Those who have the field, along the index from its beginning to its end, however few of them are meant."""
        pivot: tuple[int | None, Any] = (None, None)
        while window := list(
            self._ordered(*pivot, turned=False).values_list("pk", "customer_id", self._column)[:ROWS_AT_ONCE]
        ):
            meant = set(self._meant([pk for pk, _customer, _has in window], condition).values_list("pk", flat=True))
            yield from self._rows([customer for pk, customer, _has in window if pk in meant])
            pivot = window[-1][1:]

    def _found(self, condition: Condition, pivot: int | None, most: int, *, turned: bool) -> list[CustomerValue]:
        """Those who have the field and then those who do not, from a customer on; turned, the other way."""
        has = None if pivot is None else self._held.filter(customer=pivot).values_list(self._column, flat=True).first()
        if pivot is not None and has is None:
            found = self._without(condition, pivot, most, turned=turned)
            return found + self._with(condition, None, None, most - len(found), turned=True) if turned else found
        found = self._with(condition, pivot, has, most, turned=turned)
        return found if turned else found + self._without(condition, None, most - len(found), turned=False)

    def _with(
        self, condition: Condition, pivot: int | None, has: Any, most: int, *, turned: bool
    ) -> list[CustomerValue]:
        """Along the index; all who are meant are looked through where the next hold too few of them."""
        ordered = self._ordered(pivot, has, turned=turned)
        if not self.is_of_few:
            window = list(ordered.values_list("pk", flat=True)[:WALK])
            places, found = {pk: place for place, pk in enumerate(window)}, list[tuple[int, int]]()
            for part in (window[: 2 * most], window[2 * most :]):
                if part and len(found) < most:
                    found += self._meant(part, condition).values_list("pk", "customer_id")
            if len(found) >= most or len(window) < WALK:
                found.sort(key=lambda each: places[each[0]])
                return self._rows([customer for _pk, customer in found[:most]])
        return self._looked_through(condition, pivot, has, most, turned=turned)

    def _without(self, condition: Condition, pivot: int | None, most: int, *, turned: bool) -> list[CustomerValue]:
        """Those who do not have the field, in the order of their numbers."""
        if not most:
            return []
        values = self._values().filter(condition("")).exclude(Exists(self._held.filter(customer=OuterRef("customer"))))
        if pivot is not None:
            here = CustomerValue.number(self.publication.pk, pivot)
            values = values.filter(**{f"pk__{'lt' if turned else 'gt'}": here})
        return list(values.select_related("customer").order_by("-pk" if turned else "pk")[:most])

    def _looked_through(
        self, condition: Condition, pivot: int | None, has: Any, most: int, *, turned: bool
    ) -> list[CustomerValue]:
        """Whoever is meant, sorted: no index is of their order alone."""
        by = F(f"{_HELD}{self._column}")
        values = self._values().filter(condition(""))
        if self.is_of_few:  # their fields are found by whose they are: an index of the field would lead to everybody's
            values = values.annotate(of=F(f"{_HELD}field") + Value(0), at=F(f"{_HELD}place") + Value(0), by=by)
            values = values.filter(of=self._field.pk, at=0, by__isnull=False)
        else:
            values = values.filter(**{f"{_HELD}{name}": value for name, value in self._one.items()}).annotate(by=by)
        values = values.annotate(alone=_unindexed(by, self._column))
        beyond = self._beyond(pivot, has, "by", turned=turned)
        way = "-" if self._descending != turned else ""
        chosen = values.filter(beyond).order_by(f"{way}alone", f"{way}customer")
        return self._rows(list(chosen.values_list("customer", flat=True)[:most]))

    def _ordered(self, pivot: int | None, has: Any, *, turned: bool) -> QuerySet[CustomValue]:
        way = "-" if self._descending != turned else ""
        beyond = self._beyond(pivot, has, self._column, turned=turned)
        return self._held.filter(beyond).order_by(f"{way}{self._column}", f"{way}customer")

    def _beyond(self, pivot: int | None, has: Any, value: str, *, turned: bool) -> Q:
        """What comes after whoever has this."""
        if pivot is None:
            return Q()
        side = "lt" if self._descending != turned else "gt"
        further = Q(**{f"{value}__{side}": has}) | Q(**{f"customer__{side}": pivot})
        return Q(**{f"{value}__{side}e": has}) & further

    def _meant(self, held: Sequence[int], condition: Condition) -> QuerySet[CustomValue]:
        """Those of these rows whose customers are meant."""
        of_run = Q(customer__values__publication=self.publication)
        return CustomValue.objects.filter(Q(pk__in=held) & of_run & condition("customer__values__")).order_by()

    def _rows(self, customers: Sequence[int]) -> list[CustomerValue]:
        numbers = [CustomerValue.number(self.publication.pk, customer) for customer in customers]
        found = CustomerValue.objects.select_related("customer").in_bulk(numbers)
        return [found[number] for number in numbers if number in found]


def _unindexed(by: F, column: str) -> Combinable:
    """The same for sorting, which no index is taken for."""
    return by + Value(0) if column == "number" else Concat(Cast(by, TextField()), Value(""))
