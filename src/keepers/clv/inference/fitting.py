"""Maximum likelihood for every model: Newton steps on the logarithms of the parameters, on few rows first.

What a model's module provides: a function `likelihood(data) -> Likelihood` of its data (`Histories`, `Spend` or
anything else with `thinned` and a length), where `Likelihood` holds functions of the (k,) logarithms of the parameters.
Each returns sums over the weighted rows of the data. `hessian` may be left out; then L-BFGS makes the first steps, and
differences of the gradient serve for the last. `together` is worth giving where value, gradient and Hessian share work.

    optimum = maximise(likelihood, data, start=log_start)
    return fit_of(NAME, Parameters.from_array(np.exp(optimum.log_parameters)), optimum, data, names=(...))

`start` must scale with the data's own time or money (for a rate parameter the logarithm of a mean age, say): the search
is bounded to `start` ± REACH, so that the answer does not depend on the unit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from keepers.clv.histories import Floats
from keepers.clv.inference.gathered_words import HARDLY_TOLD, HARDLY_TOLD_APART, NOT_TOLD
from keepers.core.told import Told

REACH = 10.0  # log parameters are sought within this distance of the start: a factor of 22,000 either way
_ROWS_FOR_A_START = 5_000
_NEWTON_STEPS = 40
_RIDGE = 2.0  # one standard deviation of log parameters along the flattest direction: a factor of 7 either way
_FLAT = 1e-9  # a bend this small beside the largest is the rounding of none
_SHARE_OF_A_RIDGE = 0.2  # of the flattest direction, from which a parameter is named
_CLOSE_ENOUGH = 1e-9  # log-likelihood still to be gained, as the Newton step foresees it
_LOST_IN_ROUNDING = 1e-11  # of the log-likelihood: a gain as small as this may not show in the sum over the rows
_SAME_BEND = 1e-4  # a step as short as this leaves the Hessian as it is

P = TypeVar("P")


class Sample(Protocol):
    """Weighted rows a likelihood is summed over."""

    def __len__(self) -> int: ...

    def thinned(self, rows: int) -> Self:
        """Fewer rows that stand for all, with the same total weight."""
        ...


S = TypeVar("S", bound=Sample)
_Place = tuple[Floats, float, Floats, Floats]  # log parameters, value, gradient, Hessian


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A log-likelihood of (k,) log parameters, summed over the data.

    value: θ -> ℓ
    gradient: θ -> (ℓ, dℓ/dθ (k,))
    hessian: θ -> d²ℓ/dθdθ' (k, k), or None for differences of the gradient
    together: θ -> (ℓ, gradient, Hessian) in one pass over the rows, or None
    """

    value: Callable[[Floats], float]
    gradient: Callable[[Floats], tuple[float, Floats]]
    hessian: Callable[[Floats], Floats] | None = None
    together: Callable[[Floats], tuple[float, Floats, Floats]] | None = None

    def curvature(self, log_parameters: Floats) -> Floats:
        """The Hessian, exact where the model has it."""
        if self.hessian is not None:
            return self.hessian(log_parameters)
        return _differences(self.gradient, log_parameters)

    def all_at(self, log_parameters: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient and Hessian."""
        if self.together is not None:
            return self.together(log_parameters)
        return *self.gradient(log_parameters), self.curvature(log_parameters)


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the search ended, and whether that is a maximum."""

    log_parameters: Floats
    value: float
    gradient: Floats
    hessian: Floats
    iterations: int
    converged: bool
    at_edge: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Fit(Generic[P]):
    """Maximum-likelihood parameters of type `P` with what one must know to trust them.

    parameters: of the model, in `time_unit_days` where they have a unit of time
    log_likelihood: full natural logarithm, summed over customers
    gradient_norm: largest slope left, per customer and per unit of a log parameter
    hessian: (k, k) second derivatives of the log-likelihood in the log parameters at the maximum
    warnings: full sentences; a fit that is not `converged` always has one
    """

    model: str
    parameters: P
    log_likelihood: float
    converged: bool
    iterations: int
    gradient_norm: float
    warnings: tuple[str, ...]
    time_unit_days: float
    customers: float
    log_parameters: Floats
    hessian: Floats

    @property
    def condition(self) -> float:
        """How much flatter the likelihood is along its flattest direction than along its steepest; inf on a ridge.

        The ratio of the eigenvalues of −`hessian`: above about 10,000 the data tell a combination of the parameters
        apart from the others a hundred times less well than the best one.
        """
        if not np.isfinite(self.hessian).all():
            return float("inf")
        bends = np.linalg.eigvalsh(-(self.hessian + self.hessian.T) / 2)
        return float(bends[-1] / bends[0]) if bends[0] > 0 else float("inf")


def maximise(likelihood: Callable[[S], Likelihood], data: S, *, start: Floats, rough: S | None = None) -> Optimum:
    """Find the log parameters with the largest likelihood.

    Large data are first thinned: the maximum of a few thousand rows is a start from which one or two Newton steps on
    all rows suffice. `rough` are rows to be used for that, where something closer than thinned ones is at hand.
    """
    bounds = np.stack([start - REACH, start + REACH], axis=1)
    full = likelihood(data)
    if rough is None and len(data) > 4 * _ROWS_FOR_A_START:
        rough = data.thinned(_ROWS_FOR_A_START)
    first = full if rough is None or len(rough) >= len(data) else likelihood(rough)
    if first.hessian is None:
        begun, iterations = _climb(first, start, bounds)
    else:
        found = newton(first, start, bounds=bounds)
        begun, iterations = found.log_parameters, found.iterations
        if not found.converged and not found.at_edge.any():
            begun, iterations = _climb(first, start, bounds)
        elif first is full:
            return found
    return newton(full, begun, bounds=bounds, iterations=iterations)


def newton(likelihood: Likelihood, start: Floats, *, bounds: Floats, iterations: int = 0) -> Optimum:
    """Newton steps with halving until the step foresees no gain; parameters at a bound are held there.

    The last step is short, so that the Hessian before it still holds after it.
    """
    at = np.clip(start, bounds[:, 0], bounds[:, 1])
    value, gradient, hessian = likelihood.all_at(at)
    converged = False
    for _ in range(_NEWTON_STEPS):
        step, is_hill = _step_within(at, gradient, hessian, bounds)
        gain = float((gradient * step).sum())
        if is_hill and gain < _CLOSE_ENOUGH * max(1.0, abs(value) * 1e-6):
            converged = True
            break
        moved = _search(likelihood, (at, value, gradient, hessian), step, bounds, is_hill=is_hill)
        if moved is None:
            converged = is_hill and gain < 1e-6 * max(1.0, abs(value) * 1e-6)
            break
        at, value, gradient, hessian = moved
        iterations += 1
    at_edge = np.isclose(at, bounds[:, 0]) | np.isclose(at, bounds[:, 1])
    is_peak = converged and not at_edge.any() and bool(np.isfinite(ridge_of(hessian)[0]))
    return Optimum(at, value, gradient, hessian, iterations, is_peak, at_edge)


def fit_of(
    model: str,
    parameters: P,
    optimum: Optimum,
    *,
    names: Sequence[str],
    customers: float,
    time_unit_days: float,
    warnings: Sequence[str] = (),
) -> Fit[P]:
    """The fit of a model at an optimum, with a sentence for each thing that went wrong."""
    return Fit(
        model=model,
        parameters=parameters,
        log_likelihood=optimum.value,
        converged=optimum.converged,
        iterations=optimum.iterations,
        gradient_norm=float(np.abs(optimum.gradient).max() / max(customers, 1.0)),
        warnings=(*warnings, *_complaints(model, optimum, names)),
        time_unit_days=time_unit_days,
        customers=customers,
        log_parameters=optimum.log_parameters,
        hessian=optimum.hessian,
    )


def _climb(likelihood: Likelihood, start: Floats, bounds: Floats) -> tuple[Floats, int]:
    from scipy.optimize import minimize  # half a second to load, and rarely needed

    def downhill(log_parameters: Floats) -> tuple[float, Floats]:
        value, gradient = likelihood.gradient(log_parameters)
        return -value, -gradient

    found = minimize(
        downhill,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(float(low), float(high)) for low, high in bounds],
        options={"maxiter": 200, "ftol": 1e-11},
    )
    return np.asarray(found.x, dtype=np.float64), int(found.nit)


