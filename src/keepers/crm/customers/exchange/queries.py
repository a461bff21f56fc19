"""What the pages show of imports, and the part of a timeline that is kept for desks to come."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keepers.crm.customers.exchange.models import RELATIONS, KeptRecord, PeopleImport, RefusedRow
from keepers.crm.customers.exchange.reading.staging import is_whole, refused_path
from keepers.crm.customers.exchange.recognising.layout import KEPT_IN_ORDER, from_json
from keepers.crm.customers.exchange.recognising.tables import staging_of
from keepers.crm.customers.exchange.wording import NOUN_WORDS
from keepers.crm.customers.finding.texts import Texts, telling
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.entries import Asked, Entry, Part
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.timeline.queries import ICONS
from keepers.crm.people.models import User
from keepers.crm.people.rights import belongs, may, scope_of
from keepers.crm.people.roles import Noun, Scope, Verb
from keepers.loop.exports import risky_in_spreadsheets

_RIGHTS = {"deals": Noun.DEALS, "tickets": Noun.TICKETS, "tasks": Noun.TASKS, "campaigns": Noun.CAMPAIGNS,
           "members": Noun.CAMPAIGNS, "products": Noun.PRODUCTS, "users": Noun.PEOPLE}  # fmt: skip
COUNTS = ("created", "updated", "same", "refused")
ROWS_AT_ONCE = 5_000
TEXTS = Texts(KeptRecord._meta.db_table, "title", "body")


def imports_for(user: User) -> QuerySet[PeopleImport]:
    """The imports that somebody may see: their own, or all where they may bring in customers for all."""
    found = PeopleImport.objects.filter(let_go_at=None).select_related("by", "check_job", "landing_job", "undo_job")
    if scope_of(user, Verb.CREATE, Noun.CUSTOMERS) == Scope.ALL:
        return found
    return found.filter(by=user)


def step_of(brought: PeopleImport) -> str:
    """How far it is."""
    if brought.undo_job is not None and brought.undo_job.is_open:
        return "undoing"
    if brought.undone_at is not None:
        return "undone"
    if brought.landed_at is not None and brought.undo_job is None:
        return "landed"
    if brought.landing_job is not None and brought.landing_job.is_open:
        return "landing"
    if brought.began_at is not None:
        return "stopped"
    if brought.check_job is not None and brought.check_job.is_open:
        return "checking"
    return "checked" if brought.check_job is not None and is_whole(staging_of(brought)) else "recognised"


def accounts_of(brought: PeopleImport) -> list[dict[str, Any]]:
    """Table by table: rows read, and what became of them, or would; read is the sum of the others."""
    pieces: dict[int, Any] = {
        row["table"]: row
        for row in brought.pieces.exclude(stage=RELATIONS)
        .values("table")
        .annotate(**{name: Sum(name) for name in COUNTS})
        .order_by()
    }
    found = []
    for number, (table, told) in enumerate(zip(from_json(brought.tables), brought.expected, strict=False)):
        counts = {name: int(pieces.get(number, {}).get(name, 0)) for name in COUNTS}
        if brought.began_at is None:
            counts = {name: int(told.get(name, 0)) for name in COUNTS[:3]}
            counts["refused"] = int(told.get("refused_then", 0))
            if not table.is_people:
                counts["created"] = told["ready"]
        counts["refused"] += told["refused"]
        notes = [*told["notes"], *_on_those_beside(brought, number)]
        about = {"table": table, "noun": NOUN_WORDS[table.noun], "read": told["read"], "notes": notes}
        found.append(about | counts)
    return found


def totals_of(accounts: list[dict[str, Any]]) -> dict[str, int]:
    """All tables together."""
    return {name: sum(account[name] for account in accounts) for name in ("read", *COUNTS)}


def _on_those_beside(brought: PeopleImport, table: int) -> list[str]:
    """How many organisations came with the people who work there, and the other way round, which no row is."""
    pieces = brought.pieces.filter(table=table).values_list("added__organisations", "added__speakers")
    organisations, speakers = (sum(filter(None, column)) for column in zip(*pieces, strict=True)) if pieces else (0, 0)
    of_people = ngettext(
        "%(count)s organisation came with its people.", "%(count)s organisations came with their people.", organisations
    )
    of_organisations = ngettext(
        "%(count)s person came with the organisation.", "%(count)s people came with their organisations.", speakers
    )
    told = ((organisations, of_people), (speakers, of_organisations))
    return [words % {"count": f"{count:,}"} for count, words in told if count]


def refused_rows(brought: PeopleImport) -> Iterator[tuple[str, int, str, str]]:
    """Every refused row: table, line, reason, the row as it stands."""
    for number, table in enumerate(from_json(brought.tables)):
        for path in (refused_path(staging_of(brought), number), staging_of(brought) / f"{number}-repeated.parquet"):
            if path.exists():
                yield from ((table.name, *row) for row in _rows(path))
        late = RefusedRow.objects.filter(piece__of=brought, piece__table=number).order_by("line")
        for line, reason, text in late.values_list("line", "reason", "text").iterator():
            yield table.name, line, reason, text


def refused_as_csv(brought: PeopleImport) -> Iterator[bytes]:
    """The same as a file; what a spreadsheet would run begins with an apostrophe."""
    yield "\ufeff".encode()
    yield _line(("table", "line", "reason", "row"))
    for table, line, reason, text in refused_rows(brought):
        yield _line((table, line, reason, text))


def kept_of(customer: Customer, user: User) -> Part:
    """Deals, tickets and what else has no desk yet, as a part of a timeline."""

    def part(asked: Asked) -> Iterator[Entry]:
        found = _kept(customer, user)
        if asked.until is not None:
            found = found.filter(at__lte=asked.until)
        if asked.kinds is not None:
            found = found.filter(kind__in=asked.kinds)
        for record in found.order_by("-at", "-pk")[: asked.most]:
            yield Entry(
                record.at,  # type: ignore[arg-type]  # those without a moment are left out
                record.kind,
                ICONS.get(record.kind, "circle-dot"),
                dict(Touch.Kind.choices).get(record.kind, _("Kept")),
                record.title,
                body=record.body,
                outcome=" · ".join(filter(None, (record.status, _amount(record)))),
                actor=record.actor_name,
                source=record.source,
            )

    return part


def kept_kinds_of(customer: Customer, user: User) -> set[str]:
    """Which kinds of kept things there are."""
    found = _kept(customer, user)
    return set(found.order_by().values_list("kind", flat=True).distinct())


def kept_telling(user: User, words: str, *, most: int) -> list[KeptRecord]:
    """Kept things of timelines that the user sees whose text has these words, or almost these; the newest first."""
    seen = _on_a_timeline_of(user, "customer") | _on_a_timeline_of(user, "organisation")
    found = KeptRecord.objects.filter(seen, at__isnull=False).exclude(_not_for(user))
    return telling(TEXTS, found.select_related("customer", "organisation"), words, most=most)


def kept_seen_by(user: User) -> QuerySet[KeptRecord]:
    """Kept things that the user may see: those of customers whose timeline they see, and, who sees all, nobody's."""
    seen = _on_a_timeline_of(user, "customer") | _on_a_timeline_of(user, "organisation")
    if scope_of(user, Verb.SEE, Noun.CUSTOMERS) == Scope.ALL == scope_of(user, Verb.SEE, Noun.TOUCHES):
        seen |= Q(customer=None, organisation=None)
    return KeptRecord.objects.filter(seen).exclude(_not_for(user))


