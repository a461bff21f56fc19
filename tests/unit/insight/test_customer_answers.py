"""What is said of one customer: rhythm, worth, months, mixes, and the place in the base."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from keepers.insight.answers import Answer, MissingForInsightError
from keepers.insight.customer.alive import alive_answer, rhythm
from keepers.insight.customer.lines import CustomerLines
from keepers.insight.customer.mixes import categories_answer, payments_answer, products_answer
from keepers.insight.customer.next_products import next_products_answer
from keepers.insight.customer.purchases import purchases_answer
from keepers.insight.customer.standing import Standing, standing_answer
from keepers.insight.customer.worth import worth_answer
from keepers.insight.drawings import charts
from keepers.insight.drawings.theme import Look
from keepers.insight.wording import chance

MAY = date(2026, 5, 19)


def days(*before: int) -> list[date]:
    return [MAY - timedelta(days=number) for number in before]


@pytest.mark.parametrize(
    ("occasions", "said"),
    [
        (days(16), "Bought once, on 3 May 2026; nothing for 16 days."),
        (days(0), "Bought once, on 19 May 2026; the last day that is known."),
        (days(46, 16), "Bought twice, 30 days apart, last on 3 May 2026; nothing for 16 days."),
        (days(43, 34, 25, 16), "Bought about every 9 days until 3 May 2026; nothing for 16 days."),
        (days(28, 19, 10, 1), "Buys about every 9 days, last on 18 May 2026."),
        (days(3, 2, 1, 0), "Buys about every day, last on 19 May 2026."),
    ],
)
def test_the_rhythm_is_told_in_a_sentence(occasions: list[date], said: str) -> None:
    assert rhythm(occasions, MAY) == said


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.71, "about 7 in 10"),
        (0.05, "about 1 in 10"),
        (0.94, "about 9 in 10"),
        (0.02, "about 2 in 100"),
        (0.98, "about 98 in 100"),
        (0.001, "less than 1 in 100"),
        (0.9999, "more than 99 in 100"),
        (None, "–"),
    ],
)
def test_a_chance_is_told_in_words(probability: float | None, said: str) -> None:
    assert chance(probability) == said


def line(day: date, **more: Any) -> dict[str, Any]:
    usual = {
        "source": "shop",
        "order_id": f"o{day}",
        "counts_on": day,
        "line_kind": "sale",
        "makes_occasion": True,
        "product_id": "P1",
        "product_name": "Tea",
        "category": None,
        "quantity": 1.0,
        "revenue": 10.0,
        "payment_method": "card",
        "channel": None,
    }
    return usual | more


def lines(*rows: dict[str, Any]) -> CustomerLines:
    return CustomerLines(rows, MAY, "EUR")


def test_months_without_orders_are_months_too() -> None:
    customer = lines(line(date(2026, 5, 2)), line(date(2026, 5, 2), revenue=5.0), line(date(2025, 3, 1), revenue=7.0))
    answer = purchases_answer(customer)
    assert answer.rows.num_rows == 15
    assert answer.rows["period"].to_pylist()[-1] == date(2026, 5, 1)
    assert sum(answer.rows["revenue"].to_pylist()) == 22.0
    assert (
        answer.finding
        == "1 order and €15.00 in the last twelve months, after 1 order and €7.00 in the 3 months before."
    )


def test_months_are_a_year_at_least_and_two_at_most() -> None:
    old, new = purchases_answer(lines(line(date(2019, 5, 2)))), purchases_answer(lines(line(MAY)))
    assert (old.rows.num_rows, new.rows.num_rows) == (24, 12)
    assert old.finding == "No order in the last twelve months."
    assert new.finding == "1 order and €10.00 in the last twelve months."


def test_postage_is_no_purchase() -> None:
    postage = line(date(2026, 5, 2), line_kind="postage", revenue=4.0, makes_occasion=False)
    assert sum(purchases_answer(lines(line(date(2026, 5, 2)), postage)).rows["revenue"].to_pylist()) == 10.0


def test_a_mix_names_what_leads_and_what_is_not_given() -> None:
    first, second, third = date(2026, 5, 2), date(2026, 4, 2), date(2026, 3, 2)
    customer = lines(line(first, revenue=70.0), line(second, payment_method="cash"), line(third, payment_method=None))
    answer = payments_answer(customer)
    assert answer.finding == "78 % of the money was paid by card."
    assert answer.rows["value"].to_pylist() == ["card", "cash", "not given"]
    assert answer.rows["orders"].to_pylist() == [1, 1, 1]


def test_products_go_by_their_names_and_the_rest_is_folded() -> None:
    many = [line(MAY, product_id=f"P{number}", product_name=None, revenue=float(number)) for number in range(1, 15)]
    answer = products_answer(lines(line(MAY, revenue=50.0, product_id="T"), *many))
    assert answer.finding == "32 % of the money went on Tea."
    assert answer.rows.num_rows == 15
    assert answer.table["value"].to_pylist()[-1] == "all others (5)"
    assert sum(answer.table["revenue"].to_pylist()) == pytest.approx(155.0)


def test_what_the_orders_do_not_name_is_no_mix() -> None:
    with pytest.raises(MissingForInsightError, match="name no categories"):
        categories_answer(lines(line(MAY)))


def base() -> pa.Table:
    return pa.table(
        {
            "residual_value": [float(number) for number in range(1000)],
            "orders": [1] * 600 + [2] * 300 + [9] * 100,
            "mean_order_value": pa.nulls(1000, pa.float64()),
            "probability_alive": [0.5] * 1000,
        }
    )


def test_the_place_in_the_base_counts_only_those_who_surely_have_less() -> None:
    standing = Standing.of(base())
    assert standing.ahead_of("residual_value", 720.0) == pytest.approx(0.72, abs=0.011)
    assert standing.ahead_of("residual_value", 1e9) == 1.0
    assert standing.ahead_of("residual_value", -1.0) == 0.0
    assert standing.ahead_of("orders", 1) == 0.0
    assert standing.ahead_of("orders", 2) == pytest.approx(0.6, abs=0.011)
    assert standing.ahead_of("probability_alive", 0.5) == 0.0
    assert "mean_order_value" not in standing.points


@pytest.mark.parametrize("customers", [1, 2, 3, 10, 30, 99])
def test_in_a_small_base_nobody_is_ahead_of_more_customers_than_there_are(customers: int) -> None:
    columns = {name: pa.array(range(customers), pa.float64()) for name in base().column_names}
    standing = Standing.of(pa.table(columns))
    for place in range(customers):
        assert place / customers - 0.011 < standing.ahead_of("orders", place) <= place / customers
    assert standing.median("orders") == (customers - 1) // 2


def test_the_comparison_is_told_in_a_sentence_and_in_words() -> None:
    own = {"residual_value": 900.0, "orders": 9, "probability_alive": 0.5, "mean_order_value": None}
    answer = standing_answer(Standing.of(base()), own, currency="EUR")
    assert answer.finding == "Worth more than 90 % of the customers, with more orders than 90 %."
    assert answer.table["own_figure"].to_pylist() == ["€900", "9", "0.50"]
    assert answer.table["median_figure"].to_pylist() == ["€499", "1", "0.50"]


def test_nobody_has_fewer_orders_than_the_one_time_buyer() -> None:
    own = {"residual_value": 10.0, "orders": 1, "probability_alive": 0.5, "mean_order_value": None}
    finding = standing_answer(Standing.of(base()), own, currency="EUR").finding
    assert finding == "Worth more than 1 % of the customers, with as few orders as anybody."
    finding = standing_answer(Standing.of(base()), own | {"residual_value": 0.0}, currency="EUR").finding
    assert finding == "Among the customers who are worth least, with as few orders as anybody."


def test_without_money_the_place_is_by_orders() -> None:
    own = {"residual_value": None, "orders": 9, "probability_alive": 0.5, "mean_order_value": None}
    assert standing_answer(Standing.of(base()), own, currency=None).finding == (
        "Has made more orders than 90 % of the customers."
    )


def worth(share_nothing: float) -> Answer:
    shares = [(1 - share_nothing) * part for part in (0.5, 0.3, 0.2)]
    return worth_answer(
        [0.0, 50.0, 100.0, 150.0],
        shares,
        share_nothing=share_nothing,
        low=0.0,
        high=140.0,
        mean=60.0,
        draws=5000,
        currency="EUR",
    )


def test_what_may_come_is_told_with_its_chance_of_nothing() -> None:
    assert worth(0.39).finding == (
        "Between €0 and €140 still to come, €60.00 on average; the chance of nothing at all is about 4 in 10."
    )
    assert worth(0.0).finding == "Between €0 and €140 still to come, €60.00 on average."
    assert worth(0.97).finding.startswith("Most likely nothing more comes (about 97 in 100)")
    assert worth(0.39).rows["value_to"].to_pylist() == [0.0, 50.0, 100.0, 150.0]


def alive() -> Answer:
    occasions = days(30, 10)
    when = [occasions[0], occasions[1], occasions[1], MAY, MAY + timedelta(days=90)]
    return alive_answer(occasions, when, [0.9, 0.7, 0.95, 0.8, 0.3], [True, False, True, False, False], as_of=MAY)


def test_the_curve_tells_orders_from_silence_and_from_what_is_not_known() -> None:
    assert alive().rows["event"].to_pylist() == ["order", "no order", "order", "no order", "if no order comes"]
    assert alive().pictured["known"].to_pylist() == [True, True, True, True, False]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("answer", [alive(), worth(0.39), worth(1.0), purchases_answer(lines(line(MAY)))])
def test_every_answer_can_be_drawn(answer: Answer, narrow: bool) -> None:
    assert charts.svg_of(answer, Look("dark", narrow, False)).startswith("<svg")


def test_products_of_one_name_are_told_apart_by_their_codes() -> None:
    proposals = [
        {"rank": rank, "product_id": code, "product_name": name, "proposal": "again", "chance": 0.1, "reason": "Often."}
        for rank, (code, name) in enumerate([("P1", "Gum"), ("P2", "Tea"), ("P3", "Gum")], start=1)
    ]
    assert next_products_answer(proposals).rows["name"].to_pylist() == ["Gum (P1)", "Tea", "Gum (P3)"]