def _pushed_out(at: Floats, gradient: Floats, bounds: Floats) -> npt.NDArray[np.bool_]:
    low = np.isclose(at, bounds[:, 0]) & (gradient < 0)
    high = np.isclose(at, bounds[:, 1]) & (gradient > 0)
    return low | high


def _step_within(at: Floats, gradient: Floats, hessian: Floats, bounds: Floats) -> tuple[Floats, bool]:
    """The uphill step; the parameter that it would first take beyond a bound goes to it, and the others where is best.

    Cutting the step off instead would leave the ridge that it follows, and hardly rise.
    """
    free = ~_pushed_out(at, gradient, bounds)
    straight, is_hill = _newton_step(gradient, hessian, free)
    step, held = straight, np.zeros_like(straight)
    for _ in range(len(at) if is_hill else 0):
        taken = step * _length(step)
        room = np.where(taken > 0, bounds[:, 1] - at, bounds[:, 0] - at)
        beyond = free & (np.abs(taken) > np.abs(room))
        if not beyond.any():
            break
        first = int(np.argmax(np.where(beyond, np.abs(taken) / np.maximum(np.abs(room), 1e-300), 0.0)))
        free[first], held[first] = False, room[first]
        step = held + _newton_step(gradient + hessian @ held, hessian, free)[0]
    return (step if float((gradient * step).sum()) > 0 else straight), is_hill


