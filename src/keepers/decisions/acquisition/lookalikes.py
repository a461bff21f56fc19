"""Look-alikes: what somebody with these attributes is worth once won, learned from the customers who were acquired.

Each attribute's level multiplies the worth of a new customer by a factor, drawn towards 1 as far as few customers or a
wide scatter leave it open. Whether that tells anything is judged on customers who were not learned from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from keepers.core.errors import NothingToDoError
from keepers.decisions.acquisition.attributes import UNKNOWN, Attribute, LeftOut, attributes_of

LEAST_LEARNED = 200  # customers; fewer tell nothing of others
MOST_LEARNED = 50_000  # drawn by lot where there are more
FOLDS = 5
SPREADS = (0.05, 0.1, 0.2, 0.4, 0.8)  # of the logarithm of a factor, before anything is known
MOST_STEPS = 50
SURE = 1.645  # standard errors: 5 % on a side
SHARES = (0.1, 0.2, 0.3, 0.5)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class TooFewToLearnError(NothingToDoError):
    """Too few acquired customers, or no attribute that tells them apart."""


@dataclass(frozen=True, slots=True)
class Lift:
    """The worth that a share of the held-out customers holds, chosen by look-alikes and by the best single attribute.

    low, high: 5 % and 95 % point of `held`; `more`: how much more it is than the single attribute's, with its ends
    """

    share: float
    held: float
    held_low: float
    held_high: float
    held_single: float
    more: float
    more_low: float
    more_high: float


@dataclass(frozen=True, slots=True)
class Judged:
    """How well look-alikes told apart customers who were not learned from.

    gain: in the log chance of a customer's worth over giving everybody the same, with its 90 %
        interval [nats per customer]
    single: the attribute that was best alone, in most folds
    tells: whether the gain is surer than chance; otherwise everybody is expected to be worth the same
    """

    customers: int
    gain: float
    gain_low: float
    gain_high: float
    tells: bool
    single: str
    lifts: tuple[Lift, ...]


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """What was learned.

    factors: of each attribute, the (levels,) logarithm by which a level multiplies what a new customer is worth
    covariance: of the raw effects behind them, all levels one after another, each attribute's unknown last
    shares: of each attribute, the (levels,) share of those customers of whom it is known
    level: logarithm of the worth of somebody of whom nothing is known, against the mean of all
    """

    attributes: tuple[Attribute, ...]
    left_out: tuple[LeftOut, ...]
    factors: tuple[Floats, ...]
    shares: tuple[Floats, ...]
    covariance: Floats
    level: float
    spread: float
    judged: Judged

    def called(self, names: Mapping[str, str]) -> Self:
        """The same with other names of attributes, where there are any."""
        attributes = tuple(replace(each, name=names.get(each.name, each.name)) for each in self.attributes)
        judged = replace(self.judged, single=names.get(self.judged.single, self.judged.single))
        return replace(self, attributes=attributes, judged=judged)


@dataclass(frozen=True, slots=True)
class Expected:
    """What people are expected to be worth against a new customer of whom nothing is known: all (n,).

    error: standard error of the logarithm
    """

    relative: Floats
    error: Floats


def learn_look_alikes(customers: pa.Table, relative_worth: Floats, *, seed: int) -> LookAlikes:
    """Learn from customers who were acquired.

    Args:
        customers: a row a customer, a column an attribute: only what was known before the first order.
        relative_worth: (n,) what each is worth against others who came at that time; nan where it is not known.
        seed: of the lots that part the customers.

    Raises:
        TooFewToLearnError: fewer than 200 customers, or nothing tells them apart.
    """
    known = np.flatnonzero(np.isfinite(relative_worth))
    generator = np.random.default_rng(seed)
    if known.size > MOST_LEARNED:
        known = np.sort(generator.choice(known, MOST_LEARNED, replace=False))
    worth = relative_worth[known]
    if known.size < LEAST_LEARNED or not worth.any():
        raise TooFewToLearnError(
            f"There are {known.size:,} customers who were acquired since the log began and have a value. Look-alikes "
            f"need {LEAST_LEARNED}; load an older history, or wait."
        )
    used, left_out = attributes_of(customers.take(pa.array(known)))
    if not used:
        why = "; ".join(f"{each.name}: {each.why}" for each in left_out) or "there is none"
        raise TooFewToLearnError(f"No attribute tells customers apart ({why}). Bring a file of what is known of them.")
    codes = np.column_stack([each.codes(customers[each.name].take(pa.array(known))) for each in used])
    sizes = [len(each.levels) for each in used]
    worth = worth / worth.mean()
    folds = generator.permutation(np.arange(known.size) % FOLDS)
    judged, spread = _judge(used, codes, sizes, worth, folds)
    effects, covariance = _fit(codes, sizes, worth, spread)
    shares = tuple(_shares(codes[:, at], size) for at, size in enumerate(sizes))
    factors = tuple(_centred(effect[:-1], share) for effect, share in zip(effects, shares, strict=True))
    level = -float(np.log(np.exp(_summed(factors, codes)).mean()))
    return LookAlikes(used, left_out, factors, shares, covariance, level, spread, judged)


def expected_of(learned: LookAlikes, people: pa.Table) -> Expected:
    """What these people would be worth, each by those attributes that are known of them."""
    codes = _codes_of(learned, people)
    logs, errors = learned.level + _summed(learned.factors, codes), _errors(learned, codes)
    if not learned.judged.tells:  # they may yet differ by what was found
        return Expected(np.ones(people.num_rows), np.hypot(logs, errors))
    return Expected(np.exp(logs), errors)


def strongest_of(learned: LookAlikes, people: pa.Table, *, most: int = 2) -> list[list[tuple[str, str, float]]]:
    """Of each of these people, the attributes that move the worth most: name, level, factor."""
    codes = _codes_of(learned, people)
    told = []
    for row in codes:
        moved = [
            (attribute.name, attribute.levels[code], float(np.exp(factors[code])))
            for attribute, factors, code in zip(learned.attributes, learned.factors, row.tolist(), strict=True)
            if code != UNKNOWN
        ]
        told.append(sorted(moved, key=lambda each: -abs(np.log(each[2])))[:most])
    return told


def _codes_of(learned: LookAlikes, people: pa.Table) -> Integers:
    nothing = np.full(people.num_rows, UNKNOWN, dtype=np.int64)
    return np.column_stack(
        [each.codes(people[each.name]) if each.name in people.column_names else nothing for each in learned.attributes]
    )


def _summed(factors: Sequence[Floats], codes: Integers) -> Floats:
    total = np.zeros(len(codes))
    for at, own in enumerate(factors):
        total += np.append(own, 0.0)[codes[:, at]]  # unknown is the last place, -1
    return total


def _errors(learned: LookAlikes, codes: Integers) -> Floats:
    """Of the logarithm: of each known level against the mean of its attribute's levels."""
    patterns, place = np.unique(codes, axis=0, return_inverse=True)
    contrast = np.zeros((len(patterns), len(learned.covariance)))
    start = 0
    for at, shares in enumerate(learned.shares):
        known = patterns[:, at] != UNKNOWN
        contrast[known, start : start + shares.size] -= shares
        contrast[known, start + patterns[known, at]] += 1.0
        start += shares.size + 1
    variance = np.einsum("ij,jk,ik->i", contrast, learned.covariance, contrast)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0))[place.reshape(-1)])


