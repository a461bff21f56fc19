"""Whom a standing trial draws: those with whom an action may pay and may as well not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from keepers.decisions.costs_file import read_terms
from keepers.decisions.doubting import CARE, NONE, Doubt, _improvement, hoping
from keepers.decisions.effects import Multiplier
from keepers.decisions.lines import action_of
from keepers.decisions.terms import MAILING, InvalidTermsError, Terms, is_untried, options_of, with_measured


def test_a_lot_chooses_among_what_is_in_doubt_by_what_each_may_add_and_what_the_trial_can_tell() -> None:
    options = options_of(read_terms(None, usual_order_value=30.0))
    may_add = np.array([[3.0, 5.0, 1.0], [0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    ones = np.ones((3, 3))
    doubt = Doubt(("proactive", MAILING, "offer"), options[1:4], may_add, ones, ones, np.full(3, 30.0), 1.0, fewest=0)
    care = doubt.only(CARE)
    every = np.zeros((3, 2))
    assert care.actions == ("proactive", "offer")
    lots = (0.0, 0.74, 0.76, 0.999)
    assert [int(care.drawn(np.full(3, lot), every)[0]) for lot in lots] == [0, 0, 1, 1], "both may add 4 with all"
    assert care.drawn(np.full(3, 0.5), every)[1] == NONE
    assert doubt.only(MAILING).drawn(np.array([0.2, 0.9, 0.9]), every[:, :1]).tolist() == [0, 0, NONE]
    vague = replace(care, variance=np.array([1.0, 90.0]))  # the lots of both: 2 orders, uncertain by 10 ÷ M
    assert vague.told == pytest.approx([2.0 / 12.0, 180.0 / 190.0])
    assert [int(vague.drawn(np.full(3, lot), every)[0]) for lot in (0.34, 0.35)] == [0, 1], "one would tell little"
    assert vague.enough == pytest.approx([1.0, 0.5])
    assert vague.drawn(np.full(3, 0.99), np.full((3, 2), 0.6)).tolist() == [0, NONE, 0], "the lots need no more offers"


def test_a_share_of_those_in_doubt_tells_what_its_own_orders_tell_and_draws_as_many_of_it_as_are_enough() -> None:
    option = options_of(read_terms(None, usual_order_value=30.0))[1]
    ones = np.ones((400, 1))
    all_drawn = Doubt(("proactive",), (option,), ones, ones, 0.5 * ones, np.array([0.032]), share=1.0, fewest=30)
    assert all_drawn.told == pytest.approx([12.8 / 22.8])
    assert replace(all_drawn, share=0.3).told == pytest.approx([3.84 / 13.84]), "these would tell too little"
    more = np.ones((20_000, 1))
    many = replace(all_drawn, may_add=more, events=more, moves=0.5 * more, share=0.3)
    drawn = many.share * many.enough[0] * 20_000
    assert drawn * 0.032 / (drawn * 0.032 + 10.0) == pytest.approx(0.9), "as much as is worth while"
    seldom = replace(many, moves=0.015 * more, variance=np.array([3.2]))
    assert (seldom.movers[0], seldom.enough[0]) == pytest.approx((45.0, 30 / 45)), "as many as a first look takes"


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
