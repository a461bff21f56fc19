"""Arrow looks for pandas at its first list of values, for a verb that will never meet a data frame too."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


def leave_pandas_out() -> None:
    """Let Arrow look once while pandas cannot be found, which it remembers: a fifth of a second less to wait.

    Whoever asks Arrow for a data frame afterwards still gets one: it then looks again.
    """
    if "pandas" in sys.modules:
        return
    hiding = _Hiding()
    sys.meta_path.insert(0, hiding)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(hiding)


class _Hiding:
    """A finder of modules that says there is no pandas."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target  # of a finder's signature
        if name == "pandas":
            raise ModuleNotFoundError(f"{name} is left out", name=name)
        return None
