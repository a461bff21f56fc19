"""Random numbers inside compiled loops: uniform, normal, exponential, gamma, beta, Poisson.

A kernel gets a `stream` from `stream_of(generator)` and passes it on; the same generator gives the same numbers.
Numba's cache of a kernel does not see changes in this module: after editing it, remove the `__pycache__` beside it.

Sources: Blackman and Vigna (2021), xoshiro256++; Doornik (2005), ziggurat for the normal; Marsaglia and Tsang (2000),
gamma; Hörmann (1993), transformed rejection for the Poisson.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Stream = NDArray[np.uint64]

_LAYERS = 128
_TAIL = 3.442619855899
_LAYER_AREA = 9.91256303526217e-3


def stream_of(generator: np.random.Generator) -> Stream:
    """(4,) state of a new stream of random numbers, drawn from `generator`."""
    return generator.integers(1, 2**64 - 1, size=4, dtype=np.uint64)


def _layers() -> NDArray[np.float64]:
    edge = np.zeros(_LAYERS + 1)
    height = math.exp(-0.5 * _TAIL**2)
    edge[0], edge[1] = _LAYER_AREA / height, _TAIL
    for i in range(2, _LAYERS):
        edge[i] = math.sqrt(-2 * math.log(_LAYER_AREA / edge[i - 1] + height))
        height = math.exp(-0.5 * edge[i] ** 2)
    return edge


_EDGE = _layers()
_RATIO = _EDGE[1:] / _EDGE[:-1]


@njit(cache=True, nogil=True, error_model="numpy")
def bits(stream: Stream) -> np.uint64:
    """64 random bits."""
    total = stream[0] + stream[3]
    result: np.uint64 = ((total << np.uint64(23)) | (total >> np.uint64(41))) + stream[0]
    shifted = stream[1] << np.uint64(17)
    stream[2] ^= stream[0]
    stream[3] ^= stream[1]
    stream[1] ^= stream[2]
    stream[0] ^= stream[3]
    stream[2] ^= shifted
    stream[3] = (stream[3] << np.uint64(45)) | (stream[3] >> np.uint64(19))
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def uniform(stream: Stream) -> float:
    """Between 0 and 1, both excluded."""
    return (float(bits(stream) >> np.uint64(12)) + 0.5) * 2.220446049250313e-16


@njit(cache=True, nogil=True, error_model="numpy")
def exponential(stream: Stream) -> float:
    """With mean 1."""
    return -math.log(uniform(stream))


@njit(cache=True, nogil=True, error_model="numpy")
def normal(stream: Stream) -> float:
    """With mean 0 and variance 1."""
    while True:
        random = bits(stream)
        i = np.int64(random & np.uint64(_LAYERS - 1))
        u = float(random >> np.uint64(11)) * 2.220446049250313e-16 - 1.0
        if abs(u) < _RATIO[i]:
            return float(u * _EDGE[i])
        if i == 0:
            return _normal_tail(u < 0, stream)
        x = u * _EDGE[i]
        upper = math.exp(-0.5 * (_EDGE[i] * _EDGE[i] - x * x))
        lower = math.exp(-0.5 * (_EDGE[i + 1] * _EDGE[i + 1] - x * x))
        if lower + uniform(stream) * (upper - lower) < 1.0:
            return float(x)


@njit(cache=True, nogil=True, error_model="numpy")
def _normal_tail(negative: bool, stream: Stream) -> float:  # noqa: FBT001  a kernel's arguments have no names
    while True:
        x = math.log(uniform(stream)) / _TAIL
        y = math.log(uniform(stream))
        if -2 * y >= x * x:
            return x - _TAIL if negative else _TAIL - x


@njit(cache=True, nogil=True, error_model="numpy")
def gamma(shape: float, stream: Stream) -> float:
    """Gamma with the given shape and rate 1."""
    boost = 1.0
    if shape < 1.0:
        boost = math.exp(math.log(uniform(stream)) / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(stream)
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = uniform(stream)
        square = x * x
        if u < 1.0 - 0.0331 * square * square:
            return boost * d * v
        if math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return boost * d * v


@njit(cache=True, nogil=True, error_model="numpy")
def beta(one: float, other: float, stream: Stream) -> float:
    """Beta; of very small shapes a 0 or 1 may come back."""
    left = gamma(one, stream)
    right = gamma(other, stream)
    if left + right == 0.0:
        return 1.0 if uniform(stream) < one / (one + other) else 0.0
    return left / (left + right)


@njit(cache=True, nogil=True, error_model="numpy")
def poisson(mean: float, stream: Stream) -> int:
    """Poisson, by inversion for small means and by rejection for large ones."""
    if mean < 10.0:
        chance = math.exp(-mean)
        left = uniform(stream) - chance
        count = 0
        while left > 0.0 and count < 200:
            count += 1
            chance *= mean / count
            left -= chance
        return count
    return _large_poisson(mean, stream)


@njit(cache=True, nogil=True, error_model="numpy")
def _large_poisson(mean: float, stream: Stream) -> int:
    root = math.sqrt(mean)
    log_mean = math.log(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = uniform(stream) - 0.5
        v = uniform(stream)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= quick:
            return int(k)
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        accept = math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b)
        if accept <= k * log_mean - mean - math.lgamma(k + 1.0):
            return int(k)
