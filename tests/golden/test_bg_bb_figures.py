"""BG/BB against the paper's donors, BTYD and lifetimes."""

import json
from pathlib import Path

import numpy as np
import pytest

from keepers.clv import bg_bb
from keepers.clv.bg_bb import Occasions, Parameters
from keepers.clv.histories import Histories

FIGURES = json.loads((Path(__file__).parent / "bg_bb.json").read_text(encoding="utf-8"))
DONORS = FIGURES["donors"]


def donors(*, weighted: bool = True) -> Histories:
    columns = [[row[name] for row in DONORS] for name in ("x", "t_x", "n", "custs")]
    return Occasions.of(*columns[:3], weight=columns[3] if weighted else None)


@pytest.mark.parametrize("figures", FIGURES["fits"], ids=lambda f: f["source"])
def test_the_fit_is_that_of_the_peers(figures) -> None:
    fit = bg_bb.fit(donors())
    assert fit.converged
    assert fit.parameters.as_array() == pytest.approx(figures["parameters"], rel=2e-4)
    assert fit.log_likelihood == pytest.approx(figures["log_likelihood"], rel=1e-9)
    assert fit.log_likelihood >= figures["log_likelihood"] - 1e-8


def test_what_is_to_come_of_each_donor_is_what_btyd_says() -> None:
    at, past = Parameters.from_array(FIGURES["at"]), donors(weighted=False)
    assert bg_bb.expected_orders(at, past, horizon=5) == pytest.approx(FIGURES["expected_5"], rel=1e-9)
    assert bg_bb.probability_alive(at, past, after=1) == pytest.approx(FIGURES["alive_next"], rel=1e-9)
    endless = bg_bb.discounted_expected_orders(at, past, horizon=3_000, discount_rate=np.log(1.1))
    assert endless == pytest.approx(FIGURES["dert"], rel=1e-9)


def test_the_published_figures_are_found() -> None:
    published, past = FIGURES["published"], donors()
    fit = bg_bb.fit(past)
    assert fit.parameters.as_array() == pytest.approx(published["parameters"], abs=1e-3)
    total = past.weight @ bg_bb.expected_orders(fit.parameters, past, horizon=5)
    assert total == pytest.approx(published["expected_5_total"], abs=0.5)
    alive = bg_bb.probability_alive(fit.parameters, past, after=1)
    for row, donor in enumerate(DONORS):
        if (known := published["alive"].get(f"{donor['x']},{donor['t_x']}")) is not None:
            assert alive[row] == pytest.approx(known, abs=0.005)
    new = bg_bb.order_count_pmf(fit.parameters, Occasions.of([0], [0], [0]), horizon=6, up_to=6)[0] * 11_104
    assert new[0] == pytest.approx(published["expected_counts"]["0"], abs=0.1)
    assert new[6] == pytest.approx(published["expected_counts"]["6"], abs=0.1)


def test_the_total_that_came_lies_near_the_forecast() -> None:
    fit = bg_bb.fit(donors())
    forecast = donors().weight @ bg_bb.expected_orders(fit.parameters, donors(), horizon=5)
    came = sum(row["x_star_total"] for row in DONORS)
    assert forecast == pytest.approx(came, rel=0.03)
