"""What lists of things that belong to customers are narrowed to."""

from typing import Any

from django.db.models import QuerySet

from keepers.crm.api.paging import Number, Paged
from keepers.crm.people.models import User


class OfCustomer(Paged):
    """Of one customer or of all."""

    customer: Number | None = None


def of_customer(user: User, things: QuerySet[Any], wanted: OfCustomer) -> QuerySet[Any]:
    """Those of one customer, where that is asked."""
    return things if wanted.customer is None else things.filter(customer=wanted.customer)
