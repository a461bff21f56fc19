"""How customers belong together."""

from datetime import date

from django.db import transaction

from keepers.core.errors import KeepersError
from keepers.crm.customers.acquisitions import tell_acquisitions
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer, Relation

WITHOUT_CIRCLES = frozenset({Relation.Kind.PART_OF, Relation.Kind.REFERRED_BY})


class RelationError(KeepersError):
    """Two customers cannot belong together like this."""


def relate(
    act: Act, customer: Customer, kind: str, other: Customer, *, note: str = "", since: date | None = None
) -> Relation:
    """Let a customer belong to another; where they do already, the note and the day are written anew.

    Raises:
        RelationError: they are the same, or they would be part of, or brought by, one another.
    """
    if customer.pk == other.pk:
        raise RelationError("Nobody belongs to themselves. Choose another customer.")
    if kind in WITHOUT_CIRCLES and customer.pk in _above(other, kind):
        named = Relation.Kind(kind).label
        raise RelationError(f"{other} {named} {customer} already, so it cannot also be the other way round.")
    with transaction.atomic():
        made, _is_new = Relation.objects.update_or_create(
            customer=customer, other=other, kind=kind, defaults={"note": note.strip()[:255], "since": since}
        )
        act.touched(customer)
        tell_acquisitions([customer.pk], at=act.at)
        act.note("edit", customer, {kind: [None, other]})
    return made


def end_relation(act: Act, relation: Relation, *, until: date) -> None:
    """They no longer belong together; that they did stays."""
    relation.until = until
    with transaction.atomic():
        relation.save(update_fields=["until"])
        act.note("edit", relation.customer, {relation.kind: [relation.other, f"until {until}"]})


def remove_relation(act: Act, relation: Relation) -> None:
    """It was a mistake: they never belonged together."""
    with transaction.atomic():
        act.note("edit", relation.customer, {relation.kind: [relation.other, None]})
        relation.delete()
        tell_acquisitions([relation.customer_id], at=act.at)


def _above(customer: Customer, kind: str) -> set[int]:
    """Whom a customer leads to by relations of this kind, themselves among them."""
    found, waiting = {customer.pk}, [customer.pk]
    while waiting:
        nearest = Relation.objects.filter(customer_id__in=waiting, kind=kind).values_list("other_id", flat=True)
        waiting = [pk for pk in nearest if pk not in found]
        found.update(waiting)
    return found
