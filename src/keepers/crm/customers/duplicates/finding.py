"""Looking for pairs in the whole base, and what is decided on many of them at once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from keepers.crm.customers.duplicates.matching import Likeness, groups_of, pairs_among
from keepers.crm.customers.duplicates.merging import best_of, merge_groups, undo_many
from keepers.crm.customers.duplicates.models import Merge, Pair
from keepers.crm.customers.duplicates.people import people_table
from keepers.crm.customers.models import Customer
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.models import User

WORTH_A_LOOK = 0.5
GROUPS_AT_ONCE = 200
UNDONE_AT_ONCE = 20
Told = Callable[[int, int], None]
"""Told how many are done, of how many; it may raise to stop."""


def look_everywhere(*, at: datetime) -> int:
    """Find pairs in the whole base and keep those that nobody has decided; how many are to be decided."""
    return keep(pairs_among(people_table(), least=WORTH_A_LOOK), at=at)


def keep(found: Iterable[Likeness], *, at: datetime) -> int:
    """Keep pairs: new ones are added, open ones renewed, those no longer found let go, decided ones left."""
    by_pair = {(pair.one, pair.other): pair for pair in found}
    with transaction.atomic():
        decided = set(Pair.objects.exclude(state=Pair.State.OPEN).values_list("one", "other"))
        Pair.objects.filter(state=Pair.State.OPEN).delete()
        rows = [
            Pair(one_id=one, other_id=other, probability=pair.probability, reasons=pair.reasons, found_at=at)
            for (one, other), pair in by_pair.items()
            if (one, other) not in decided
        ]
        Pair.objects.bulk_create(rows, batch_size=2_000)
    return len(rows)


def groups_above(least: float) -> list[list[int]]:
    """Customers who hang together by open pairs of at least this probability; none of whom two were found apart."""
    open_pairs = Pair.objects.filter(state=Pair.State.OPEN, probability__gte=least)
    pairs = [Likeness(*row, {}) for row in open_pairs.values_list("one", "other", "probability")]
    parted = set(Pair.objects.filter(state=Pair.State.APART).values_list("one", "other"))
    return [group for group in groups_of(pairs, least=least) if not _holds_one_of(group, parted)]


def merge_above(least: float, *, by: User | None, at: datetime, tell: Told | None = None) -> int:
    """Merge every group of open pairs of at least this probability; how many customers were absorbed.

    A transaction holds some hundred groups; killed in between and begun again, it goes on with those that are left.
    """
    groups, absorbed = groups_above(least), 0
    for start in range(0, len(groups), GROUPS_AT_ONCE):
        part = groups[start : start + GROUPS_AT_ONCE]
        if tell is not None:
            tell(start, len(groups))
        people = Customer.objects.in_bulk([pk for group in part for pk in group])
        chosen = [_chosen([people[pk] for pk in group if pk in people]) for group in part]
        merges = merge_groups([each for each in chosen if each[1]], by=by, at=at)
        absorbed += len(merges)
    return absorbed


def undo_all(merges: QuerySet[Merge], *, by: User | None, at: datetime, tell: Told | None = None) -> int:
    """Undo merges, the latest first, so that who was merged twice comes apart; how many were undone.

    A transaction holds some dozens; killed in between and begun again, it goes on with those that are left.
    """
    pks, undone = list(merges.filter(undone_at=None).order_by("-pk").values_list("pk", flat=True)), 0
    pace = Pace()
    for start in range(0, len(pks), UNDONE_AT_ONCE):
        if tell is not None:
            tell(start, len(pks))
        with pace.transaction():
            undone += undo_many(pks[start : start + UNDONE_AT_ONCE], by=by, at=at)
    return undone


def apart(pair: Pair, *, by: User, at: datetime) -> None:
    """Say that two are not the same; nobody is asked again."""
    Pair.objects.filter(pk=pair.pk).update(state=Pair.State.APART, decided_by=by, decided_at=at)


def _chosen(group: Sequence[Customer]) -> tuple[Customer, list[Customer]]:
    kept = best_of(group)
    return kept, [each for each in group if each != kept]


def _holds_one_of(group: Sequence[int], pairs: set[tuple[int, int]]) -> bool:
    return any((one, other) in pairs for number, one in enumerate(group) for other in group[number + 1 :])
