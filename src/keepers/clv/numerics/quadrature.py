"""Gauss-Legendre rules on [0, 1], in one table that kernels and arrays share."""

import numpy as np

from keepers.clv.histories import Floats

ORDERS = (6, 7, 8, 10, 12, 16, 24, 32)


def _rules() -> tuple[Floats, Floats]:
    nodes = np.zeros((len(ORDERS), max(ORDERS)))
    weights = np.zeros_like(nodes)
    for row, order in enumerate(ORDERS):
        node, weight = np.polynomial.legendre.leggauss(order)
        nodes[row, :order] = (node + 1) / 2
        weights[row, :order] = weight / 2
    return nodes, weights


NODES, WEIGHTS = _rules()
