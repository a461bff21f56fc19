"""Works done side by side, however many at once."""

import time
from functools import partial
from threading import Barrier, Event, current_thread, main_thread

import numpy as np
import pytest

from keepers.clv.numerics import beside
from keepers.clv.numerics.beside import both, side_by_side


@pytest.fixture(params=[1, 2, 4])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count = int(request.param)
    monkeypatch.setattr(beside, "_at_once", lambda: count)
    return count


@pytest.mark.usefixtures("at_once")
def test_answers_come_in_the_order_of_the_works_whichever_ends_first() -> None:
    def late(number: int) -> int:
        time.sleep(0.001 * (number % 3 == 0))
        return number

    assert side_by_side([partial(late, number) for number in range(40)]) == list(range(40))
    assert both(lambda: "one", lambda: 2) == ("one", 2)
    assert side_by_side([]) == []


@pytest.mark.usefixtures("at_once")
def test_works_may_have_works_of_their_own_as_deep_as_they_like() -> None:
    def count(depth: int) -> int:
        return 1 if depth == 0 else sum(side_by_side([partial(count, depth - 1)] * 3))

    assert count(4) == 81


def test_two_works_run_at_once_and_each_in_the_settings_of_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_at_once", lambda: 2)
    began = Event(), Event()

    def meet(place: int) -> str:
        began[place].set()
        assert began[1 - place].wait(10), "the other never began"
        return str(np.geterr()["over"])

    with np.errstate(over="raise"):
        assert side_by_side([partial(meet, 0), partial(meet, 1)]) == ["raise", "raise"]


@pytest.mark.usefixtures("at_once")
def test_what_fails_in_a_work_fails_here_once_all_have_ended() -> None:
    done: list[int] = []
    works = [partial(done.append, 1), lambda: print(1 // 0), partial(done.append, 2)]
    with pytest.raises(ZeroDivisionError):
        side_by_side(works)
    assert sorted(done) == [1, 2]


def test_an_end_of_all_on_a_helper_ends_the_caller_and_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_at_once", lambda: 2)
    met = Barrier(2, timeout=10)

    def work() -> None:
        met.wait()
        if current_thread() is not main_thread():
            raise SystemExit

    with pytest.raises(SystemExit):
        side_by_side([work, work])
