"""Where a reader meets the statistics and the tables, everything public says what it answers."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import Function, modules, room_modules

ROOMS_THAT_EXPLAIN = ("clv", "warehouse", "valuation", "insight", "decisions", "experiments")
NAMED_BY_DJANGO = {"apps.py", "urls.py"}  # the framework's names for them say what they are for


def test_every_module_says_what_it_is_for() -> None:
    silent = [each.where for each in modules() if each.text.strip() and not ast.get_docstring(each.tree)]
    assert not [where for where in silent if "/migrations/" not in where and Path(where).name not in NAMED_BY_DJANGO]


@pytest.mark.parametrize("room", ROOMS_THAT_EXPLAIN)
def test_everything_public_says_what_it_answers(room: str) -> None:
    silent = [
        f"{module.where}:{node.lineno} {node.name}"
        for module in room_modules(room)
        if module.is_public
        for node in _public(module.tree)
        if not ast.get_docstring(node)
    ]
    assert not silent


def _public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from _public_methods(node)


def _public_methods(node: ast.ClassDef) -> Iterator[Function]:
    return (child for child in node.body if isinstance(child, Function) and not child.name.startswith("_"))
