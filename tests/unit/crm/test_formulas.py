"""The language of formulas: what it computes, what it refuses and where, and that nothing of anybody's is ever run."""

from datetime import date
from decimal import Decimal

import pytest

from keepers.crm.customers.computed.formulas import Variable, formula_of
from keepers.crm.customers.computed.notation import FormulaError, rewritten

KNOWN = {"seats": Decimal(10), "price": Decimal("2.50"), "since": date(2026, 1, 31), "name": "Ada", "vip": True}
KINDS = {"seats": "number", "price": "money", "since": "date", "name": "text", "vip": "yes-no", "empty": "number"}
VARIABLES = {name: Variable(name, kind) for name, kind in KINDS.items()}
TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("seats × price", Decimal(25), "money"),
        ("price ÷ price", Decimal(1), "number"),
        ("2 + 3 * 4 - -1", Decimal(15), "number"),
        ("seats / (seats - 10)", None, "number"),
        ("seats + empty", None, "number"),
        ("either(empty, 7)", Decimal(7), "number"),
        ("min(seats, empty, 3)", Decimal(3), "number"),
        ("filled(empty) or vip", True, "yes-no"),
        ('if(seats ≥ 10 and not filled(empty), "big"; "small")', "big", "text"),
        ("if(empty > 1, 1, 2)", None, "number"),
        ("today() - since", Decimal(30), "number"),
        ("since + 28", date(2026, 2, 28), "date"),
        ('name & " (" & seats & ")"', "Ada (10)", "text"),
        ('name = "ADA"', True, "yes-no"),
        ("1 < seats <= 10", True, "yes-no"),
        ("round(price, 1)", Decimal("2.5"), "money"),
        ("date(2026, 2, 30)", None, "date"),
        ("999999999999999 * 999999999999999", None, "number"),
        ('"a ""b"""', 'a "b"', "text"),
    ],
)
def test_a_formula_says_what_it_says(text: str, value: object, kind: str) -> None:
    formula = formula_of(text, VARIABLES)
    assert (formula.value(KNOWN, today=TODAY), formula.kind) == (value, kind)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Write a formula"),
        ("seats +", "At character 7"),
        ("seats + name", "a number and a text cannot be computed"),
        ("seats = name", 'At character 9, "name": a number and a text cannot be compared'),
        ("sets + 1", 'At character 1, "sets": there is no field'),
        ("if(seats, 1, 2)", "it does not take a number"),
        ("sum(seats)", "there is no such function"),
        ("__import__('os')", "there is no such function"),
        ("name.upper()", "means nothing in a formula"),
        ("[seats for x in y]", "there is no field"),
        ("(1, 2)", "formulas know no such thing"),
        ("1 if vip else 2", "too much here"),
        ("lambda: 1", "means nothing in a formula"),
        ("(" * 249 + "1", "missing or too much"),
        ("1" + "+1" * 200, "pieces"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(FormulaError) as wrong:
        formula_of(text, VARIABLES)
    assert why in str(wrong.value)


def test_labels_become_keys_and_the_rest_stays() -> None:
    assert rewritten('[My seats] *  2 & "[x]"', lambda piece: "seats" if piece.kind == "field" else piece.text) == (
        'seats *  2 & "[x]"'
    )
