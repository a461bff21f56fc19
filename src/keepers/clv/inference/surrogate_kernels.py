"""Compiled loops of the surrogate: its polynomial and leverage at many points, and the sums its fit needs.

64 points are worked at once. Written out rather than left to BLAS, whose threads cost more than they bring here.
"""

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import lanes

LANES = 64


@njit(cache=True, nogil=True, error_model="numpy")
def answers(
    y: Floats, parent: Integers, factor: Integers, coefficients: Floats, design: Floats, value: Floats, leverage: Floats
) -> None:
    """Fill `value` (n,) and `leverage` (n,) at the points y (n, k): the term i is that of `parent` times y[factor]."""
    many, terms, half = len(parent), np.empty((len(parent), LANES)), np.empty((len(parent), LANES))
    for first in range(0, len(y), LANES):
        count = min(LANES, len(y) - first)
        _terms(y, first, count, parent, factor, terms)
        value[first : first + count] = 0.0
        leverage[first : first + count] = 0.0
        for i in range(many):
            for n in range(LANES):
                half[i, n] = terms[i, n]
            for j in range(i):
                share = design[i, j]
                for n in range(LANES):
                    half[i, n] -= share * half[j, n]
            share = 1.0 / design[i, i]
            for n in range(LANES):
                half[i, n] *= share
            for n in range(count):
                value[first + n] += coefficients[i] * terms[i, n]
                leverage[first + n] += half[i, n] * half[i, n]


@njit(cache=True, nogil=True, error_model="numpy")
def add_bumps(y: Floats, nodes: Floats, heights: Floats, value: Floats) -> None:
    """Add to `value` (n,) at the points y (n, k) a normal bump of unit width and given height at each node (m, k)."""
    squares, total, here = np.empty(LANES), np.empty(LANES), np.zeros((nodes.shape[1], LANES))
    for first in range(0, len(y), LANES):
        count = min(LANES, len(y) - first)
        here[:, :count] = y[first : first + count].T
        total[:] = 0.0
        for m in range(len(nodes)):
            squares[:] = 0.0
            for j in range(nodes.shape[1]):
                node = nodes[m, j]
                for n in range(LANES):
                    apart = here[j, n] - node
                    squares[n] += apart * apart
            height = heights[m]
            for n in range(LANES):
                total[n] += height * lanes.exp(max(-0.5 * squares[n], -600.0))
        for n in range(count):
            value[first + n] += total[n]


@njit(cache=True, nogil=True, error_model="numpy")
def _terms(y: Floats, first: int, count: int, parent: Integers, factor: Integers, terms: Floats) -> None:
    for n in range(LANES):
        terms[0, n] = 1.0
    for i in range(1, len(parent)):
        up, j = parent[i], factor[i]
        for n in range(count):
            terms[i, n] = terms[up, n] * y[first + n, j]
        for n in range(count, LANES):
            terms[i, n] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def grams(rows: Floats, weight: Floats, heavy: Floats, plain: Floats) -> None:
    """Add to `heavy` and `plain` (m, m) the lower triangles of rows (N, m) squared, weighted and not."""
    for n in range(len(rows)):
        for i in range(rows.shape[1]):
            by, by_weight = rows[n, i], rows[n, i] * weight[n]
            for j in range(i + 1):
                plain[i, j] += by * rows[n, j]
                heavy[i, j] += by_weight * rows[n, j]
