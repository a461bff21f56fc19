"""Customers in blocks: what goes to wherever the store's engine computes, and how it is read there.

A block is named arrays. Its customers have like histories, so that equal ones meet in one block.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv.histories import Histories

CUSTOMERS_IN_BLOCK = 100_000

Arrays = Mapping[str, NDArray[Any]]
MapBlocks = Callable[[Callable[[Arrays], Arrays], Sequence[Arrays]], list[Arrays]]


def one_by_one(function: Callable[[Arrays], Arrays], blocks: Sequence[Arrays]) -> list[Arrays]:
    """The function of each block, in this process."""
    return [function(block) for block in blocks]


def rows_in_blocks(histories: Histories) -> Iterator[NDArray[np.int64]]:
    """Rows of the customers of each block, at most 100,000; a small base is one block in its own order."""
    if len(histories) <= CUSTOMERS_IN_BLOCK:
        yield np.arange(len(histories), dtype=np.int64)
        return
    order = np.lexsort((histories.age, histories.age_at_last_order, histories.repeat_orders))
    for start in range(0, len(order), CUSTOMERS_IN_BLOCK):
        yield order[start : start + CUSTOMERS_IN_BLOCK]


def arrays_of(held: object, name: str) -> dict[str, NDArray[Any]]:
    """The arrays of a dataclass and of those within it, by their path."""
    if isinstance(held, np.ndarray):
        return {name: held}
    if not is_dataclass(held):
        return {}
    return {
        path: array for one in _names(held) for path, array in arrays_of(getattr(held, one), f"{name}.{one}").items()
    }


def with_arrays(held: Any, name: str, arrays: Arrays) -> Any:
    """The same dataclass with its arrays from a block; what is no array stays as it is."""
    if name in arrays:
        return arrays[name]
    if not is_dataclass(held) or isinstance(held, type):
        return held
    return replace(held, **{one: with_arrays(getattr(held, one), f"{name}.{one}", arrays) for one in _names(held)})


def _names(held: Any) -> list[str]:
    return [field.name for field in fields(held) if field.init]
