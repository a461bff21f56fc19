"""Formulas of custom fields: from their tree to something that computes, with kinds checked beforehand.

What is empty makes empty what is computed from it, but for `filled`, `either`, `min`, `max` and `&`. A number divided
by zero, or greater than can be kept, is empty.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from keepers.crm.customers.computed.functions import FUNCTIONS, Node, Row, Value, of_all, text_of
from keepers.crm.customers.computed.kinds import DATE, MONEY, NUMBER, NUMBERS, TEXT, YES_NO, said
from keepers.crm.customers.computed.notation import Piece, Written, read, wrong_at
from keepers.crm.customers.typed import GREATEST

_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_CONSTANTS: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that a formula may read: its name among the fields of customers, and what it holds."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that can be computed.

    kind: of what comes out
    reads: the fields that it needs
    needs_today: whether another day may give another value
    """

    kind: str
    reads: frozenset[str]
    needs_today: bool
    _node: Node

    def value(self, known: Mapping[str, Value], *, today: date) -> Value:
        """What it says of a customer.

        Args:
            known: what the customer has in the fields of `reads`; those that are empty may be missing.
            today: the day that `today()` means.
        """
        found = self._node(Row(known, today))
        if isinstance(found, Decimal):
            return None if abs(found) >= GREATEST else round(found, 6)
        return found or None if isinstance(found, str) else found


def formula_of(text: str, variables: Mapping[str, Variable]) -> Formula:
    """The formula that a text says.

    Args:
        text: as somebody wrote it.
        variables: what it may read, by how it is written: in small letters.

    Raises:
        FormulaError: it cannot be read, names what is not there, or mixes kinds; the sentence says where.
    """
    building = _Building(read(text), variables)
    kind, node = building.part(building.written.tree)
    return Formula(kind, frozenset(building.reads), building.needs_today, node)


