"""Regular buyers: the model with k stages a gap beside plain integration and beside the model with one."""

from math import lgamma

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betaln, gammaincc

from keepers.clv import mbg_cnbd_k, mbg_nbd
from keepers.clv.histories import Histories
from keepers.clv.mbg_cnbd_k import Parameters, UnknownGapsError

GAPS = np.array([6.0, 8.0, 7.0, 5.0])


def one_history(*, silence: float = 9.0) -> Histories:
    return Histories.of([4], [26.0], [26.0 + silence], sum_log_gaps=[np.log(GAPS).sum()])


@pytest.mark.parametrize("k", [1, 2, 5])
def test_likelihood_is_the_integral_over_rate_and_dropout(k: int) -> None:
    r, alpha, a, b, silence = 1.3, 9.0, 0.7, 2.1, 9.0

    def of_rate(rate: float) -> float:
        gaps = k * 4 * np.log(rate) + (k - 1) * np.log(GAPS).sum() - rate * GAPS.sum() - 4 * lgamma(k)
        prior = r * np.log(alpha) + (r - 1) * np.log(rate) - alpha * rate - lgamma(r)
        none_since = gammaincc(k, rate * silence)
        stayed, left = betaln(a, b + 5) - betaln(a, b), betaln(a + 1, b + 4) - betaln(a, b)
        return float(np.exp(gaps + prior) * (none_since * np.exp(stayed) + np.exp(left)))

    whole = quad(of_rate, 0, np.inf, epsabs=0, epsrel=1e-11, limit=300)[0]
    value = mbg_cnbd_k.log_likelihood(Parameters(r, alpha, a, b, k), one_history())[0]
    assert value == pytest.approx(np.log(whole), rel=1e-9)


def test_one_stage_is_mbg_nbd() -> None:
    regular, plain = Parameters(0.6, 7.0, 0.9, 1.6, k=1), mbg_nbd.Parameters(0.6, 7.0, 0.9, 1.6)
    past = one_history()
    assert mbg_cnbd_k.log_likelihood(regular, past) == pytest.approx(mbg_nbd.log_likelihood(plain, past))
    assert mbg_cnbd_k.probability_alive(regular, past) == pytest.approx(mbg_nbd.probability_alive(plain, past))
    assert mbg_cnbd_k.expected_orders(regular, past, horizon=30) == pytest.approx(
        mbg_nbd.expected_orders(plain, past, horizon=30)
    )
    assert mbg_cnbd_k.fit(random_buyers()).parameters.k == 1
    assert mbg_cnbd_k.fit(random_buyers()).log_likelihood == pytest.approx(mbg_nbd.fit(random_buyers()).log_likelihood)


def random_buyers() -> Histories:
    generator = np.random.default_rng(4)
    return mbg_cnbd_k.simulate(Parameters(0.8, 20.0, 0.8, 3.0, k=1), age=np.full(1500, 300.0), generator=generator)


def test_silence_tells_more_of_a_regular_buyer() -> None:
    """Same mean gap, same silence of five gaps: the steadier the rhythm, the likelier the loss."""
    late = one_history(silence=33.0)
    alive = [mbg_cnbd_k.probability_alive(Parameters(6.0, 40.0 / k, 1.0, 4.0, k), late)[0] for k in (1, 2, 4)]
    assert alive[0] > alive[1] > alive[2]


def test_future_orders_of_a_regular_buyer_scatter_less() -> None:
    spread = []
    for k in (1, 4):
        pmf = mbg_cnbd_k.order_count_pmf(
            Parameters(500.0, 3500.0 / k, 0.001, 40.0, k), one_history(silence=0.0), horizon=140.0, up_to=200
        )[0]
        counts = np.arange(201)
        mean = pmf @ counts
        spread.append(np.sqrt(pmf @ (counts - mean) ** 2) / mean)
    assert spread[1] < 0.7 * spread[0]


def test_the_next_order_of_a_regular_buyer_is_due_after_the_usual_gap() -> None:
    sure = Parameters(4000.0, 4000.0 * 7 / 6, 0.001, 40.0, k=6)  # six stages of 7/6 days: a gap of 7 days
    just_bought = mbg_cnbd_k.next_order_time(sure, one_history(silence=0.0), horizon=100)[0]
    waiting = mbg_cnbd_k.next_order_time(sure, one_history(silence=6.0), horizon=100)[0]
    assert just_bought == pytest.approx(7.0, abs=0.7)
    assert waiting < 0.5 * just_bought


def test_posterior_draws_carry_the_fitted_k() -> None:
    generator = np.random.default_rng(3)
    past = mbg_cnbd_k.simulate(Parameters(1.0, 30.0, 0.8, 3.0, k=2), age=np.full(400, 300.0), generator=generator)
    fit = mbg_cnbd_k.fit(past)
    posterior = mbg_cnbd_k.posterior(fit, past, draws=20, generator=generator)
    assert posterior.parameters.shape == (20, 5)
    assert np.all(posterior.parameters[:, 4] == fit.parameters.k)
    assert Parameters.from_array(posterior.parameters[0]).k == fit.parameters.k


def test_without_gaps_regularity_is_refused_in_words() -> None:
    without = Histories.of([2], [10.0], [30.0])
    with pytest.raises(UnknownGapsError, match="sum_log_gaps"):
        mbg_cnbd_k.fit(without)
    with pytest.raises(UnknownGapsError):
        mbg_cnbd_k.log_likelihood(Parameters(1, 1, 1, 1, k=2), without)
    assert 0 < mbg_cnbd_k.probability_alive(Parameters(1, 1, 1, 1, k=2), without)[0] < 1


def test_days_and_weeks_give_the_same_fit() -> None:
    generator = np.random.default_rng(6)
    days = mbg_cnbd_k.simulate(Parameters(1.0, 30.0, 0.8, 3.0, k=2), age=np.full(800, 300.0), generator=generator)
    in_days, in_weeks = mbg_cnbd_k.fit(days).parameters, mbg_cnbd_k.fit(days.in_unit(7)).parameters
    assert in_weeks.as_array() == pytest.approx(in_days.as_array() / [1, 7, 1, 1, 1], rel=1e-6)


@pytest.mark.parametrize("horizon", [1e-3, 1e-6, 1e-9, 1e-12])
def test_a_moment_too_short_for_any_order_ends_and_gives_none(horizon: float) -> None:
    regular = Histories.of(repeat_orders=[2], age_at_last_order=[8.6], age=[8.6], sum_log_gaps=[2.9])
    orders = mbg_cnbd_k.expected_orders(Parameters(134.0, 94.0, 0.02, 3.9, 6), regular, horizon=horizon)
    assert 0 <= orders[0] < 2 * horizon
