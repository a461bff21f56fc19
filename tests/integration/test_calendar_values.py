"""A shop with a strong December, forecast from the end of October: the season is learned, used, kept and told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from shops import Shop

from keepers.core.periods import Period
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions
from keepers.loop.outputs import fit_as_json
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.backtesting.actuals import read_actuals
from keepers.valuation.base import load_base
from keepers.valuation.choosing.promotions import Promotion
from keepers.valuation.fits import ALL
from keepers.valuation.kept import histories_at, kept_fit
from keepers.valuation.paths import alive_path
from keepers.valuation.valuing import Valuation, value_base
from keepers.warehouse.store import MemoryStore

END = date(2024, 12, 31)
CUT = date(2024, 11, 1)
DAYS = 731
WINDOW = Period.parse("60d")
ASSUMPTIONS = Assumptions(horizon=WINDOW, value_cap=WINDOW, annual_discount=0.0, model="mbg-nbd")


def christmas_shop(customers: int = 2_500, seed: int = 11) -> Shop:
    """Two years; in the weeks around Christmas two and a half times as much is bought."""
    rng = np.random.default_rng(seed)
    of_year = np.array([(END - timedelta(days=DAYS - 1 - d)).timetuple().tm_yday for d in range(DAYS)])
    away = (of_year - 352 + 183) % 365 - 183
    reached = np.concatenate([[0.0], np.cumsum(np.exp(0.9 * np.exp(-0.5 * (away / 14) ** 2)))])
    orders = []
    for number in range(customers):
        start = int(rng.integers(0, DAYS - 1))
        left = min(DAYS, start + rng.exponential(1 / rng.gamma(1.0, 1 / 250.0)))
        until = np.interp(left, np.arange(DAYS + 1), reached)
        places = reached[start] + rng.random(rng.poisson(rng.gamma(0.9, 1 / 30.0) * (until - reached[start]))) * (
            until - reached[start]
        )
        days = {start, *np.minimum(np.interp(places, reached, np.arange(DAYS + 1)).astype(int), DAYS - 1).tolist()}
        orders += [(f"C{number:04d}", END - timedelta(days=DAYS - 1 - day), 20.0) for day in sorted(days)]
    return Shop(sorted(orders, key=lambda order: order[1]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryStore]:
    folder = tmp_path_factory.mktemp("christmas")
    imported = read_orders(
        [christmas_shop().write(folder / "orders.csv")], options=ImportOptions(), into=folder / "lines"
    )
    found = MemoryStore(folder / "store")
    found.append("order_lines", imported.lines)
    yield found
    found.close()


@pytest.fixture(scope="module")
def valuation(store: MemoryStore) -> Valuation:
    return value_base(store, ASSUMPTIONS, as_of=CUT, holdout_days=0)


def test_the_total_of_a_christmas_is_within_its_range(store: MemoryStore, valuation: Valuation) -> None:
    came = read_actuals(store, load_base(store, as_of=CUT), until=END).orders.sum()
    told = valuation.totals["expected_orders"]
    assert told["low"] <= came <= told["high"]
    assert abs(np.log(came / told["mean"])) < 0.15
    assert told["high"] < 1.5 * told["low"]


def test_the_calendar_is_chosen_and_told_in_one_sentence(valuation: Valuation) -> None:
    assert valuation.fit is not None
    assert valuation.fit.learned is not None
    assert valuation.fit.learned.has_season
    assert "mbg-nbd with a calendar" in valuation.fit.choice.log_scores
    assert "earlier forecasts" in valuation.fit.choice.reason
    assert "with a calendar" in valuation.fit.choice.reason


def test_a_kept_fit_says_of_a_customer_what_the_run_said(store: MemoryStore, valuation: Valuation) -> None:
    assert valuation.fit is not None
    fit, base = valuation.fit, valuation.base
    settled_on = None if base.settled_on is None else base.settled_on.isoformat()
    rows = [
        {
            "model": each.fit.model,
            "part": segment.name,
            "parameters": json.dumps(account["params"]),
            "draws": json.dumps(each.posterior.parameters.tolist()),
            "diagnostics": json.dumps(account | {"settled_on": settled_on}),
            "time_unit_days": each.fit.time_unit_days,
        }
        for segment in fit.segments
        for each, account in zip(segment.models, segment.as_json(), strict=True)
    ]
    told = {"horizon": WINDOW.days, "value_cap": WINDOW.days, "annual_discount": 0.0}
    kept = kept_fit(rows, parameters=json.dumps({"assumptions": told}), diagnostics=json.dumps(fit_as_json(valuation)))
    regular = int(np.argmax(base.column("repeat_orders")))
    first, last = (base.summary[name][regular].as_py() for name in ("first_order", "last_order"))
    history = base.histories(ASSUMPTIONS.unit).at(np.array([regular]))
    alive, orders = (valuation.table[name][regular].as_py() for name in ("probability_alive", "expected_orders"))
    assert kept.probability_alive(first, history)[0] == pytest.approx(alive, rel=1e-9)
    assert kept.expected_orders(first, history)[0] == pytest.approx(orders, rel=1e-6)
    assert kept.intensity == pytest.approx(fit.intensity)
    path = alive_path(kept, [first, last], as_of=CUT)
    now = path.days.index(CUT)
    twice = histories_at([first, last], [(2, CUT)], time_unit_days=7.0)
    assert path.probability_alive[now] == pytest.approx(kept.probability_alive(first, twice)[0], rel=1e-9)
    assert ALL in kept.orders or base.settled_on is not None


def test_a_promotion_that_was_told_is_learned_and_forecast_where_it_is_planned(store: MemoryStore) -> None:
    told = tuple(Promotion("christmas", date(year, 12, 9), date(year, 12, 26)) for year in (2023, 2024))
    valuation = value_base(store, replace(ASSUMPTIONS, promotions=told), as_of=CUT, holdout_days=0)
    assert valuation.fit is not None
    seen, planned = fit_as_json(valuation)["promotions"]
    assert seen["factor"]["low"] > 1.1
    assert planned["factor"]["mean"] > 1.1
    assert planned["factor"]["high"] - planned["factor"]["low"] > seen["factor"]["high"] - seen["factor"]["low"]
    came = read_actuals(store, load_base(store, as_of=CUT), until=END).orders.sum()
    total = valuation.totals["expected_orders"]
    assert total["low"] <= came <= total["high"]
    assert valuation.fit.promotion_words()[0].startswith("Planned: christmas, 9 Dec 2024 to 26 Dec 2024, ")
