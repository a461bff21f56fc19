"""The search for a maximum, and the draws around it, on a likelihood whose answers are known."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import digamma, gammaln

from keepers.clv.histories import evenly_by_weight
from keepers.clv.inference.fitting import Likelihood, Optimum, fit_of, maximise, newton
from keepers.clv.inference.gathered_words import gathered, of_some
from keepers.clv.inference.importance import smoothed_weights
from keepers.clv.inference.posterior import Prior, sample_posterior


@dataclass(frozen=True)
class Values:
    """Values whose distribution is a gamma with unknown shape and rate."""

    value: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.value)

    def thinned(self, rows: int) -> "Values":
        chosen, weight = evenly_by_weight(self.weight, rows)
        return Values(self.value[chosen], weight)


def gamma_likelihood(data: Values) -> Likelihood:
    count, total, logs = data.weight.sum(), data.weight @ data.value, data.weight @ np.log(data.value)

    def gradient(at):
        shape, rate = np.exp(at)
        value = count * (shape * np.log(rate) - gammaln(shape)) + (shape - 1) * logs - rate * total
        slopes = [shape * (count * np.log(rate) - count * digamma(shape) + logs), count * shape - rate * total]
        return float(value), np.array(slopes)

    return Likelihood(lambda at: gradient(at)[0], gradient)


def values(count: int) -> Values:
    return Values(np.sort(np.random.default_rng(1).gamma(0.7, 3.0, count)), np.ones(count))


def start(data: Values) -> np.ndarray:
    return np.array([0.0, -np.log(data.value.mean())])


@pytest.mark.parametrize("count", [20, 3_000, 100_000])
def test_the_maximum_is_found_with_few_and_with_many_rows(count: int) -> None:
    data = values(count)
    found = maximise(gamma_likelihood, data, start=start(data))
    shape, rate = np.exp(found.log_parameters)
    assert found.converged
    assert shape / rate == pytest.approx(data.value.mean(), rel=1e-6)
    assert np.log(shape) - digamma(shape) == pytest.approx(
        np.log(data.value.mean()) - np.log(data.value).mean(), rel=1e-5
    )


def test_a_likelihood_that_rises_for_ever_ends_at_the_edge() -> None:
    def gradient(at):
        return float(np.exp(-at[0]) * -1.0), np.array([np.exp(-at[0])])

    found = maximise(lambda _: Likelihood(lambda at: gradient(at)[0], gradient), values(20), start=np.zeros(1))
    assert not found.converged
    assert found.at_edge.all()


@pytest.mark.parametrize(
    ("bends", "condition"),
    [([-4.0, -1.0], 4.0), ([-1.0, 0.0], np.inf), ([-1.0, 2.0], np.inf), ([-1.0, np.nan], np.inf)],
)
def test_the_condition_tells_a_ridge(bends: list[float], condition: float) -> None:
    at = Optimum(np.zeros(2), 0.0, np.zeros(2), np.diag(bends), 1, converged=True, at_edge=np.zeros(2, dtype=bool))
    fit = fit_of("a model", None, at, names=("one", "other"), customers=1.0, time_unit_days=1.0)
    assert fit.condition == pytest.approx(condition)


@pytest.mark.parametrize("count", [20, 3_000, 100_000])
def test_the_posterior_has_the_moments_of_a_fine_grid(count: int) -> None:
    data = values(count)
    prior = Prior(start(data), np.array([2.0, 2.0]))
    mode = maximise(gamma_likelihood, data, start=start(data)).log_parameters
    found = sample_posterior(
        gamma_likelihood, data, prior=prior, start=mode, draws=25, generator=np.random.default_rng(2)
    )
    mean, spread = _on_a_grid(gamma_likelihood(data), prior, mode, 8 / np.sqrt(count))
    logs = np.log(found.points)
    assert found.weights @ logs == pytest.approx(mean, abs=0.05 * spread.min())
    assert np.sqrt(found.weights @ (logs - mean) ** 2) == pytest.approx(spread, rel=0.05)
    assert np.log(found.parameters).mean(axis=0) == pytest.approx(found.weights @ logs, abs=1e-9)
    assert np.log(found.parameters).std(axis=0) == pytest.approx(spread, rel=0.05)
    assert found.k_hat < 0.5
    assert found.warnings == ()


def test_one_draw_is_enough_to_ask_for() -> None:
    data = values(50)
    found = sample_posterior(
        gamma_likelihood,
        data,
        prior=Prior(start(data), np.ones(2)),
        start=start(data),
        draws=1,
        generator=np.random.default_rng(2),
    )
    assert found.parameters.shape == (1, 2)


def test_heavy_tailed_weights_are_told_by_k_hat() -> None:
    random = np.random.default_rng(4)
    _, light = smoothed_weights(random.normal(0, 0.3, 2_000))
    weights, heavy = smoothed_weights(1.2 * random.exponential(1.0, 2_000))
    assert light < 0.4
    assert heavy > 0.8
    assert weights.sum() == pytest.approx(1.0)


def _on_a_grid(likelihood: Likelihood, prior: Prior, mode: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    steps = np.linspace(-reach, reach, 121) * np.array([[1.0], [1.5]])
    first, second = np.meshgrid(mode[0] + steps[0], mode[1] + steps[1], indexing="ij")
    points = np.stack([first.ravel(), second.ravel()], axis=1)
    logs = np.array([likelihood.value(point) for point in points]) + prior.log_density(points)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    mean = weight @ points
    return mean, np.sqrt(weight @ (points - mean) ** 2)


def test_a_rise_too_small_to_show_in_the_sum_does_not_end_the_search() -> None:
    """Beside 10¹¹ the last steps' gains drown in rounding; the slope still tells where the top is."""

    def together(at):
        value = -1e11 - 1e3 * float(np.cosh(at - 0.3).sum())
        return value, -1e3 * np.sinh(at - 0.3), -1e3 * np.diag(np.cosh(at - 0.3))

    asked = []

    def counted(at):
        asked.append(at)
        return together(at)

    likelihood = Likelihood(
        lambda at: together(at)[0], lambda at: counted(at)[:2], lambda at: together(at)[2], together=counted
    )
    found = maximise(lambda _: likelihood, values(20), start=np.zeros(2))
    assert found.converged
    assert found.log_parameters == pytest.approx([0.3, 0.3], abs=1e-6)
    assert len(asked) < 12


