"""Takes an import back, a piece at a time from the last to the first; what people have changed since stays."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import SET_NULL, ForeignObjectRel, Q
from django.utils.translation import gettext as _

from keepers.crm.customers.acquisitions import FIELDS, take_acquisitions_back, tell_acquisitions
from keepers.crm.customers.computed.asking import changed as stale
from keepers.crm.customers.exchange.landing import children
from keepers.crm.customers.exchange.landing.keeping import moment_of
from keepers.crm.customers.exchange.landing.telling import NOUN, columns_of, tell_acts, unlearn
from keepers.crm.customers.exchange.models import KEPT, Before, KeptRecord, PeopleImport, Piece
from keepers.crm.customers.models import Customer, CustomField, CustomValue, Relation, Tag
from keepers.crm.customers.writing import bulk_rows, chunks
from keepers.crm.customers.writing.chunks import Pace, among
from keepers.crm.people.models import AuditEntry

Tell = Callable[..., None]
_OURS = {
    *(model._meta.label for model in children.SETS.values()),
    "exchange.Before",
    "customers.StaleCustomer",
    "customers.AcquisitionTold",
}
_WHOSE = ("customer_id", "organisation_id")
_MADE = ("kept", "taken_over")  # by the import, and by imports before it that are taken back
MOST_TOLD = 10_000


def undo(brought: PeopleImport, tell: Tell, *, at: datetime, forced: bool = False) -> None:
    """Take back all pieces that are not taken back yet.

    Args:
        brought: the import.
        tell: says how far it is.
        at: when.
        forced: whether customers are taken back who were changed since.
    """
    pace, pieces = Pace(), Piece.objects.filter(of=brought, undone_at=None)
    left, later = list(pieces.order_by("-pk").values_list("pk", flat=True)), _later_updates(brought)
    with chunks.writing_much():  # with no query open beside it: SQLite's log would grow to the end
        for done, pk in enumerate(left):
            tell("undoing", rows=done, bytes_read=done, bytes_total=len(left))
            with pace.transaction():
                piece = pieces.get(pk=pk)
                left_alone = _undo(piece, later, forced=forced, at=at)
                piece.undone_at = at
                piece.save(update_fields=["undone_at"])
                if left_alone:
                    brought.left_alone = [*brought.left_alone, *left_alone][:MOST_TOLD]
                    brought.save(update_fields=["left_alone"])
    with pace.transaction():
        _remove_made(brought)


def _undo(piece: Piece, later: Mapping[int, list[int]], *, forced: bool, at: datetime) -> list[dict[str, Any]]:
    added = piece.added
    _part(children.numbers_in(added.get("relations", [])), at=at)
    _take_kept_back(piece, later, at=at)
    left = _take_out(piece, children.numbers_in(added.get("customers", [])), forced=forced, at=at)
    return left + _put_back(piece, forced=forced, at=at)


def _part(relations: list[int], *, at: datetime) -> None:
    """Remove relations, and have the warehouse forget who brought whom by them."""
    going = Relation.objects.filter(among(relations, "pk"))
    brought_by = list(going.filter(kind=Relation.Kind.REFERRED_BY).values_list("customer_id", flat=True))
    going.delete()
    tell_acquisitions(brought_by, at=at)


def _later_updates(brought: PeopleImport) -> dict[int, list[int]]:
    """The pieces of later imports that brought a kept record up to date, by record, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    first = brought.pieces.filter(stage=KEPT, undone_at=None).order_by("pk").values_list("pk", flat=True).first()
    if first is not None:
        later = Piece.objects.filter(pk__gt=first, stage=KEPT, undone_at=None, updated__gt=0).exclude(of=brought)
        for pk, added in later.order_by("pk").values_list("pk", "added").iterator(chunk_size=10):
            for row in added.get("kept_before", []):
                found[row["id"]].append(pk)
    return found


