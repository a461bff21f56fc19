"""Models under a calendar: exact against many digits, and the model itself where no time is better than another."""

import mpmath as mp
import numpy as np
import pytest

from keepers.clv import bg_nbd, mbg_nbd, pareto_nbd
from keepers.clv.calendars.calendar import Calendar, InvalidCalendarError
from keepers.clv.calendars.future_kernels import in_real_time
from keepers.clv.calendars.models import with_calendar
from keepers.clv.histories import Histories

FLAT = Calendar.of(np.ones(300), start=-120.3, width=1.0)
SEASONS = Calendar.of(np.exp(0.8 * np.sin(np.arange(40))), start=-30.4, width=1.3)
PARETO = pareto_nbd.Parameters(0.55, 10.58, 0.61, 11.67)
CORNERS = [  # r, alpha, s, beta, x, t_x, T
    (0.55, 10.58, 0.61, 11.67, 0, 0.0, 25.0),
    (0.55, 10.58, 0.61, 11.67, 3, 4.2, 25.0),
    (10.465, 0.00798565181, 3.0516, 2.82, 40, 5.0, 6.0),
    (10.465, 0.00798565181, 3.0516, 2.82, 50, 1.0, 27.0),
    (0.3, 200.0, 4.0, 0.05, 2, 0.9, 29.7),
    (1.2, 3.0, 0.02, 500.0, 161, 14.71429, 18.0),
]


def past() -> Histories:
    return Histories.of([0, 0, 1, 2, 7, 26], [0.0, 0.0, 4.9, 30.4, 29.4, 30.9], [0.0, 39.0, 38.9, 38.9, 38.9, 31.0])


def exactly(r, alpha, s, beta, x, t_x, age) -> float:
    """The likelihood integrated from edge to edge with 30 digits."""
    edges = SEASONS.start + SEASONS.width * np.arange(len(SEASONS.heights) + 1)

    def whole(u):
        place = (u - mp.mpf(SEASONS.start)) / mp.mpf(SEASONS.width)
        piece = int(mp.floor(place))
        return mp.mpf(SEASONS.width) * (
            mp.fsum(mp.mpf(float(h)) for h in SEASONS.heights[:piece])
            + (place - piece) * mp.mpf(float(SEASONS.heights[piece]))
        )

    with mp.workdps(30):
        entered, first = whole(mp.mpf(-age)), mp.mpf(t_x) - mp.mpf(age)
        near = [first + (mp.mpf(10) ** -k) for k in range(6, 0, -1) if first + mp.mpf(10) ** -k < 0]
        cuts = sorted({first, *near, *(mp.mpf(float(e)) for e in edges if first < e < 0), mp.mpf(0)})
        start = alpha + whole(first) - entered  # the quadrature stops at absolute errors, so powers are relative to it
        left = mp.quad(
            lambda u: s * ((alpha + whole(u) - entered) / start) ** -(r + x) * mp.mpf(beta + age + u) ** -(s + 1), cuts
        )
        stayed = ((alpha + whole(mp.mpf(0)) - entered) / start) ** -(r + x) * mp.mpf(beta + age) ** -s
        front = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta) - (r + x) * mp.log(start)
        return float(front + mp.log(stayed + left))


@pytest.mark.parametrize("corner", CORNERS)
def test_the_pareto_likelihood_under_a_calendar_is_exact(corner) -> None:
    *parameters, x, t_x, age = corner
    found = with_calendar(pareto_nbd, SEASONS).log_likelihood(
        pareto_nbd.Parameters(*parameters), Histories.of([x], [t_x], [age])
    )[0]
    assert found == pytest.approx(exactly(*corner), rel=1e-10, abs=1e-10)


