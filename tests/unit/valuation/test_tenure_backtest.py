from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from keepers.core.periods import Period, RenewalPeriod
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.contracts.backtest import TooFewContractsError
from keepers.valuation.contracts.base import ContractBase, base_of_tenures
from keepers.valuation.contracts.tenure_backtest import run_tenure_backtest

YEAR = Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("52w"), model="shifted-beta-geometric")
CUSTOMERS = 2_000


def tenures(keeps: float, late: float | None = None) -> ContractBase:
    """Customers who entered at any time within 24 months; of those asked `keeps` renew, `late` from renewal 17 on."""
    rng = np.random.default_rng(5)
    could = rng.integers(1, 25, CUSTOMERS)
    chance = np.where(np.arange(24) < 16, keeps, keeps if late is None else late)
    renews = rng.random((CUSTOMERS, 24)) < chance
    stayed = np.where(renews.all(axis=1), 24, np.argmin(renews, axis=1))
    left = stayed < could
    tenure = np.where(left, stayed + 1, could)
    nothing = pa.nulls(CUSTOMERS, pa.float64())
    table = pa.table(
        {
            "external_id": [f"{n}" for n in range(CUSTOMERS)],
            "tenure": pa.array(tenure, pa.float64()),
            "churned": left.tolist(),
            "amount": pa.array(np.full(CUSTOMERS, 10.0)),
            "total_amount": nothing,
            "amount_per": pa.nulls(CUSTOMERS, pa.string()),
            "product": pa.nulls(CUSTOMERS, pa.string()),
        }
    )
    return base_of_tenures(table, unit=RenewalPeriod.MONTH)


def test_those_who_were_not_asked_yet_bring_no_bias_to_the_grade() -> None:
    found = run_tenure_backtest(tenures(keeps=0.95), YEAR, periods=None)
    total = found.scores["total_orders"]
    assert found.hidden_from == 17
    assert found.customers == sum(each["asked"] for each in found.course)
    assert total["mean"] / found.customers == pytest.approx(0.95, abs=0.01)
    assert total["low"] <= total["actual"] <= total["high"]
    assert found.scores["coverage"]["90"] == pytest.approx(0.9, abs=0.02)


def test_hidden_answers_move_no_forecast_and_are_what_it_is_graded_on() -> None:
    usual, worse = (run_tenure_backtest(tenures(0.95, late), YEAR, periods=None) for late in (0.95, 0.8))
    expected = [each["mean"] / each["asked"] for each in usual.course]
    assert [each["mean"] / each["asked"] for each in worse.course] == pytest.approx(expected)
    assert worse.scores["total_orders"]["actual"] < worse.scores["total_orders"]["low"]
    assert worse.grade.letter > usual.grade.letter


def test_too_few_older_customers_get_a_sentence_instead_of_a_grade() -> None:
    base = tenures(keeps=0.95)
    with pytest.raises(TooFewContractsError, match="from renewal 2 on, too few renewals are left"):
        run_tenure_backtest(base, replace(YEAR, seed=2), periods=23)
