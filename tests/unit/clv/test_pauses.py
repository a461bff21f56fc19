from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from keepers.clv import mbg_nbd, pareto_nbd
from keepers.clv.drift_learning import Judged, Look, judge
from keepers.clv.histories import Histories
from keepers.clv.mixture import mixture_of
from keepers.clv.pauses import with_pauses
from keepers.clv.pauses_learning import Pauses, learn_pauses

if TYPE_CHECKING:
    from keepers.clv.model import PurchaseModel

MODEL = cast("PurchaseModel", pareto_nbd)
PARAMETERS = pareto_nbd.Parameters(r=4.0, alpha=4.0, s=0.6, beta=60.0)
PAST = Histories.of([0, 1, 7, 60], [0.0, 5.0, 30.0, 12.0], [39.0, 39.0, 39.0, 39.0], time_unit_days=7.0)
WEEKS = 20.0


def look(seed: int, *, paused: float, customers: int = 4_000) -> Look:
    """Customers who leave after a while, of whom some have only paused and are back when the window begins."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(PARAMETERS.r, 1 / PARAMETERS.alpha, customers)
    life = rng.exponential(1 / np.maximum(rng.gamma(PARAMETERS.s, 1 / PARAMETERS.beta, customers), 1e-12))
    age = 60.0
    orders = rng.poisson(rate * np.minimum(life, age))
    last = np.where(orders > 0, np.minimum(life, age) * rng.random(customers) ** (1 / np.maximum(orders, 1)), 0.0)
    back = (life < age) & (rng.random(customers) < paused)
    later = rng.poisson(rate * np.where(back, WEEKS, np.clip(life - age, 0.0, WEEKS)))
    histories = Histories.of(orders, last, np.full(customers, age), time_unit_days=7.0)
    return Look(MODEL, MODEL.fit(histories), histories, later.astype(np.int64), 7 * WEEKS)


def learned(*, paused: float) -> Pauses:
    return learn_pauses({"pareto-nbd": judge([look(seed, paused=paused) for seed in (5, 6)])}, {"pareto-nbd": 1.0})


def test_where_nobody_pauses_the_model_is_itself() -> None:
    assert with_pauses(MODEL, 0.0) is MODEL


def test_whoever_looks_gone_may_have_paused_but_nobody_who_ordered_once() -> None:
    own, now = (model.probability_alive(PARAMETERS, PAST) for model in (MODEL, with_pauses(MODEL, 0.25)))
    assert now[0] == own[0]
    assert now[1:] == pytest.approx(own[1:] + 0.25 * (1 - own[1:]), rel=1e-12)
    assert own[3] < 1e-6 < 0.2 < now[3]


def test_who_has_paused_orders_and_leaves_as_who_never_left() -> None:
    model, surely = with_pauses(MODEL, 0.25), np.ones(4)
    now = model.probability_alive(PARAMETERS, PAST)
    orders = MODEL.expected_orders(PARAMETERS, PAST, horizon=WEEKS, alive=surely)
    assert model.expected_orders(PARAMETERS, PAST, horizon=WEEKS) == pytest.approx(now * orders, rel=1e-12)
    pmf = model.order_count_pmf(PARAMETERS, PAST, horizon=WEEKS, up_to=400)
    assert pmf @ np.arange(401) == pytest.approx(now * orders, rel=1e-6)
    stays = MODEL.probability_alive(PARAMETERS, PAST, after=9.0)[1] / MODEL.probability_alive(PARAMETERS, PAST)[1]
    assert model.probability_alive(PARAMETERS, PAST, after=9.0)[1:] == pytest.approx(now[1:] * stays, rel=1e-9)


def test_the_rest_of_a_life_counts_that_somebody_may_have_paused() -> None:
    model = with_pauses(MODEL, 0.8)
    until = model.remaining_lifetime(PARAMETERS, PAST)
    assert MODEL.remaining_lifetime(PARAMETERS, PAST)[3] == 0.0 < until[3]
    assert model.probability_alive(PARAMETERS, PAST, after=float(until[3]))[3] == pytest.approx(0.5, rel=1e-9)


def test_models_that_share_a_forecast_pause_alike() -> None:
    both = with_pauses(mixture_of([MODEL, cast("PurchaseModel", mbg_nbd)]), 0.3)
    drawn = both.Parameters.from_array(np.array([1.0, 0.5, 6.0, 0.9, 1.6]))
    own = mbg_nbd.probability_alive(mbg_nbd.Parameters(0.5, 6.0, 0.9, 1.6), PAST)
    assert both.probability_alive(drawn, PAST)[3] == pytest.approx(own[3] + 0.3 * (1 - own[3]), rel=1e-12)


def test_a_base_in_which_nobody_pauses_teaches_none() -> None:
    assert learned(paused=0.0).share == 0.0


def test_the_share_that_paused_is_found_again() -> None:
    found = learned(paused=0.3)
    assert found.share == pytest.approx(0.3, abs=0.08)
    assert found.gain > found.error > 0


def test_what_one_customer_did_is_no_evidence() -> None:
    chances = np.array([0.9, 0.9, 0.9, 0.01])
    stayed = np.array([0.9, 0.85, 0.85, 0.6])
    few = Judged(judge([]).drift, np.log(chances), np.full(4, 0.25), np.log(stayed), 2.0)
    assert learn_pauses({"a": few}, {"a": 1.0}).share == 0.0
    many = Judged(few.drift, few.log_chances, few.weight, few.stayed, 4_000.0)
    assert learn_pauses({"a": many}, {"a": 1.0}).share > 0.3


def test_without_an_earlier_day_nobody_pauses() -> None:
    assert learn_pauses({"a": judge([])}, {"a": 1.0}).share == 0.0