def _take_kept_back(piece: Piece, later: Mapping[int, list[int]], *, at: datetime) -> None:
    """Remove what the piece kept, and keep what it brought up to date as it was, where that is still kept.

    What a later import has brought up to date since stays as that one has it, and goes or becomes what it was with it.
    """
    _hand_on(piece, later)
    others = set(children.numbers_in(piece.added.get("taken_over", [])))
    made = others.union(children.numbers_in(piece.added.get("kept", [])))
    before = piece.added.get("kept_before", [])
    going = KeptRecord.objects.filter(among(made, "pk") | Q(pk__in=[row["id"] for row in before]))
    kept = set(going.values_list("pk", flat=True)) if before else ()
    before = _of_those_here([row for row in before if row["id"] in kept])
    told = unlearn(going.filter(noun=NOUN), made=made, taken_over=others, told_at=moment_of(piece.of))
    tell_acts((columns_of(record) for record in told if record.pk in made), at=at, removed=True)
    going.delete()
    if before:
        children.put_back(KeptRecord, before)
        back = {row["id"] for row in before}.intersection(record.pk for record in told)
        tell_acts(map(columns_of, KeptRecord.objects.filter(among(back, "pk"))), at=at)


def _hand_on(piece: Piece, later: Mapping[int, list[int]]) -> None:
    """Hand what a later import wrote anew to that one: how it was, or that it goes with that one where it is new."""
    made = {name: set(children.numbers_in(piece.added.get(name, []))) for name in _MADE}
    before = {row["id"]: row for row in piece.added.get("kept_before", [])}
    asked = {next((to for to in later.get(pk, ()) if to > piece.pk), 0) for pk in set(before).union(*made.values())}
    others = Piece.objects.filter(among(asked, "pk"), undone_at=None).order_by("pk")
    for other in others:
        theirs = other.added["kept_before"]
        ours = {row["id"] for row in theirs}.intersection(set[int]().union(*made.values()))
        over = ours.union(children.numbers_in(other.added.get("taken_over", [])))
        rows = [before.pop(row["id"], row) for row in theirs if row["id"] not in ours]
        other.added |= {"kept_before": rows, "taken_over": chunks.runs(over)}
        other.save(update_fields=["added"])
        made = {name: numbers - ours for name, numbers in made.items()}
    if others:
        piece.added |= {name: chunks.runs(numbers) for name, numbers in made.items()}
        piece.added["kept_before"] = list(before.values())
        piece.save(update_fields=["added"])


