"""Rows that name somebody without belonging to them: what is on its way, set aside or kept as an answer."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from json import dumps
from typing import Any

from django.apps import apps
from django.db.models import CharField, Field, JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from keepers.crm.api.models import KeptAnswer
from keepers.crm.customers.exchange.models import LANDED, PeopleImport, Piece, RefusedRow
from keepers.crm.customers.models import AcquisitionTold, Customer
from keepers.crm.customers.timeline.models import OutboxRow, Touch
from keepers.crm.data.models import Upload
from keepers.crm.inbox.models import InboxItem, InboxRow, SentText
from keepers.crm.people.models import AuditEntry
from keepers.crm.portfolio.models import Publication, PublishedInsight
from keepers.crm.privacy.people import Rows, called
from keepers.crm.webhooks.models import Delivery
from keepers.crm.work.models import Task
from keepers.insight.keeping import naming, unnamed
from keepers.loop.forgetting import GONE_TEXT, Subject

SHORTEST = 6  # letters of a word that is looked for anywhere in a text
_NOUNS: Mapping[type[Model], str] = {Customer: "customers", Touch: "touches", Task: "tasks"}
_KEPT_AS_JSON: Mapping[type[Model], Sequence[str]] = {
    Upload: ["heads"],
    PeopleImport: ["tables", "expected"],
    Publication: ["glance"],
}
_QUOTED = re.compile(r'"([^"]+)"')
_OURS = "keepers."
_SILENT = {"privacy.Forgetting", "people.AuditEntry"}  # the one knows until it is done, the other is blanked by itself


def sweep(subject: Subject, numbers: Sequence[int]) -> None:
    """Take somebody out of rows that are not theirs; call it inside the transaction that removes theirs."""
    ids, words = sorted(subject.names.ids), telling(subject.words)
    OutboxRow.objects.filter(act__external_id__in=ids).delete()
    for source, external_id in subject.names.pairs:
        theirs = InboxRow.objects.filter(source=source, body__customer_id=external_id)
        InboxItem.objects.filter(rows__in=theirs).update(digest="")
        theirs.delete()
        SentText.objects.filter(item__source=source, customer_key=external_id).delete()
    SentText.objects.filter(customer_key__in=ids).delete()
    _sweep_refused(subject, words)
    for told in AcquisitionTold.objects.filter(told__referred_by__in=ids):
        told.told["referred_by"] = None
        told.save(update_fields=["told"])
    _mentioning(KeptAnswer.objects.all(), "body", words).delete()
    _sweep_deliveries(subject, [*words, *(f'"{each}"' for each in ids)])
    _mentioning(RefusedRow.objects.all(), "text", words).update(text=GONE_TEXT)
    RefusedRow.objects.filter(text__in=sorted(subject.words)).update(text=GONE_TEXT)
    _sweep_json(subject.words, numbers)
    for kept in PublishedInsight.objects.filter(answer__has_key="rows"):
        if naming(kept.answer, subject.names.ids):
            kept.answer = unnamed(kept.answer, subject.names.ids)
            kept.save(update_fields=["answer"])


def blank_audit(about: Rows, subject: Subject) -> int:
    """Leave of what was done to somebody that it was done, when and by whom; how many rows of the log tell no more.

    This is the one change that the log's own guard allows.
    """
    told = AuditEntry.objects.exclude(changes={}, thing_name="")
    named = _mentioning(told, "changes", telling(subject.words), quoted=True)
    return sum(rows.update(changes={}, thing_name="") for rows in (told & audit_of(about), named))


def audit_of(about: Rows) -> QuerySet[AuditEntry]:
    """What the audit log says of somebody and of what is theirs."""
    theirs = Q(pk__in=[])
    for model, noun in _NOUNS.items():
        theirs |= Q(noun=noun, thing__in=[str(pk) for pk in about.get(model, ())])
    return AuditEntry.objects.filter(theirs)


def mentions(subject: Subject) -> dict[str, int]:
    """What still says their name, an address or a number of theirs, in any table: how many rows, by what they are."""
    words, found = telling(subject.words), dict[str, int]()
    for model in apps.get_models():
        if not model.__module__.startswith(_OURS) or model._meta.label in _SILENT:
            continue
        pks: set[Any] = set()
        for field in _texts_of(model):
            pks.update(_mentioning(model._base_manager.all(), field.name, words).values_list("pk", flat=True))
        if pks:
            found[called(model)] = len(pks)
    return found


def telling(words: Collection[str]) -> list[str]:
    """The words that are of nobody else wherever they stand: no short numbers, no first names alone."""
    return sorted(
        word for word in words if "@" in word or (len(word) >= SHORTEST and (" " in word or not word.isalpha()))
    )


def _mentioning(rows: QuerySet[Any], field: str, words: Collection[str], *, quoted: bool = False) -> QuerySet[Any]:
    """The rows whose text or JSON has one of these words; quoted: as a whole text within JSON."""
    if not words:
        return rows.none()
    has = Q()
    for word in words:
        for written in {word, dumps(word)[1:-1]}:
            has |= Q(as_text__icontains=f'"{written}"' if quoted else written)
    found: QuerySet[Any] = rows.alias(as_text=Cast(field, TextField())).filter(has)
    return found


def _texts_of(model: type[Model]) -> Iterator["Field[Any, Any]"]:
    for field in model._meta.concrete_fields:
        if isinstance(field, CharField | TextField | JSONField) and not field.choices and not field.primary_key:
            yield field


def _sweep_deliveries(subject: Subject, words: Sequence[str]) -> None:
    """What was told of many at once is still told of the others."""
    named = _mentioning(Delivery.objects.all(), "body", words)
    for delivery in named.filter(body__has_key="customers"):
        told = delivery.body["customers"]
        delivery.body["customers"] = [each for each in told if each["key"] not in subject.names.ids]
        delivery.save(update_fields=["body"])
    _mentioning(Delivery.objects.exclude(body__has_key="customers"), "body", words).delete()


def _sweep_refused(subject: Subject, words: Sequence[str]) -> None:
    """What programs sent that could not be taken is kept as the text that came."""
    refused = InboxRow.objects.exclude(problem="")
    _mentioning(refused, "body", words).update(body=GONE_TEXT)
    anywhere = [("", each) for each in subject.names.ids]
    for source, customer in [*anywhere, *subject.names.pairs]:
        rows = refused.filter(source=source) if source else refused
        written = [f'"{customer}"', *([f"{customer},", f"{customer}}}"] if customer.isdigit() else [])]
        _mentioning(rows, "body", [f'"customer_id": {each}' for each in written]).update(body=GONE_TEXT)


def _sweep_json(words: Collection[str], numbers: Sequence[int]) -> None:
    """What imports keep of their files, how things were before, and whom a publication shows first."""
    named = {word.casefold() for word in words}
    for model, fields in _KEPT_AS_JSON.items():
        for row in model._base_manager.all():
            before = {name: getattr(row, name) for name in fields}
            after = {name: _without(value, named) for name, value in before.items()}
            if after != before:
                model._base_manager.filter(pk=row.pk).update(**after)
    for brought in PeopleImport.objects.exclude(left_alone=[]):
        brought.left_alone = [each for each in brought.left_alone if each["customer"] not in numbers]
        brought.save(update_fields=["left_alone"])
    for piece in Piece.objects.filter(added__has_key="kept_before"):
        piece.added["kept_before"] = [row for row in piece.added["kept_before"] if row["customer_id"] not in numbers]
        piece.save(update_fields=["added"])
    for piece in Piece.objects.filter(has_landed=True):
        piece.added[LANDED] = {name: pk for name, pk in piece.added[LANDED].items() if pk not in numbers}
        piece.save(update_fields=["added"])


def _without(value: Any, named: Collection[str]) -> Any:
    """The same with other texts in place of those that name somebody, and of notes that quote them."""
    if isinstance(value, Mapping):
        return {name: _without(each, named) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, named) for each in value]
    if isinstance(value, str) and (
        value.casefold() in named or any(quoted.casefold() in named for quoted in _QUOTED.findall(value))
    ):
        return GONE_TEXT
    return value
