"""Libraries load others in case they are wanted: what no verb of the command line wants is left out, or for later."""

import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType

import numpy as np
import pyarrow as pa

NEW_OBJECTS = 50_000  # after which Python looks for garbage among them; it would after 700


def look_for_garbage_seldom() -> None:
    """Loading the libraries makes hundreds of thousands of objects, of which none is garbage.

    Nor does a valuation leave any that grows with the base.
    """
    gc.set_threshold(NEW_OBJECTS)


def leave_pandas_out() -> None:
    """Let Arrow look once while pandas cannot be found, which it remembers: a fifth of a second less to wait.

    Arrow looks for it at its first list of values. Whoever asks Arrow for a data frame afterwards still gets one: it
    then looks again.
    """
    if "pandas" in sys.modules:
        return
    hiding = _Hiding()
    sys.meta_path.insert(0, hiding)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(hiding)


def leave_for_later() -> None:
    """Have NumPy's translator of Fortran load at the first look into it: SciPy takes every part of NumPy at once."""
    name = "numpy.f2py"
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    later = module_from_spec(spec)
    sys.modules[name] = later
    spec.loader.exec_module(later)
    np.f2py = later  # parts of a package are looked for in the package first


class _Hiding:
    """A finder of modules that says there is no pandas."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target  # of a finder's signature
        if name == "pandas":
            raise ModuleNotFoundError(f"{name} is left out", name=name)
        return None
