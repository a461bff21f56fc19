import numpy as np
import pytest

from keepers.clv.drift import Drift
from keepers.clv.drift_learning import Judged
from keepers.clv.stacking import best_weights, mixed, stacked

ROWS = 2_000
WEIGHT = np.full(ROWS, 1 / ROWS)
NONE = Drift(0.0, 100.0, -1.0)


def judged(chances) -> Judged:
    return Judged(NONE, np.log(chances), WEIGHT, np.log(chances), ROWS)


def happened(share: float):
    """What two forecasters gave to outcomes of which the first foresees one kind, the second the other."""
    kinds = np.random.default_rng(1).random(ROWS) < share
    return judged(np.where(kinds, 0.8, 0.2)), judged(np.where(kinds, 0.2, 0.8))


def test_the_best_weights_are_those_of_the_mixture_that_made_the_outcomes_likeliest() -> None:
    one, other = happened(0.62)
    share = best_weights([one, other])[0]
    around = [mixed({"a": one, "b": other}, {"a": w, "b": 1 - w}) @ WEIGHT for w in (share - 0.02, share, share + 0.02)]
    assert max(around) == around[1]
    assert share == pytest.approx((0.62 - 0.2) / 0.6, abs=0.05)


def test_weights_are_drawn_half_way_to_equal_ones_with_the_heaviest_first() -> None:
    one, other = happened(0.3)
    best = best_weights([one, other])
    weights = stacked({"one": one, "other": other})
    assert list(weights) == ["other", "one"]
    assert weights["one"] == pytest.approx((best[0] + 0.5) / 2)
    assert sum(weights.values()) == pytest.approx(1.0)


def test_a_model_that_adds_nothing_has_no_share() -> None:
    one, other = happened(0.5)
    worse = judged(np.exp(one.log_chances) / 2)
    assert set(stacked({"one": one, "other": other, "worse": worse})) == {"one", "other"}


def test_a_mixture_of_models_that_err_apart_beats_each() -> None:
    one, other = happened(0.5)
    assert one.gain_over(mixed({"a": one, "b": other}, {"a": 0.5, "b": 0.5})) < -0.05
