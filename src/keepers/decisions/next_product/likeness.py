"""Which products go together, and what each customer's purchases say of their taste."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

FEWEST_BUYERS = 3  # of a product before it is said to go with another
FACTORS, ROUNDS, CONFIDENCE, RIDGE = 32, 10, 5.0, 0.05


@dataclass(frozen=True, slots=True)
class Tastes:
    """Points of customers and products in one space; the inner product of two is how well they fit.

    customers: shape (customers, factors)
    products: shape (products, factors)
    """

    customers: NDArray[np.float32]
    products: NDArray[np.float32]

    def fit(self, customer: NDArray[np.int64], product: NDArray[np.int64]) -> NDArray[np.float64]:
        """How well each pair fits, shape (pairs,); about 1 for what is certain to be bought, 0 for a stranger."""
        fits: NDArray[np.float64] = np.einsum("ij,ij->i", self.customers[customer], self.products[product])
        return fits.astype(np.float64)


def going_together(owned: sp.csr_matrix, nearest: int) -> sp.csr_matrix:
    """For each product the nearest others, by the cosine of who bought them.

    Args:
        owned: 1 where a customer bought a product, shape (customers, products).
        nearest: how many others are kept for each.

    Returns:
        The cosines, shape (products, products): row i holds those that go with product i.
    """
    from implicit.nearest_neighbours import all_pairs_knn

    buyers = np.asarray(owned.sum(axis=0)).ravel()
    length = np.where(buyers >= FEWEST_BUYERS, 1 / np.sqrt(np.maximum(buyers, 1)), 0)
    scaled = (owned @ sp.diags(length)).tocsr()
    scaled.eliminate_zeros()
    # Each product is among its own nearest.
    cosines = all_pairs_knn(scaled, K=nearest + 1, num_threads=1, show_progress=False).tocsr()
    return largest_of_rows((cosines - sp.diags(cosines.diagonal())).tocsr(), nearest)


def largest_of_rows(matrix: sp.csr_matrix, count: int) -> sp.csr_matrix:
    """The largest entries of each row, the others left out."""
    matrix.eliminate_zeros()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, row))
    place = np.arange(len(order)) - matrix.indptr[row]  # `row` is sorted, so `order` keeps each row where it is
    kept = order[place < count]
    return sp.csr_matrix((matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape)


def tastes_of(times: sp.csr_matrix, *, seed: int) -> Tastes:
    """Factors that tell purchases from what was not bought, by alternating least squares.

    Args:
        times: how often each customer bought each product, shape (customers, products).
        seed: of the first factors; the same gives the same.

    Source: Hu, Koren and Volinsky (2008), "Collaborative filtering for implicit feedback datasets", equations 3 to 5.
    """
    from implicit.als import AlternatingLeastSquares

    factors = max(1, min(FACTORS, *(size - 1 for size in times.shape)))
    confidence = sp.csr_matrix((CONFIDENCE * np.log1p(times.data), times.indices, times.indptr), shape=times.shape)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=factors, regularization=RIDGE, iterations=ROUNDS, random_state=seed, num_threads=1
        )
        model.fit(confidence.astype(np.float32), show_progress=False)
    return Tastes(model.user_factors, model.item_factors)
