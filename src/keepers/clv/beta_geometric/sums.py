"""The sums over histories behind `beta_geometric` where orders come at random (k = 1), 64 rows side by side.

With f = α/(α+T), g = α/(α+t_x) and u = ln (α+T)/(α+t_x) a row's likelihood, but for its table by orders, is
(α+T)^-R (1 + e^ζ), ζ = ln ρ + R·u. The odds e^ζ between "dropped out" and "alive" weigh the derivatives of ζ.
"""

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import lanes

_LANES = 64
_NO_CHANCE = 600.0  # e^-600 is 0 to any sum, and its products are still normal numbers


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def sums_at_random(
    place: Integers, t_x: Floats, age: Floats, weight: Floats, shape: Floats, log_ratio: Floats, ratio_slope: Floats,
    r: float, alpha: float, k: int,
) -> tuple[float, Floats, Floats]:  # fmt: skip
    """Weighted sums over rows of the parts that `level` leaves: value, slope (4,), upper triangle of the bend (4, 4).

    `k` is 1; `place` is a row's place in the tables by orders.
    """
    sums, table = np.zeros(15 * _LANES), np.zeros(3 * _LANES)
    log_alpha, per_alpha = k * np.log(alpha), 1.0 / alpha
    for first in range(0, len(place), _LANES):
        many = min(_LANES, len(place) - first)
        for i in range(many):
            x = place[first + i]
            table[i], table[_LANES + i], table[2 * _LANES + i] = shape[x], log_ratio[x], ratio_slope[x]
        for i in range(many):
            w, R, by_b = weight[first + i], table[i], table[2 * _LANES + i]
            per_end, per_last = 1.0 / (alpha + age[first + i]), 1.0 / (alpha + t_x[first + i])
            silence = (age[first + i] - t_x[first + i]) * per_last
            to_end, u = lanes.log1p(age[first + i] * per_alpha), lanes.log1p(silence)
            f, g, gap = alpha * per_end, alpha * per_last, -alpha * per_end * silence
            dead = max(table[_LANES + i] + R * u, -_NO_CHANCE)
            odds = lanes.exp(-min(abs(dead), _NO_CHANCE))
            sigma = (1.0 if dead > 0.0 else odds) / (1.0 + odds)
            gone, mixed = w * sigma, w * (odds / (1.0 + odds)) / (1.0 + odds)
            by_r, by_alpha = r * u, R * gap
            sums[i] += w * (max(dead, 0.0) + lanes.log(1.0 + odds) - R * to_end - (R - r) * log_alpha)
            sums[64 + i] += gone * by_r - w * r * to_end
            sums[128 + i] += gone * by_alpha + w * (r - R * f)
            sums[192 + i] += gone
            sums[256 + i] -= gone * by_b
            sums[320 + i] += mixed * by_r * by_r + gone * by_r - w * r * to_end
            sums[384 + i] += mixed * by_r * by_alpha + gone * r * gap + w * r * (1.0 - f)
            sums[448 + i] += mixed * by_r
            sums[512 + i] -= mixed * by_r * by_b
            sums[576 + i] += mixed * by_alpha * by_alpha - w * R * f * (1.0 - f)
            sums[576 + i] += gone * by_alpha * (1.0 - f - g)
            sums[640 + i] += mixed * by_alpha
            sums[704 + i] -= mixed * by_alpha * by_b
            sums[768 + i] += mixed
            sums[832 + i] -= mixed * by_b
            sums[896 + i] += mixed * by_b * by_b - gone * by_b * (1.0 - by_b)
    found = lanes.added(sums, _LANES)
    bend, at = np.zeros((4, 4)), 5
    for row in range(4):
        for column in range(row, 4):
            bend[row, column] = found[at]
            at += 1
    return found[0], found[1:5].copy(), bend