def _judge(
    used: Sequence[Attribute], codes: Integers, sizes: Sequence[int], worth: Floats, folds: Integers
) -> tuple[Judged, float]:
    """What customers were worth against what was said of them without them; and the spread that says most."""
    said, alone = np.ones(worth.size), np.ones(worth.size)
    gains = dict.fromkeys(SPREADS, 0.0)
    singles = []
    for fold in range(FOLDS):
        held, tried = folds == fold, folds == (fold + 1) % FOLDS
        rest = ~(held | tried)
        found = {each: _gain(worth[tried], _predict(codes, sizes, worth, rest, tried, each)).sum() for each in SPREADS}
        best = max(SPREADS, key=lambda each: found[each])
        for each in SPREADS:
            gains[each] += found[each]
        said[held] = _predict(codes, sizes, worth, ~held, held, best)
        single, alone[held] = _best_single(codes, sizes, worth, held)
        singles.append(used[single].name)
    each_gain = _gain(worth, said)
    gain, error = float(each_gain.mean()), float(each_gain.std(ddof=1) / np.sqrt(worth.size))
    judged = Judged(
        customers=worth.size,
        gain=gain,
        gain_low=gain - SURE * error,
        gain_high=gain + SURE * error,
        tells=gain > SURE * error,
        single=max(set(singles), key=singles.count),
        lifts=tuple(_lift(share, worth, said, alone) for share in SHARES),
    )
    return judged, max(SPREADS, key=lambda each: gains[each])


def _predict(
    codes: Integers,
    sizes: Sequence[int],
    worth: Floats,
    learned: NDArray[np.bool_],
    of: NDArray[np.bool_],
    spread: float,
) -> Floats:
    """Relative worth of some customers by the factors learned from others, with the same mean as those."""
    effects, _ = _fit(codes[learned], sizes, worth[learned], spread)
    factors = [
        _centred(effect[:-1], _shares(codes[learned, at], size))
        for at, (effect, size) in enumerate(zip(effects, sizes, strict=True))
    ]
    mean = np.exp(_summed(factors, codes[learned])).mean() / worth[learned].mean()
    return np.asarray(np.exp(_summed(factors, codes[of])) / mean)


