"""Effects with their intervals, and what is said of them."""

import numpy as np
import pytest

from keepers.experiments.balance import InvalidSharesError, balance, shares_told
from keepers.experiments.effects import NotMeasurableError, Sample, difference
from keepers.experiments.intervals import always_valid, width
from keepers.experiments.measuring import Looking, MeasuredArm, Outcomes, measure
from keepers.experiments.sizing import detectable_gain, people_needed, propose
from keepers.experiments.verdicts import Finding

PEOPLE = 4_000


def sampled(arm: np.ndarray, *, known: np.ndarray | None = None, chance: float = 0.5, **more: object) -> Sample:
    return Sample(
        arm=arm,
        probability=np.full(len(arm), chance),
        known=np.zeros((len(arm), 0)) if known is None else known,
        **more,  # type: ignore[arg-type]
    )


def shop(effect: float, *, seed: int = 1, people: int = PEOPLE) -> tuple[Sample, np.ndarray]:
    """Half treated; what people earn hangs on a forecast that was known before."""
    random = np.random.default_rng(seed)
    arm = np.arange(people) % 2
    forecast = random.gamma(1.0, 10.0, people)
    margin = forecast + random.normal(0, 5, people) + effect * arm
    return sampled(arm, known=forecast[:, None]), margin


def measured(
    effect: float, *, cost: float = 0.0, worth: float | None = None, shares: dict | None = None
) -> MeasuredArm:
    sample, margin = shop(effect)
    looking = Looking(currency="EUR", worth=worth)
    found = measure(
        sample, Outcomes(None, margin), ["held out", "letter"], costs={"letter": cost}, looking=looking, shares=shares
    )
    return found.arms[0]


def test_a_difference_without_anything_known_is_the_difference_of_means() -> None:
    arm = np.array([0, 0, 0, 1, 1])
    outcome = np.array([1.0, 2.0, 3.0, 4.0, 8.0])
    found = difference(sampled(arm), outcome, arm=1)
    assert found.mean == pytest.approx(4.0)
    assert found.level_held == pytest.approx(2.0)
    assert (found.people, found.people_held, found.movers_held) == (2, 3, 3)


def test_what_was_known_before_narrows_the_interval_and_moves_no_truth() -> None:
    sample, margin = shop(1.0)
    with_forecast = difference(sample, margin, arm=1)
    without = difference(sampled(sample.arm), margin, arm=1)
    assert with_forecast.variance_left == pytest.approx(25 / 125, rel=0.1)
    assert with_forecast.standard_error < 0.5 * without.standard_error
    assert abs(with_forecast.mean - 1.0) < 3 * with_forecast.standard_error


def test_a_column_that_says_nothing_or_is_partly_empty_does_no_harm() -> None:
    sample, margin = shop(1.0)
    forecast = np.where(np.arange(PEOPLE) < 40, np.nan, sample.known[:, 0])
    odd = sampled(sample.arm, known=np.column_stack([forecast, np.ones(PEOPLE)]))
    found = difference(odd, margin, arm=1)
    assert found.standard_error == pytest.approx(difference(sample, margin, arm=1).standard_error, rel=0.1)


def test_lots_with_unequal_chances_are_weighed_back() -> None:
    """Big spenders were drawn more often; a plain difference of means would call that an effect."""
    random = np.random.default_rng(3)
    big = random.random(20_000) < 0.5
    chance = np.where(big, 0.8, 0.2)
    treated = random.random(20_000) < chance
    outcome = np.where(big, 10.0, 0.0) + random.normal(0, 1, 20_000)
    sample = Sample(treated.astype(np.intp), np.where(treated, chance, 1 - chance), np.zeros((20_000, 0)))
    found = difference(sample, outcome, arm=1)
    assert outcome[treated].mean() - outcome[~treated].mean() > 5
    assert abs(found.mean) < 3 * found.standard_error < 0.7


def test_clusters_count_as_what_was_drawn_and_not_as_their_people() -> None:
    random = np.random.default_rng(4)
    cluster = np.repeat(np.arange(40), 100)
    arm = (cluster % 2).astype(np.intp)
    margin = random.normal(0, 3, 40)[cluster] + random.normal(0, 1, 4_000)
    alone, together = (difference(sampled(arm, cluster=each), margin, arm=1).standard_error for each in (None, cluster))
    assert together == pytest.approx(3 * np.sqrt(4 / 40), rel=0.35)
    assert together > 5 * alone


def test_a_handful_of_clusters_is_refused() -> None:
    cluster = np.repeat(np.arange(8), 100)
    with pytest.raises(NotMeasurableError, match="4 clusters"):
        difference(sampled((cluster % 2).astype(np.intp), cluster=cluster), np.ones(800), arm=1)


def test_the_interval_is_wider_than_one_look_would_need_and_narrowest_about_the_plan() -> None:
    assert width(1.0, level=0.90) == pytest.approx(2.764, abs=0.002)
    by_seen = {seen: width(seen) / np.sqrt(seen) for seen in (0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 10.0)}
    assert all(by_seen[one] > by_seen[other] for one, other in ((0.1, 0.5), (0.5, 1.0)))
    found = always_valid(1.0, 0.5, seen=0.25)
    assert found.mean - found.low == pytest.approx(0.5 * width(0.25))


