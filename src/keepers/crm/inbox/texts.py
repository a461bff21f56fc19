"""The words of acts that programs send: written down as the acts land, found by whoever sees them on a timeline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from keepers.crm.customers.finding.texts import Texts, telling
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import whom_each_became
from keepers.crm.customers.writing.chunks import among
from keepers.crm.inbox.models import InboxRow, SentText
from keepers.crm.people.models import User
from keepers.crm.people.rights import belongs
from keepers.crm.people.roles import Noun, Verb

TEXTS = Texts(SentText._meta.db_table, "title", "body")
LONGEST, AT_ONCE = 255, 500


@dataclass(frozen=True, slots=True)
class Sent:
    """An act that was found, and whose it is."""

    text: SentText
    customer: Customer


def keep_texts(rows: Sequence[InboxRow], happened: Mapping[int, datetime]) -> None:
    """Write down what acts say, the newest version of each; call it in a transaction before which none has landed.

    Args:
        rows: of acts that landed, in the order in which they were told.
        happened: primary key of a row → when.
    """
    newest = {row.item_id: row for row in sorted(rows, key=lambda row: row.version) if row.item_id is not None}
    known = list(newest)
    for start in range(0, len(known), AT_ONCE):
        SentText.objects.filter(item__in=known[start : start + AT_ONCE]).delete()
    texts = [_text(item, row, happened[row.pk]) for item, row in newest.items() if not row.body.get("is_removed")]
    SentText.objects.bulk_create([text for text in texts if text.title], batch_size=AT_ONCE)


def sent_telling(user: User, words: str, *, most: int) -> list[Sent]:
    """Acts that programs sent, of customers whose timeline the user sees, that have these words, or almost these."""
    found = telling(TEXTS, SentText.objects.filter(_on_a_timeline_of(user)), words, most=most)
    customers = _customers_of(text.customer_key for text in found)
    return [Sent(text, customers[text.customer_key]) for text in found]


def _text(item: int, row: InboxRow, at: datetime) -> SentText:
    body: dict[str, Any] = row.body
    said = list(dict.fromkeys(filter(None, (body.get(name) for name in ("title", "campaign", "outcome")))))
    title = said[0][:LONGEST] if said else ""
    return SentText(
        item_id=item, customer_key=str(body["customer_id"])[:LONGEST], at=at, title=title,
        body=" · ".join(said[1:]),
    )  # fmt: skip


def _on_a_timeline_of(user: User) -> Exists:
    """Acts of customers whom the user may see with their acts, also under the ids of those who became one with them."""
    seen = [
        Q(**{f"{path}merged_into": None})
        & belongs(user, Verb.SEE, Noun.CUSTOMERS, path)
        & belongs(user, Verb.SEE, Noun.TOUCHES, path)
        for path in ("", "merged_into__")
    ]
    one_now = Q(merged_into__isnull=False) & seen[1]
    further = Q(pk__in=_merged_on_into(seen[0]))
    return Exists(Customer.everyone.filter(seen[0] | one_now | further, key=OuterRef("customer_key")))


def _merged_on_into(seen: Q) -> list[int]:
    """Who became one with somebody who was then merged too, where whom they are now may be seen; they are few."""
    merged = Customer.everyone.filter(merged_into__isnull=False).order_by()
    twice = merged.filter(merged_into__in=merged.values("pk"))  # not joined: SQLite would walk along all customers
    became = whom_each_became(list(twice.values_list("pk", flat=True)))
    now = set(Customer.objects.filter(seen, among(became.values(), "pk")).values_list("pk", flat=True))
    return [pk for pk, last in became.items() if last in now]


def _customers_of(keys: Iterable[str]) -> dict[str, Customer]:
    """Key → whom it means by now."""
    numbers = dict(Customer.everyone.filter(key__in=set(keys)).values_list("key", "pk"))
    became = whom_each_became(list(numbers.values()))
    customers = Customer.objects.in_bulk(list(set(became.values())))
    return {key: customers[became[pk]] for key, pk in numbers.items()}