def _fit(codes: Integers, sizes: Sequence[int], worth: Floats, spread: float) -> tuple[list[Floats], Floats]:
    """Raw effects of each attribute's levels and of its being unknown, and their covariance.

    A quasi-likelihood of a mean that is a product of factors (Wedderburn 1974), each logarithm drawn to 0 as a normal
    one of this spread is; its maximum by Newton's method, which finds it from anywhere, since there is one only.
    """
    patterns, place, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    sums = np.bincount(place.reshape(-1), worth)
    design = _design(patterns, sizes)
    dispersion = max(float(worth.var() / worth.mean()), 1e-6)
    pull = np.append(np.full(design.shape[1] - 1, dispersion / spread**2), 0.0)  # none on the common level
    effects = np.append(np.zeros(design.shape[1] - 1), np.log(worth.mean()))
    for _step in range(MOST_STEPS):
        fitted = counts * np.exp(design @ effects)
        information = (design.T @ design.multiply(fitted[:, None])).toarray() + np.diag(pull)
        move = np.linalg.solve(information, design.T @ (sums - fitted) - pull * effects)
        effects += move * min(1.0, 1.0 / max(float(np.abs(move).max()), 1e-12))
        if np.abs(move).max() < 1e-7:
            break
    covariance = dispersion * np.linalg.inv(information)[:-1, :-1]
    ends = np.cumsum([size + 1 for size in sizes])
    return list(np.split(effects, ends)[:-1]), covariance


def _design(patterns: Integers, sizes: Sequence[int]) -> sparse.csr_matrix:
    """A column a level, each attribute's unknown after its levels, and one of ones at last."""
    starts = np.concatenate([[0], np.cumsum([size + 1 for size in sizes])])
    own = np.where(patterns == UNKNOWN, np.array(sizes), patterns) + starts[:-1]
    own = np.column_stack([own, np.full(len(patterns), starts[-1])])
    rows = np.repeat(np.arange(len(patterns)), own.shape[1])
    return sparse.csr_matrix((np.ones(own.size), (rows, own.reshape(-1))), shape=(len(patterns), int(starts[-1]) + 1))


def _shares(codes: Integers, size: int) -> Floats:
    counts = np.bincount(codes[codes != UNKNOWN], minlength=size).astype(np.float64)
    return np.asarray(counts / max(counts.sum(), 1.0))


def _centred(effects: Floats, shares: Floats) -> Floats:
    """So that somebody of whom it is not known is expected to be like the mean of those of whom it is.

    Whether it is known is often learned after the first order, so it must not count.
    """
    return np.asarray(effects - np.log((shares * np.exp(effects)).sum())) if shares.any() else np.zeros_like(effects)


def _gain(worth: Floats, said: Floats) -> Floats:
    """(n,) how much likelier the worth is by what was said than by the mean of all, which is 1 [nats]."""
    return np.asarray(worth * np.log(said) - (said - 1.0))


def _best_single(codes: Integers, sizes: Sequence[int], worth: Floats, held: NDArray[np.bool_]) -> tuple[int, Floats]:
    """The attribute that alone tells most of those learned from, and what it says of those who are not."""
    pull = 1.0 / SPREADS[2] ** 2
    found = []
    for at, size in enumerate(sizes):
        own, learned = codes[:, at], worth[~held]
        sums = np.bincount(own[~held] + 1, learned, minlength=size + 1)
        counts = np.bincount(own[~held] + 1, minlength=size + 1)
        scatter = learned.var() / learned.mean() * pull
        means = (sums + scatter * learned.mean()) / (counts + scatter)
        means[0] = learned.mean()
        found.append((float(_gain(learned, means[own[~held] + 1]).sum()), at, means[own[held] + 1]))
    _, best, said = max(found, key=lambda each: each[:2])
    return best, said


def _lift(share: float, worth: Floats, said: Floats, alone: Floats) -> Lift:
    """Errors are those of ratios: Σ (chosen − held) × worth against Σ worth."""
    ours, single = _chosen(said, share), _chosen(alone, share)
    total = worth.sum()
    held, held_single = float((ours * worth).sum() / total), float((single * worth).sum() / total)
    error = float(np.sqrt((((ours - held) * worth) ** 2).sum()) / total)
    apart = float(np.sqrt((((ours - single - held + held_single) * worth) ** 2).sum()) / total)
    more = held - held_single
    return Lift(
        share, held, held - SURE * error, held + SURE * error,
        held_single, more, more - SURE * apart, more + SURE * apart,
    )  # fmt: skip


def _chosen(said: Floats, share: float) -> Floats:
    """(n,) of which part each is among those of whom most is said; those of whom the same is said in equal parts."""
    _, place, counts = np.unique(-np.round(said, 12), return_inverse=True, return_counts=True)
    room = np.clip(share * said.size - (np.cumsum(counts) - counts), 0, counts) / counts
    return np.asarray(room[place])
