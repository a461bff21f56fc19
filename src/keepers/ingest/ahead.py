"""Takes the next item while the last one is worked on, so that reading and cleaning share the cores."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the next one is made in the background."""
    with ThreadPoolExecutor(max_workers=1) as background:
        coming = background.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = background.submit(next, items, _END)
            yield item  # type: ignore[misc]  # `_END` was told apart above
