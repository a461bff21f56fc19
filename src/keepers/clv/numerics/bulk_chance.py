"""Random numbers many at a time inside compiled loops: gamma and Poisson draws whose shapes or means differ.

Each loop does the same few sums for every number, so that the processor works several in one instruction; the few that
the quick way rejects are drawn again one by one. `room` is scratch space of `SIZE` numbers a block.

Sources: Box and Muller (1958), normal; Marsaglia and Tsang (2000), gamma; Hörmann (1993), Poisson.
"""

import math

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import chance, lanes
from keepers.clv.numerics.chance import Stream

SIZE = 1024  # most numbers a call draws
BLOCKS = 3  # of `SIZE` numbers in `room`
_ONE, _TWO, _DOUBT = 0, SIZE, 2 * SIZE
_BY_COUNTING = 15.0  # a Poisson number with a smaller mean is found by adding up probabilities
_MOST_COUNTED = 80
_GROUP = 64

_INVERSES = 1.0 / np.arange(1.0, _MOST_COUNTED + 1.0)
_FACTORIALS = np.array([math.lgamma(k + 1.0) for k in range(2048)])
# Taylor's coefficients of sin(πx) for x from -1/2 to 1/2
_SINE = np.array([(-1.0) ** k * math.pi ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(11)])

_compiled = njit(cache=True, error_model="numpy", fastmath={"contract"})


@_compiled
def uniforms(begin: int, count: int, stream: Stream, room: Floats) -> None:
    """Fill `room` from `begin` on with numbers between 0 and 1; the generator is `chance.bits`, kept in registers."""
    s0, s1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    for i in range(begin, begin + count):
        total = s0 + s3
        random = np.uint64((total << np.uint64(23)) | (total >> np.uint64(41))) + s0
        shifted = s1 << np.uint64(17)
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = np.uint64((s3 << np.uint64(45)) | (s3 >> np.uint64(19)))
        room[i] = (float(random >> np.uint64(12)) + 0.5) * 2.220446049250313e-16
    stream[0], stream[1], stream[2], stream[3] = s0, s1, s2, s3


@_compiled
def _sine(x: float) -> float:
    z = x * x
    total = _SINE[10]
    total = total * z + _SINE[9]
    total = total * z + _SINE[8]
    total = total * z + _SINE[7]
    total = total * z + _SINE[6]
    total = total * z + _SINE[5]
    total = total * z + _SINE[4]
    total = total * z + _SINE[3]
    total = total * z + _SINE[2]
    total = total * z + _SINE[1]
    return float(x * (total * z + _SINE[0]))


@_compiled
def _normals(count: int, stream: Stream, room: Floats) -> None:
    """Standard normals in the first block of `room`, in pairs."""
    half = (count + 1) // 2
    uniforms(_TWO, half, stream, room)
    uniforms(_DOUBT, half, stream, room)
    for i in range(half):
        length = math.sqrt(-2.0 * lanes.log(room[_TWO + i]))
        x = 2.0 * room[_DOUBT + i] - 1.0
        turn = (1.0 if x > 0.0 else -1.0) - x if abs(x) > 0.5 else x
        room[_ONE + i] = length * _sine(turn)
        room[_ONE + half + i] = length * _sine(0.5 - abs(x))


@_compiled
def gammas(shape: Floats, begin: int, count: int, stream: Stream, room: Floats) -> None:
    """Replace `count` shapes from `begin` on by gamma numbers of rate 1; `shape` must not be `room`."""
    _normals(count, stream, room)
    uniforms(_TWO, count, stream, room)
    for i in range(count):
        given = shape[begin + i]
        d = (given + 1.0 if given < 1.0 else given) - 1.0 / 3.0
        x = room[_ONE + i]
        v = 1.0 + x / math.sqrt(9.0 * d)
        square = x * x
        sure = (v > 0.0) & (room[_TWO + i] < 1.0 - 0.0331 * square * square)
        room[_DOUBT + i] = d * v * v * v if sure else -1.0
    for i in range(count):
        given, found = shape[begin + i], room[_DOUBT + i]
        if found < 0.0:
            found = _judged(given + 1.0 if given < 1.0 else given, room[_ONE + i], room[_TWO + i], stream)
        if given < 1.0:
            found *= math.exp(math.log(chance.uniform(stream)) / given)
        shape[begin + i] = found


