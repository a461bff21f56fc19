"""Everything that both stores hold of somebody, as one file: a page to read, tables, JSON, files."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.template.loader import render_to_string
from django.utils.text import slugify

from keepers.crm.customers.actions.attachments import place_of
from keepers.crm.customers.models import Attachment, Customer, Relation
from keepers.crm.customers.queries import customers_for
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun
from keepers.crm.privacy.models import Takeout
from keepers.crm.privacy.people import Person, called, customer_called, known_of, person_of, rows_about
from keepers.crm.privacy.sweeping import audit_of
from keepers.loop.exports import risky_in_spreadsheets
from keepers.warehouse.erasing import rows_of, tables_that_name

Told = list[dict[str, Any]]
LEFT_OUT = {"privacy.Takeout"}  # files like this one


def write(takeout: Takeout, *, at: datetime) -> int:
    """Write the file that was asked for; how many bytes it has."""
    path = path_of(takeout)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to(path, takeout.customer, by=takeout.by, at=at)
    takeout.size, takeout.done_at = path.stat().st_size, at
    takeout.save(update_fields=["size", "done_at"])
    return takeout.size


def path_of(takeout: Takeout) -> Path:
    """Where it lies."""
    folder: Path = settings.WORKSPACE.takeouts
    return folder / takeout.stored_as


def counts_of(key: str) -> dict[str, int]:
    """How many rows of each kind there are of somebody.

    Raises:
        NobodyError: no customer has this id.
    """
    person = person_of(customer_called(key))
    return {name: len(rows) for name, rows in {**_of_the_app(person, None), **_of_the_warehouse(person)}.items()}


def write_for_command(key: str, path: Path, *, at: datetime) -> dict[str, int]:
    """Write everything about a customer where the command line wants it; the audit log tells of it.

    Raises:
        NobodyError: no customer has this id.
    """
    customer = customer_called(key)
    counts = write_to(path, customer, by=None, at=at)
    changes, via = {"file": path.name}, AuditEntry.Via.COMMAND
    record(at=at, actor=None, verb="export", noun=Noun.CUSTOMERS, thing=customer, changes=changes, via=via)
    return counts


def write_to(path: Path, customer: Customer, *, by: User | None, at: datetime) -> dict[str, int]:
    """Everything about a customer, into a file, whole or not at all; how many rows of each kind.

    Args:
        path: where it is written.
        customer: whom it is about.
        by: who asked, and reads no name of others whom they do not see; None: whoever runs Keepers.
        at: when.
    """
    person = person_of(customer)
    app, warehouse = _of_the_app(person, by), _of_the_warehouse(person)
    counts = {name: len(rows) for name, rows in {**app, **warehouse}.items()}
    unfinished = path.with_name(f".{path.name}")
    with ZipFile(unfinished, "w", ZIP_DEFLATED) as file:
        page = {"customer": customer, "at": at, "parts": [_part(*each) for each in {**app, **warehouse}.items()]}
        file.writestr("read me first.html", render_to_string("privacy/takeout.html", page))
        file.writestr("all.json", json.dumps({**app, **warehouse}, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for folder, found in (("app", app), ("warehouse", warehouse)):
            for name, rows in found.items():
                file.writestr(f"{folder}/{slugify(name)}.csv", _as_csv(rows))
        for number, attached in enumerate(Attachment.objects.filter(customer__in=person.numbers), start=1):
            if place_of(attached.stored_as).exists():
                file.write(place_of(attached.stored_as), f"files/{number}-{attached.name}")
    unfinished.replace(path)
    return counts


def _of_the_app(person: Person, by: User | None) -> dict[str, Told]:
    """Every row of every desk, by what its rows are."""
    about, found = rows_about(person.numbers), dict[str, Told]()
    for model, pks in about.items():
        if model._meta.label not in LEFT_OUT:
            rows = model._base_manager.filter(pk__in=pks).order_by("pk")
            found[called(model)] = [_told(row, person, by) for row in rows]
    done = audit_of(about).order_by("at", "pk")
    found["audit log"] = [dict(each) for each in done.values("at", "verb", "noun", "via", "changes")]
    return {name: rows for name, rows in found.items() if rows}


def _of_the_warehouse(person: Person) -> dict[str, Told]:
    subject = known_of(person)
    with settings.WORKSPACE.opened() as store:
        found = {table.name: rows_of(store, table, subject.names).to_pylist() for table in tables_that_name()}
    return {name: rows for name, rows in found.items() if rows}


def _told(row: models.Model, person: Person, by: User | None) -> dict[str, Any]:
    """A row as somebody reads it; others than the customer and who works here are told by their relation alone."""
    told: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if value is None or value == "" or field.primary_key:
            continue
        if isinstance(field, models.ForeignKey):
            value = _pointed_to(row, field, person, by)
        elif field.choices:
            value = str(dict(field.flatchoices).get(value, value))
        told[field.name] = value
    return told


def _pointed_to(row: models.Model, field: "models.ForeignKey[Any, Any]", person: Person, by: User | None) -> Any:
    if field.related_model is Customer:
        number = getattr(row, field.attname)
        if number in person.numbers:
            return "this customer"
        is_named = isinstance(row, Relation) and (by is None or customers_for(by).filter(pk=number).exists())
        return str(getattr(row, field.name)) if is_named else "somebody else"
    return str(getattr(row, field.name)) if _says_itself(field.related_model) else getattr(row, field.attname)


def _says_itself(model: Any) -> bool:
    return model is User or model._meta.label in {"people.Team", "customers.Tag", "customers.CustomField"}


def _part(name: str, rows: Told) -> dict[str, Any]:
    columns = _columns(rows)
    cells = [[_text(row.get(column)) for column in columns] for row in rows]
    return {"name": name, "columns": columns, "rows": cells}


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those that hold something in any row."""
    return list(dict.fromkeys(name for row in rows for name, value in row.items() if value not in (None, "", [], {})))


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return "" if value is None else str(value)


def _as_csv(rows: Told) -> str:
    """As a spreadsheet reads it; what it would run begins with an apostrophe."""
    written, columns = StringIO(), _columns(rows)
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        texts = (_text(row.get(column)) for column in columns)
        writer.writerow([f"'{text}" if risky_in_spreadsheets(text) else text for text in texts])
    return f"\ufeff{written.getvalue()}"
