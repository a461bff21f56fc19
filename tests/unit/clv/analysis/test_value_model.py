"""Fit, predict, grade, save: the front of the engine says what the engine says."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from analyst_shop import LAST_DAY, by_channel, customers, fitted, order_log

from keepers import clv
from keepers.clv import pareto_nbd
from keepers.clv.analysis.choosing import ValueModelError
from keepers.clv.analysis.saved import SavedFitError
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.kinds.design import Groups, InvalidCovariatesError
from keepers.clv.predicting.questions import InvalidQuestionError


def test_the_fit_is_the_engines_own() -> None:
    assert fitted().purchases.parameters == pareto_nbd.fit(customers().histories).parameters
    assert fitted().spend is not None
    assert "pareto-nbd was asked for." in fitted().describe()


def test_a_prediction_has_a_row_a_customer_with_ordered_ends() -> None:
    values = fitted().predict(customers(), horizon="26w", value_cap="2y")
    assert values["customer_id"].tolist() == customers().customer_id.tolist()
    for name in ("orders", "period_value", "residual_value"):
        assert np.all(values[f"{name}_low"] <= values[f"{name}_high"])
    assert np.all(values["residual_value"] >= values["period_value"] - 1e-9)
    assert np.all((values["probability_alive"] >= 0) & (values["probability_alive"] <= 1))


def test_the_same_seed_gives_the_same_answer_and_the_frame_its_own_kind() -> None:
    log = pd.DataFrame(order_log())
    people = clv.Customers.from_orders(log, customer="who", ordered_on="day", value="paid", as_of=LAST_DAY)
    once, again = (clv.ValueModel(model="mbg-nbd").fit(people).predict(people) for _ in range(2))
    assert isinstance(once, pd.DataFrame)
    pd.testing.assert_frame_equal(once, again)


def test_a_longer_horizon_never_brings_less_and_parts_add_up() -> None:
    near, whole = (fitted().expected_orders(customers(), horizon=horizon) for horizon in ("13w", "39w"))
    rest = fitted().expected_orders(customers(), horizon="26w", start="13w")
    assert np.all(whole >= near)
    assert near + rest == pytest.approx(whole, rel=1e-9)


def test_the_chance_to_be_a_customer_falls_and_the_next_order_and_the_lifetime_are_times() -> None:
    now, later = fitted().probability_alive(customers()), fitted().probability_alive(customers(), after="26w")
    assert np.all(later < now)
    due = fitted().next_order_time(customers())
    assert np.nanmin(due) > 0
    assert np.all(fitted().remaining_lifetime(customers()) >= 0)


def test_the_total_comes_from_joint_draws_and_needs_amounts_for_values() -> None:
    forecast = fitted().forecast(customers(), horizon="26w")
    mean, low, high = forecast.total("orders")
    assert low < mean < high
    assert mean == pytest.approx(forecast.table["expected_orders"].sum(), rel=0.05)
    bare = clv.Customers.from_orders(order_log(), customer="who", ordered_on="day", as_of=LAST_DAY)
    without = clv.ValueModel(model="pareto-nbd").fit(bare).forecast(bare)
    assert "residual_value" not in without.table
    with pytest.raises(ValueModelError, match="values need amounts"):
        without.total("residual_value")


def test_a_total_is_asked_for_by_name_and_by_a_chance() -> None:
    forecast = fitted().forecast(customers(), horizon="26w")
    with pytest.raises(InvalidQuestionError, match=r"probability is 90; .* such as 0\.9"):
        forecast.total("orders", probability=90)
    with pytest.raises(InvalidQuestionError, match="probability is 2"):
        fitted().next_order_time(customers(), probability=2)
    assert forecast.total("orders", probability=0.96)[2] > forecast.total("orders")[2]
    with pytest.raises(ValueModelError, match=r"0\.99 takes 100 draws at least, .* has 25; .*draws=100"):
        forecast.total("orders", probability=0.99)
    with pytest.raises(ValueModelError, match='no total of "mean"'):
        forecast.total("mean")


def test_auto_tells_why_from_a_log_and_from_a_mere_summary() -> None:
    from_log = clv.ValueModel().fit(customers()).choice
    assert from_log.model == max(from_log.scores, key=lambda name: from_log.scores[name])
    assert "in forecasts from earlier days" in from_log.reason
    summary = clv.Customers.from_summary(
        customers().to_frame(), repeat_orders="repeat_orders", age_at_last_order="age_at_last_order", age="age"
    )
    from_summary = clv.ValueModel().fit(summary).choice
    assert "BIC" in from_summary.reason
    assert set(from_summary.scores) == {"pareto-nbd", "mbg-nbd"}


def test_a_backtest_compares_with_what_followed_and_reads_nothing_of_it() -> None:
    done = clv.backtest(clv.ValueModel(model="pareto-nbd"), customers(), holdout="20w")
    scores = done.scores()
    assert scores["total"] == done.actual_orders.sum() > 100
    assert 0.8 < scores["coverage_90"] <= 1.0
    log = order_log()
    early = log["day"] <= str(np.datetime64(done.customers.as_of, "D"))
    alone = clv.Customers.from_orders(
        {name: column[early] for name, column in log.items()}, customer="who", ordered_on="day", value="paid",
        as_of=str(np.datetime64(done.customers.as_of, "D")),
    )  # fmt: skip
    assert clv.ValueModel(model="pareto-nbd").fit(alone).purchases.parameters == done.fitted.purchases.parameters


def test_a_saved_fit_predicts_what_it_predicted(tmp_path: Path) -> None:
    clv.save(fitted(), tmp_path / "shop.json")
    again = clv.load(tmp_path / "shop.json")
    before, after = (model.predict(customers()) for model in (fitted(), again))
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert again.warnings == fitted().warnings
    told = json.loads((tmp_path / "shop.json").read_text())
    assert told["purchases"]["parameters"]["alpha"] == fitted().purchases.parameters.alpha


def test_a_shared_forecast_is_the_mean_of_its_models_by_their_shares_and_is_saved_whole(tmp_path: Path) -> None:
    log = order_log()
    few = np.isin(log["who"], np.unique(log["who"])[:60])  # too few to tell which model is right
    shop = clv.Customers.from_orders(
        {name: column[few] for name, column in log.items()}, customer="who", ordered_on="day", value="paid",
        as_of=LAST_DAY,
    )  # fmt: skip
    mixed = clv.ValueModel().fit(shop)
    assert "shared out among pareto-nbd" in mixed.choice.reason
    names = (mixed.choice.model, *mixed.choice.beside)
    assert [mixed.purchases.model, *(each.fit.model for each in mixed.beside)] == list(names)
    counts = np.bincount(mixed.posterior.parameters[:, 0].astype(int))
    assert counts / 25 == pytest.approx([mixed.choice.weights[name] for name in names], abs=0.04)
    alone = [clv.ValueModel(model=name).fit(shop) for name in names]
    by_shares = np.average([one.expected_orders(shop, horizon="26w") for one in alone], axis=0, weights=counts)
    assert mixed.expected_orders(shop, horizon="26w").sum() == pytest.approx(by_shares.sum(), rel=0.05)
    clv.save(mixed, tmp_path / "mixed.json")
    again = clv.load(tmp_path / "mixed.json")
    before, after = (model.predict(shop) for model in (mixed, again))
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)
    assert again.describe() == mixed.describe()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read"),
        ("{}", "no saved fit"),
        ('{"format": "keepers.clv fit"}', "damaged"),
        ('{"format": "keepers.clv fit", "version": 99}', "Upgrade"),
        ('{"format": "keepers.clv fit", "version": "1"}', "damaged"),
        ('{"format": "keepers.clv fit", "version": 1}', "damaged"),
    ],
)
def test_a_file_that_is_no_fit_says_so(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(SavedFitError, match=told):
        clv.load(tmp_path / "odd.json")


def test_settings_and_units_that_do_not_go_are_refused_in_words() -> None:
    with pytest.raises(ValueModelError, match="There is no model"):
        clv.ValueModel(model="pareto")
    with pytest.raises(ValueModelError, match="shares"):
        clv.ValueModel(margin=30)
    with pytest.raises(ValueModelError, match="draws is 0"):
        clv.ValueModel(draws=0)
    days = clv.Customers.from_orders(order_log(), customer="who", ordered_on="day", unit="day")
    with pytest.raises(ValueModelError, match="same unit"):
        fitted().predict(days)
    with pytest.raises(ValueModelError, match="leaves no history"):
        clv.backtest(clv.ValueModel(), customers(), holdout="9y")


def test_rates_may_depend_on_who_the_customers_are() -> None:
    people = by_channel()
    model = clv.ValueModel(model="pareto-nbd").fit(people)
    assert model.purchases.model == "pareto-nbd"
    (effects,) = model.effects(people)
    assert [effect.column.title for effect in effects.effects] == ["channel shop", "channel web"]
    assert not effects.purchase_differs  # who came by the web was drawn by lot
    plain, with_traits = fitted().predict(customers()), model.predict(people)
    assert with_traits["expected_orders"].sum() == pytest.approx(plain["expected_orders"].sum(), rel=0.1)
    with pytest.raises(ValueModelError, match="No traits"):
        fitted().effects(customers())
    with pytest.raises(InvalidCovariatesError, match="channel"):
        model.predict(customers())
    with pytest.raises(ValueModelError, match="cannot depend"):
        clv.ValueModel(model="mbg-cnbd-k").fit(people)


def test_a_saved_fit_keeps_what_rates_depend_on(tmp_path: Path) -> None:
    people = by_channel()
    model = clv.ValueModel().fit(people)
    clv.save(model, tmp_path / "channels.json")
    once, again = model.predict(people), clv.load(tmp_path / "channels.json").predict(people)
    assert np.array_equal(once["residual_value_high"], again["residual_value_high"])


def test_what_a_customers_first_row_says_of_them_counts() -> None:
    frame = {"who": ["a", "a", "b"], "day": ["2025-02-01", "2025-01-01", "2025-01-03"], "city": ["Ulm", "Bonn", None]}
    (city,) = clv.Customers.from_orders(frame, customer="who", ordered_on="day", by=["city"]).traits
    assert isinstance(city, Groups)
    assert [city.levels[code] for code in city.codes] == ["Bonn", "unknown"]


def changing() -> clv.Customers:
    """Customers who order often, and whose own pace changes in the last year, to twice or to half of it."""
    random = np.random.default_rng(3)
    who, day, paid = [], [], []
    for customer in range(250):
        pace, at = random.gamma(5.0, 4.0), random.uniform(0, 60)
        faster = random.choice([0.5, 2.0])
        while at < 730:
            who.append(f"c{customer:03}")
            day.append(str(np.datetime64("2023-01-01") + int(at)))
            paid.append(float(np.round(random.lognormal(3, 0.8), 2)))
            at += 1 + random.exponential(pace) / (faster if at > 487 else 1.0)
    log = {"who": np.array(who), "day": np.array(day), "paid": np.array(paid)}
    return clv.Customers.from_orders(log, customer="who", ordered_on="day", value="paid", as_of="2024-12-31")


def test_drift_is_learned_from_the_logs_past_and_widens_ranges_without_moving_means(tmp_path: Path) -> None:
    people = changing()
    still, aware = (clv.ValueModel(model="mbg-nbd", drift=drift).fit(people) for drift in ("none", "auto"))
    assert still.drift.variance == 0
    assert aware.drift.variance > 0.1
    before, after = (fitted.predict(people, horizon="26w") for fitted in (still, aware))
    assert after["expected_orders"] == pytest.approx(before["expected_orders"], rel=1e-9)
    narrow, wide = (np.sum(each["orders_high"] - each["orders_low"]) for each in (before, after))
    assert wide > 1.15 * narrow
    few = np.ones(len(people), dtype=int)
    sure, unsure = (fitted.order_cdf(people, few, horizon="26w")[1].mean() for fitted in (still, aware))
    assert unsure > sure, "few orders are likelier where paces may fall"
    assert aware.spend_model.NAME == "log-normal", "so the amounts were drawn"
    clv.save(aware, tmp_path / "fit.json")
    again = clv.load(tmp_path / "fit.json").predict(people, horizon="26w")
    assert np.array_equal(again["residual_value_high"], aware.predict(people, horizon="26w")["residual_value_high"])


def test_a_calendar_that_is_given_moves_what_is_expected_when_it_is(tmp_path: Path) -> None:
    weeks = np.concatenate([np.ones(104), np.full(13, 2.0), np.full(52, 1.0)])
    season = Calendar.of(weeks, start=-104.0, width=1.0, time_unit_days=7.0)
    plain, under = (
        clv.ValueModel(model="mbg-nbd", drift="none", calendar=calendar).fit(customers()) for calendar in (None, season)
    )
    usual, busy = (fitted.expected_orders(customers(), horizon="13w").sum() for fitted in (plain, under))
    assert busy == pytest.approx(2 * usual, rel=0.1)
    clv.save(under, tmp_path / "fit.json")
    assert clv.load(tmp_path / "fit.json").expected_orders(customers(), horizon="13w").sum() == pytest.approx(busy)
    earlier = customers().until("2025-03-31")
    assert under.expected_orders(earlier, horizon="13w").sum() < busy, "the busy weeks have not begun as seen from then"


def test_a_calendar_is_learned_only_where_it_can_be_and_the_reason_is_told() -> None:
    short = clv.ValueModel(model="mbg-nbd", drift="none", calendar="auto").fit(customers().until("2024-08-31"))
    assert short.calendar is None
    assert "No calendar was learned" in short.describe()
    summary = clv.Customers.from_summary(
        customers().to_frame(), repeat_orders="repeat_orders", age_at_last_order="age_at_last_order", age="age"
    )
    assert "only a summary" in clv.ValueModel(model="mbg-nbd", calendar="auto").fit(summary).describe()


@pytest.mark.parametrize("wrong", [{"spend": "gamma"}, {"drift": "yes"}, {"calendar": "always"}])
def test_a_setting_that_there_is_not_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueModelError):
        clv.ValueModel(**wrong)