@pytest.mark.parametrize(
    ("effect", "cost", "worth", "finding", "begins"),
    [
        (2.0, 0.5, None, Finding.PAYS, "Pays: +€1."),
        (0.0, 2.0, None, Finding.COSTS_MORE, "Costs more than it brings: −€"),
        (0.5, 0.3, 0.4, Finding.NOT_YET, "Not known yet: "),
        (0.0, 0.0, 3.0, Finding.NO_DIFFERENCE, "Makes no difference: "),
    ],
)
def test_the_verdict_is_one_sentence(
    effect: float, cost: float, worth: float | None, finding: Finding, begins: str
) -> None:
    verdict = measured(effect, cost=cost, worth=worth).verdict
    assert verdict.finding is finding
    assert verdict.sentence.startswith(begins)
    assert verdict.sentence.endswith(".")


def test_an_open_verdict_says_how_many_more_people_it_takes() -> None:
    assert "more people needed to be sure of €0.40 per customer" in measured(0.5, cost=0.3, worth=0.4).verdict.sentence


def test_a_worth_of_nothing_asks_for_whatever_was_seen_so_far() -> None:
    open_still = measured(0.5, cost=0.3, worth=0.0).verdict
    assert "more people needed" in open_still.sentence
    assert open_still == measured(0.5, cost=0.3).verdict


def test_arms_that_lost_people_are_not_compared() -> None:
    found = measured(2.0, shares={"held out": 0.4, "letter": 0.6})
    assert found.verdict.finding is Finding.UNTRUSTED
    assert "2,000 people where the lots should have given" in found.verdict.sentence


def test_where_clusters_were_drawn_they_are_counted_and_not_their_people() -> None:
    random = np.random.default_rng(5)
    sizes = np.r_[np.full(20, 40), np.full(20, 160)]  # as lumps fall: half of the regions, a fifth of the people
    cluster = np.repeat(np.arange(40), sizes)
    sample = sampled((cluster >= 20).astype(np.intp), cluster=cluster)
    margin, halves = random.normal(0, 1, len(cluster)), {"held out": 0.5, "letter": 0.5}
    found = measure(sample, Outcomes(None, margin), list(halves), costs={}, looking=Looking(), shares=halves)
    assert found.balance is not None
    assert found.balance.holds
    assert (found.balance.people, found.balance.counted) == ({"held out": 20, "letter": 20}, "clusters")
    skewed = {"held out": 0.05, "letter": 0.95}
    lost = measure(sample, Outcomes(None, margin), list(skewed), costs={}, looking=Looking(), shares=skewed)
    assert "20 clusters where the lots should have given 2" in lost.arms[0].verdict.sentence


@pytest.mark.parametrize("share", [0.0, -0.5, float("nan"), float("inf")])
def test_a_share_that_no_lots_can_have_had_is_refused(share: float) -> None:
    with pytest.raises(InvalidSharesError, match=r'The share of "held out" is .*above 0'):
        balance({"held out": 10, "letter": 90}, {"held out": share, "letter": 1.0})


def test_lots_drawn_at_two_shares_say_no_share_of_all() -> None:
    arm = np.array([0, 1, 0, 1])
    assert shares_told(arm, np.array([0.2, 0.8, 0.2, 0.8]), ["held out", "letter"]) == {"held out": 0.2, "letter": 0.8}
    assert shares_told(arm, np.array([0.2, 0.8, 0.5, 0.5]), ["held out", "letter"]) is None
    assert shares_told(arm[1::2], np.array([0.8, 0.8]), ["held out", "letter"]) is None


def test_before_thirty_of_each_have_ordered_there_is_no_interval() -> None:
    margin = np.zeros(PEOPLE)
    margin[:50] = 20.0  # 25 of each
    sample = sampled(np.arange(PEOPLE) % 2)
    found = measure(sample, Outcomes(None, margin), ["held out", "letter"], costs={}, looking=Looking()).arms[0]
    assert found.verdict.finding is Finding.TOO_EARLY
    each = f"25 of {PEOPLE // 2:,}"
    assert f"{each} treated and {each} held out. An interval needs 30" in found.verdict.sentence
    assert found.margin is not None
    assert found.margin.interval is None


def test_the_share_to_hold_out_is_the_smallest_that_shows_the_gain() -> None:
    size = propose(100_000, spread=15.0, gain=0.6)
    assert size.is_enough
    assert size.held_share < 0.5
    assert size.detectable_gain == pytest.approx(0.6)
    assert detectable_gain(100_000, 15.0, size.held_share * 0.98) > 0.6
    assert people_needed(15.0, 0.6, size.held_share) == pytest.approx(100_000, abs=2)


def test_too_few_people_are_told_how_many_it_takes() -> None:
    size = propose(1_000, spread=15.0, gain=0.6)
    assert not size.is_enough
    assert size.held_share == 0.5
    assert propose(size.people_needed, spread=15.0, gain=0.6).is_enough


def test_a_lost_tenth_of_an_arm_is_seen_and_chance_is_not() -> None:
    shares = {"held out": 0.1, "letter": 0.9}
    assert balance({"held out": 1_030, "letter": 8_970}, shares).holds
    assert not balance({"held out": 850, "letter": 9_000}, shares).holds
