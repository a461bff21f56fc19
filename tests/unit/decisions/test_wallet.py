"""Share of wallet: the rule by hand, intervals that cover, and what a plan makes of it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit, logit

from keepers.decisions.keeping.growth import BREADTH, UPPER_TAIL, WALLET, growth_of
from keepers.decisions.standing import Ahead, Standing
from keepers.decisions.wallet import Said, UnusableWalletsError, allocation_rule, shares_of_wallet

NOBODY = np.full(3, np.nan)
SAID = Said(
    ["ann", "bob", "cy"], np.array(["", "", ""]), np.array([100.0, 300.0, 90.0]), NOBODY, NOBODY, NOBODY, NOBODY
)


def simulated(people: int) -> tuple[Said, np.ndarray]:
    generator = np.random.default_rng(5)
    segments = np.where(np.arange(people) < people / 2, "town", "country")
    true = expit(np.where(segments == "town", 0.6, -0.9) + 0.8 * generator.normal(size=people))
    own = generator.gamma(4, 50, size=people)
    missing = generator.random(people) < 0.3
    category = np.where(missing, np.nan, own / true * np.exp(0.4 * generator.normal(size=people)))
    said = own * np.exp(0.4 * generator.normal(size=people))
    nothing = np.full(people, np.nan)
    return Said([str(i) for i in range(people)], segments, own, category, nothing, nothing, said), true


def _mean_width(table: pa.Table) -> float:
    low, high = (logit(table[f"share_of_wallet_{end}"].to_numpy()) for end in ("low", "high"))
    return float((high - low).mean())


def test_the_allocation_rule_is_that_of_its_authors() -> None:
    ranks, brands = np.array([1.0, 1.0, 2.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 3.0, 3.0, 3.0])
    np.testing.assert_allclose(allocation_rule(ranks, brands), [1, 2 / 3, 1 / 3, 1 / 2, 1 / 3, 1 / 6])


def test_intervals_cover_and_shares_are_nearer_than_what_was_said() -> None:
    said, true = simulated(400)
    found = shares_of_wallet(said)
    low, mean, high = (found.table[f"share_of_wallet{end}"].to_numpy() for end in ("_low", "", "_high"))
    inside, told = (low <= true) & (true <= high), ~np.isnan(said.category)
    assert inside[told].mean() == pytest.approx(0.9, abs=0.04)
    assert inside[~told].mean() == pytest.approx(0.9, abs=0.06)
    plain = np.minimum(said.own / said.category, 1.0)
    assert np.abs(mean - true)[told].mean() < 0.8 * np.abs(plain - true)[told].mean()
    assert found.stating_error == pytest.approx(0.4, rel=0.1)
    assert found.beyond_one == int((said.own > said.category).sum()) > 10
    whole = said.own.sum() / (said.own / true).sum()
    assert found.together is not None
    assert found.together[1] < whole < found.together[2]
    country, town = found.by_segment.to_pylist()
    assert country["share_of_wallet_high"] < town["share_of_wallet_low"]
    assert set(found.table["wallet_evidence"].to_pylist()) == {"spend", "segment"}


def test_a_rank_tells_what_the_rule_says_drawn_to_the_others() -> None:
    rank, brands = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 3.0])
    found = shares_of_wallet(replace(SAID, rank=rank, brands=brands))
    mean = found.table["share_of_wallet"].to_numpy()
    assert 2 / 3 > mean[0] > mean[1] > mean[2] > 1 / 6
    assert found.ranking_spread == 0.7
    assert found.learned == ()
    assert found.table["wallet_evidence"].to_pylist() == ["rank", "rank", "rank"]


def test_spend_and_rank_together_are_surer_than_either() -> None:
    said, true = simulated(150)
    said = replace(said, category=said.own / true)
    both = replace(said, rank=np.where(true > 0.5, 1.0, 2.0), brands=np.full(150, 2.0))
    tables = [shares_of_wallet(each).table for each in (both, said, replace(both, category=np.full(150, np.nan)))]
    assert [table["wallet_evidence"][0].as_py() for table in tables] == ["spend and rank", "spend", "rank"]
    surer, *others = (_mean_width(table) for table in tables)
    assert surer < min(others)


def test_what_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(UnusableWalletsError, match="Nobody says what they spend"):
        shares_of_wallet(SAID)
    with pytest.raises(UnusableWalletsError, match="Customer bob gives us rank 3 among 2 brands"):
        shares_of_wallet(replace(SAID, rank=np.array([1.0, 3.0, 1.0]), brands=np.full(3, 2.0)))


def test_luck_the_rest_of_the_wallet_or_more_categories_may_bring_somebody_to_the_top() -> None:
    worth = [100.0, *[60.0] * 4, *[10.0] * 5]
    table = pa.table(
        {
            "residual_value": worth,
            "residual_value_high": [120.0, 62.0, 90.0, *[62.0] * 2, *[20.0] * 5],
            "repeat_orders": [9, 3, 3, 3, 0, *[1] * 5],
            "share_of_wallet_high": pa.array([0.9, 0.5, None, 0.98, None, 0.5, None, None, None, None]),
            "categories": [4, 4, 4, 2, 2, 4, 4, 4, 4, 4],
        }
    )
    standing = Standing(table, 0.3, (), Ahead(52.0, 260.0, 0.002), money=None)  # type: ignore[arg-type]  # no draws here
    assert growth_of(standing).tolist() == ["", WALLET, UPPER_TAIL, BREADTH, *[""] * 6]
    plain = replace(standing, table=table.drop_columns(["share_of_wallet_high", "categories"]))
    assert growth_of(plain).tolist() == ["", "", UPPER_TAIL, *[""] * 7]
