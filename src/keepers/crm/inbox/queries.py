"""What was sent in, how far it is, and what could not be taken."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet

from keepers.crm.inbox.models import InboxBatch, InboxItem, InboxRow, Kind

STATES = {
    "refused": ~Q(problem=""),
    "landed": Q(problem="", landed_version=F("version")),
    "waiting": Q(problem="", version__gt=F("landed_version")),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """What a source sent of one kind, and how far that is."""

    kind: Kind
    source: str
    things: int
    waiting: int
    refused: int
    last_told_at: datetime
    waits_since: datetime | None


def items(kind: Kind) -> QuerySet[InboxItem]:
    """Orders or acts that were sent in."""
    return InboxItem.objects.filter(kind=kind).select_related("batch")


def narrowed(
    found: QuerySet[InboxItem], *, source: str = "", external_id: str = "", state: str = ""
) -> QuerySet[InboxItem]:
    """Those of a source, of an id, in a state, where that is asked."""
    if source:
        found = found.filter(source=source)
    if external_id:
        found = found.filter(external_id=external_id)
    return found.filter(STATES[state]) if state else found


def senders() -> list[Sender]:
    """Every source that ever sent something, the latest first."""
    states = {name: Count("pk", filter=condition) for name, condition in STATES.items() if name != "landed"}
    found = InboxItem.objects.values("kind", "source").annotate(
        things=Count("pk"), last_told_at=Max("told_at"), waits_since=Min("told_at", filter=STATES["waiting"]), **states
    )
    rows: Any = found.order_by("-last_told_at")
    return [Sender(**row | {"kind": Kind(row["kind"])}) for row in rows]


def refused() -> QuerySet[InboxRow]:
    """Rows that could not be taken and that no import shows, the newest first."""
    return InboxRow.objects.exclude(problem="").order_by("-pk")


def batches() -> QuerySet[InboxBatch]:
    """Batches that landed, the newest first."""
    return InboxBatch.objects.exclude(landed_at=None)
