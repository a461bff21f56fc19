"""What becomes of each column of a table of people: names, contact points, addresses, fields, consent, relations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keepers.crm.customers.exchange.recognising.fields import COUNTED, fields_named, key_filled
from keepers.crm.customers.exchange.recognising.layout import (
    NEW_FIELD,
    OLD_FIELD,
    REFUSED,
    Column,
    Link,
    Table,
)

CONTACTS = (
    ("email", "email", ""), ("email_2", "email", ""), ("email_3", "email", ""), ("phone", "phone", ""),
    ("mobile", "phone", "mobile"), ("phone_home", "phone", "home"), ("phone_other", "phone", "other"),
    ("fax", "phone", "fax"), ("web", "web", ""), ("social", "social", ""),
)  # fmt: skip
ADDRESS_PARTS = ("street", "postal_code", "city", "region", "country")
ADDRESSES = (("", ""), ("_other", "other"))  # what roles of an address end with, and its label
CONSENTS = {
    "refuses_email": ("email", "refused"), "refuses_phone": ("phone", "refused"),
    "refuses_letter": ("letter", "refused"), "refuses_sms": ("sms", "refused"), "agrees_email": ("email", "given"),
    "agrees_phone": ("phone", "given"), "agrees_letter": ("letter", "given"), "agrees_sms": ("sms", "given"),
}  # fmt: skip
RELATIONS = {"organisation": "works-at", "parent": "part-of", "reports_to": "part-of", "referred_by": "referred-by"}
KEYS = ("id", "email", "phone", "key")


@dataclass(frozen=True, slots=True)
class Contact:
    """A column that says how somebody is reached.

    place: which of those that its cells list: 0 is the first
    is_last: whether what else they list has no place
    """

    header: str
    kind: str
    label: str
    place: int = 0
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class Custom:
    """A column that fills a custom field.

    parts: how many parts of one its figures count
    """

    header: str
    key: str
    label: str
    kind: str
    link: Link | None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """A column each of whose cells is a row by which somebody refuses a channel; without one, so is each row itself."""

    header: str
    channel: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a table are read.

    roles: role → header
    relations: header → role, one of `RELATIONS`
    key_role: the role whose cells find known customers
    key_field: the custom field that finds them instead; empty: none
    """

    table: Table
    roles: Mapping[str, str]
    contacts: Sequence[Contact]
    addresses: Sequence[tuple[str, Mapping[str, str]]]
    customs: Sequence[Custom]
    consents: Mapping[str, tuple[str, str]]
    refusals: Sequence[Refusal]
    relations: Mapping[str, str]
    key_role: str
    key_field: str = ""

    @property
    def identity(self) -> str | None:
        """The header whose cells tell rows apart."""
        return self.roles.get(self.table.identity) if self.table.identity else None

    @property
    def names_employers(self) -> bool:
        """Whether the rows tell where people work, by nothing but a name."""
        return "organisation_name" in self.roles and self.table.noun != "organisations"

    @property
    def names_contacts(self) -> bool:
        """Whether the rows of organisations tell who speaks for each, who has no row in another table."""
        header = self.roles.get("contact")
        column = self.table.column(header) if header and self.table.noun == "organisations" else None
        return column is not None and column.link is None

    @property
    def has_ids(self) -> bool:
        """Whether the identity is one that its system gave, which is kept."""
        return self.table.identity in {"id", "name", "title"}

    @property
    def finds_by_ids(self) -> bool:
        """Whether known customers are found by such an identity."""
        return not self.key_field and self.key_role not in {"email", "phone", "key"}

    @property
    def ids_tell_whom(self) -> bool:
        """Whether an id means one customer: beside another key a name does not, nor what Keepers gave itself."""
        return self.finds_by_ids or (self.table.identity == "id" and self.key_role != "key")


def plan_of(table: Table, kinds: Mapping[str, str]) -> Plan:
    """The plan for a table of people.

    Args:
        table: with its columns decided.
        kinds: the kinds of the custom fields that are there, by their keys.
    """
    roles = {column.role: column.header for column in table.columns if column.role and ":" not in column.role}
    refusing = [column for column in table.columns if column.role.startswith(REFUSED)]
    return Plan(
        table=table,
        roles=roles,
        contacts=_contacts(table),
        addresses=[
            (label, parts)
            for ending, label in ADDRESSES
            if (parts := {part: roles[f"{part}{ending}"] for part in ADDRESS_PARTS if f"{part}{ending}" in roles})
        ],
        customs=_customs(table, kinds),
        consents={roles[role]: consent for role, consent in CONSENTS.items() if role in roles},
        refusals=[
            *(Refusal(column.header, column.role.removeprefix(REFUSED)) for column in refusing),
            *(Refusal("", channel) for channel in table.refuses.split()),
        ],
        relations={roles[role]: role for role in RELATIONS if role in roles},
        key_role=table.key if table.key in KEYS else table.identity,
        key_field=table.key.removeprefix(OLD_FIELD) if table.key.startswith(OLD_FIELD) else "",
    )


def new_fields(tables: Sequence[Table]) -> dict[str, tuple[str, str]]:
    """Key → label and kind of the custom fields that tables bring along; where they differ over the kind, a text."""
    found: dict[str, tuple[str, str]] = {}
    for table in tables:
        named = fields_named(table.columns)
        for column in table.columns:
            if table.is_people and column.role.startswith(NEW_FIELD):
                field, kind = named[column.header], column.role.removeprefix(NEW_FIELD)
                label, before = found.get(field.key, (field.label, kind))
                found[field.key] = (label, kind if kind == before else "text")
    return found


def _contacts(table: Table) -> list[Contact]:
    """How people are reached; below columns that hold lists, by the first two of them."""
    columns = {column.role: column for column in table.columns}
    found = [
        Contact(columns[role].header, kind, label, is_last=not _lists(columns[role]))
        for role, kind, label in CONTACTS
        if role in columns
    ]
    return found + [replace(first, place=1, is_last=True) for first in found if not first.is_last]


def _lists(column: Column) -> bool:
    return any(cell.startswith("[") for cell in column.cells)


def _customs(table: Table, kinds: Mapping[str, str]) -> list[Custom]:
    named = fields_named(table.columns)
    found: dict[str, Custom] = {}
    for column in table.columns:
        key, field = key_filled(column, named), named[column.header]
        if key is None:
            continue
        is_new = column.role.startswith(NEW_FIELD)
        kind = kinds.get(key, column.role.removeprefix(NEW_FIELD) if is_new else "text")
        parts = field.parts if key == field.key and kind in COUNTED else 1  # another field counts as the column does
        found.setdefault(key, Custom(column.header, key, field.label if is_new else key, kind, column.link, parts))
    return list(found.values())
