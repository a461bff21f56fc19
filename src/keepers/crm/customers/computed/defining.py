"""What a computed field must be before it is kept: readable, of known fields, never computed from itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from keepers.crm.customers.computed.formulas import Formula, formula_of
from keepers.crm.customers.computed.known import OWN, variables
from keepers.crm.customers.computed.notation import FormulaError, Piece, rewritten
from keepers.crm.customers.computed.sources import roll_up_of
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.typed import OF_FIELDS

Kind = CustomField.Kind


def computed_as(kind: str, formula: str, roll_up: Mapping[str, Any], fields: Sequence[CustomField]) -> dict[str, Any]:
    """What a computed field keeps: the formula by keys or the roll-up, the kind that comes out, the fields it reads.

    Args:
        kind: formula or roll-up.
        formula: as somebody wrote it.
        roll_up: of, measure, days, where.
        fields: those that a formula may read.

    Raises:
        FormulaError: the formula cannot be read.
        RollUpError: there is no such roll-up.
    """
    if kind == Kind.ROLL_UP:
        rolled = roll_up_of(roll_up)
        return {"formula": "", "roll_up": rolled.as_json, "result": rolled.measure.kind, "reads": []}
    found = formula_of(formula, variables(fields))
    return {
        "formula": rewritten(formula, _by_key(fields)),
        "roll_up": {},
        "result": found.kind,
        "reads": sorted(found.reads),
    }


def formula_in(field: CustomField, fields: Iterable[CustomField]) -> Formula:
    """The formula that a field keeps.

    Raises:
        FormulaError: what it reads is no longer there.
    """
    return formula_of(field.formula, variables(fields))


def refuse_circle(field: CustomField, reads: Iterable[str], fields: Sequence[CustomField]) -> None:
    """Refuse a formula that would be computed from itself.

    Raises:
        FormulaError: one of the fields that it reads is computed from it.
    """
    waiting, seen = list(reads), set[str]()
    by_name = {f"{OF_FIELDS}{each.key}": each for each in fields}
    while waiting:
        name = waiting.pop()
        if name == f"{OF_FIELDS}{field.key}":
            raise FormulaError(f"{field.label} would be computed from itself. Leave out what is computed from it.")
        if name in by_name and name not in seen:
            waiting += by_name[name].reads
        seen.add(name)


def readers_of(field: CustomField, fields: Iterable[CustomField]) -> list[CustomField]:
    """The formulas that read a field."""
    return [each for each in fields if f"{OF_FIELDS}{field.key}" in each.reads]


def in_turn(fields: Iterable[CustomField]) -> list[CustomField]:
    """Computed fields, each after those that it reads."""
    waiting = {f"{OF_FIELDS}{field.key}": field for field in fields if field.is_computed}
    found: list[CustomField] = []
    while waiting:
        ready = [name for name, field in waiting.items() if not waiting.keys() & set(field.reads)]
        assert ready, "formulas go round in a circle"
        found += [waiting.pop(name) for name in ready]
    return found


def _by_key(fields: Sequence[CustomField]) -> Any:
    """Labels become keys, so that a field may get another label."""
    keys = {each.label.casefold(): each.key for each in fields} | {each.key.casefold(): each.key for each in fields}

    def spelled(piece: Piece) -> str:
        word = piece.said.casefold()
        if piece.kind not in {"field", "name"} or word in OWN or word not in keys:
            return piece.text
        return keys[word] if keys[word].isidentifier() else f"[{keys[word]}]"

    return spelled
