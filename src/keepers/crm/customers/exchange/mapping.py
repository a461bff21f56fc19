"""What the tables of an import are taken for, as programs read and decide it: the same choices as on the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.exchange.actions import SETTINGS
from keepers.crm.customers.exchange.forms import ColumnsForm, keys_of, of_noun
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.recognising.layout import Table, from_json
from keepers.crm.people.models import User


class MappingError(KeepersError):
    """What was decided about tables and columns cannot be."""


def mapping_of(brought: PeopleImport) -> dict[str, Any]:
    """What the tables and columns were taken for, how they are brought in, and whom the files name as owners."""
    emails = dict(User.objects.filter(pk__in=[pk for pk in brought.owners.values() if pk]).values_list("pk", "email"))
    return {
        **{name: getattr(brought, name) for name in SETTINGS},
        "tables": [_told(table) for table in from_json(brought.tables)],
        "owners": {name: emails.get(pk) if pk else None for name, pk in brought.owners.items()},
    }


def tables_decided(brought: PeopleImport, given: Sequence[Mapping[str, Any]]) -> list[Table]:
    """The tables as a program decides; those that it does not name are left out.

    Args:
        brought: the import.
        given: of each table its `name`, and what is to be otherwise: `noun`, `key`, `columns`.

    Raises:
        MappingError: there is no such table or column, or it cannot be that.
    """
    known = {table.name: table for table in from_json(brought.tables)}
    found: dict[str, Table] = {}
    for each in given:
        name = each["name"]
        if name not in known:
            raise MappingError(_("This import has no table %(name)s; it has %(known)s.") % {
                "name": name, "known": ", ".join(known)})  # fmt: skip
        if name in found:
            raise MappingError(_("The table %(name)s is told twice.") % {"name": name})
        found[name] = _decided(known[name], each)
    return list(found.values())


def owners_decided(brought: PeopleImport, given: Mapping[str, str | None]) -> dict[str, int | None]:
    """Whom the owners that the files name are, by the e-mail of a user.

    Raises:
        MappingError: the files name nobody so, or nobody here has the e-mail.
    """
    users = dict(User.objects.filter(is_active=True).values_list("email", "pk"))
    found: dict[str, int | None] = {}
    for name, email in given.items():
        if name not in brought.owners:
            raise MappingError(_("The check found no owner %(name)s in these files.") % {"name": name})
        if email is not None and email.lower() not in users:
            raise MappingError(_("Nobody here has the e-mail %(email)s.") % {"email": email})
        found[name] = None if email is None else users[email.lower()]
    return found


def _decided(table: Table, given: Mapping[str, Any]) -> Table:
    noun = given.get("noun") or table.noun
    if noun != table.noun:
        table = of_noun(table, noun)
    table = _with_columns(table, given.get("columns") or ())
    key = given.get("key")
    if key is None or key == table.key:
        return table
    may = [name for name, _label in keys_of(table)] if table.is_people else [""]
    if key not in may:
        raise MappingError(
            _("Known ones of %(table)s cannot be found by %(key)s; by %(may)s they can.")
            % {"table": table.name, "key": key, "may": ", ".join(filter(None, may)) or _("nothing")}
        )
    return replace(table, key=key)


def _with_columns(table: Table, given: Sequence[Mapping[str, str]]) -> Table:
    roles = {each["header"]: each["role"] for each in given}
    form = ColumnsForm(table, {
        str(place): roles.get(column.header, column.role) for place, column in enumerate(table.columns)
    })  # fmt: skip
    asked = {table.columns[int(name)].header for name in form.fields}
    for header in roles:
        if header not in asked:
            raise MappingError(
                _("The table %(table)s has no column %(header)s, or it is empty.")
                % {"table": table.name, "header": header}
            )
    if form.is_valid():
        return form.decided()
    name, messages = next(iter(form.errors.items()))
    where = f"{table.columns[int(name)].header}: " if name.isdecimal() else ""
    raise MappingError(f"{table.name}: {where}{messages[0]}")


def _told(table: Table) -> dict[str, Any]:
    columns = [
        {"header": column.header, "role": column.role, "cells": list(column.cells), "why": str(column.why)}
        for column in table.columns
    ]
    plain = {name: getattr(table, name) for name in ("name", "noun", "identity", "key")}
    return {**plain, "notes": [str(note) for note in table.notes], "columns": columns}
