"""The loops behind `beta_geometric_future`: sums over negative binomial stages, and random futures.

`ratio` is a time over α + T; `shape` is R; `j` of `k` the stage of the unfinished gap, `phase` (n, k) the chances of
these; `survived` is B. Every sum starts where the first term counts and ends where the rest adds nothing.
"""

import math

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import bulk_chance, lanes
from keepers.clv.numerics.chance import Stream, beta, gamma, uniform

_SMALLEST = 1e-16
_FEW_ORDERS = 30
_SIZE = bulk_chance.SIZE
_NOW, _LATER, _PLACE, _BEFORE, _BEYOND = (block * _SIZE for block in range(5))  # of what is known of each


@njit(cache=True, nogil=True)
def _first_stages(shape: float, ratio: float) -> tuple[int, float, float]:
    """Where to begin a sum over the stages N: m, P(N = m) and P(N > m), with nothing that counts below m."""
    none = -shape * math.log1p(ratio)
    if none > -600.0:
        return 0, math.exp(none), -math.expm1(none)
    mean = shape * ratio
    m = int(max(0.0, mean - 12.0 * math.sqrt(mean * (1.0 + ratio))))
    rising = math.lgamma(shape + m) - math.lgamma(shape) - math.lgamma(m + 1.0)
    return m, math.exp(rising + none + m * (math.log(ratio) - math.log1p(ratio))), 1.0


@njit(cache=True, nogil=True)
def _is_over(total: float, mass: float, shape: float, ratio: float, m: int) -> bool:
    """Whether the terms from m on, of the size of `mass` at m, add nothing to the total any more."""
    z = ratio / (1.0 + ratio)
    decay = max(z, z * (shape + m) / (m + 1.0))
    return decay < 1.0 and mass <= _SMALLEST * (1.0 - decay) * (1.0 - decay) * total


@njit(cache=True, nogil=True)
def _orders_given_stage(j: int, k: int, shape: float, ratio: float, survived: float, a: float) -> float:
    """Σ P(M ≥ n) q_n over n for a customer alive at stage j, in a time of `ratio` times their rate."""
    if ratio <= 0.0:
        return 0.0
    m, mass, tail = _first_stages(shape + j, ratio)
    total, q, n, need = 0.0, 1.0, 1, k - j
    z = ratio / (1.0 + ratio)
    while True:
        while m + 1 < need:
            m += 1
            mass *= (shape + j + m - 1.0) / m * z
            tail -= mass
        total += q * (1.0 if need <= m else max(tail, 0.0))
        if need > m and _is_over(total, q * mass, shape + j, ratio, m):
            return total
        q *= (survived + n - 1.0) / (a + survived + n - 1.0)
        n += 1
        need += k


@njit(cache=True, nogil=True)
def _survival_given_stage(j: int, k: int, shape: float, ratio: float, survived: float, a: float) -> float:
    """Σ P(N = m) q over m, q the chance to survive the ⌊(m + j)/k⌋ orders that m stages make."""
    m, mass, _ = _first_stages(shape + j, ratio)
    z = ratio / (1.0 + ratio)
    q, orders = 1.0, 0
    total = 0.0
    while True:
        while orders < (m + j) // k:
            q *= (survived + orders) / (a + survived + orders)
            orders += 1
        total += q * mass
        if _is_over(total, q * mass, shape + j, ratio, m):
            return total
        m += 1
        mass *= (shape + j + m - 1.0) / m * z


@njit(cache=True, nogil=True)
def orders_until(time: Floats, j: int, k: int, shape: Floats, rate: Floats, survived: Floats, a: float) -> Floats:
    """Expected orders of each row until its own time, given alive at stage j."""
    orders = np.empty(len(shape))
    for i in range(len(shape)):
        orders[i] = _orders_given_stage(j, k, shape[i], time[i] / rate[i], survived[i], a)
    return orders


@njit(cache=True, nogil=True)
def survival(time: Floats, j: int, k: int, shape: Floats, rate: Floats, survived: Floats, a: float) -> Floats:
    """Chance of each row to be still a customer at its own time, given alive at stage j now."""
    stays = np.empty(len(shape))
    for i in range(len(shape)):
        stays[i] = _survival_given_stage(j, k, shape[i], time[i] / rate[i], survived[i], a)
    return stays


