"""Which known customers rows mean, and which users the owners that files name."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl
from django.db.models import Q

from keepers.crm.customers.exchange import models
from keepers.crm.customers.exchange.models import PeopleImport, Piece
from keepers.crm.customers.exchange.recognising.layout import PEOPLE, source_of
from keepers.crm.customers.exchange.recognising.plans import Plan
from keepers.crm.customers.models import ContactPoint, Customer, CustomValue, ExternalKey
from keepers.crm.customers.organisation_names import Landing, where_they_land
from keepers.crm.customers.queries import whom_each_became
from keepers.crm.customers.writing.chunks import among, listed
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, scope_of
from keepers.crm.people.roles import Noun, Scope, Verb

Found = dict[str, list[int]]
_ANYWHERE = ("people", "leads", "organisations")  # where an id is looked for that is no number; numbers are not unique


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a row points to.

    noun: the kind of table, as its ids are known; empty where nobody knows
    value: its identity, or an e-mail address
    """

    noun: str
    value: str


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a row means.

    by_key: whom the key finds by which known ones are found
    by_id: who has the id that its system gave, or was made of the same row where it gave none
    """

    by_key: list[int]
    by_id: int | None

    @property
    def customers(self) -> list[int]:
        """All of them; more than one where that is not certain. Of several who share a key the id tells which."""
        if self.by_id is None:
            return self.by_key
        return [self.by_id] if self.by_id in self.by_key else [*self.by_key, self.by_id]


def customers_meant(plan: Plan, source: str, rows: pl.DataFrame) -> list[Meant]:
    """Whom each row of people means."""
    keys: list[str | None] = rows["key"].to_list()
    given = rows["id"].fill_null(rows["fingerprint"]) if plan.ids_tell_whom else rows["fingerprint"]
    ids: list[str | None] = given.to_list()
    by_id = ids_known(plan, source, [each for each in ids if each])
    by_key = {} if plan.finds_by_ids else _of_keys(plan, [key for key in keys if key])
    return [
        Meant(by_key.get(key, []) if key else [], by_id.get(known) if known else None)
        for key, known in zip(keys, ids, strict=True)
    ]


def ids_known(plan: Plan, source: str, ids: Sequence[str]) -> dict[str, int]:
    """Id of the table's system → the customer who has it."""
    known = ExternalKey.objects.filter(source=source_of(source, plan.table.known_as), external_id__in=listed(ids))
    return dict(known.values_list("external_id", "customer_id"))


def customers_pointed_to(source: str, pointers: Iterable[Pointer]) -> dict[Pointer, int]:
    """Pointer → customer, for those that are known."""
    wanted = set(pointers)
    found: dict[Pointer, int] = {}
    addresses = [pointer for pointer in wanted if "@" in pointer.value]
    reached = _reached_by("email", sorted({pointer.value.lower() for pointer in addresses})) if addresses else {}
    for pointer in addresses:
        customers = reached.get(pointer.value.lower(), [])
        if customers:
            found[pointer] = min(customers)
    sources = {source_of(source, noun) for noun in (*PEOPLE, *(pointer.noun for pointer in wanted))}
    values = sorted({pointer.value for pointer in wanted if pointer not in found})
    keys = ExternalKey.objects.filter(source__in=sources, external_id__in=listed(values))
    known = {(of, value): customer for of, value, customer in keys.values_list("source", "external_id", "customer_id")}
    for pointer in wanted - found.keys():
        nouns = dict.fromkeys([pointer.noun, *(_ANYWHERE if pointer.noun == "" or not pointer.value.isdigit() else ())])
        for noun in nouns:
            if (source_of(source, noun), pointer.value) in known:
                found[pointer] = known[source_of(source, noun), pointer.value]
                break
    return found


def others_of(user: User | None, customers: Iterable[int]) -> set[int]:
    """Those among known customers that a user may not change."""
    asked = set(customers)
    if user is None or scope_of(user, Verb.EDIT, Noun.CUSTOMERS) == Scope.ALL:
        return set()
    mine = allowed(user, Verb.EDIT, Noun.CUSTOMERS, Customer.objects.filter(pk__in=asked))
    return asked - set(mine.values_list("pk", flat=True))


def users_called(names: Iterable[str]) -> dict[str, int | None]:
    """What files call an owner → the user of that e-mail or name; None where nobody is called so."""
    wanted = {name for name in names if name}
    known: dict[str, int] = {}
    for pk, email, name in User.objects.filter(is_active=True).order_by("-pk").values_list("pk", "email", "name"):
        known |= {word.casefold(): pk for word in (name, email) if word}
    return {name: known.get(name.casefold()) for name in sorted(wanted)}


def employers_meant(brought: PeopleImport, place: int, names: Collection[str], *, but: Collection[int]) -> Landing:
    """Which organisations are meant by the names of where people work, as the rows of a table write them.

    Args:
        brought: the import.
        place: of the table.
        names: as they are written.
        but: organisations that are not looked at.
    """
    if not names:
        return Landing({}, {})
    called = Customer.objects.filter(kind=Customer.Kind.ORGANISATION).order_by().values_list("pk", "name")
    there = chain(called.iterator(chunk_size=10_000), _landed_before(brought, place))
    return where_they_land(names, ((pk, name) for pk, name in there if pk not in but))


def _landed_before(brought: PeopleImport, place: int) -> list[tuple[int, str]]:
    """Organisations with the other names that landed on them, but by earlier tries of this table."""
    pieces = Piece.objects.filter(has_landed=True, undone_at=None)
    told = pieces.exclude(of=brought, table=place).values_list(f"added__{models.LANDED}", flat=True)
    pairs = [(pk, name) for landed in told for name, pk in landed.items()]
    became = whom_each_became([pk for pk, _name in pairs])
    still = set(Customer.objects.filter(among(became.values(), "pk")).values_list("pk", flat=True))
    return [(became[pk], name) for pk, name in pairs if became[pk] in still]


def _of_keys(plan: Plan, keys: Sequence[str]) -> Found:
    """Key that is no id → the customers that it finds; more than one where it does not tell them apart."""
    wanted = sorted(set(keys))
    if plan.key_field:
        values = CustomValue.objects.filter(field__noun="customers", field__key=plan.key_field, text__in=listed(wanted))
        return _grouped(values.values_list("text", "customer_id"))
    if plan.key_role in {"email", "phone"}:
        return _reached_by(plan.key_role, wanted)
    those = Customer.everyone.filter(key__in=listed(wanted))  # whom a merge made another one, is that one
    pairs = list(those.values_list("key", "pk"))
    became = whom_each_became([pk for _key, pk in pairs])
    return _grouped((key, became[pk]) for key, pk in pairs)


def _reached_by(kind: str, values: Sequence[str]) -> Found:
    points = ContactPoint.objects.filter(kind=kind, value__in=listed(values)).values_list("value", "customer_id")
    found = _grouped(points)
    told = Customer.objects.filter(  # imports of orders tell these
        Q(**{f"{kind}__in": listed(values)}), Q(**{f"{kind}__gt": ""}), reached_by_hand=False
    )
    for value, customer in told.values_list(kind, "pk"):
        if customer not in found.setdefault(value, []):
            found[value].append(customer)
    return found


def _grouped(pairs: Iterable[tuple[str, int]]) -> Found:
    found: Found = {}
    for value, customer in pairs:
        found.setdefault(value, []).append(customer)
    return found