def test_slopes_of_the_pareto_likelihood_are_those_of_its_values() -> None:
    likelihood = with_calendar(pareto_nbd, SEASONS).likelihood(past())
    at = np.log(PARETO.as_array())
    slopes = [(likelihood.value(at + 1e-5 * one) - likelihood.value(at - 1e-5 * one)) / 2e-5 for one in np.eye(4)]
    assert likelihood.gradient(at)[1] == pytest.approx(slopes, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("corner", CORNERS)
def test_bends_of_the_pareto_likelihood_are_those_of_its_slopes(corner) -> None:
    *parameters, x, t_x, age = corner
    likelihood = with_calendar(pareto_nbd, SEASONS).likelihood(Histories.of([x, 1], [t_x, 4.9], [age, 38.9]))
    at = np.log(parameters)
    bends = [
        (likelihood.gradient(at + 1e-5 * one)[1] - likelihood.gradient(at - 1e-5 * one)[1]) / 2e-5 for one in np.eye(4)
    ]
    value, slopes, found = likelihood.all_at(at)
    np.testing.assert_allclose(found, bends, rtol=1e-6, atol=1e-7 * np.abs(bends).max())
    assert (value, *slopes) == (likelihood.value(at), *likelihood.gradient(at)[1])


@pytest.mark.parametrize("model", [pareto_nbd, mbg_nbd, bg_nbd], ids=lambda model: model.NAME)
def test_where_no_time_is_better_the_model_is_itself(model) -> None:
    parameters, under = model.Parameters.from_array(np.array([0.6, 11.0, 0.6, 12.0])), with_calendar(model, FLAT)
    for name, options in [
        ("log_likelihood", {}),
        ("probability_alive", {"after": 9.0}),
        ("expected_orders", {"horizon": 52.0, "start": 7.0}),
        ("order_count_pmf", {"horizon": 20.0, "up_to": 5}),
        ("next_order_time", {"horizon": 500.0}),
        ("remaining_lifetime", {}),
    ]:
        found, plain = (getattr(each, name)(parameters, past(), **options) for each in (under, model))
        assert found == pytest.approx(plain, rel=1e-8, abs=1e-12, nan_ok=True), name
    discounted = [
        each.discounted_expected_orders(parameters, past(), horizon=520.0, discount_rate=0.002)
        for each in (under, model)
    ]
    assert discounted[0] == pytest.approx(discounted[1], rel=1e-3)


@pytest.mark.parametrize("model", [pareto_nbd, mbg_nbd], ids=lambda model: model.NAME)
def test_a_window_twice_as_busy_brings_twice_the_orders_where_nobody_leaves(model) -> None:
    loyal = model.Parameters.from_array(np.array([0.6, 11.0, 1e-9, 1e3]))
    busy = Calendar.of(np.concatenate([np.ones(120), np.full(10, 2.0), np.ones(50)]), start=-120.0, width=1.0)
    orders = with_calendar(model, busy).expected_orders(loyal, past(), horizon=10.0)
    assert orders == pytest.approx(2 * model.expected_orders(loyal, past(), horizon=10.0), rel=1e-6)


@pytest.mark.parametrize("model", [pareto_nbd, mbg_nbd], ids=lambda model: model.NAME)
def test_silence_in_a_quiet_season_is_no_sign_of_leaving(model) -> None:
    parameters = model.Parameters.from_array(np.array([0.6, 3.0, 0.6, 12.0]))
    quiet = Calendar.of(np.concatenate([np.ones(110), np.full(10, 0.05)]), start=-120.0, width=1.0)
    silent = Histories.of([8], [30.0], [40.0])
    alive = with_calendar(model, quiet).probability_alive(parameters, silent)[0]
    assert alive > model.probability_alive(parameters, silent)[0] + 0.05


def test_time_at_is_the_inverse_of_the_integral_also_beyond_the_ends() -> None:
    times = np.array([-80.0, -30.4, -1.0, 0.0, 3.3, 21.0, 400.0])
    assert SEASONS.time_at(SEASONS.integral(times)) == pytest.approx(times, abs=1e-9)
    assert SEASONS.integral(0.0) == 0.0


def test_a_moved_calendar_says_the_same_of_the_same_time() -> None:
    assert SEASONS.moved(-7.0).mean(7.0, 5.0) == pytest.approx(SEASONS.mean(0.0, 5.0))


def test_a_calendar_in_days_is_the_calendar_in_weeks() -> None:
    weeks = Calendar.of(SEASONS.heights, start=-30.4, width=1.3, time_unit_days=7.0)
    assert weeks.in_unit(1.0).integral(35.0) == pytest.approx(7 * weeks.integral(5.0))


def test_heights_below_zero_are_refused() -> None:
    with pytest.raises(InvalidCalendarError, match="above zero"):
        Calendar.of([1.0, -0.5], start=0.0, width=1.0)


@pytest.mark.parametrize("begin", [-20.0, 0.0, 15.0])
def test_lengths_in_calendar_time_last_as_long_as_the_calendar_says(begin: float) -> None:
    edges = np.array([-25.0, -3.0, 0.0, 7.0, 16.0, 300.0]) + begin
    levels = SEASONS.integral(edges)
    for first, last in ((0, 3), (1, 5), (2, 4)):
        lengths = np.linspace(0.0, levels[last] - levels[first], 101)[None, :].repeat(2, axis=0)
        told = lengths.copy()
        in_real_time(told, levels[first], levels[last], edges[first], edges[last], *SEASONS.table())
        expected = SEASONS.time_at(levels[first] + lengths) - edges[first]
        np.testing.assert_allclose(told, expected, atol=1e-9)
        assert told[0, -1] == edges[last] - edges[first]