def kept_nouns_for(user: User) -> list[str]:
    """The kinds of kept things that the user may see any of."""
    return [noun for noun in KEPT_IN_ORDER if noun not in _RIGHTS or may(user, Verb.SEE, _RIGHTS[noun])]


def kept_leaving_with(user: User) -> QuerySet[KeptRecord]:
    """Kept things that the user may take away: those that they see, of customers whom they may take away."""
    whose = belongs(user, Verb.EXPORT, Noun.CUSTOMERS, "customer__")
    return kept_seen_by(user).filter(whose & belongs(user, Verb.EXPORT, Noun.DEALS, "customer__"))


def _on_a_timeline_of(user: User, whose: str) -> Q:
    """Those of customers, or of organisations, whom the user may see with their acts."""
    there = Q(**{f"{whose}__isnull": False, f"{whose}__merged_into": None})
    return (
        there
        & belongs(user, Verb.SEE, Noun.CUSTOMERS, f"{whose}__")
        & belongs(user, Verb.SEE, Noun.TOUCHES, f"{whose}__")
    )


def _kept(customer: Customer, user: User) -> QuerySet[KeptRecord]:
    theirs = Q(customer=customer) | Q(organisation=customer)
    return KeptRecord.objects.filter(theirs, at__isnull=False).exclude(_not_for(user))


def _amount(record: KeptRecord) -> str:
    return "" if record.amount is None else f"{record.amount:,.2f} {record.currency}".strip()


def _not_for(user: User) -> Q:
    """Kept things that somebody may not see."""
    hidden = [noun for noun, right in _RIGHTS.items() if not may(user, Verb.SEE, right)]
    return Q(noun__in=hidden)


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=ROWS_AT_ONCE):
        yield from zip(*(batch.column(name).to_pylist() for name in ("line", "reason", "text")), strict=True)


def _line(cells: tuple[Any, ...]) -> bytes:
    written = io.StringIO()
    safe = (f"'{cell}" if isinstance(cell, str) and risky_in_spreadsheets(cell) else cell for cell in cells)
    csv.writer(written, lineterminator="\r\n").writerow(safe)
    return written.getvalue().encode()
