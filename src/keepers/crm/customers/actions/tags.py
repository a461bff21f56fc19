"""Words that people put on customers."""

from collections.abc import Iterable

from django.db import transaction

from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer, Tag

LONGEST = 60


def tag(act: Act, customer: Customer, names: Iterable[str]) -> None:
    """Let a customer have exactly these tags; those that are new come into being."""
    wanted = sorted({tidy for name in names if (tidy := " ".join(name.split())[:LONGEST])})
    before = sorted(customer.tags.values_list("name", flat=True))
    if wanted == before:
        return
    with transaction.atomic():
        customer.tags.set([tag_called(name) for name in wanted])
        act.touched(customer)
        act.note("edit", customer, {"tags": [before, wanted]})


def tag_called(name: str) -> Tag:
    """The tag of this name, however its letters are written; a new one where there is none."""
    found = Tag.objects.filter(name__iexact=name).first()
    return found or Tag.objects.create(name=name)
