"""What other programs write of customers, by the actions that pages use."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import fields, reaching, records, stages, tags
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.bulk import locked_with
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.forgotten import refuse_forgotten
from keepers.crm.customers.locking import refuse_locked
from keepers.crm.customers.models import BulkEdit, ContactPoint, Customer, ExternalKey
from keepers.crm.customers.queries import customers_for, firm
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.people.models import Team, User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb
from keepers.warehouse.tombstones import Mark

KEYS_AT_ONCE = 500
ROWS_A_TRANSACTION = 25  # few, so that nobody who writes beside it is kept waiting
MOVED_FOR = timedelta(days=1)
Given = Mapping[str, Any]


class UnknownPersonError(KeepersError):
    """Nobody here, or no team, is called so."""


def create(act: Act, given: Given) -> Customer:
    """A new customer with all that is given.

    Raises:
        KeepersError: a value cannot be, or the key is another customer's.
    """
    plain = {name: given[name] for name in records.PLAIN if name in given}
    with transaction.atomic():
        begun = {name: given.get(name, "") for name in ("key", "email", "phone")}
        if "stage" in given:
            plain["stage"] = given["stage"]
        name = plain.pop("name", "")
        owned = people_named(plain)
        if act.by is not None and "owner" not in owned:
            owned |= {"owner": act.by, "team": owned.get("team") or act.by.team}
        customer = records.create(act, name=name, country=firm().country, **begun, **(plain | owned))
        _beside(act, customer, given)
    return customer


def change(act: Act, customer: Customer, given: Given) -> bool:
    """Write what is given; whether anything differs from before.

    Raises:
        KeepersError: a value cannot be.
    """
    plain = {name: given[name] for name in records.PLAIN if name in given}
    with transaction.atomic():
        before = customer.changed_at
        records.edit(act, customer, **(plain | people_named(plain)))
        for kind in (ContactPoint.Kind.EMAIL, ContactPoint.Kind.PHONE):
            text = str(given.get(kind, "")).strip()
            if text and text.casefold() != getattr(customer, kind).casefold():
                country = firm().country
                reaching.add_contact_point(act, customer, kind, text, country=country, first=True)
        if "stage" in given:
            stages.move(act, customer, given["stage"])
        _beside(act, customer, given)
        customer.refresh_from_db()
    return customer.changed_at != before


def upsert(act: Act, user: User, source: str, rows: Sequence[Given]) -> dict[str, Any]:
    """Create or update customers by what another system calls them; each row by itself.

    Returns: how many were created, updated and the same, and the refused rows with their reasons.
    """
    known = _known(source, [row["external_id"] for row in rows])
    mine = _changeable(user, set(known.values()))
    told: dict[str, Any] = {"created": 0, "updated": 0, "same": 0, "refused": []}
    for first in range(0, len(rows), ROWS_A_TRANSACTION):
        with transaction.atomic():
            for number, row in enumerate(rows[first : first + ROWS_A_TRANSACTION], start=first + 1):
                given = {name: value for name, value in row.items() if name != "external_id"}
                try:
                    with transaction.atomic():
                        done = _one(act, user, source, row["external_id"], given, known, mine)
                except (KeepersError, PermissionDenied) as wrong:
                    told["refused"].append({"row": number, "external_id": row["external_id"], "why": str(wrong)})
                else:
                    told[done] += 1
    return told


def names_of(given: Given) -> set[str]:
    """The fields that are given, custom ones among them."""
    return {*given, *(f"{OF_FIELDS}{key}" for key in given.get("custom", {}))}


def refuse_hidden(user: User, field: str) -> None:
    """Refuse to tell customers apart by a field that the user's role does not see.

    Raises:
        PermissionDenied: it is hidden from them.
    """
    if field in hidden_of_customers(user):
        raise PermissionDenied(_("Your role does not see %(field)s.") % {"field": field})


def undoable(user: User, edit: BulkEdit, *, at: datetime) -> QuerySet[Customer]:
    """Whom a user may give back what a bulk edit of theirs changed: for a day also those whom it moved to others.

    Raises:
        PermissionDenied: their role may not change the field any more.
    """
    refuse_locked(user, [locked_with(edit.field)])
    if edit.field in {"owner", "team"} and may(user, Verb.EDIT, Noun.CUSTOMERS) and at < edit.at + MOVED_FOR:
        return Customer.objects.all()
    return customers_for(user, Verb.EDIT)


def people_named(given: Given) -> dict[str, Any]:
    """The owner and the team that names lead to.

    Raises:
        UnknownPersonError: nobody here, or no team, is called so.
    """
    found: dict[str, Any] = {}
    if "owner" in given:
        found["owner"] = _named(User.objects.filter(is_active=True), "email", given["owner"], "Nobody here")
    if "team" in given:
        found["team"] = _named(Team.objects.all(), "name", given["team"], "No team")
    return found


def _one(
    act: Act, user: User, source: str, external_id: str, given: Given, known: dict[str, int], mine: set[int]
) -> str:
    refuse_locked(user, names_of(given))
    pk = known.get(external_id)
    if pk is None:
        refuse_forgotten([Mark("id", external_id), Mark("id", external_id, source)])
        customer = create(act, given)
        ExternalKey.objects.create(customer=customer, source=source, external_id=external_id)
        known[external_id] = customer.pk
        mine.add(customer.pk)
        return "created"
    if pk not in mine:
        raise PermissionDenied(_("The customer of this id is not yours to change."))
    customer = Customer.objects.select_related("owner", "team").get(pk=pk)
    return "updated" if change(act, customer, given) else "same"


def _known(source: str, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(ids), KEYS_AT_ONCE):
        part = ids[start : start + KEYS_AT_ONCE]
        keys = ExternalKey.objects.filter(source=source, external_id__in=part)
        found |= dict(keys.values_list("external_id", "customer_id"))
    return found


def _changeable(user: User, pks: set[int]) -> set[int]:
    found: set[int] = set()
    ordered = sorted(pks)
    for start in range(0, len(ordered), KEYS_AT_ONCE):
        part = customers_for(user, Verb.EDIT).filter(pk__in=ordered[start : start + KEYS_AT_ONCE])
        found |= set(part.values_list("pk", flat=True))
    return found


def _named(among: Any, field: str, name: str | None, nobody: str) -> Any:
    if not name:
        return None
    found = among.filter(**{f"{field}__iexact": name}).first()
    if found is None:
        raise UnknownPersonError(f'{nobody} has the {field} "{name}". Look it up under /people, or leave it out.')
    return found


def _beside(act: Act, customer: Customer, given: Given) -> None:
    if "tags" in given:
        tags.tag(act, customer, given["tags"])
    if given.get("custom"):
        fields.fill(act, customer, given["custom"])
