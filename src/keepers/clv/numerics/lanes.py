"""exp and log without a branch or a call, so that a compiler can run several at a time; good to two last digits.

The library's own are called one by one (5 to 7 ns); these take 0.7 to 0.9 ns each in a loop. They must not be compiled
with all of fastmath: it would remove the rounding trick and give silently wrong values. Hence their own flags: products
may be added without being rounded first, nothing more.

Source: the polynomials are Taylor's (exp) and those of fdlibm's `e_log.c` (Sun Microsystems 1993).
"""

import numpy as np
from numba import njit

from keepers.clv.histories import Floats

_ROUND = 6755399441055744.0  # adding 1.5 · 2^52 rounds to a whole number, which then sits in the lowest bits
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TO_ROOT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_ROOT_HALF = np.uint64(0x3FE6A09E667F3BCD)
_FRACTION = np.uint64(0x000FFFFFFFFFFFFF)
_TWO_52 = np.uint64(0x4330000000000000)
_EXPONENT_0 = 4503599627370496.0 + 1023.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def exp(x: float) -> float:
    """e^x for x between -700 and 700."""
    shifted = np.float64(x * _LOG2_E + _ROUND)
    twos = shifted - _ROUND
    r = (x - twos * _LN2_HIGH) - twos * _LN2_LOW
    p = 1.6059043836821613e-10 * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.388888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = p * r + 0.5
    p = p * r * r + r + 1.0
    scale = np.int64((shifted.view(np.int64) + np.int64(1023)) << np.int64(52))
    return float(p * scale.view(np.float64))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def log(x: float) -> float:
    """Natural logarithm of a positive number that is neither tiny (below 1e-300) nor infinite."""
    lifted = np.uint64(np.float64(x).view(np.uint64) + _TO_ROOT_HALF)
    mantissa = np.uint64((lifted & _FRACTION) + _ROOT_HALF).view(np.float64)
    twos = np.uint64((lifted >> np.uint64(52)) | _TWO_52).view(np.float64) - _EXPONENT_0
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    rest = 1.531383769920937332e-01 + z * 1.479819860511658591e-01
    rest = 1.818357216161805012e-01 + z * rest
    rest = 2.222219843214978396e-01 + z * rest
    rest = 2.857142874366239149e-01 + z * rest
    rest = 3.999999999940941908e-01 + z * rest
    rest = z * (6.666666666666735130e-01 + z * rest)
    half = 0.5 * f * f
    return float(twos * _LN2_HIGH - ((half - (s * (half + rest) + twos * _LN2_LOW)) - f))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def log1p(x: float) -> float:
    """ln(1 + x) for x of at least 0, with what the sum loses of a small x put back."""
    rounded = 1.0 + x
    return float(log(rounded) - ((rounded - 1.0) - x) / rounded)


@njit(cache=True, nogil=True)
def added(numbers: Floats, count: int) -> Floats:
    """Of each `count` numbers the sum. NumPy's sum in a compiled loop has numba load its linear algebra."""
    sums = np.zeros(len(numbers) // count)
    for i in range(len(sums)):
        for j in range(count):
            sums[i] += numbers[i * count + j]
    return sums