@njit(cache=True, nogil=True)
def order_pmf(
    time: float, up_to: int, j: int, k: int, shape: Floats, rate: Floats, survived: Floats, a: float
) -> Floats:
    """Given alive at stage j: P(M = n) q_n, and for those who would have ordered more, dropout at the n-th order."""
    pmf = np.zeros((len(shape), up_to + 1))
    for i in range(len(shape)):
        ratio = time / rate[i]
        z = ratio / (1.0 + ratio)
        m, mass, _ = _first_stages(shape[i] + j, ratio)
        tail, q = 1.0, 1.0
        for n in range(up_to + 1):
            block = 0.0
            while m < (n + 1) * k - j:
                block += mass
                tail -= mass
                m += 1
                mass *= (shape[i] + j + m - 1.0) / m * z
            leaves = q * a / (a + survived[i] + n - 1.0) if n > 0 else 0.0
            pmf[i, n] = q * block + leaves * max(tail, 0.0)
            q -= leaves
    return pmf


@njit(cache=True, nogil=True)
def next_order(probability: float, horizon: float, shape: Floats, rate: Floats, phase: Floats) -> Floats:
    """Bisection on ln(1 + t / rate), in which the chance of an order rises evenly."""
    times = np.empty(len(shape))
    for i in range(len(shape)):
        low, high = 0.0, math.log1p(horizon / rate[i])
        if _none_yet(math.expm1(high), shape[i], phase[i]) > 1.0 - probability:
            times[i] = np.nan
            continue
        for _ in range(52):
            middle = 0.5 * (low + high)
            if _none_yet(math.expm1(middle), shape[i], phase[i]) > 1.0 - probability:
                low = middle
            else:
                high = middle
        times[i] = rate[i] * math.expm1(0.5 * (low + high))
    return times


@njit(cache=True, nogil=True)
def _none_yet(ratio: float, shape: float, phase: Floats) -> float:
    """P(no order yet), given alive."""
    k = len(phase)
    z = ratio / (1.0 + ratio)
    none = 0.0
    for j in range(k):
        mass = math.exp(-(shape + j) * math.log1p(ratio))
        for m in range(k - j):
            none += phase[j] * mass
            mass *= (shape + j + m) / (m + 1.0) * z
    return none


@njit(cache=True, nogil=True)
def _stage(phase: Floats, stream: Stream) -> int:
    left = uniform(stream)
    for j in range(len(phase) - 1):
        left -= phase[j]
        if left < 0.0:
            return j
    return len(phase) - 1


