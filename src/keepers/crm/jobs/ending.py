"""A process that is asked to end while it is at a job: the job hears of it, and stops at its next safe point."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def hearing_of_the_end() -> Iterator[Event]:
    """An event that is set once the process is asked to end while the block runs.

    Whoever listened before (the worker, which then takes no other job) hears of the first signal, and of one that comes
    twice, which is meant to end the process at once; not of another beside it, as when a terminal interrupts the
    whole group of processes and `keepers serve` then asks its worker to end.
    """
    ends = Event()
    with ExitStack() as stack:
        if current_thread() is main_thread():  # no other hears signals
            heard: set[int] = set()
            for number in ENDING:
                stack.callback(signal.signal, number, _listen(number, ends, heard))
        yield ends


def _listen(number: signal.Signals, ends: Event, heard: set[int]) -> "signal._HANDLER":
    """Set the event when the signal comes; who listened before."""
    before = signal.getsignal(number)

    def hear(came: int, frame: FrameType | None) -> None:
        is_told = not heard or came in heard
        heard.add(came)
        ends.set()
        if is_told and callable(before):
            before(came, frame)

    signal.signal(number, hear)
    return before
