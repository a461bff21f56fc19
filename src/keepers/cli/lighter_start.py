"""Libraries load others in case they are wanted: what no verb of the command line wants is left out, or for later."""

import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType

NEW_OBJECTS = 500_000  # after which Python looks for garbage among them; it would after 700
FOR_LATER = ("f2py", "testing")  # a translator of Fortran, and what tests need


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
    import pyarrow as pa  # looking for garbage seldom comes before it

    hiding = _Hiding()
    sys.meta_path.insert(0, hiding)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(hiding)


def leave_for_later() -> None:
    """Have parts of NumPy load at the first look into them: SciPy takes every part at once."""
    import numpy as np  # as above

    for part in FOR_LATER:
        name = f"numpy.{part}"
        spec = None if name in sys.modules else find_spec(name)
        if spec is None or spec.loader is None:
            continue
        spec.loader = LazyLoader(spec.loader)
        later = module_from_spec(spec)
        sys.modules[name] = later
        spec.loader.exec_module(later)
        setattr(np, part, later)  # parts of a package are looked for in the package first


class _Hiding:
    """A finder of modules that says there is no pandas."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target  # of a finder's signature
        if name == "pandas":
            raise ModuleNotFoundError(f"{name} is left out", name=name)
        return None
