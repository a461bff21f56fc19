"""Pictures show the numbers they claim to show."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from analyst_shop import by_channel, customers, fitted

from keepers import clv
from keepers.clv import mbg_cnbd_k
from keepers.clv.analysis.choosing import Choice, ValueModelError
from keepers.clv.analysis.frames import FrameError


def rows(chart: Any, part: int | None = None) -> list[dict[str, Any]]:
    told = chart.to_dict()
    inside = told if part is None else told["layer"][part]
    name = inside["data"].get("name")
    return told["datasets"][name] if name else inside["data"]["values"]


def test_calibration_shows_the_means_of_tenths() -> None:
    done = clv.backtest(clv.ValueModel(model="pareto-nbd"), customers(), holdout="20w")
    tenths = rows(clv.plots.calibration(done), part=1)
    assert [row["tenth"] for row in tenths] == list(range(1, 11))
    assert np.mean([row["actual orders"] for row in tenths]) == pytest.approx(done.actual_orders.mean(), rel=0.02)
    assert [row["expected orders"] for row in tenths] == sorted(row["expected orders"] for row in tenths)


def test_tracking_ends_at_the_orders_that_were_made() -> None:
    shown = rows(clv.plots.tracking(fitted(), customers()))
    seen = [row["orders"] for row in shown if row["which"] == "seen"]
    expected = [row["orders"] for row in shown if row["which"] == "expected"]
    assert seen[-1] == customers().histories.repeat_orders.sum()
    assert expected[-1] == pytest.approx(seen[-1], rel=0.1)
    weekly = rows(clv.plots.tracking(fitted(), customers(), cumulative=False))
    assert sum(row["orders"] for row in weekly if row["which"] == "seen") == seen[-1]


def test_order_frequency_counts_every_customer_twice() -> None:
    shown = rows(clv.plots.order_frequency(fitted(), customers(), up_to=5))
    for which in ("seen", "expected"):
        assert sum(row["customers"] for row in shown if row["which"] == which) == pytest.approx(len(customers()))


def test_the_matrix_falls_with_silence() -> None:
    shown = rows(clv.plots.probability_alive_matrix(fitted(), age=52.0, up_to=4, steps=6))
    assert len(shown) == 24
    for orders in range(1, 5):
        chances = [row["chance"] for row in shown if row["repeat orders"] == orders]
        assert chances == sorted(chances, reverse=True)


def test_the_matrix_is_not_drawn_for_a_model_that_looks_at_more_than_it_shows() -> None:
    found = mbg_cnbd_k.Parameters(0.5, 3.0, 0.9, 1.6, 2)
    regular = replace(
        fitted(), choice=Choice(mbg_cnbd_k.NAME, {}, ""), purchases=replace(fitted().purchases, parameters=found)
    )
    with pytest.raises(ValueModelError, match="phase"):
        clv.plots.probability_alive_matrix(regular, age=52.0)


def test_the_distribution_of_value_holds_everybody_above_zero() -> None:
    values = fitted().predict(customers())
    shown = rows(clv.plots.value_distribution(values))
    assert sum(row["customers"] for row in shown) == np.sum(values["residual_value"] > 0)
    with pytest.raises(FrameError, match="no column"):
        clv.plots.value_distribution(values, what="wealth")
    with pytest.raises(FrameError, match="nothing to draw"):
        clv.plots.value_distribution({"residual_value": np.zeros(3)})


def test_a_picture_can_be_saved(tmp_path: Any) -> None:
    clv.plots.order_frequency(fitted(), customers()).save(tmp_path / "frequency.svg")
    assert "<svg" in (tmp_path / "frequency.svg").read_text()


def test_customers_with_traits_are_drawn_each_with_their_own_rates() -> None:
    people = by_channel()
    model = clv.ValueModel(model="pareto-nbd").fit(people)
    drawn = rows(clv.plots.tracking(model, people))[-1]["orders"]
    plain = rows(clv.plots.tracking(fitted(), customers()))[-1]["orders"]
    assert drawn == pytest.approx(plain, rel=0.05)  # who came by the web was drawn by lot
    bars = rows(clv.plots.order_frequency(model, people, up_to=5))
    assert sum(row["customers"] for row in bars if row["which"] == "expected") == pytest.approx(len(people))
    matrix = clv.plots.probability_alive_matrix(model, age=52.0, up_to=2, steps=3)
    assert "average customer" in str(matrix.to_dict()["title"])