def test_a_ridge_that_leaves_the_bounds_is_followed_along_the_bound() -> None:
    asked = []

    def together(at):
        asked.append(at)
        rise, apart = np.exp(-at[0]), at[1] - 0.9 * at[0] - 0.1
        value = -rise - 2e4 * apart**2
        slopes = np.array([rise + 3.6e4 * apart, -4e4 * apart])
        return value, slopes, np.array([[-rise - 3.24e4, 3.6e4], [3.6e4, -4e4]])

    ridge = Likelihood(lambda at: together(at)[0], lambda at: together(at)[:2], lambda at: together(at)[2], together)
    found = newton(ridge, np.zeros(2), bounds=np.array([[-6.1, 6.1], [-6.0, 6.0]]))
    assert found.log_parameters == pytest.approx([6.1, 5.59], abs=1e-6)
    assert found.at_edge.tolist() == [True, False]
    assert len(asked) < 15


def edged(model, names, edge):
    bend = np.diag([-1.0, -1.0])
    optimum = Optimum(np.zeros(2), -1.0, np.zeros(2), bend, 3, converged=False, at_edge=np.array(edge))
    return fit_of(model, None, optimum, names=names, customers=1.0, time_unit_days=7.0).warnings


def test_several_complaints_of_parameters_are_gathered_into_one() -> None:
    other = "The history spans only 12 days."
    of_one, of_other = edged("bg_nbd", ("a", "b"), [False, True]), edged("pareto_nbd", ("r", "s"), [True, True])
    assert gathered([other, *of_one]) == [other, *of_one]
    kept, told = gathered([*of_one, other, *(of_some("from 2020 on", each) for each in of_other)])
    assert kept == other
    assert told.startswith("The data hardly tell some parameters (bg_nbd: b; pareto_nbd: r, s). Forecasts")


def test_what_is_said_of_several_groups_is_said_once() -> None:
    told = [of_some("acquired since", "It is short."), "Odd.", of_some("already there", "It is short."), "Odd."]
    assert told[0] == "Customers acquired since: It is short."
    assert gathered(told) == ["Customers acquired since and already there: It is short.", "Odd."]
    kept_as_text = [str(each) for each in told[:3]]
    assert gathered(kept_as_text) == kept_as_text, "runs of before kept no words apart; theirs are shown as they are"
    assert gathered(["It is short.", told[0]]) == ["It is short.", told[0]], "what holds of everybody stays so"
