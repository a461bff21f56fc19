"""The total of the base has the spread that past misses gave it, under every model."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from shops import FIRST_DAY, shop

from keepers.core.periods import Period
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.base import load_base
from keepers.valuation.fits import fit_base
from keepers.valuation.forecast import forecast_base
from keepers.warehouse.store import MemoryStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryStore]:
    folder = tmp_path_factory.mktemp("totals")
    file = shop(customers=900).write(folder / "orders.csv")
    found = MemoryStore(folder / "store")
    found.append("order_lines", read_orders([file], options=ImportOptions(), into=folder / "lines").lines)
    yield found
    found.close()


@pytest.mark.parametrize("model", ["pareto-nbd", "mbg-nbd"])
def test_the_total_spreads_as_far_as_past_misses_say(store: MemoryStore, model: str) -> None:
    assumptions = Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("52w"), model=model)
    base = load_base(store, as_of=FIRST_DAY + timedelta(days=399))
    fit = fit_base(store, base, assumptions, horizon_days=364)
    assert fit.rate_spread >= fit.total_spread
    if model == "mbg-nbd":
        assert fit.rate_spread > 1.1 * fit.total_spread  # more orders, and so more occasions to leave
    totals = forecast_base(base, fit, assumptions).totals["expected_orders"]
    assert np.log(totals).std() == pytest.approx(fit.total_spread, rel=0.2)
