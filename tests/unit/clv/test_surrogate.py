"""The polynomial beside densities whose quantiles are known, and densities that it must refuse."""

import numpy as np
import pytest
from scipy.stats import gamma, norm

from keepers.clv.histories import Floats
from keepers.clv.inference import importance, surrogate

PROBABILITIES = [0.05, 0.25, 0.5, 0.75, 0.95]


def quantiles(points: Floats, weights: Floats) -> Floats:
    order = np.argsort(points)
    reached = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(PROBABILITIES, reached, points[order])


def explored(slope, mode: list[float], hessian: Floats, seed: int = 1) -> surrogate.Explored | None:
    first = importance.proposal_at(lambda at: slope(at)[0], np.array(mode), hessian)
    return surrogate.explore(slope, first, np.random.default_rng(seed))


def a_banana(at):
    """at[0] is normal, at[1] lies around half its square."""
    bent = at[1] - 0.5 * at[0] ** 2
    return float(-0.5 * at[0] ** 2 - 0.5 * (bent / 0.7) ** 2), np.array([-at[0] + bent / 0.49 * at[0], -bent / 0.49])


def logs_of_gammas(at):
    shapes = np.array([1.5, 3.0, 8.0, 40.0])
    return float(shapes @ at - np.exp(at).sum()), shapes - np.exp(at)


def a_double_cone(at):
    """Falls off evenly from a tip in two dimensions: no polynomial knows tips."""
    far = np.hypot(*at) + 1e-300
    return -4.0 * float(far), -4.0 * at / far


def two_hills(at):
    """The second, away from the mode, holds as much as the first."""
    near, far = np.exp(-0.5 * (at @ at)), np.exp(-0.5 * ((at - 9.0) @ (at - 9.0)))
    whole = near + far + 1e-300
    return float(np.log(whole)), -(near * at + far * (at - 9.0)) / whole


def test_a_banana_is_known_along_its_whole_length() -> None:
    found = explored(a_banana, [0.0, 0.0], -np.diag([1.0, 1 / 0.49]))
    assert found is not None
    assert quantiles(found.points[:, 0], found.weights) == pytest.approx(norm.ppf(PROBABILITIES), abs=0.02)
    assert found.weights @ found.points[:, 1] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", [1, 2])
def test_skewed_parameters_have_their_quantiles(seed: int) -> None:
    shapes = np.array([1.5, 3.0, 8.0, 40.0])
    found = explored(logs_of_gammas, list(np.log(shapes)), -np.diag(shapes), seed)
    assert found is not None
    assert found.evaluations < 800
    assert found.misfit < surrogate.MOST_MISFIT
    for j, shape in enumerate(shapes):
        exact = np.log(gamma.ppf(PROBABILITIES, shape))
        spread = np.sqrt(found.weights @ (found.points[:, j] - found.weights @ found.points[:, j]) ** 2)
        assert quantiles(found.points[:, j], found.weights) == pytest.approx(exact, abs=0.05 * spread)


def test_a_tip_is_refused() -> None:
    assert explored(a_double_cone, [0.0, 0.0], -8.0 * np.eye(2)) is None


def test_a_density_that_cannot_be_asked_is_refused() -> None:
    def nowhere(at):
        return (0.0, np.zeros(2)) if not at.any() else (float("nan"), np.full(2, np.nan))

    assert explored(nowhere, [0.0, 0.0], -np.eye(2)) is None


def test_the_polynomial_is_no_wiser_than_its_points() -> None:
    """Inside what was fitted the leverage is below 1, far away it is not: there the density itself is asked."""
    random = np.random.default_rng(3)
    asked = surrogate._Asked.at(a_banana, random.normal(size=(200, 2)))
    surface = surrogate.surface_through(asked, centre=np.zeros(2), root=np.eye(2))
    value, leverage = surface.log_density(np.array([[0.3, -0.2], [1.0, 1.0], [30.0, 0.0]]))
    exact = [a_banana(at)[0] for at in ([0.3, -0.2], [1.0, 1.0])]
    assert value[:2] + surface.top == pytest.approx(exact, abs=1e-6)
    assert np.all(leverage[:2] < 1)
    assert leverage[2] > 1_000


def test_a_second_hill_is_not_invented_from_afar() -> None:
    """What no method here sees is a second hill far from the first; the answer is then at least that of the first."""
    found = explored(two_hills, [0.0, 0.0], -np.eye(2))
    assert found is not None
    assert quantiles(found.points[:, 0], found.weights) == pytest.approx(norm.ppf(PROBABILITIES), abs=0.05)
