"""Brings checked rows in, a piece at a time: each piece one transaction with what it takes to undo it.

An import that was killed goes on after its last piece: a piece's row is written with its rows, and the staged rows are
the same each time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models import Max

from keepers.crm.customers.acquisitions import FIELDS, tell_acquisitions
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.exchange.landing import children, creating, updating
from keepers.crm.customers.exchange.landing.creating import Bringing, ToldRows
from keepers.crm.customers.exchange.landing.deciding import Decided, decide
from keepers.crm.customers.exchange.landing.keeping import keep, moment_of
from keepers.crm.customers.exchange.landing.mapped_anew import ReadOtherwise
from keepers.crm.customers.exchange.landing.relating import relate_members, relate_people, relate_to_employers
from keepers.crm.customers.exchange.landing.resolving import employers_meant, users_called
from keepers.crm.customers.exchange.landing.speaking import relate_speakers
from keepers.crm.customers.exchange.models import KEPT, PEOPLE, RELATIONS, SPEAKERS, PeopleImport, Piece, RefusedRow
from keepers.crm.customers.exchange.reading.staging import (
    employers_in,
    kinds_of_fields,
    pieces_of,
    plans_of,
    repeats_of,
    rows_path,
    texts_of,
)
from keepers.crm.customers.exchange.recognising.layout import Table, from_json, in_order
from keepers.crm.customers.exchange.recognising.plans import Plan, new_fields
from keepers.crm.customers.exchange.recognising.tables import source_for, staging_of
from keepers.crm.customers.finding import words
from keepers.crm.customers.models import CustomField, Tag
from keepers.crm.customers.writing import bulk_rows, chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.models import User
from keepers.crm.people.rights import scope_of
from keepers.crm.people.roles import Noun, Scope, Verb
from keepers.warehouse.tombstones import WHY

ROWS_A_PIECE = 3_000
MOST_CHOICES = 200
Tell = Callable[..., None]
Write = Callable[[Piece], None]


@dataclass(frozen=True, slots=True)
class Landing:
    """An import on its way into the app database."""

    brought: PeopleImport
    tables: list[Table]
    user: User | None
    tell: Tell
    pace: Pace

    @property
    def at(self) -> datetime:
        """The moment that all rows bear."""
        return moment_of(self.brought)


def land(brought: PeopleImport, tell: Tell) -> None:
    """Bring all rows in; what earlier tries brought in is not brought in again."""
    landing = Landing(brought, from_json(brought.tables), brought.by, tell, Pace())
    _make_fields(landing)
    plans, total, done = plans_of(brought, landing.tables), _ready(brought), 0
    named = {each.name: each for each in landing.tables}
    for place, table in in_order(landing.tables):
        if table.is_people:
            bringing = bringing_of(landing, plans[place], place)
            with chunks.writing_much():
                done = _land_people(landing, place, bringing, done, total)
    words.settle()
    children.look_anew()
    for place, table in in_order(landing.tables):
        if table.is_people and plans[place].relations:
            _in_pieces(landing, RELATIONS, place, _each(relate_people, plan=plans[place], tables=named))
        if table.noun == "relations":
            _in_pieces(landing, KEPT, place, _each(relate_members, table=table, tables=named))
            done += _rows(brought, place)
        elif not table.is_people:
            _in_pieces(landing, KEPT, place, _each(keep, table=table, tables=landing.tables))
            done += _rows(brought, place)
        if table.is_people:
            _tell_texts(landing, place, table)
        tell("landing", rows=done, bytes_read=done, bytes_total=total)
    _land_speakers(landing, plans)


def _land_speakers(landing: Landing, plans: Mapping[int, Plan]) -> None:
    """Bring in who speaks for organisations, after all who are known to work there."""
    for place, _table in in_order(landing.tables):
        if place in plans and plans[place].names_contacts:
            bringing = bringing_of(landing, plans[place], place)
            _in_pieces(landing, SPEAKERS, place, _each(relate_speakers, bringing=bringing))
            words.settle()


def _tell_texts(landing: Landing, place: int, table: Table) -> None:
    """Write down how the rows that were refused only now stand in their file, which goes; not of who was forgotten."""
    refused = RefusedRow.objects.filter(piece__of=landing.brought, piece__table=place).exclude(reason=WHY)
    told = pl.DataFrame(list(refused.values_list("pk", "line")), schema=["pk", "line"], orient="row")
    found = told.join(texts_of(source_for(landing.brought, table), told["line"]), on="line") if told.height else told
    for part in found.iter_slices(chunks.CHUNK):
        with landing.pace.transaction():
            bulk_rows.change(RefusedRow, ("text",), part.select("pk", "text").rows())


def bringing_of(landing: Landing, plan: Plan, place: int) -> Bringing:
    """What the rows of a table are brought in with.

    Args:
        landing: that brings them in.
        plan: of the table.
        place: of the table.
    """
    brought = landing.brought
    teams = dict(User.objects.exclude(team=None).values_list("pk", "team_id"))
    fields = {field.key: field for field in CustomField.objects.filter(noun="customers")}
    user = landing.user
    own = user.pk if user and scope_of(user, Verb.CREATE, Noun.CUSTOMERS) < Scope.ALL else None
    owners = {name: pk for name, pk in brought.owners.items() if pk is not None}
    names = employers_in(rows_path(staging_of(brought), place)) if plan.names_employers else ()
    employers = employers_meant(brought, place, names, but=_made_before(landing, place))
    return Bringing(brought, plan, fields, owners, teams, landing.at, own, employers)


def _made_before(landing: Landing, place: int) -> set[int]:
    """Whom earlier tries brought in of this table: an import that was killed goes on as if it had not been."""
    pieces = Piece.objects.filter(of=landing.brought, stage=PEOPLE, table=place).values_list("added", flat=True)
    return {number for added in pieces for number in children.numbers_in(added.get("customers", []))}


def owners_in(paths: Iterable[Path]) -> dict[str, int | None]:
    """Whom the files name as owners, each with the user of that e-mail or name, if there is one."""
    names: set[str] = set()
    for path in paths:
        if path.exists():
            frame = pl.read_parquet(path, columns=["owner"])
            names.update(frame["owner"].drop_nulls().unique().to_list())
    return users_called(names)


def _land_people(landing: Landing, place: int, bringing: Bringing, done: int, total: int) -> int:
    otherwise = ReadOtherwise(landing.brought, bringing.plan.table)

    def writing(rows: pl.DataFrame) -> Write:
        told = ToldRows.of(bringing, rows)
        return lambda piece: write(piece, rows, told)

    def write(piece: Piece, rows: pl.DataFrame, told: ToldRows) -> None:
        decided = decide(landing.brought, bringing.plan, rows, landing.user, otherwise)
        tags = _tags(landing, told, decided)
        new, known = told.of_these(decided.new), told.of_these(list(decided.known))
        made = creating.create(bringing, new, tags)
        customers = list(decided.known.values())
        piece.added = {"customers": chunks.runs(made)}
        employers = dict(zip([*made, *customers], [*new.employers(), *known.employers()], strict=True))
        named = {pk: name for pk, name in employers.items() if name and pk not in decided.filled}
        if named:
            organisations = relate_to_employers(piece, bringing, named)
            made += organisations
            piece.added |= {"customers": chunks.runs(made), "organisations": len(organisations)}
        changes = updating.changes_of(bringing, known, customers, tags, filled=decided.filled)
        updating.update(piece, bringing, changes)
        changed([*made, *changes], at=landing.at)
        tell_acquisitions([pk for pk, change in changes.items() if FIELDS & change.columns.keys()], at=landing.at)
        piece.created, piece.updated = new.height, len(changes)
        piece.same = len(decided.unchanged) + known.height - len(changes)
        piece.refused = len(decided.refused)
        lines = told.cells["line"]
        RefusedRow.objects.bulk_create(
            RefusedRow(piece=piece, line=lines[at], reason=why[:255]) for at, why in decided.refused.items()
        )

    return _in_pieces(landing, PEOPLE, place, writing, done=done, total=total)


def _each(write: Callable[..., None], **by: Any) -> Callable[[pl.DataFrame], Write]:
    """For work of which nothing is done before the transaction."""
    return lambda rows: partial(write, rows=rows, **by)


def _in_pieces(
    landing: Landing,
    stage: str,
    place: int,
    writing: Callable[[pl.DataFrame], Write],
    *,
    done: int = 0,
    total: int = 0,
) -> int:
    """Do the pieces of a table that are not done yet; how many rows are done then.

    `writing` does of a piece what can be done before its transaction, and gives what is to be done in it.
    """
    brought = landing.brought
    of = Piece.objects.filter(of=brought, stage=stage, table=place)
    last = of.aggregate(last=Max("number"))["last"]
    folder = staging_of(brought)
    skip = repeats_of(folder, place)
    for number, rows in pieces_of(rows_path(folder, place), rows=ROWS_A_PIECE, skip=skip):
        done += rows.height
        if last is not None and number <= last:
            continue
        if total:
            landing.tell("landing", rows=done, bytes_read=done, bytes_total=total)
        write = writing(rows)
        with landing.pace.transaction():
            piece = Piece.objects.create(of=brought, stage=stage, table=place, number=number)
            write(piece)
            piece.save()
    return done


def _make_fields(landing: Landing) -> None:
    """Custom fields that the tables bring along, and choices that lists of choices lack."""
    brought = landing.brought
    if brought.made.get("fields") is not None:
        return
    wanted = new_fields(landing.tables)
    known = {field.key: field for field in CustomField.objects.filter(noun="customers")}
    kinds, position = kinds_of_fields(landing.tables), len(known)
    choices = _choices(landing, {key for key, kind in kinds.items() if kind in {"choice", "choices"}})
    with transaction.atomic():
        made, grown = [], {}
        for key, (label, _kind) in wanted.items():
            if key not in known:
                position += 1
                field = CustomField.objects.create(
                    key=key, label=label, kind=kinds[key], choices=choices.get(key, []), position=position
                )
                made.append(field.pk)
        for key, found in choices.items():
            field_known = known.get(key)
            missing = [choice for choice in found if field_known is not None and choice not in field_known.choices]
            if field_known is not None and missing:
                grown[str(field_known.pk)] = field_known.choices
                CustomField.objects.filter(pk=field_known.pk).update(choices=[*field_known.choices, *missing])
        brought.made = {"fields": made, "choices": grown, "tags": []}
        brought.save(update_fields=["made"])


def _choices(landing: Landing, keys: set[str]) -> dict[str, list[str]]:
    """Every choice that the rows make, by the field's key."""
    found: dict[str, dict[str, None]] = {}
    folder = staging_of(landing.brought)
    for place, plan in plans_of(landing.brought, landing.tables).items():
        path = rows_path(folder, place)
        columns = {f"v{number}": custom.key for number, custom in enumerate(plan.customs) if custom.key in keys}
        if columns and path.exists():
            frame = pl.read_parquet(path, columns=list(columns))
            for name, key in columns.items():
                told = frame[name].cast(pl.String).drop_nulls()
                if plan.customs[int(name[1:])].kind == "choices":
                    told = told.str.replace_all(",", ";").str.split(";").explode()
                found.setdefault(key, {}).update(dict.fromkeys(sorted(told.str.strip_chars().unique().to_list())))
    return {key: list(of)[:MOST_CHOICES] for key, of in found.items()}


def _tags(landing: Landing, told: ToldRows, decided: Decided) -> dict[str, int]:
    """Primary keys of the tags that the rows name, made where they are new."""
    if not told.tags:
        return {}
    wanted = {tag for at in (*decided.new, *decided.known) for tag in told.tags[at]}
    known = dict(Tag.objects.filter(name__in=wanted).values_list("name", "pk"))
    new = sorted(wanted - known.keys())
    if new:
        made = {name: Tag.objects.create(name=name).pk for name in new}
        known |= made
        brought = landing.brought
        brought.made["tags"] = [*brought.made.get("tags", []), *made.values()]
        brought.save(update_fields=["made"])
    return known


def _ready(brought: PeopleImport) -> int:
    return sum(told.get("ready", 0) for told in brought.expected)


def _rows(brought: PeopleImport, place: int) -> int:
    return int(brought.expected[place].get("ready", 0)) if place < len(brought.expected) else 0
