"""Work side by side: loops that are compiled, ours and NumPy's, let go of the interpreter: threads run them at once."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

from threadpoolctl import threadpool_limits

T = TypeVar("T")
One = TypeVar("One")
Other = TypeVar("Other")

MOST_AT_ONCE = 4  # more would wait for the interpreter


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each of the works returns, in their order; as many at once as there are processors, four at most.

    None rests on another, and whatever is random in one comes from a generator of its own: so the answers depend
    neither on how many are done at once nor on which ends first. A work may have others done side by side: all share
    the same threads, and whoever waits lends a hand. The first that fails, fails for the caller once all have ended.
    """
    with _crew() as crew:
        asked = [_Task(work, _DEPTH.get() + 1, copy_context()) for work in works]
        crew.finish(asked)
    return [each.answer() for each in asked]


def both(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """What each of two works returns, done side by side."""
    works: list[Callable[[], Any]] = [one, other]
    found = side_by_side(works)
    return found[0], found[1]


@dataclass(slots=True, eq=False)
class _Task(Generic[T]):
    """A work, how deep it lies within others, and what came of it."""

    work: Callable[[], T]
    depth: int
    context: Context
    found: list[T] = field(default_factory=list)
    failed: BaseException | None = None
    ended: bool = False

    def do(self) -> None:
        try:
            self.found.append(self.context.run(self._within))
        except KeyboardInterrupt:
            raise  # of the main thread, which need not wait for the others' ends
        except BaseException as error:  # noqa: BLE001  it is raised where the answer is asked for, an end of all too
            self.failed = error

    def _within(self) -> T:
        _DEPTH.set(self.depth)
        return self.work()

    def answer(self) -> T:
        if self.failed is not None:
            raise self.failed
        return self.found[0]


class _Crew:
    """Threads that do what waits, the deepest first, because somebody waits for it."""

    def __init__(self) -> None:
        self._waiting: list[_Task[Any]] = []
        self._changed = Condition()
        self._closed = False

    def finish(self, tasks: Sequence[_Task[Any]]) -> None:
        """Lend a hand until these tasks have ended, but begin nothing larger than they are."""
        with self._changed:
            self._waiting.extend(tasks)
            self._changed.notify_all()
        depth = min((task.depth for task in tasks), default=0)
        self._work(depth, until=lambda: all(task.ended for task in tasks))

    def serve(self) -> None:
        """Lend a hand until the crew is dismissed."""
        self._work(0, until=lambda: self._closed)

    def dismiss(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def _work(self, least_depth: int, *, until: Callable[[], bool]) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: until() or self._deepest() >= least_depth)
                if until():
                    return
                depth = self._deepest()
                place = next(place for place, task in enumerate(self._waiting) if task.depth == depth)
                task = self._waiting.pop(place)
            task.do()
            with self._changed:
                task.ended = True
                self._changed.notify_all()

    def _deepest(self) -> int:
        return max((task.depth for task in self._waiting), default=-1)


_AT_WORK: ContextVar[_Crew | None] = ContextVar("_AT_WORK", default=None)
_DEPTH: ContextVar[int] = ContextVar("_DEPTH", default=0)


@contextmanager
def _crew() -> Iterator[_Crew]:
    """The crew that this is done within, or a new one until the block ends."""
    there = _AT_WORK.get()
    if there is not None:
        yield there
        return
    crew = _Crew()
    helpers = [Thread(target=crew.serve, daemon=True) for _ in range(_at_once() - 1)]
    token = _AT_WORK.set(crew)
    try:
        with threadpool_limits(1, user_api="blas"):  # its threads and ours would wait for each other
            for helper in helpers:
                helper.start()
            try:
                yield crew
            finally:
                crew.dismiss()
                for helper in helpers:
                    helper.join()
    finally:
        _AT_WORK.reset(token)


def _at_once() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST_AT_ONCE)
