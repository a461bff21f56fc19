"""Takes the next item while the last one is worked on, so that reading and cleaning share the cores."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")
_END = object()


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the next one is made in the background."""
    with ThreadPoolExecutor(max_workers=1) as background:
        coming = background.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = background.submit(next, items, _END)
            yield item  # type: ignore[misc]  # `_END` was told apart above


def each(function: Callable[[Item], Made], items: Iterator[Item], *, at_once: int = 2) -> Iterator[Made]:
    """What the function makes of each item, in their order; so many are worked on side by side."""
    with ThreadPoolExecutor(max_workers=at_once) as background:
        coming: deque[Future[Made]] = deque()
        for item in items:
            coming.append(background.submit(function, item))
            if len(coming) > at_once:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
