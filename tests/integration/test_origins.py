"""Earlier origins hold exactly what was known and what followed."""

import itertools
from datetime import timedelta

import numpy as np
import pytest
from shops import FIRST_DAY, shop

from keepers.core.periods import TimeUnit
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions
from keepers.valuation.choosing.origins import Origin, rolling_origins
from keepers.warehouse.store import MemoryStore

END = FIRST_DAY + timedelta(days=399)


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> list[Origin]:
    folder = tmp_path_factory.mktemp("origins")
    imported = read_orders([shop().write(folder / "orders.csv")], options=ImportOptions(), into=folder / "lines")
    store = MemoryStore(folder / "store")
    store.append("order_lines", imported.lines)
    return list(rolling_origins(store, first=FIRST_DAY, end=END, horizon_days=100, unit=TimeUnit.DAY))


def test_origins_go_back_by_half_a_window_and_keep_a_third_of_the_history(origins: list[Origin]) -> None:
    assert [(END - origin.end).days for origin in origins] == [0, 50, 100, 150]
    assert all(origin.days == 100 for origin in origins)
    assert all((origin.start - FIRST_DAY).days >= 133 for origin in origins)


def test_an_origin_counts_what_was_known_then_and_what_followed(origins: list[Origin]) -> None:
    for origin in origins:
        days: dict[str, set] = {}
        for customer, day, _ in shop().orders:
            days.setdefault(customer, set()).add(day)
        known = {c: d for c, d in days.items() if min(d) <= origin.start}
        assert origin.histories.customers == len(known)
        assert origin.total_orders == sum(origin.start < day <= origin.end for d in known.values() for day in d)
        repeats = sum(sum(day <= origin.start for day in d) - 1 for d in known.values())
        assert origin.histories.weight @ origin.histories.repeat_orders == repeats


def test_logarithms_of_gaps_are_those_of_the_customers_days(origins: list[Origin]) -> None:
    origin = origins[0]
    total = 0.0
    for customer in {c for c, _, _ in shop().orders}:
        known = sorted({day for c, day, _ in shop().orders if c == customer and day <= origin.start})
        total += sum(np.log((b - a).days) for a, b in itertools.pairwise(known))
    assert origin.histories.sum_log_gaps is not None
    assert origin.histories.weight @ origin.histories.sum_log_gaps == pytest.approx(total)
