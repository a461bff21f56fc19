"""Finding customers, and those that a user may see or change."""

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.finding.likeness import called_almost, may_be, most_alike
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.models import ContactPoint, Customer, CustomField, CustomValue, Firm, Tag
from keepers.crm.customers.reach import email_of, phone_of
from keepers.crm.customers.typed import OF_FIELDS, TEXTS
from keepers.crm.customers.writing.chunks import among
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, belongs, one_of, scope_of, sees_all
from keepers.crm.people.roles import Noun, Scope, Verb

Thing = TypeVar("Thing", bound=Model)
SUGGESTED = 5
SHORTEST = 4  # letters of what is searched among contact points and custom fields
COMPARED = 200
FEW = 20_000
LAST = "\U0010ffff"  # after every other letter
SUGGESTED_TAGS = 200


def customers_for(user: User, verb: Verb = Verb.SEE) -> QuerySet[Customer]:
    """The customers to whom a user may do this."""
    return allowed(user, verb, Noun.CUSTOMERS, Customer.objects.all())


def seen_by(user: User) -> QuerySet[Customer] | None:
    """All whom a user sees, found by their owners, the merged ones too; None where that is everybody."""
    if sees_all(user, Noun.CUSTOMERS):
        return None
    return Customer.everyone.filter(belongs(user, Verb.SEE, Noun.CUSTOMERS, few=True)).order_by()


def are_few(seen: QuerySet[Customer] | None) -> bool:
    """Whether these are so few that each is looked up rather than looked for along a list."""
    return seen is not None and seen[: FEW + 1].count() <= FEW


def customer_for(user: User, pk: int, verb: Verb = Verb.SEE) -> Customer:
    """The customer, if the user may do this to them.

    Raises:
        Http404: there is none, or none that the user may see.
        PermissionDenied: they see the customer and may not do this.
    """
    return one_of(user, verb, Noun.CUSTOMERS, Customer.objects.select_related("owner", "team"), pk=pk)


def belonging_to(user: User, verb: Verb, things: QuerySet[Thing], path: str = "customer__") -> QuerySet[Thing]:
    """Those of the things that belong to customers to whom a user may do this.

    Args:
        user: who asks.
        verb: what they want to do to the customers.
        things: all of them.
        path: the lookup that leads to the customer.
    """
    return allowed(user, verb, Noun.CUSTOMERS, things, path).filter(**{f"{path}merged_into": None})


def whom_they_became(pk: int) -> int:
    """The customer whom this one was found to be; themselves where nobody merged them."""
    return whom_each_became([pk])[pk]


def whom_each_became(pks: Collection[int]) -> dict[int, int]:
    """The same of many."""
    became, asked = dict(zip(pks, pks, strict=True)), set(pks)
    while asked:
        found = Customer.everyone.filter(among(asked, "pk")).values_list("pk", "merged_into")
        step = {pk: into for pk, into in found if into is not None}
        became = {pk: step.get(kept, kept) for pk, kept in became.items()}
        asked = set(step.values())
    return became


def may_do(user: User, verb: Verb, customer: Customer, noun: Noun = Noun.CUSTOMERS) -> bool:
    """Whether a user may do this to a customer, or to things of another noun that belong to them."""
    scope = scope_of(user, verb, noun)
    if scope in {Scope.ALL, Scope.NONE}:
        return scope == Scope.ALL
    return allowed(user, verb, noun, Customer.objects.filter(pk=customer.pk)).exists()


def customers_called(user: User, words: str, *, most: int) -> list[Customer]:
    """Customers with all these words, or beginnings of words, in name, key or e-mail; whose key it is comes first.

    Only those that the user may see, and by no field that is hidden from them.
    """
    seen = customers_for(user)
    exact = seen.filter(key=words.strip()).first()
    first = [] if exact is None else [exact]
    hidden = hidden_of_customers(user)
    found = seen.filter(called(words, hidden=hidden)).order_by("pk")[:most]
    return [*first, *(other for other in found if other != exact)][:most]


def customers_reached_by(user: User, words: str, *, most: int) -> list[Customer]:
    """Customers with a contact point, or a word in a custom field, that begins with what was asked."""
    hidden, begun = hidden_of_customers(user), words.strip()
    values = {begun.lower(), phone_of(begun, firm().country).value} if len(begun) >= SHORTEST else set()
    pks: set[int] = set()
    if "contact_points" not in hidden:
        for value in values:
            points = ContactPoint.objects.filter(value__gte=value, value__lt=f"{value}{LAST}")
            pks.update(points.values_list("customer_id", flat=True)[:most])
    texts = [each for each in custom_fields() if each.holds in TEXTS and f"{OF_FIELDS}{each.key}" not in hidden]
    for field in texts if values else []:
        for text in {begun, begun.lower(), begun.capitalize()}:
            told = CustomValue.objects.filter(field=field, text__gte=text, text__lt=f"{text}{LAST}")
            pks.update(told.values_list("customer_id", flat=True)[:most])
    return list(customers_for(user).filter(pk__in=pks).order_by("pk")[:most]) if pks else []


def customers_called_almost(user: User, words: str, *, most: int) -> list[Customer]:
    """Customers whose words are those that were asked but for a letter each, the most alike first."""
    condition = called_almost(words, hidden=hidden_of_customers(user))
    return most_alike(customers_for(user).filter(condition)[:COMPARED], words)[:most]


def customers_meant(user: User, words: str, *, most: int) -> list[Customer]:
    """Whom somebody may mean by a name, an id or an e-mail; the one whose id it is, alone."""
    found = customers_called(user, words, most=most)
    return found[:1] if found and found[0].key == words.strip() else found


def reached_by(user: User, email: str, phone: str, *, country: str) -> list[Customer]:
    """Customers that this user may see who are reached by the same address or number already."""
    values = [reach.value for reach in (email_of(email), phone_of(phone, country)) if reach.value and not reach.problem]
    if not values:
        return []
    here = Q(contact_points__value__in=values)
    told = Q(email__iexact=email.strip()) & called(email) if email.strip() else Q(pk__in=[])
    found: dict[int, Customer] = {}
    for condition in (here, told):
        found |= {each.pk: each for each in customers_for(user).filter(condition)[:SUGGESTED]}
    return list(found.values())


def almost_the_same(user: User, *, name: str, email: str, city: str) -> list[Customer]:
    """Whom somebody new may be though nothing is equal: a name that is like theirs in the same city, or a like address.

    Only those that the user may see, and by no field that is hidden from them.
    """
    hidden = hidden_of_customers(user)
    compared = {"name": name, "email": "" if "email" in hidden else email, "city": "" if "city" in hidden else city}
    found: dict[int, Customer] = {}
    for words in filter(str.strip, (compared["name"], compared["email"])):
        condition = called(words, hidden=hidden) | called_almost(words, hidden=hidden)
        found |= {each.pk: each for each in customers_for(user).filter(condition)[:COMPARED]}
    return [each for each in found.values() if may_be(each, **compared)][:SUGGESTED]


def custom_fields() -> list[CustomField]:
    """Those of customers that pages show, in their order."""
    return list(CustomField.objects.filter(noun="customers", removed_at=None))


def firm() -> Firm:
    """What is known of this firm."""
    return Firm.objects.first() or Firm()


def tag_names() -> list[str]:
    """Tags to choose from."""
    return list(Tag.objects.values_list("name", flat=True)[:SUGGESTED_TAGS])
