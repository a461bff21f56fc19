"""One thread beside this one: compiled loops let go of the interpreter, so two of them can run at once."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

Work = Callable[[], None]

_BEHIND = 8  # jobs that may wait: what they hold stays in memory


@contextmanager
def beside() -> Iterator[Callable[[Work], None]]:
    """A function that gives work to a second thread, which does it in the order given; all is done when the block ends.

    Numbers do not depend on it: whatever is random is drawn before it is given away.
    """
    waiting: deque[Future[None]] = deque()

    def give(work: Work) -> None:
        while len(waiting) >= _BEHIND:
            waiting.popleft().result()
        waiting.append(thread.submit(work))

    with ThreadPoolExecutor(max_workers=1) as thread:
        yield give
        for each in waiting:
            each.result()
