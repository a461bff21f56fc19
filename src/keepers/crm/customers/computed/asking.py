"""What is to be computed anew: some customers, some fields, or everything. Call it inside the action's transaction."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from keepers.crm.customers.computed.counting import COMPUTED, computings, count_anew
from keepers.crm.customers.models import CustomField, StaleCustomer
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.jobs.asking import ask_once


def changed(customers: Iterable[int], *, at: datetime) -> None:
    """Something of these customers changed: a field, an act, a task."""
    if CustomField.objects.filter(COMPUTED).exists():
        rows = [StaleCustomer(customer_id=pk) for pk in customers]
        StaleCustomer.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
        ask_for_counting(at)


def recount(fields: Iterable[CustomField], *, at: datetime) -> None:
    """Compute these fields for everybody, and those that are computed from them."""
    every, wanted = list(CustomField.objects.filter(COMPUTED)), {field.key for field in fields}
    for _each in every:  # as long as a formula reads another
        wanted |= {field.key for field in every if {f"{OF_FIELDS}{key}" for key in wanted} & set(field.reads)}
    if CustomField.objects.filter(COMPUTED, key__in=wanted).update(counted_to=0):
        ask_for_counting(at)


def recount_all(*, at: datetime) -> None:
    """Compute every field for everybody: a new publication, another day."""
    recount(CustomField.objects.filter(COMPUTED), at=at)


def recount_daily(*, today: date, at: datetime) -> None:
    """Compute for everybody what another day changes: windows, days since, what says today."""
    recount([each.field for each in computings(today) if each.is_of_day], at=at)


def ask_for_counting(when: datetime) -> None:
    """Have the worker do it then; one task that waits is enough for all that is asked until it begins."""

    def ask() -> None:
        ask_once(count_anew, when)

    transaction.on_commit(ask)
