"""The jobs of duplicates: many groups merged at once, each customer with what belongs to them, and that undone."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.app_database import AppDatabase, app_on
from bench.bases import CACHE
from bench.rows import Bar, Row
from bench.timing import timed

BESIDE = 10  # customers who are nobody's duplicate, for each group


def merge_rows(*, quick: bool) -> Iterator[Row]:
    """Groups of two and of three; everybody has a contact point, two acts, a task and a custom value."""
    groups = 500 if quick else 10_000
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        yield from _rows(groups, app_on(Path(folder)), quick=quick)


def _rows(groups: int, database: AppDatabase, *, quick: bool) -> Iterator[Row]:
    from django.utils import timezone

    from keepers.crm.customers.duplicates.finding import merge_above, undo_all
    from keepers.crm.customers.duplicates.models import Merge
    from keepers.crm.people.models import User

    alice, clock = User.objects.create_user("alice@example.com", role="owner"), database.cpu_s
    people = _written(groups)
    at = timezone.now()
    timing = timed(lambda: merge_above(0.9, by=alice, at=at), budget_s=0, warm=False, clock=clock)
    bar = None if quick else Bar("< 2 min wall", most_wall_s=120)
    merged, note = Merge.objects.count(), f"{people:,} customers there"
    assert merged == groups + groups // 2, merged
    yield Row(f"{groups:,} groups of duplicates merged, {merged:,} customers absorbed", timing, bar=bar, note=note)
    timing = timed(
        lambda: undo_all(Merge.objects.all(), by=alice, at=timezone.now()), budget_s=0, warm=False, clock=clock
    )
    assert not Merge.objects.filter(undone_at=None).exists()
    yield Row(f"{merged:,} merges undone at once", timing, bar=bar)


def _written(groups: int) -> int:
    """The customers, what belongs to each, and the pairs; how many customers."""
    from django.utils import timezone

    from keepers.crm.customers.duplicates.models import Pair
    from keepers.crm.customers.models import ContactPoint, Customer, CustomField, CustomValue
    from keepers.crm.customers.timeline.models import Touch
    from keepers.crm.work.models import Task

    now, count = timezone.now(), groups * (3 + BESIDE)
    people = [
        Customer(key=f"C{number:07}", name=f"Ada Novak {number}", email=f"a{number}@example.com", created_at=now)
        for number in range(count)
    ]
    Customer.objects.bulk_create(people, batch_size=1_000)
    field = CustomField.objects.create(noun="customers", key="size", label="Size", kind="text", position=1)
    _beside(ContactPoint, people, kind="email", value="a@example.com", written="a@example.com")
    _beside(Touch, people, kind="call", at=now, created_at=now, body="They asked.")
    _beside(Touch, people, kind="visit", at=now, created_at=now, body="They came.")
    _beside(Task, people, kind="call", title="Call", made_at=now)
    _beside(CustomValue, people, field=field, text="XL")
    pairs = []
    for group in range(groups):
        one, two, three = people[3 * group : 3 * group + 3]
        pairs.append(Pair(one=one, other=two, probability=0.99, found_at=now))
        if group % 2:
            pairs.append(Pair(one=two, other=three, probability=0.95, found_at=now))
    Pair.objects.bulk_create(pairs, batch_size=1_000)
    return count


def _beside(model: Any, people: Any, **told: Any) -> None:
    model.objects.bulk_create((model(customer=each, **told) for each in people), batch_size=1_000)
