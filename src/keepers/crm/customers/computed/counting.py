"""Computes formulas and roll-ups, a block of customers a transaction; killed anywhere, the next one goes on from there.

Fields of the whole base say how far they are (`counted_to`); single customers wait as `StaleCustomer`. Both are written
in the transaction that writes the values, and only where nobody asked anew meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from keepers.crm.customers.computed.defining import formula_in, in_turn
from keepers.crm.customers.computed.formulas import Formula
from keepers.crm.customers.computed.functions import Value
from keepers.crm.customers.computed.known import known_of
from keepers.crm.customers.computed.sources import RollUp, Tally, roll_up_of
from keepers.crm.customers.models import Customer, CustomField, CustomValue, StaleCustomer
from keepers.crm.customers.typed import OF_FIELDS, Cell, column_of
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.customers.writing.chunks import Pace

Kind = CustomField.Kind
COMPUTED = Q(noun="customers", kind__in=(Kind.FORMULA, Kind.ROLL_UP), removed_at=None)
BLOCK = 1_000  # customers a transaction
LONGEST_TEXT = 1_000  # of what formulas say


@dataclass(frozen=True)
class Computing:
    """A field that can be computed of some customers."""

    field: CustomField
    fields: Mapping[str, CustomField]
    today: date

    @cached_property
    def roll_up(self) -> RollUp | None:
        """What it rolls up; None of a formula."""
        return roll_up_of(self.field.roll_up) if self.field.kind == Kind.ROLL_UP else None

    @cached_property
    def formula(self) -> Formula:
        """What it computes; of a formula alone."""
        return formula_in(self.field, self.fields.values())

    @cached_property
    def as_of(self) -> date | None:
        """The day that it is told for: of a formula the earliest of what it reads; None where no day matters."""
        if self.roll_up is not None:
            return self.roll_up.source.as_of(self.today)
        read = (each for key, each in self.fields.items() if f"{OF_FIELDS}{key}" in self.formula.reads)
        days = [each.counted_as_of for each in read] + [self.today if self.formula.needs_today else None]
        return min((day for day in days if day is not None), default=None)

    @property
    def is_of_day(self) -> bool:
        """Whether another day changes it though nothing happens."""
        return self.formula.needs_today if self.roll_up is None else not self.is_of_run

    @property
    def is_of_run(self) -> bool:
        """Whether only a new publication changes it."""
        return self.roll_up is not None and self.roll_up.source.is_of_run

    def write(self, pks: Sequence[int]) -> None:
        """Write what these customers have now, where it is not there already."""
        values = self._values(pks)
        known = CustomValue.objects.filter(field=self.field, customer__in=pks)
        before = {row[0]: Cell(*row[1:]) for row in known.values_list("customer_id", "text", "number", "day")}
        after = {pk: _cell(self.field.holds, value) for pk, value in values.items() if value is not None}
        differs = [pk for pk in pks if before.get(pk) != after.get(pk)]
        if differs:
            CustomValue.objects.filter(field=self.field, customer__in=differs).delete()
            told = [(pk, after[pk]) for pk in differs if pk in after]
            rows = [(pk, self.field.pk, 0, cell.text, cell.number, cell.day) for pk, cell in told]
            bulk_rows.add(CustomValue, ("customer_id", "field_id", "place", "text", "number", "day"), rows)

    def _values(self, pks: Sequence[int]) -> Mapping[int, Value]:
        if self.roll_up is not None:
            told = self._tally(pks)
            return {pk: told.get(pk, self.roll_up.measure.empty) for pk in pks} if self.as_of else {}
        known = known_of(pks, self.formula.reads, self.fields)
        return {pk: self.formula.value(known[pk], today=self.today) for pk in pks}

    @cached_property
    def _tally(self) -> Tally:
        if self.roll_up is None or self.as_of is None:
            return lambda _pks: {}
        return self.roll_up.source.tally(self.roll_up, self.as_of)


def count(*, today: date) -> int:
    """Compute all that was asked for; how many values of customers were looked at."""
    pace, done = Pace(), 0
    while (each := _next_field(today)) is not None:
        done += _everybody(pace, each)
    return done + _stale(pace, today)


def computings(today: date) -> list[Computing]:
    """All computed fields, each after those that it reads."""
    fields = {field.key: field for field in CustomField.objects.filter(noun="customers", removed_at=None)}
    return [Computing(field, fields, today) for field in in_turn(fields.values())]


@task
def count_anew() -> int:
    """What the worker does."""
    return count(today=timezone.localdate())


def _next_field(today: date) -> Computing | None:
    return next((each for each in computings(today) if each.field.counted_to is not None), None)


def _everybody(pace: Pace, each: Computing) -> int:
    done, after = 0, each.field.counted_to or 0
    mine = CustomField.objects.filter(pk=each.field.pk)
    while True:
        with pace.transaction():
            here = mine.select_for_update().filter(counted_to=after)
            if not here.exists():
                return done  # somebody asked anew, or another worker is at it
            found = Customer.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
            pks = list(found[:BLOCK])
            if not pks:
                mine.update(counted_to=None, counted_as_of=each.as_of)
                return done
            each.write(pks)
            after = pks[-1]
            mine.update(counted_to=after)
            done += len(pks)


def _stale(pace: Pace, today: date) -> int:
    fields, done = [each for each in computings(today) if not each.is_of_run], 0
    while True:
        with pace.transaction():
            pks = list(StaleCustomer.objects.values_list("pk", flat=True)[:BLOCK])
            if not pks:
                return done
            StaleCustomer.objects.filter(pk__in=pks).delete()  # before the look: what changes from here on is told anew
            present = list(Customer.objects.filter(pk__in=pks).values_list("pk", flat=True))
            for each in fields:
                each.write(present)
            done += len(pks)


def _cell(kind: str, value: Value) -> Cell:
    match column_of(kind):
        case "text":
            return Cell(text=str(value)[:LONGEST_TEXT])
        case "number":
            return Cell(number=round(Decimal(value), 6))  # type: ignore[arg-type]  # yes is one
        case _:
            return Cell(day=value)  # type: ignore[arg-type]  # of its kind
