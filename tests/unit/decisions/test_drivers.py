"""Equity drivers: the choice model beside an independent optimum, lifetimes by hand, and laws that always hold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from keepers.decisions.drivers import findings
from keepers.decisions.drivers.choice import INERTIA_SPREAD, attractions, fit_choice
from keepers.decisions.drivers.lifetimes import Outlook, lifetime_values, switching
from keepers.decisions.drivers.market import Market, Question, study
from keepers.decisions.drivers.survey import EQUITIES, Driver, Survey, UnusableSurveyError, sized
from keepers.decisions.terms.effects import Floats

BRANDS = ("Alder", "Birch", "Cedar")
TRUE = np.array([0.9, 0.8, 0.4, 0.0])  # inertia, then what a point adds, for a driver of each kind


@pytest.fixture(scope="module")
def survey() -> Survey:
    return simulated(400)


@pytest.fixture(scope="module")
def market(survey: Survey) -> Market:
    costs = {"price": 1_000.0, "relationship: service": 1e9}
    return study(survey, Question("birch", people=10_000, costs=costs, draws=40))


def simulated(people: int, *, seed: int = 3, true: Floats = TRUE) -> Survey:
    generator = np.random.default_rng(seed)
    liking = generator.normal(size=(people, 3, 1))
    ratings = 5.0 + liking + generator.normal(size=(people, 3, 3)) + np.array([[0.4], [0.0], [-0.4]])
    last = generator.integers(0, 3, size=people)
    utilities = ratings @ true[1:] + true[0] * (last[:, None] == np.arange(3))
    chosen = np.eye(3)[(utilities + generator.gumbel(size=(people, 3))).argmax(axis=1)]
    return Survey(
        brands=BRANDS,
        drivers=tuple(Driver(kind, name) for kind, name in zip(EQUITIES, ("price", "image", "service"), strict=True)),
        respondents=np.arange(people).astype(str),
        ratings=ratings,
        considered=np.ones((people, 3), dtype=np.bool_),
        last=last,
        chances=chosen,
        purchases_a_year=generator.gamma(4, 1.5, size=people),
        spend=generator.gamma(5, 8, size=people),
        weights=np.ones(people),
        segments=np.where(np.arange(people) % 3 == 0, "town", "country"),
    )


def test_the_choice_model_is_at_the_optimum_that_another_search_finds(survey: Survey) -> None:
    choice = fit_choice(survey)
    columns = choice.design.columns
    precision = np.array([INERTIA_SPREAD**-2, *[choice.spread**-2] * 3])

    def short(beta: Floats) -> float:
        utilities = columns @ beta
        chances = np.exp(utilities) / np.exp(utilities).sum(axis=1, keepdims=True)
        return float(-np.log((chances * survey.chances).sum(axis=1)).sum() + 0.5 * precision @ beta**2)

    other = minimize(short, np.zeros(4), method="BFGS", options={"gtol": 1e-6})
    assert choice.converged
    np.testing.assert_allclose(choice.mean, other.x, atol=1e-4)
    step, sides = 1e-3 * np.eye(4), (1, -1)
    curved = [
        [sum(a * b * short(choice.mean + a * one + b * two) for a in sides for b in sides) for one in step]
        for two in step
    ]
    np.testing.assert_allclose(choice.covariance, np.linalg.inv(np.array(curved) / 4e-6), rtol=1e-3, atol=1e-6)


def test_known_coefficients_are_found_again_within_their_intervals() -> None:
    choice = fit_choice(simulated(2_000, seed=11))
    per_point = np.array([1.0, *(1 / choice.design.unit)])
    found, spread = choice.mean * per_point, np.sqrt(np.diag(choice.covariance)) * per_point
    assert np.all(np.abs(found - TRUE) < 2.6 * spread)
    assert np.all(spread < 0.1)
    assert choice.held_out > choice.blind > choice.even == pytest.approx(np.log(1 / 3))


def test_lifetime_values_are_the_sum_that_is_worked_out_by_hand(survey: Survey) -> None:
    # who bought Alder last buys it again in 7 of 10 cases, who bought Birch buys it again in 5 of 10
    stickiness = np.sqrt(0.7 / 0.3)
    attraction = np.array([[stickiness, 1.0, 0.0]])
    np.testing.assert_allclose(switching(attraction, stickiness)[0, :2, :2], [[0.7, 0.3], [0.5, 0.5]])
    one = replace(
        survey.of(np.array([0])), last=np.array([0]), purchases_a_year=np.array([1.0]), spend=np.array([100.0])
    )
    found = lifetime_values(one, attraction, stickiness, Outlook(years=3, annual_discount=0.1, margin=0.3))
    paper = 30 * np.array([0.7 + 0.64 / 1.1 + 0.628 / 1.21, 0.3 + 0.36 / 1.1 + 0.372 / 1.21, 0.0])
    np.testing.assert_allclose(found[0], paper / 1.1**0.5, rtol=1e-12)


def test_a_long_life_is_summed_to_its_end_once_chances_have_settled(survey: Survey) -> None:
    one = replace(survey.of(np.array([4])), purchases_a_year=np.array([52.3]), last=np.array([2]))
    attraction = np.array([[1.0, 0.5, 0.2]])
    found = lifetime_values(one, attraction, 2.0, Outlook(years=10))
    matrix, at, total = switching(attraction, 2.0)[0], np.eye(3)[2], np.zeros(3)
    for purchase in range(523):
        at = at @ matrix
        total += 1.1 ** (-(purchase + 0.5) / 52.3) * at
    np.testing.assert_allclose(found[0], 0.3 * one.spend[0] * total, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    pulls=st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    inertia=st.floats(0, 3),
    more=st.floats(0, 3),
    often=st.floats(0.2, 60),
    last=st.integers(-1, 2),
)
def test_a_brand_that_is_liked_better_is_never_worth_less(
    pulls: list[float], inertia: float, more: float, often: float, last: int
) -> None:
    one = simulated(30).of(np.array([0]))
    one = replace(one, purchases_a_year=np.array([often]), last=np.array([last]))
    before = lifetime_values(one, np.exp([pulls]), np.exp(inertia), Outlook())
    after = lifetime_values(one, np.exp([[pulls[0] + more, *pulls[1:]]]), np.exp(inertia), Outlook())
    assert after[0, 0] >= before[0, 0] * (1 - 1e-6)
    assert after.sum() == pytest.approx(before.sum(), rel=1e-6)


def test_rows_of_the_switching_matrix_add_up_to_one_in_every_segment(market: Market) -> None:
    assert [each.segment for each in market.switching] == ["everybody", "country", "town"]
    for each in market.switching:
        np.testing.assert_allclose(each.mean.sum(axis=1), 1.0)
        assert np.all((each.low <= each.mean) & (each.mean <= each.high))


def test_without_inertia_the_last_brand_says_nothing(survey: Survey) -> None:
    rows = switching(attractions(survey, survey.ratings[..., 0]), 1.0)
    np.testing.assert_allclose(rows[:, 0], rows[:, 2])


def test_another_scale_of_ratings_changes_nothing(survey: Survey, market: Market) -> None:
    wider = study(replace(survey, ratings=10 * survey.ratings - 3), replace(market.question, step=10.0))
    np.testing.assert_allclose(wider.equity, market.equity, rtol=1e-6)
    np.testing.assert_allclose(wider.gains, market.gains, rtol=1e-5)
    np.testing.assert_allclose(wider.raised, 10 * market.raised)


def test_brands_in_another_order_are_worth_the_same(survey: Survey, market: Market) -> None:
    turned = [2, 0, 1]
    names = {"ratings", "considered", "chances"}
    other = replace(
        survey,
        brands=tuple(BRANDS[place] for place in turned),
        last=np.argsort(turned)[survey.last],
        **{name: getattr(survey, name)[:, turned] for name in names},
    )
    np.testing.assert_allclose(study(other, market.question).equity, market.equity[:, turned], rtol=1e-6)


def test_brands_that_nobody_tells_apart_share_alike(survey: Survey) -> None:
    alike = lifetime_values(replace(survey, last=np.full(survey.size, -1)), np.ones((survey.size, 3)), 2.0, Outlook())
    np.testing.assert_allclose(alike, np.repeat(alike[:, :1], 3, axis=1))


def test_a_step_that_costs_little_pays_and_one_that_costs_the_world_does_not(market: Market) -> None:
    rows = {row["driver"]: row for row in findings.improvements(market).to_pylist()}
    assert list(rows)[:2] == ["price", "service"]
    assert rows["price"]["chance_pays"] == 1.0
    assert rows["price"]["roi"] == pytest.approx((rows["price"]["added_equity"] - 1_000) / 1_000)
    assert rows["service"]["chance_pays"] == 0.0
    assert rows["image"]["roi"] is None
    assert rows["price"]["added_equity_low"] > 0 > rows["service"]["added_equity_low"]


def test_shares_and_what_moves_choices_add_up(market: Market) -> None:
    assert sum(findings.brands(market)["equity_share"].to_pylist()) == pytest.approx(1.0)
    np.testing.assert_allclose(market.moves.sum(axis=1), 1.0)
    told = findings.kinds(market).to_pylist()
    assert [row["driver_kind"] for row in told] == ["value", "brand", "relationship"]
    assert told[0]["moves"] > told[1]["moves"] > told[2]["moves_low"]


def test_the_firm_s_own_customers_size_the_market(survey: Survey, market: Market) -> None:
    ours = float((survey.last == 1).mean())
    told = study(survey, replace(market.question, people=None, customers=10_000 * ours))
    assert float(told.people.mean()) == pytest.approx(10_000, rel=0.03)
    assert told.people.std() > 0


def test_segments_count_by_their_size_in_the_market(survey: Survey) -> None:
    half = np.where(np.arange(survey.size) < 300, "town", "country")
    uneven = sized(replace(survey, segments=half), {"town": 1, "country": 3})
    assert uneven.weights[half == "town"].sum() == pytest.approx(100)
    assert uneven.weights.sum() == pytest.approx(400)
    asked = {"town": 300, "country": 100}
    assert sized(replace(survey, segments=half), asked).weights == pytest.approx(survey.weights)
    with pytest.raises(UnusableSurveyError, match=r'of every segment how large it is.*"country", "town"'):
        sized(replace(survey, segments=half), {"town": 2})


def test_weights_count_as_the_heads_that_they_leave(survey: Survey) -> None:
    heavy = replace(survey, weights=np.where(np.arange(400) < 40, 9.1, 0.1))
    assert heavy.heads == pytest.approx(400**2 / (40 * 9.1**2 + 360 * 0.1**2))
    assert np.all(np.diag(fit_choice(heavy).covariance)[1:] > np.diag(fit_choice(survey).covariance)[1:])


def test_what_cannot_be_learned_from_is_refused_in_words(survey: Survey) -> None:
    still = replace(survey, ratings=np.where(np.arange(3) == 1, 4.0, survey.ratings))
    with pytest.raises(UnusableSurveyError, match='rates all brands alike on "brand: image"'):
        fit_choice(still)
    with pytest.raises(UnusableSurveyError, match="12 people can be used"):
        fit_choice(survey.of(np.arange(12)))
    with pytest.raises(UnusableSurveyError, match='knows no brand "Dogwood"'):
        study(survey, Question("Dogwood"))
    with pytest.raises(UnusableSurveyError, match="say how many people there are"):
        Question("Alder", costs={"price": 1.0})
