from typing import Any

import pytest

from keepers.valuation.backtesting.grade import grade_of

RULES = {
    "past_spend": {"top_10_percent": 0.5},
    "rfm": {"top_10_percent": 0.4, "orders": {"crps": 0.9}},
}


def graded(**changed: Any) -> Any:
    facts = {
        "found_top_tenth": 0.55,
        "crps": 0.8,
        "coverage_90": 0.9,
        "total": {"actual": 100, "low": 90, "high": 110},
        "rules": RULES,
    }
    return grade_of(**(facts | changed))


def test_a_forecast_that_answers_all_four_questions_gets_an_a() -> None:
    assert graded().letter == "A"
    assert "but" not in graded().sentence()


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"found_top_tenth": 0.49}, "a simple rule found more"),
        ({"crps": 0.95}, "sharper for the single customer"),
        ({"coverage_90": 0.83}, "too few or too many"),
        ({"total": {"actual": 120, "low": 90, "high": 110}}, "total of orders fell outside"),
    ],
)
def test_each_failure_costs_a_letter_and_is_named(changed: dict[str, Any], complaint: str) -> None:
    grade = graded(**changed)
    assert grade.letter == "B"
    assert complaint in grade.sentence()


def test_nothing_right_is_an_e() -> None:
    grade = graded(found_top_tenth=0.1, crps=2.0, coverage_90=0.5, total={"actual": 1, "low": 2, "high": 3})
    assert grade.letter == "E"
    assert "did not hold up" in grade.sentence()
