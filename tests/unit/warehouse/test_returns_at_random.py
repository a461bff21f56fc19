"""Random logs of one customer and product: the SQL rules against the same rules written as a loop."""

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from order_log import Log, day, line


def random_log(generator: random.Random) -> list[dict[str, Any]]:
    """Sales and returns of a few pieces, one line an order, each on a day of its own."""
    days = sorted(generator.sample(range(1, 29), generator.randint(3, 14)))
    rows = []
    for number, on in enumerate(days):
        pieces = generator.randint(1, 6)
        sign = -1 if generator.random() < 0.45 else 1
        rows.append(line(f"o{number:02}", "ada", f"01-{on:02}", 10.0 * sign * pieces, quantity=float(sign * pieces)))
    return rows


def left_by_hand(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Pieces left of each sale, by the written rule; what comes back too much is in nobody's."""
    sales = [(row["ordered_on"], row["order_id"], row["quantity"]) for row in rows if row["quantity"] > 0]
    returns = [(row["ordered_on"], row["order_id"], -row["quantity"]) for row in rows if row["quantity"] < 0]
    chosen = {}
    for on, back, pieces in returns:
        enough = [sale for sale in sales if sale[0] <= on and sale[2] >= pieces]
        if enough:
            chosen[back] = max(enough)
    left = {order: pieces for _, order, pieces in sales}
    asked: dict[str, float] = defaultdict(float)
    matched = set()
    for _, back, pieces in returns:
        if back in chosen:
            _, order, sold = chosen[back]
            asked[order] += pieces
            if asked[order] <= sold:
                left[order] -= pieces
                matched.add(back)
    pile: list[list[Any]] = []
    for row in rows:
        if row["quantity"] > 0:
            pile.append([row["order_id"], left[row["order_id"]]])
        elif row["order_id"] not in matched:
            wanted = -row["quantity"]
            while wanted and pile:
                taken = min(wanted, pile[-1][1])
                left[pile[-1][0]] -= taken
                pile[-1][1] -= taken
                wanted -= taken
                if not pile[-1][1]:
                    pile.pop()
    return left


@pytest.mark.parametrize("seed", range(25))
def test_the_steps_match_returns_like_the_written_rule(tmp_path: Path, seed: int) -> None:
    rows = random_log(random.Random(seed))
    log = Log(tmp_path, rows)
    left = left_by_hand(rows)
    on = {row["order_id"]: f"{row['ordered_on']:%m-%d}" for row in rows}
    expected = sorted(("ada", on[order], 10.0 * pieces) for order, pieces in left.items() if pieces > 0)
    assert log.occasions() == expected
    sold = sum(row["quantity"] for row in rows if row["quantity"] > 0)
    returned = sum(row["pieces"] for row in log.ask("matched_returns"))
    assert returned == sold - sum(left.values())


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_changes_nothing(tmp_path: Path, seed: int) -> None:
    generator = random.Random(seed)
    rows = [row | {"external_id": f"c{n % 3}"} for n in range(6) for row in random_log(generator)]
    rows = [row | {"order_id": f"{row['order_id']}-{number}"} for number, row in enumerate(rows)]
    shuffled = generator.sample(rows, len(rows))
    one, other = Log(tmp_path / "one", rows), Log(tmp_path / "other", shuffled)
    assert one.ask("customer_summary") == other.ask("customer_summary")
    assert one.occasions() == other.occasions()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_known_on_a_day_does_not_depend_on_later_rows(tmp_path: Path, seed: int) -> None:
    rows = random_log(random.Random(100 + seed))
    known = [row for row in rows if row["ordered_on"] <= day("01-15")]
    whole, cut = Log(tmp_path / "whole", rows), Log(tmp_path / "cut", known)
    assert whole.ask("customer_summary", as_of=day("01-15")) == cut.ask("customer_summary", as_of=day("01-15"))
