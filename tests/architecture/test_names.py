"""A name says what a thing is for; rooms are where the layers say; the domain reads no clock."""

import ast
import tomllib
from pathlib import Path

import pytest
from source_tree import CODE_FOLDERS, ROOMS, ROOT, Module, modules, room_modules

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
DOMAIN = ("core", "clv", "warehouse", "ingest", "valuation", "insight", "decisions", "experiments")
CLOCKS = {"today", "now", "utcnow", "time", "time_ns", "localtime", "gmtime"}
CLOCK_OWNERS = {"date", "datetime", "time", "dt"}


def test_no_folder_or_module_has_a_name_that_says_nothing() -> None:
    for module in modules(*CODE_FOLDERS):
        words = {word for part in Path(module.where).with_suffix("").parts for word in part.split("_")}
        assert not words & VAGUE, module.where


def test_every_room_has_its_place_in_the_layers() -> None:
    folders = {folder.parent for folder in ROOMS.glob("*/__init__.py")} - {ROOMS / "crm"}
    folders |= {folder.parent for folder in ROOMS.glob("crm/*/__init__.py")}
    rooms = {".".join(("keepers", *folder.relative_to(ROOMS).parts)) for folder in folders}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    assert rooms <= placed


@pytest.mark.parametrize("room", DOMAIN)
def test_the_domain_reads_no_clock(room: str) -> None:
    for module in room_modules(room):
        assert not _clock_calls(module), f"{module.where} reads a clock; take as_of as an argument"


def test_the_value_engine_imports_no_clock() -> None:
    for module in room_modules("clv"):
        assert not _imported(module) & {"time", "datetime"}, module.where


def test_no_function_keeps_state_in_a_module() -> None:
    for module in modules():
        assert not [node for node in ast.walk(module.tree) if isinstance(node, ast.Global)], module.where


def test_nothing_is_called_by_a_name_that_was_built() -> None:
    for module in modules():
        for call in _calls(module):
            is_globals = isinstance(call.func, ast.Name) and call.func.id == "globals"
            assert not is_globals, f"{module.where}:{call.lineno} looks a name up in globals()"
            assert not _is_built_getattr(call), f"{module.where}:{call.lineno} builds the name of an attribute"


def test_every_sql_step_says_its_grain_first() -> None:
    for step in sorted(ROOMS.rglob("*.sql")):
        first = step.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("-- "), f"{step.name}: the first line is a comment that names the grain"
        assert len(first) > len("-- one row"), step.name


def _calls(module: Module) -> list[ast.Call]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]


def _clock_calls(module: Module) -> list[int]:
    return [call.lineno for call in _calls(module) if _is_clock(call.func)]


def _is_clock(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute) or called.attr not in CLOCKS:
        return False
    owner = called.value
    return (owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")) in CLOCK_OWNERS


def _imported(module: Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _is_built_getattr(call: ast.Call) -> bool:
    is_getattr = isinstance(call.func, ast.Name) and call.func.id in {"getattr", "setattr"}
    return is_getattr and len(call.args) > 1 and isinstance(call.args[1], ast.JoinedStr | ast.BinOp)
