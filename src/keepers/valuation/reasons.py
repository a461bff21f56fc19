"""Why a customer has this value, in words made from the history alone."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_UNITS = (("day", 1.0), ("week", 7.0), ("month", 365.25 / 12), ("year", 365.25))
_NAMES = pa.array([name + ending for name, _ in _UNITS for ending in ("", "s")])
_UPPER_DAYS = (20.5, 364.0, 1460.0)


def reason_of(
    *,
    orders: NDArray[np.int64],
    age_at_last_order: NDArray[np.float64],
    age: NDArray[np.float64],
) -> pa.Array:
    """A sentence for each customer, such as "Last of 7 orders 41 weeks ago; usual gap 6 weeks".

    Args:
        orders: occasions so far, shape (n,) [occasions].
        age_at_last_order: first occasion to last, shape (n,) [days].
        age: first occasion to `as_of`, shape (n,) [days].

    Returns:
        Strings, shape (n,).
    """
    ago = _ago(age - age_at_last_order)
    gap = _in_words(age_at_last_order / np.maximum(orders - 1, 1))
    once = pc.binary_join_element_wise("One order, ", ago, ".", "")
    often = pc.binary_join_element_wise(
        "Last of ", pc.cast(pa.array(orders), pa.string()), " orders ", ago, "; usual gap ", gap, ".", ""
    )
    return pc.if_else(pa.array(orders == 1), once, often)


def _ago(days: NDArray[np.float64]) -> pa.Array:
    words = pc.binary_join_element_wise(_in_words(days), "ago", " ")
    return pc.if_else(pa.array(days < 0.5), "today", words)


def _in_words(days: NDArray[np.float64]) -> pa.Array:
    """Lengths of time in the unit a person would use, rounded, never below one."""
    unit = np.digitize(days, _UPPER_DAYS)
    count = np.maximum(np.rint(days / np.array([length for _, length in _UNITS])[unit]), 1).astype(np.int64)
    names = _NAMES.take(pa.array(2 * unit + (count != 1)))
    return pc.binary_join_element_wise(pc.cast(pa.array(count), pa.string()), names, " ")
