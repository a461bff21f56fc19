"""What users fill in: files, what they hold, how they are brought in, whose owners are whose."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.recognising.layout import ASIDE, NOUNS, OLD_FIELD, PEOPLE, Table, from_json
from keepers.crm.customers.exchange.wording import KEY_WORDS, NEW_FIELDS, NOUN_WORDS, REFUSED_ROLES, roles_of
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.reach import countries
from keepers.crm.jobs.receiving import FilesField
from keepers.crm.people.models import User

ENDINGS = ".csv,.tsv,.txt,.tab,.xlsx,.xlsm,.xls,.ods,.vcf,.json,.jsonl,.ndjson,.parquet,.gz,.zip"
LEFT_OUT = "out"
SEVERAL = frozenset({"person", "organisation"})  # roles that several columns of a kept table may have


class FilesForm(forms.Form):
    """The files of another system."""

    documents = FilesField(label=_("Files"), endings=ENDINGS)


class TablesForm(forms.ModelForm):  # type: ignore[type-arg]
    """What each table is, and how all of them are brought in."""

    class Meta:
        """What the import keeps."""

        model = PeopleImport
        fields = ("source", "mode", "empty", "stage", "region", "dates", "consent_source")

    source = forms.SlugField(
        label=_("Source"),
        max_length=40,
        help_text=_("The system under whose name its ids are known. Files of the same system have the same source."),
    )
    region = forms.ChoiceField(
        label=_("Country of telephone numbers"),
        required=False,
        help_text=_("Of numbers without + and without a country in their row."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tables = from_json(self.instance.tables)
        self.fields["region"].choices = [("", _now("nobody knows")), *countries()]  # type: ignore[attr-defined]
        self.fields["consent_source"].help_text = _now("Where people agreed or refused; needed where columns say so.")
        for number, table in enumerate(self.tables):
            nouns = [(noun, NOUN_WORDS[noun]) for noun in NOUNS] + [(LEFT_OUT, _now("Leave it out"))]
            self.fields[f"noun-{number}"] = forms.ChoiceField(
                label=_now("What %(table)s is") % {"table": table.name}, choices=nouns, initial=table.noun
            )
            if table.is_people:
                self.fields[f"key-{number}"] = forms.ChoiceField(
                    label=_now("What finds known ones of %(table)s") % {"table": table.name},
                    choices=keys_of(table),
                    initial=table.key,
                    required=False,
                )
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    def rows(self) -> list[dict[str, Any]]:
        """Each table with its fields."""
        return [
            {
                "number": number,
                "table": table,
                "noun": self[f"noun-{number}"],
                "key": self[f"key-{number}"] if table.is_people else None,
                "used": sum(bool(column.role) for column in table.columns),
            }
            for number, table in enumerate(self.tables)
        ]

    def decided(self) -> list[Table]:
        """The tables as they were decided, without those that are left out."""
        found = []
        for number, table in enumerate(self.tables):
            noun = self.cleaned_data[f"noun-{number}"]
            if noun == LEFT_OUT:
                continue
            changed = table if noun == table.noun else of_noun(table, noun)
            key = self.cleaned_data.get(f"key-{number}", changed.key) if changed.is_people else ""
            found.append(replace(changed, key=key))
        return found

    def settings(self) -> dict[str, Any]:
        """The rest."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class ColumnsForm(forms.Form):
    """Which column of a table is which."""

    def __init__(self, table: Table, data: Any = None) -> None:
        super().__init__(data, auto_id="column-%s")
        self.table = table
        choices = _roles(table)
        for number, column in enumerate(table.columns):
            if column.cells or column.role:
                self.fields[str(number)] = forms.ChoiceField(
                    label=column.header,
                    choices=choices,
                    initial=column.role,
                    required=False,
                    widget=forms.Select({"class": "input"}),
                )

    def rows(self) -> list[dict[str, Any]]:
        """Each column with its field."""
        return [{"column": self.table.columns[int(name)], "field": self[name]} for name in self.fields]

    def clean(self) -> dict[str, Any]:
        """A role goes to one column."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = [
            role for role in data.values() if role and ":" not in role and (self.table.is_people or role not in SEVERAL)
        ]
        twice = sorted({str(roles_of(self.table.noun)[role]) for role in chosen if chosen.count(role) > 1})
        if twice:
            raise forms.ValidationError(
                _now("Two columns cannot be the same: %(names)s. Choose another for one of them.")
                % {"names": ", ".join(twice)}
            )
        return data

    def decided(self) -> Table:
        """The table as it was decided."""
        columns = tuple(
            replace(column, role=self.cleaned_data.get(str(number), column.role) or ASIDE)
            for number, column in enumerate(self.table.columns)
        )
        table = replace(self.table, columns=columns)
        gained_ids = table.header_of("id") is not None and self.table.header_of("id") is None
        identity = table.identity if table.header_of(table.identity) and not gained_ids else _identity(table)
        keys = [key for key, _label in keys_of(replace(table, identity=identity))]
        key = table.key if table.key in keys else (keys[1] if len(keys) > 1 else "")
        return replace(table, identity=identity, key=key if table.is_people else "")


class OwnersForm(forms.Form):
    """Who the owners are that the files name."""

    def __init__(self, owners: Mapping[str, int | None], data: Any = None) -> None:
        super().__init__(data, auto_id="owner-%s")
        people = [("", _now("nobody")), *((str(user.pk), str(user)) for user in User.objects.filter(is_active=True))]
        self.names = dict(enumerate(owners))
        for number, name in self.names.items():
            self.fields[str(number)] = forms.ChoiceField(
                label=name, choices=people, initial=owners[name] or "", required=False,
                widget=forms.Select({"class": "input"}),
            )  # fmt: skip

    def decided(self) -> dict[str, int | None]:
        """Name → user."""
        return {name: int(self.cleaned_data[str(number)] or 0) or None for number, name in self.names.items()}


def keys_of(table: Table) -> list[tuple[str, Any]]:
    """What may find known customers: what the table has."""
    held = {column.role for column in table.columns}
    found: list[tuple[str, Any]] = [("", KEY_WORDS[""])]
    if "id" in held or table.identity == "name":
        found += [("id", KEY_WORDS["id"] if "id" in held else _now("Name, the same as before"))]
    if "id" in held:
        found.append(("key", KEY_WORDS["key"]))
    found += [(role, KEY_WORDS[role]) for role in ("email", "phone") if role in held]
    labels = dict(
        CustomField.objects.filter(noun="customers", kind__in=("text", "choice", "link")).values_list("key", "label")
    )
    own = [role for role in held if role.startswith(OLD_FIELD) and role.removeprefix(OLD_FIELD) in labels]
    return [*found, *((role, labels[role.removeprefix(OLD_FIELD)]) for role in sorted(own))]


def of_noun(table: Table, noun: str) -> Table:
    """The table as something else: roles that such a table does not have are left aside."""
    known = roles_of(noun)
    columns = tuple(
        column if column.role in known or (noun in PEOPLE and ":" in column.role) else replace(column, role=ASIDE)
        for column in table.columns
    )
    changed = replace(table, noun=noun, columns=columns)
    identity = _identity(changed)
    return replace(changed, identity=identity, key="id" if identity == "name" else identity if noun in PEOPLE else "")


def _roles(table: Table) -> list[tuple[str, Any]]:
    roles = list(roles_of(table.noun).items())
    if not table.is_people:
        return [("", _now("kept with the row")), *roles]
    fields = CustomField.objects.filter(noun="customers", removed_at=None).exclude(kind__in=("formula", "roll-up"))
    own = [(f"{OLD_FIELD}{field.key}", field.label) for field in fields]
    return [("", _now("leave aside")), *roles, *REFUSED_ROLES.items(), *own, *NEW_FIELDS.items()]


def _identity(table: Table) -> str:
    held = {column.role for column in table.columns}
    wanted = ("id", "email", "phone") if table.noun in {"people", "leads"} else ("id", "name", "title")
    return next((role for role in wanted if role in held), "")
