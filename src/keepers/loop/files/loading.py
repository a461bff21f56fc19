"""The engine, loaded while files are read: its modules, then its compiled loops."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepers.valuation.valuing import Valuation

ValueBase = Callable[..., "Valuation"]


def load_engine() -> ValueBase:
    """What values a base."""
    from keepers.valuation.valuing import value_base  # a second, in which files can be read

    return value_base


def load_kernels() -> None:
    """The loops that most valuations need."""
    from keepers.valuation import kernels  # as above

    kernels.load_kernels()
