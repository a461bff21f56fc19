"""A module fits in a sitting, a function in a glance."""

from collections.abc import Mapping

from source_tree import CODE_FOLDERS, Function, decorator_names, modules

MODULE_LINES = 500
FUNCTION_LINES = 60
KERNEL_LINES = 90
COMPILED = {"njit", "jit", "vectorize", "guvectorize", "cfunc"}

# path::function -> why it may be longer. Keep this list short; an entry that is no longer needed fails.
LONGER_FUNCTIONS: Mapping[str, str] = {
    "src/keepers/cli/value.py::value": "the main verb has twenty options: a line to declare each and one to pass it on",
}
LONGER_MODULES: Mapping[str, str] = {}


def test_no_module_is_longer_than_a_sitting() -> None:
    long = {module.where: module.lines for module in modules(*CODE_FOLDERS) if module.lines > MODULE_LINES}
    assert set(long) == set(LONGER_MODULES), long


def test_no_function_is_longer_than_a_glance() -> None:
    long = {
        f"{module.where}::{function.name}": _length(function)
        for module in modules(*CODE_FOLDERS)
        for function in module.functions()
        if _length(function) > _limit(function)
    }
    assert set(long) == set(LONGER_FUNCTIONS), long


def test_every_exception_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in (*LONGER_FUNCTIONS.values(), *LONGER_MODULES.values()))


def _length(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def _limit(function: Function) -> int:
    return KERNEL_LINES if decorator_names(function) & COMPILED else FUNCTION_LINES
