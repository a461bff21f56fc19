"""Whom a standing trial draws: those with whom an action may pay and may as well not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import poisson

from keepers.decisions.lines import action_of
from keepers.decisions.terms.costs_file import read_terms
from keepers.decisions.terms.effects import Floats, Multiplier
from keepers.decisions.terms.terms import MAILING, InvalidTermsError, Terms, is_untried, options_of, with_measured
from keepers.decisions.trying.doubting import CARE, NONE, Doubt, _improvement, hoping
from keepers.decisions.trying.sharing_out import STRONGEST, chances


def in_doubt(may_add: Floats, **about: Any) -> Doubt:
    """Levels of care and offers with whom each may add so much; each customer orders once."""
    ones, count = np.ones(may_add.shape), may_add.shape[1]
    options = options_of(read_terms(None, usual_order_value=30.0))[1 : 1 + count]
    told = {"variance": np.full(count, 30.0), "share": 1.0, "strength": np.full(count, STRONGEST)} | about
    return Doubt(("proactive", "offer", "reactive")[:count], options, may_add, ones, told.pop("moves", ones), **told)


def test_a_lot_chooses_among_what_is_in_doubt_by_what_each_may_add_and_what_the_trial_can_tell() -> None:
    care = in_doubt(np.array([[3.0, 1.0], [0.0, 0.0], [1.0, 3.0]]))
    doubt = replace(care, actions=("proactive", MAILING))
    assert doubt.only(CARE).actions == ("proactive",)
    lots = (0.0, 0.74, 0.76, 0.999)
    assert [int(care.drawn(np.full(3, lot))[0]) for lot in lots] == [0, 0, 1, 1], "both may add 4 with all"
    assert care.drawn(np.full(3, 0.5))[1] == NONE
    assert doubt.only(MAILING).drawn(np.array([0.2, 0.9, 0.9])).tolist() == [0, NONE, 0]
    vague = replace(care, variance=np.array([1.0, 90.0]))  # the lots of both: 2 orders, uncertain by 10 ÷ M
    assert vague.told == pytest.approx([2.0 / 12.0, 180.0 / 190.0])
    assert [int(vague.drawn(np.full(3, lot))[0]) for lot in (0.34, 0.35)] == [0, 1], "one would tell little"
    fewer = replace(vague, strength=np.array([0.0, np.log(2.0)]))
    assert fewer.drawn(np.array([0.49, 0.1, 0.51])).tolist() == [1, NONE, NONE], "as many as its strength gives it"


def test_a_share_of_those_in_doubt_tells_what_its_own_orders_tell_and_draws_as_many_of_it_as_are_enough() -> None:
    def drawn(doubt: Doubt) -> float:
        none_known, untried = np.zeros(1), np.ones(1, dtype=bool)
        strength = doubt.strengths(none_known, untried, fewest=30, anyhow=False)
        return doubt.share * float(np.sum(chances(doubt.weight, strength)))

    half = np.full((400, 1), 0.5)
    all_drawn = in_doubt(np.ones((400, 1)), variance=np.array([0.032]), moves=half)
    assert all_drawn.told == pytest.approx([12.8 / 22.8])
    assert drawn(all_drawn) == pytest.approx(400.0)
    some = replace(all_drawn, share=0.3)
    assert some.told == pytest.approx([3.84 / 13.84])
    assert drawn(some) == 0.0, "these would tell too little"
    many = in_doubt(np.ones((20_000, 1)), variance=np.array([0.032]), moves=np.full((20_000, 1), 0.5), share=0.3)
    assert drawn(many) * 0.032 / (drawn(many) * 0.032 + 10.0) == pytest.approx(0.9), "as much as is worth while"
    seldom = replace(many, moves=np.full((20_000, 1), 0.015), variance=np.array([3.2]))
    assert drawn(seldom) * 0.015 / 2 == pytest.approx(1.1 * 39.54, rel=1e-3), "what a look takes surely, and a tenth"
    least = replace(seldom, moves=np.full((20_000, 1), 0.0133))
    assert poisson(drawn(least) * 0.0133 / 2).cdf(29) < 0.05, "39.9: nineteen arms of twenty have 30 or more"
    assert drawn(replace(seldom, moves=np.full((20_000, 1), 0.0130))) == 0.0, "39 are too few"


def test_actions_that_share_the_same_people_each_get_enough_of_them_or_the_least_is_left_out() -> None:
    def reached(may_add: Floats, **about: Any) -> tuple[list[float], Doubt]:
        doubt = in_doubt(may_add, **about)
        doubt = replace(doubt, strength=doubt.strengths(np.zeros(3), np.ones(3, dtype=bool), fewest=30, anyhow=False))
        place = doubt.drawn((np.arange(len(may_add)) + 0.5) / len(may_add))
        return [0.5 * np.count_nonzero(place == action) for action in range(3)], doubt

    alike = np.tile([3.0, 2.0, 1.0], (170, 1))
    each_alone = np.sum(in_doubt(alike).moves, axis=0) / 2
    assert (each_alone > 80).all(), "alone, each would have twice what a look surely takes"
    movers, _ = reached(alike)
    assert movers[2] == 0.0, "170 are enough for two: the one that may add least is left out"
    assert min(movers[:2]) >= 40
    untried = np.ones(3, dtype=bool)
    told = in_doubt(alike, moves=np.tile([1.0, 1.0, 0.2], (170, 1)), strength=np.array([STRONGEST, 0.0, 0.0]))
    told = told.left_out(np.zeros(3), untried, fewest=30)
    assert (told.waiting, told.too_few) == (("offer",), ("reactive",)), "alone, 170 are enough for one of them"
    assert told.left_out(np.zeros(3), ~untried, fewest=30).waiting == (), "what is known is used as it is"
    movers, _ = reached(np.tile([3.0, 2.0, 1.0], (270, 1)))
    assert min(movers) >= 40, "270 are enough for three, though one may add a third of another"
    movers, doubt = reached(np.tile([3.0, 2.0, 1.0], (900, 1)), variance=np.full(3, 1.0))
    assert movers == pytest.approx([45.0] * 3, abs=1.0), "90 orders each tell nine tenths; more are not needed"
    assert np.count_nonzero(doubt.drawn(np.linspace(0, 0.999, 900)) == NONE) == pytest.approx(630, abs=3)


def test_what_an_action_may_add_is_the_mean_of_what_it_gains_beyond_the_plans_choice() -> None:
    mean, spread, best = np.array([[-2.0, 3.0, -np.inf]]), 4.0, np.array([[1.0]])
    hopeful = mean + spread * 1.6448536269514722
    drawn = np.random.default_rng(1).normal(mean[0, :2], spread, (400_000, 2))
    found = _improvement(mean, hopeful, best)[0]
    assert found[:2] == pytest.approx(np.maximum(drawn - 1.0, 0.0).mean(axis=0), rel=0.02)
    assert found[2] == 0.0, "what is not for somebody adds nothing"


def test_hope_has_everything_at_its_better_end() -> None:
    terms = read_terms(None, usual_order_value=30.0)
    hope = hoping(terms).level("proactive")
    assert (hope.orders.mean, hope.leaving.mean) == pytest.approx((1.07 + 3 * 0.07, 0.90 - 3 * 0.10))
    known = replace(terms, mailing=replace(terms.mailing, most=Multiplier(1.2, 1.1, 1.3, "randomised")))
    assert hoping(known).mailing.most.low == 1.3, "what was measured is as doubtful as it says"
    little = replace(terms, mailing=replace(terms.mailing, most=Multiplier(1.2, 1.1, 1.3, "assumed", known=0.2)))
    assert hoping(little).mailing.most.low == 1.3, "also where most of it is still assumed"


def test_what_is_neither_measured_nor_told_nor_done_today_is_untried(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text("[levels.reactive]\norders = { mean = 1.02, low = 1.0, high = 1.04 }\n")
    told = read_terms(path, usual_order_value=30.0)

    def untried(terms: Terms) -> set[str]:
        return {action_of(option) for option in options_of(terms) if is_untried(terms, option)}

    assert untried(told) & {"no contact of our own", "reactive care"} == set()
    calls, mailed = "proactive care, 3 calls a year", "send 4 mailings a year"
    assert {calls, mailed, f"{calls}, 4 mailings a year", "send a personal offer"} <= untried(told)
    measured = with_measured(told, {MAILING: Multiplier(1.1, 1.0, 1.2, "randomised")})
    assert untried(measured) & {mailed, calls} == {calls}
    little = with_measured(told, {MAILING: Multiplier(1.1, 1.0, 1.2, "assumed", known=0.4)})
    assert untried(little) >= {mailed, calls}
    assert calls not in untried(replace(told, now_level="proactive"))
    assert mailed not in untried(replace(told, now_mailings=4))


def test_a_trial_that_cannot_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text("[trial]\nshare = 0.3\nweeks = 12\n")
    assert read_terms(path, usual_order_value=30.0).trial.weeks == 12
    path.write_text("[trial]\nshare = 1.3\n")
    with pytest.raises(InvalidTermsError, match=r"trial\.share"):
        read_terms(path, usual_order_value=30.0)