class _Building:
    """Goes down the tree once; each part becomes its kind and what computes it."""

    def __init__(self, written: Written, variables: Mapping[str, Variable]) -> None:
        self.written, self.reads, self.needs_today = written, set[str](), False
        self._variables = variables

    def part(self, node: ast.expr) -> tuple[str, Node]:
        match node:
            case ast.Name():
                return self._name(self._piece(node))
            case ast.BinOp():
                return self._computed(node)
            case ast.UnaryOp():
                return self._turned(node)
            case ast.BoolOp():
                return self._joined(node)
            case ast.Compare():
                return self._compared(node)
            case ast.Call(func=ast.Name() as name) if not node.keywords:
                return self._called(self._piece(name), node.args)
        raise wrong_at(self.written.piece(node), "formulas know no such thing")

    def _piece(self, node: ast.Name) -> Piece:
        return self.written.pieces[int(node.id[1:])]

    def _name(self, piece: Piece) -> tuple[str, Node]:
        if piece.kind == "text":
            text = piece.said
            return TEXT, lambda _row: text
        if piece.kind == "number":
            number = Decimal(piece.text)
            return NUMBER, lambda _row: number
        word = piece.said.casefold()
        if word in self._variables:
            variable = self._variables[word]
            self.reads.add(variable.name)
            return variable.kind, lambda row: row.known.get(variable.name)
        if word in _CONSTANTS:
            constant = _CONSTANTS[word]
            return YES_NO, lambda _row: constant
        if word in FUNCTIONS:
            raise wrong_at(piece, f"{word} is a function: write brackets after it, {word}(…)")
        raise wrong_at(piece, "there is no field of this name; a text stands between quotation marks")

    def _computed(self, node: ast.BinOp) -> tuple[str, Node]:
        (left, one), (right, other) = self.part(node.left), self.part(node.right)
        match node.op:
            case ast.BitAnd():
                return TEXT, lambda row: text_of(one(row)) + text_of(other(row))
            case ast.Add() | ast.Sub() if DATE in {left, right}:
                return self._of_days(node, left, one, right, other)
            case ast.Add() | ast.Sub() | ast.Mult() | ast.Div() if {left, right} <= NUMBERS:
                way = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}.get(type(node.op), _over)
                kind = _kind_of(node.op, left, right)
                return kind, of_all(way, one, other)
        raise wrong_at(self.written.piece(node), f"{said(left)} and {said(right)} cannot be computed with each other")

    def _of_days(self, node: ast.BinOp, left: str, one: Node, right: str, other: Node) -> tuple[str, Node]:
        if isinstance(node.op, ast.Sub) and left == right == DATE:
            return NUMBER, of_all(lambda late, early: Decimal((late - early).days), one, other)
        if right == NUMBER:
            sign = 1 if isinstance(node.op, ast.Add) else -1
            return DATE, of_all(lambda day, days: _later(day, sign * days), one, other)
        if left == NUMBER and isinstance(node.op, ast.Add):
            return DATE, of_all(lambda days, day: _later(day, days), one, other)
        raise wrong_at(self.written.piece(node), f"{said(left)} and {said(right)} cannot be computed with each other")

    def _turned(self, node: ast.UnaryOp) -> tuple[str, Node]:
        kind, one = self.part(node.operand)
        if isinstance(node.op, ast.Not) and kind == YES_NO:
            return YES_NO, of_all(operator.not_, one)
        if isinstance(node.op, ast.USub) and kind in NUMBERS:
            return kind, of_all(operator.neg, one)
        if isinstance(node.op, ast.UAdd) and kind in NUMBERS:
            return kind, one
        wanted = "yes or no" if isinstance(node.op, ast.Not) else "a number"
        raise wrong_at(self.written.piece(node.operand), f"{wanted} is needed here, not {said(kind)}")

    def _joined(self, node: ast.BoolOp) -> tuple[str, Node]:
        nodes = [self._expected(each, YES_NO) for each in node.values]
        decides = isinstance(node.op, ast.Or)  # one yes settles "or", one no settles "and"

        def joined(row: Row) -> bool | None:
            empty = False
            for each in nodes:
                value = each(row)
                if value is decides:
                    return bool(value)
                empty = empty or value is None
            return None if empty else not decides

        return YES_NO, joined

    def _compared(self, node: ast.Compare) -> tuple[str, Node]:
        parts = [self.part(each) for each in (node.left, *node.comparators)]
        ways = []
        for place, sign in enumerate(node.ops):
            left, right = parts[place][0], parts[place + 1][0]
            if type(sign) not in _COMPARED:
                raise wrong_at(self.written.piece(node), "formulas know no such thing")
            if left != right and not {left, right} <= NUMBERS:
                there = self.written.piece(node.comparators[place])
                raise wrong_at(there, f"{said(left)} and {said(right)} cannot be compared")
            ways.append(_COMPARED[type(sign)])

        def compared(row: Row) -> bool | None:
            values = [_comparable(each(row)) for _kind, each in parts]
            if None in values:
                return None
            return all(bool(way(values[place], values[place + 1])) for place, way in enumerate(ways))

        return YES_NO, compared

    def _called(self, piece: Piece, given: Sequence[ast.expr]) -> tuple[str, Node]:
        word = piece.said.casefold()
        function = FUNCTIONS.get(word) if piece.kind == "name" else None
        if function is None:
            raise wrong_at(piece, f"there is no such function; there are {', '.join(sorted(FUNCTIONS))}")
        if not function.least <= len(given) <= function.most:
            raise wrong_at(piece, f"it is written {function.written}")
        self.needs_today = self.needs_today or word == "today"
        parts = [self.part(each) for each in given]
        kind = function.kind([each for each, _node in parts])
        if kind is None:
            raise wrong_at(
                piece, f"it does not take {', '.join(said(each) for each, _node in parts)}; {function.about}"
            )
        return kind, function.made([node for _kind, node in parts])

    def _expected(self, node: ast.expr, wanted: str) -> Node:
        kind, found = self.part(node)
        if kind != wanted:
            raise wrong_at(self.written.piece(node), f"{said(wanted)} is needed here, not {said(kind)}")
        return found


def _over(left: Decimal, right: Decimal) -> Decimal | None:
    return left / right if right else None


def _later(day: date, days: Decimal) -> date | None:
    try:
        return day + timedelta(days=int(days))
    except OverflowError:
        return None


def _kind_of(way: ast.operator, left: str, right: str) -> str:
    """Money stays money, but money by money is a number."""
    if isinstance(way, ast.Div):
        return MONEY if left == MONEY and right == NUMBER else NUMBER
    return MONEY if MONEY in {left, right} else NUMBER


def _comparable(value: Value) -> Any:
    return value.casefold() if isinstance(value, str) else value
