"""The custom fields that columns make: their keys and labels, and in which parts of one their figures are counted."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from keepers.crm.customers.exchange.recognising.headers import PARTS
from keepers.crm.customers.exchange.recognising.layout import NEW_FIELD, OLD_FIELD, Column
from keepers.crm.customers.exchange.recognising.vocabulary import bare
from keepers.ingest.recognising.vocabulary import plain

COUNTED = ("number", "money")
_IN_PARTS = re.compile(rf"(?:[\W_]+in)?[\W_]+(?P<parts>{'|'.join(PARTS)})[\W_]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FieldNamed:
    """What the custom field of a column is called.

    parts: how many parts of one the column's figures count, while those of the field are whole
    """

    key: str
    label: str
    parts: int = 1


def fields_named(columns: Sequence[Column]) -> Mapping[str, FieldNamed]:
    """Header → the custom field that it makes.

    Figures that are counted in cents are kept whole, and so lose that word; not where that leaves no name, or the name
    of another column of the table.
    """
    literal = {column.header: _literal(column.header) for column in columns}
    whole = {column.header: _whole(column.header) for column in columns}
    keys = Counter(field.key for field in literal.values())
    keys += Counter(field.key for field in whole.values() if field)
    found = {}
    for column in columns:
        field = whole[column.header]
        is_counted = not column.role.startswith(NEW_FIELD) or column.role.removeprefix(NEW_FIELD) in COUNTED
        is_alone = field is not None and keys[field.key] == 1
        found[column.header] = field if field and is_alone and is_counted else literal[column.header]
    return found


def filling(columns: Sequence[Column], known: Collection[str]) -> Mapping[str, str]:
    """Header of a column that would make a custom field → the key of the one that is there already, where it is.

    Of figures in cents an earlier version kept the cents, in a field of that name.
    """
    named, found = fields_named(columns), {}
    for column in columns:
        keys = (_literal(column.header).key, named[column.header].key)
        there = next((key for key in keys if key in known), None)
        if column.role.startswith(NEW_FIELD) and there is not None:
            found[column.header] = there
    return found


def key_filled(column: Column, named: Mapping[str, FieldNamed]) -> str | None:
    """The key of the custom field that a column makes or fills; None where it does neither."""
    if column.role.startswith(NEW_FIELD):
        return named[column.header].key
    return column.role.removeprefix(OLD_FIELD) if column.role.startswith(OLD_FIELD) else None


def _literal(header: str) -> FieldNamed:
    words = _spaced(header)
    return FieldNamed(_key(words) or "field", _label(words))


def _whole(header: str) -> FieldNamed | None:
    """The field of figures that are counted in parts of one; None where they are not, or nothing else is said."""
    words = _spaced(header)
    told = _IN_PARTS.search(words)
    if told is None or not _key(words[: told.start()]):
        return None
    left = words[: told.start()]
    return FieldNamed(_key(left), _label(left), PARTS[told["parts"].lower()])


def _key(words: str) -> str:
    return "-".join(plain(part) for part in re.split(r"[\W_]+", words) if plain(part))[:60]


def _label(words: str) -> str:
    return " ".join(words.replace("_", " ").split())[:120]


def _spaced(header: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"__c$", "", bare(header)))
