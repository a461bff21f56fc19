"""What plans take from what experiments measured: pooled, by number of mailings, by parts of an action, by leaving."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from experimented_shop import NOON, rows, tried

from keepers.decisions.terms.effects import Multiplier
from keepers.decisions.terms.terms import Mailing
from keepers.experiments.measuring import as_effects
from keepers.loop.experiments.measured_effects import measured_effects


def with_figure(told: pa.Table, name: str, figure: float) -> pa.Table:
    """The single row, with another figure in a column."""
    return told.set_column(told.schema.get_field_index(name), told.schema.field(name), pa.array([figure]))


def test_of_one_experiment_the_latest_counts_and_several_are_pooled() -> None:
    early, late = rows(tried(0.8), "mailing"), rows(tried(1.2), "mailing", at=NOON.replace(month=7))
    one = measured_effects(pa.concat_tables([late, early])).by_action["mailing"]
    assert one == measured_effects(late).by_action["mailing"]
    assert one.low < 1.2 < one.high
    another = rows(tried(1.0, seed=2), "mailing", experiment="autumn")
    both = measured_effects(pa.concat_tables([late, another])).by_action["mailing"]
    assert both.mean == pytest.approx(1.1, abs=0.02)
    assert both.high - both.low > one.high - one.low  # they did not agree


def test_an_action_rests_on_lots_once_they_took_more_than_half_of_the_doubt() -> None:
    assumed = {"mailing": Multiplier(1.06, 0.99, 1.13)}
    found = []
    for error in (0.3, 0.05):
        told = rows(tried(1.2), "mailing")
        told = with_figure(told, "orders_lift_error", error * told["orders_held"][0].as_py())
        found.append(measured_effects(told, assumed).by_action["mailing"])
    first_look, enough = found
    doubt = np.hypot(3 * 0.14 / 3.29, 0.06)  # of what was assumed, which may as well be nothing
    assert (first_look.evidence, enough.evidence) == ("assumed", "randomised")
    assert first_look.known == pytest.approx(doubt**2 / (doubt**2 + 0.3**2), abs=0.02)
    assert enough.known == pytest.approx(doubt**2 / (doubt**2 + 0.05**2 + 0.05**2), abs=0.02)  # experiments differ
    assert 1.06 < first_look.mean < 1.12 < enough.mean, "what it says is used either way"


def test_an_effect_many_times_what_was_guessed_is_no_guess_though_experiments_may_differ() -> None:
    assumed = {"mailing": Multiplier(1.06, 0.99, 1.13)}
    found = measured_effects(rows(tried(2.0), "mailing"), assumed).by_action["mailing"]
    assert found.evidence == "randomised"
    assert found.known < 0.5 < 1.0 < found.low


def test_groups_alone_say_nothing_of_everybody() -> None:
    told = [
        as_effects(tried(rate), experiment="spring", action="mailing", measured_at=NOON, group=group)
        for group, rate in {"best": 1.4, "steady": 1.0}.items()
    ]
    assert measured_effects(pa.concat_tables(told)).by_action == {}


def test_a_number_of_mailings_is_believed_where_it_was_tried_and_doubted_elsewhere() -> None:
    curve = Mailing(cost=1.0, choices=(0, 2, 4, 12), most=Multiplier(1.06, 0.99, 1.13), half=3.0)
    of_four = as_effects(
        replace(tried(1.2), arms=(replace(tried(1.2).arms[0], arm="send 4 mailings a year"),)),
        experiment="spring", action="mailing", measured_at=NOON,
    )  # fmt: skip
    found = measured_effects(of_four, {"mailing": curve.most}, mailing=curve).by_mailings
    assert found[4].mean == pytest.approx(1.2, abs=0.03)
    widths = {count: each.high - each.low for count, each in found.items()}
    assert found[2].mean < found[4].mean < found[12].mean
    assert widths[12] > widths[4]
    assert widths[2] / (found[2].mean - 1) > widths[4] / (found[4].mean - 1)
    certain = measured_effects(of_four, {"mailing": curve.most}, mailing=curve, half_is_told=True).by_mailings
    assert certain[4].mean == pytest.approx(found[4].mean, abs=0.01)
    assert certain[12].mean - 1 == pytest.approx((certain[4].mean - 1) * 12 / 15 / (4 / 7), abs=0.001)
    assert measured_effects(rows(tried(1.2), "mailing"), mailing=curve).by_mailings == {}  # nobody told its number


def test_care_and_mailings_at_once_teach_both_together() -> None:
    assumed = {"mailing": Multiplier(1.06, 0.99, 1.13), "proactive": Multiplier(1.06, 0.99, 1.13)}
    both = rows(tried(1.4), "proactive + mailing")
    found = measured_effects(both, assumed).by_action
    assert found["mailing"].mean - 1 + found["proactive"].mean - 1 == pytest.approx(0.39, abs=0.06)
    assert found["mailing"].mean > assumed["mailing"].mean
    alone = rows(tried(1.1, seed=2), "mailing", experiment="autumn")
    apart = measured_effects(pa.concat_tables([both, alone]), assumed).by_action
    assert apart["proactive"].mean > found["proactive"].mean + 0.05
    assert {each.evidence for each in apart.values()} == {"randomised"}


def test_lots_that_show_nothing_end_an_assumption_and_lots_that_show_orders_make_leaving_likelier_to_fall() -> None:
    assumed, stays = {"proactive": Multiplier(1.07, 1.0, 1.14)}, {"proactive": Multiplier(0.9, 0.8, 1.0)}
    nothing, much = (measured_effects(rows(tried(rate), "proactive"), assumed, leaving=stays) for rate in (1.0, 1.2))
    assert nothing.by_action["proactive"].mean == pytest.approx(1.0, abs=0.02)
    assert 0.91 < nothing.leaving["proactive"].mean < 1.0
    assert much.by_action["proactive"].mean == pytest.approx(1.2, abs=0.03)
    assert much.leaving["proactive"].mean < 0.88
    assert much.leaving["proactive"].evidence == "assumed", "no window told who left"


def test_orders_that_fewer_leavers_brought_are_not_counted_again() -> None:
    assumed, stays = {"proactive": Multiplier(1.07, 1.0, 1.14)}, {"proactive": Multiplier(0.9, 0.8, 1.0)}
    for action in ("proactive", "proactive + mailing"):
        told = rows(tried(1.2), action)
        for name, figure in {"leaving_factor": 0.5, "leaving_factor_error": 0.05, "orders_to_leaving": -0.3}.items():
            told = with_figure(told, name, figure)
        found, vague = (
            measured_effects(one, assumed, leaving=stays)
            for one in (told, with_figure(told, "leaving_factor_error", 3.0))
        )
        assert found.leaving["proactive"].mean == pytest.approx(0.5, abs=0.08)
        assert found.leaving["proactive"].evidence == "randomised"
        left = vague.leaving["proactive"]
        assert (left.evidence, left.known < 0.5) == ("assumed", True), "of leaving it told next to nothing"
        orders = sum(effect.mean - 1.0 for effect in found.by_action.values())
        assert orders == pytest.approx(0.2 - 0.3 * 0.5, abs=0.04), "the rest of the lift was fewer leavers"


def test_an_offer_that_doubled_returns_for_some_weeks_did_less_for_the_year() -> None:
    table = rows(tried(2.0), "offer")
    weeks = measured_effects(table, windows={"spring": 56.0}).by_action["offer"].mean
    assert weeks == pytest.approx(1 + (1 - np.exp(-1)) / (1 - np.exp(-365.25 / 56)), abs=0.05)
    assert measured_effects(table).by_action["offer"].mean == pytest.approx(2.0, abs=0.05)


def test_effects_without_the_orders_of_the_held_out_or_of_lots_gone_wrong_are_not_used() -> None:
    good = rows(tried(1.2), "mailing")
    place = good.schema.get_field_index("orders_held")
    old = good.set_column(place, good.schema.field("orders_held"), pa.nulls(good.num_rows, pa.float64()))
    assert measured_effects(old).by_action == {}
    wrong = rows(tried(1.2, shares={"held out": 0.1, "letter": 0.9}), "mailing", at=NOON.replace(month=7))
    assert measured_effects(pa.concat_tables([good, wrong])).by_action == {}  # it takes back what the first look said
