"""The repository as the architecture tests see it: its files, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
ROOMS = SOURCE / "keepers"
CODE_FOLDERS = (SOURCE, ROOT / "tests", ROOT / "bench")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def is_public(self) -> bool:
        return not any(part.startswith("_") and part != "__init__.py" for part in self.path.relative_to(ROOT).parts)

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def modules(*folders: Path) -> list[Module]:
    """Every Python module below the folders, hidden folders (environments) left out."""
    found = (path for folder in folders or (SOURCE,) for path in sorted(folder.rglob("*.py")))
    return [_module(path) for path in found if not _is_hidden(path)]


def room_modules(*rooms: str) -> list[Module]:
    """Every module of the named rooms of the house, of those that stand."""
    return modules(*(ROOMS / room for room in rooms))


def decorator_names(function: Function) -> set[str]:
    """The last word of each decorator: `numba.njit(cache=True)` is `njit`."""
    names = set()
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return names


@cache
def _module(path: Path) -> Module:
    return Module(path)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(ROOT).parts)