def _of_those_here(before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records as they were, but for customers who were taken back meanwhile."""
    named = {row[whose] for row in before for whose in _WHOSE if row[whose] is not None}
    here = set(Customer.everyone.filter(among(named, "pk")).values_list("pk", flat=True))
    return [row | {whose: row[whose] if row[whose] in here else None for whose in _WHOSE} for row in before]


def _take_out(piece: Piece, customers: list[int], *, forced: bool, at: datetime) -> list[dict[str, Any]]:
    """Remove the customers that the piece made, with all that they have."""
    if not customers:
        return []
    later = {} if forced else _later(piece, customers)
    changed = {} if forced else _changed_since(piece, customers, later) | _have_more(customers)
    changed |= {pk: _by_a_later_one(others) for pk, others in later.items()}
    going = [pk for pk in customers if pk not in changed]
    take_acquisitions_back(going, at=at)
    if forced:
        acts = KeptRecord.objects.filter(among(going), noun=NOUN)  # those that other imports kept
        tell_acts((columns_of(record) for record in acts), at=at, removed=True)
        Customer.objects.filter(pk__in=going).delete()
    else:
        _remove(going)
    return _told(changed)


def _remove(customers: list[int]) -> None:
    """Customers who have nothing but what imports and looking for duplicates made."""
    present = Customer.objects.filter(among(customers, "pk"))
    going = list(present.values_list("pk", flat=True))
    for model in children.SETS.values():
        children.clear(model, going)
    for relation in Customer._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.hidden:
            rows = relation.related_model._base_manager.filter(among(going, relation.field.attname))
            if relation.on_delete is SET_NULL:
                rows.update(**{relation.field.attname: None})
            else:
                rows.delete()
    present._raw_delete(present.db)  # what hung on them is gone


def _put_back(piece: Piece, *, forced: bool, at: datetime) -> list[dict[str, Any]]:
    """Give the customers whom the piece changed back what they had."""
    befores = {before.customer_id: before.was for before in Before.objects.filter(piece=piece)}
    if not befores:
        return []
    later = _later(piece, befores)
    changed = {} if forced else _changed_since(piece, befores, later)
    for pk, others in later.items():
        whole = [other for other in others if befores[pk]["sets"].keys() & other.was["sets"].keys()]
        if whole:
            changed[pk] = _by_a_later_one(whole)
    going = {pk: was for pk, was in befores.items() if pk not in changed}
    for pk in going.keys() & later.keys():
        going[pk] = _left_to(later[pk], going[pk])
    for name, model in children.SETS.items():
        of = {pk: was["sets"][name] for pk, was in going.items() if name in was["sets"]}
        if of:
            children.clear(model, of)
            children.put_back(model, [row for rows in of.values() for row in rows])
    fields = {field.attname: field for field in Customer._meta.concrete_fields}
    by_columns: dict[tuple[str, ...], list[list[Any]]] = defaultdict(list)
    for pk, was in going.items():
        values = [fields[name].to_python(value) for name, value in was["columns"].items()]
        by_columns[tuple(was["columns"])].append([pk, *values])
    for names, rows in by_columns.items():
        bulk_rows.change(Customer, names, rows)
    Before.objects.filter(among(going), piece=piece).delete()
    stale(going, at=at)
    tell_acquisitions([pk for pk, was in going.items() if FIELDS & was["columns"].keys()], at=at)
    return _told(changed)


def _later(piece: Piece, customers: Iterable[int]) -> dict[int, list[Before]]:
    """How customers were before imports that came after this one changed them too, in their order."""
    found: dict[int, list[Before]] = {}
    others = Before.objects.filter(among(list(customers)), piece__gt=piece.pk).exclude(piece__of=piece.of)
    for before in others.select_related("piece__of").order_by("piece"):
        found.setdefault(before.customer_id, []).append(before)
    return found


def _left_to(others: list[Before], was: dict[str, Any]) -> dict[str, Any]:
    """What of somebody as they were is put back now; what later imports changed too, the first that did puts back."""
    left = dict(was["columns"])
    for other in others:
        theirs = left.keys() & other.was["columns"].keys()
        if theirs:
            other.was["columns"] |= {name: left.pop(name) for name in theirs}
            other.save(update_fields=["was"])
    return {"sets": was["sets"], "columns": left}


def _by_a_later_one(others: list[Before]) -> str:
    return _("import %(number)d changed it since: take that one back first") % {"number": others[-1].piece.of_id}


def _changed_since(piece: Piece, customers: Iterable[int], later: dict[int, list[Before]]) -> dict[int, str]:
    """The customers that somebody has changed since, each with why that is known; imports that came later are told."""
    asked, stamp = list(customers), piece.of.began_at
    theirs = {pk: moment_of(others[-1].piece.of) for pk, others in later.items()}
    stamps = Customer.objects.filter(among(asked, "pk")).values_list("pk", "changed_at")
    found = {pk: _("changed since") for pk, at in stamps if at != theirs.get(pk, stamp)}
    edited = AuditEntry.objects.filter(noun="customers", thing__in=[str(pk) for pk in asked], at__gt=stamp)
    found |= dict.fromkeys((int(thing) for thing in edited.values_list("thing", flat=True)), _("changed since"))
    return found


def _have_more(customers: list[int]) -> dict[int, str]:
    """The customers who have something that the import did not bring; what it brought beside them is gone by now."""
    found: dict[int, str] = {}
    for relation in Customer._meta.related_objects:
        model: Any = relation.related_model
        if model._meta.label in _OURS or relation.many_to_many:
            continue
        name = relation.field.attname
        has = model._base_manager.filter(among(customers, name)).order_by().values_list(name, flat=True)
        found |= dict.fromkeys(has, _("has %(what)s by now") % {"what": model._meta.verbose_name_plural})
    return found


def _told(changed: dict[int, str]) -> list[dict[str, Any]]:
    names = Customer.objects.in_bulk(list(changed))
    return [{"customer": pk, "name": str(names.get(pk, pk)), "why": why} for pk, why in changed.items()]


def _remove_made(brought: PeopleImport) -> None:
    """Custom fields and tags that the import brought along go where nobody uses them; choices become what they were."""
    for pk in brought.made.get("fields", []):
        if not CustomValue.objects.filter(field=pk).exists():
            CustomField.objects.filter(pk=pk).delete()
    for key, choices in brought.made.get("choices", {}).items():
        for field in CustomField.objects.filter(pk=int(key)):
            used = set(CustomValue.objects.filter(field=field).values_list("text", flat=True).distinct())
            field.choices = [choice for choice in field.choices if choice in choices or choice in used]
            field.save(update_fields=["choices"])
    Tag.objects.filter(pk__in=brought.made.get("tags", []), customers=None).delete()
