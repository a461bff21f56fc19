"""Work given to the thread beside this one."""

from functools import partial

import pytest

from keepers.clv.numerics.beside import beside


def test_work_is_done_in_the_order_given_and_is_all_done_when_the_block_ends() -> None:
    done: list[int] = []
    with beside() as give:
        for number in range(40):
            give(partial(done.append, number))
    assert done == list(range(40))


def test_what_fails_beside_fails_here() -> None:
    with pytest.raises(ZeroDivisionError), beside() as give:
        give(lambda: print(1 // 0))
