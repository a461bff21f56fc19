"""The engine, loaded while files are read: its modules, then its compiled loops."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keepers.valuation.valuing import Valuation

ValueBase = Callable[..., "Valuation"]


def load_engine() -> ValueBase:
    """What values a base."""
    leave_the_compiler_for_later()
    from keepers.valuation.valuing import value_base  # a second, in which files can be read

    return value_base


def load_kernels() -> None:
    """The loops that most valuations need."""
    from keepers.valuation import kernels  # as above

    kernels.load_kernels()


def leave_the_compiler_for_later() -> None:
    """Have numba read what it compiled before without all that compiling takes: an eighth of a second less to wait.

    It would make ready to compile before it reads. What is not there it compiles, and makes ready for that then.
    """
    with _hidden("yaml"):  # its settings may be in such a file: ours are not
        from numba.core.caching import Cache
        from numba.core.runtime.nrt import rtsys

    def load_overload(cache: Any, signature: Any, target: Any) -> Any:
        rtsys.initialize(target)  # what holds arrays
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(signature, target)

    Cache.load_overload = load_overload  # type: ignore[method-assign]  # numba has no setting for it


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # Python's own sign that there is none
    try:
        yield
    finally:
        del sys.modules[module]