@njit(cache=True, nogil=True)
def _last_order(a: float, survived: float, most: int, place: float, stream: Stream) -> float:
    """Which order from now is the last one, given a place between 0 and 1; infinite (or just larger) beyond `most`.

    Few orders are survived one by one with their chances (B+n−1)/(a+B+n−1), which needs no dropout probability.
    """
    if most <= _FEW_ORDERS:
        reached, needed = place, 1.0
        for n in range(1, most + 1):
            reached *= a + survived + n - 1.0
            needed *= survived + n - 1.0
            if reached > needed:
                return float(n)
        return np.inf
    p = beta(a, survived, stream)
    if p <= 0.0:
        return np.inf
    if p >= 1.0:
        return 1.0
    return 1.0 + math.floor(math.log(place) / math.log1p(-p))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def futures(
    shape: Floats, rate: Floats, phase: Floats, survived: Floats, a: float, alive: Floats,
    horizon: float, rest: float, replicates: int, stream: Stream,
) -> tuple[Integers, Integers, Floats, Floats]:  # fmt: skip
    """The stages are a Poisson process, so the stage of dropout is an order statistic of uniform times."""
    size = (replicates, len(shape))
    orders, later_orders = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    active, later_active = np.zeros(size), np.zeros(size)
    k = phase.shape[1]
    room, places = np.empty(bulk_chance.BLOCKS * _SIZE), np.empty(_SIZE, dtype=np.int64)
    who, reached, work = np.empty(_SIZE, dtype=np.int64), np.zeros(_SIZE, dtype=np.int64), np.empty(5 * _SIZE)
    gone, soon = np.empty(_SIZE, dtype=np.int64), np.empty(_SIZE, dtype=np.bool_)
    for draw in range(replicates):
        for begin in range(0, len(shape), _SIZE):
            count = _still_there(alive, begin, min(_SIZE, len(shape) - begin), who, work, stream)
            for n in range(count):
                reached[n] = 0 if k == 1 else _stage(phase[who[n]], stream)
                work[_NOW + n] = shape[who[n]] + reached[n]
            bulk_chance.gammas(work, _NOW, count, stream, room)
            for n in range(count):
                pace = work[_NOW + n] / rate[who[n]]
                work[_NOW + n], work[_LATER + n] = pace * horizon, pace * rest
            bulk_chance.poissons(work, _NOW, count, stream, room, places)
            bulk_chance.poissons(work, _LATER, count, stream, room, places)
            bulk_chance.uniforms(_PLACE, count, stream, work)
            leaving = 0
            for n in range(count):
                i, j, stages, later = who[n], reached[n], int(work[_NOW + n]), int(work[_LATER + n])
                within = stages if k == 1 else (stages + j) // k
                most = stages + later if k == 1 else (stages + later + j) // k
                last = _last_order(a, survived[i], most, work[_PLACE + n], stream)
                active[draw, i], later_active[draw, i] = horizon, rest
                if last > most:
                    orders[draw, i], later_orders[draw, i] = within, most - within
                    continue
                final = int(last) * k - j
                gone[leaving], soon[leaving] = i, final <= stages
                orders[draw, i] = min(int(last), within)
                later_orders[draw, i] = int(last) - orders[draw, i]
                before, among = (final, stages) if soon[leaving] else (final - stages, later)
                work[_BEFORE + leaving], work[_BEYOND + leaving] = before, among - before + 1
                leaving += 1
            _shares(leaving, work, places, stream, room)
            for n in range(leaving):
                i, share = gone[n], work[_NOW + n]
                active[draw, i] = horizon * share if soon[n] else horizon
                later_active[draw, i] = 0.0 if soon[n] else rest * share
    return orders, later_orders, active, later_active


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _shares(count: int, work: Floats, places: Integers, stream: Stream, room: Floats) -> None:
    """Beta numbers, of the shapes held in `work`, into its first block: the first or last of some by a power alone."""
    bulk_chance.uniforms(_PLACE, count, stream, work)
    for n in range(count):
        is_last = work[_BEYOND + n] == 1.0
        power = lanes.exp(lanes.log(work[_PLACE + n]) / (work[_BEFORE + n] if is_last else work[_BEYOND + n]))
        work[_NOW + n] = power if is_last else 1.0 - power
    inner = 0
    for n in range(count):
        places[inner] = n
        inner += int((work[_BEFORE + n] > 1.0) & (work[_BEYOND + n] > 1.0))
    for n in range(inner):  # in place: it never runs ahead of what it reads
        work[_BEFORE + n], work[_BEYOND + n] = work[_BEFORE + places[n]], work[_BEYOND + places[n]]
    bulk_chance.gammas(work, _BEFORE, inner, stream, room)
    bulk_chance.gammas(work, _BEYOND, inner, stream, room)
    for n in range(inner):
        work[_NOW + places[n]] = work[_BEFORE + n] / (work[_BEFORE + n] + work[_BEYOND + n])


@njit(cache=True, nogil=True, error_model="numpy")
def _still_there(alive: Floats, begin: int, many: int, who: Integers, work: Floats, stream: Stream) -> int:
    """Who of `many` rows from `begin` on is still a customer; how many there are."""
    bulk_chance.uniforms(_NOW, many, stream, work)
    count = 0
    for i in range(many):
        who[count] = begin + i
        count += int(work[_NOW + i] < alive[begin + i])
    return count


@njit(cache=True, nogil=True)
def new_customers(
    age: Floats, r: float, alpha: float, a: float, b: float, k: int, first: int, stream: Stream
) -> tuple[Integers, Floats, Floats]:
    """Repeat orders, age at the last one and sum of the logarithms of the gaps, of new customers of the given ages."""
    orders, last, log_gaps = np.zeros(len(age), dtype=np.int64), np.zeros(len(age)), np.zeros(len(age))
    for i in range(len(age)):
        pace = gamma(r, stream) / alpha
        p = beta(a, b, stream)
        if pace <= 0.0 or (first == 1 and uniform(stream) < p):
            continue
        time = 0.0
        while True:
            gap = gamma(float(k), stream) / pace
            time += gap
            if time > age[i]:
                break
            orders[i] += 1
            last[i] = time
            log_gaps[i] += math.log(gap)
            if uniform(stream) < p:
                break
    return orders, last, log_gaps