def _length(step: Floats) -> float:
    """How much of a step is taken at once."""
    return min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))


def _newton_step(gradient: Floats, hessian: Floats, free: npt.NDArray[np.bool_]) -> tuple[Floats, bool]:
    """The uphill step, and whether the surface curves down in every direction that is free."""
    step = np.zeros_like(gradient)
    if not free.any():
        return step, True
    bend, turn = np.linalg.eigh(-hessian[np.ix_(free, free)])
    floor = max(1e-8 * float(np.abs(bend).max()), 1e-300)
    step[free] = turn @ ((turn.T @ gradient[free]) / np.maximum(np.abs(bend), floor))
    return step, bool((bend > 0).all())


def _search(likelihood: Likelihood, here: _Place, step: Floats, bounds: Floats, *, is_hill: bool) -> _Place | None:
    """The first place along the step that lies higher, with half the length each time; None where none does.

    So near to the top that the rise drowns in the rounding of the sum, a step counts that leaves less to be gained.
    """
    at, value, gradient, hessian = here
    longest, gain = float(np.abs(step).max()), float((gradient * step).sum())
    unseen = is_hill and gain < _LOST_IN_ROUNDING * abs(value)
    length = _length(step)
    for _ in range(30):
        target = np.clip(at + length * step, bounds[:, 0], bounds[:, 1])
        there = (
            (target, *likelihood.gradient(target), hessian)
            if is_hill and longest < _SAME_BEND
            else (target, *likelihood.all_at(target))
        )
        if there[1] > value or (unseen and _foreseen(there, bounds) < 0.5 * gain):
            return there
        length /= 2
    return None


def _foreseen(place: _Place, bounds: Floats) -> float:
    at, _, gradient, hessian = place
    step, is_hill = _step_within(at, gradient, hessian, bounds)
    return float((gradient * step).sum()) if is_hill else float("inf")


def _differences(gradient: Callable[[Floats], tuple[float, Floats]], at: Floats) -> Floats:
    width = 1e-4
    columns = [
        (gradient(at + width * side)[1] - gradient(at - width * side)[1]) / (2 * width) for side in np.eye(len(at))
    ]
    hessian = np.array(columns)
    return (hessian + hessian.T) / 2


def ridge_of(hessian: Floats) -> tuple[float, Floats]:
    """The direction (k,) of log parameters in which the likelihood bends least, and how far the data leave it open.

    Returns:
        One standard deviation along it [log parameters], inf where nothing bends, and the direction.
    """
    bend, turn = np.linalg.eigh(-(hessian + hessian.T) / 2)
    flat = bend[0] <= _FLAT * max(float(np.abs(bend).max()), 1e-300)
    return (float("inf") if flat else 1 / float(np.sqrt(bend[0]))), turn[:, 0]


def _ridge_in_words(model: str, optimum: Optimum, names: Sequence[str]) -> list[str]:
    """Names the parameters of a ridge: those that could all be quite different together, and the data not say so."""
    free = ~optimum.at_edge
    if not free.any() or not np.isfinite(optimum.hessian).all():
        return []
    length, direction = ridge_of(optimum.hessian[np.ix_(free, free)])
    if length < _RIDGE:
        return []
    loose = [name for name, is_free in zip(names, free, strict=True) if is_free]
    involved = [name for name, part in zip(loose, direction, strict=True) if abs(part) > _SHARE_OF_A_RIDGE]
    together, times = " and ".join(involved), f"{np.exp(min(length, 9.0)):,.0f}"
    reach = Told.of("values %(times)s times apart", times=times) if np.isfinite(length) else Told.of("any value")
    words = HARDLY_TOLD if len(involved) == 1 else HARDLY_TOLD_APART
    return [Told.of(words, model=model, names=together, reach=reach)]


def _complaints(model: str, optimum: Optimum, names: Sequence[str]) -> list[str]:
    if optimum.converged:
        return _ridge_in_words(model, optimum, names)
    ridge = _ridge_in_words(model, optimum, names)
    if optimum.at_edge.any():
        runaways = " and ".join(name for name, edge in zip(names, optimum.at_edge, strict=True) if edge)
        return [Told.of(NOT_TOLD, model=model, names=runaways), *ridge]
    if ridge:
        return ridge
    words = (
        "%(model)s: no best parameters were found in %(steps)s steps, so its forecast may be off. Check that dates and "
        "amounts were read as they are; a longer history may help."
    )
    return [Told.of(words, model=model, steps=optimum.iterations)]