@_compiled
def _judged(shape: float, x: float, u: float, stream: Stream) -> float:
    """The number itself where it may stay, else another."""
    d = shape - 1.0 / 3.0
    v = 1.0 + x / math.sqrt(9.0 * d)
    if v > 0.0:
        cube = v * v * v
        if math.log(u) < 0.5 * x * x + d * (1.0 - cube + math.log(cube)):
            return d * cube
    return chance.gamma(shape, stream)


@_compiled
def poissons(mean: Floats, begin: int, count: int, stream: Stream, room: Floats, places: Integers) -> None:
    """Replace `count` means from `begin` on by Poisson numbers; `places` has room for `SIZE` indices."""
    few, many = 0, count
    for i in range(count):
        if mean[begin + i] < _BY_COUNTING:
            places[few] = begin + i
            few += 1
        else:
            many -= 1
            places[many] = begin + i
    for first in range(0, few, _GROUP):
        _by_counting(mean, places, first, min(few - first, _GROUP), stream, room)
    if many < count:
        _by_rejection(mean, places, many, count - many, stream, room)


@_compiled
def _by_counting(mean: Floats, places: Integers, first: int, count: int, stream: Stream, room: Floats) -> None:
    for i in range(_GROUP):
        room[i] = mean[places[first + min(i, count - 1)]]
    uniforms(_TWO, _GROUP, stream, room)
    for i in range(_GROUP):
        room[_DOUBT + i] = lanes.exp(-room[i])
        room[_TWO + i] -= room[_DOUBT + i]
        room[_ONE + _GROUP + i] = 0.0
    for k in range(_MOST_COUNTED):
        left = 0.0
        for i in range(_GROUP):
            more = 1.0 if room[_TWO + i] > 0.0 else 0.0
            room[_ONE + _GROUP + i] += more
            room[_DOUBT + i] *= room[i] * _INVERSES[k]
            room[_TWO + i] -= room[_DOUBT + i]
            left += more
        if left == 0.0:
            break
    for i in range(count):
        mean[places[first + i]] = room[_ONE + _GROUP + i]


@_compiled
def _by_rejection(mean: Floats, places: Integers, first: int, count: int, stream: Stream, room: Floats) -> None:
    uniforms(_ONE, count, stream, room)
    uniforms(_TWO, count, stream, room)
    for i in range(count):
        room[_DOUBT + i] = mean[places[first + i]]
    for i in range(count):
        expected, u, v = room[_DOUBT + i], room[_ONE + i] - 0.5, room[_TWO + i]
        b = 0.931 + 2.53 * math.sqrt(expected)
        a = -0.059 + 0.02483 * b
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + expected + 0.43)
        height = 1.1239 + 1.1328 / (b - 3.4)
        bound = lanes.log(v * height / (a / (us * us) + b)) + expected - k * lanes.log(expected)
        room[_ONE + i] = -1.0 if (k < 0.0) | ((us < 0.013) & (v > us)) else k
        room[_TWO + i] = bound
    for i in range(count):
        k, at = room[_ONE + i], places[first + i]
        if k >= 0.0:
            factorial = _FACTORIALS[int(k)] if k < 2048.0 else math.lgamma(k + 1.0)
            mean[at] = k if room[_TWO + i] <= -factorial else float(chance.poisson(room[_DOUBT + i], stream))
        else:
            mean[at] = float(chance.poisson(room[_DOUBT + i], stream))
