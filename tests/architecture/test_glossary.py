"""The glossary is the single source of our words: what is named in public has an entry there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import typer
from source_tree import ROOT, Function, Module, modules, room_modules

from keepers.cli.main import app
from keepers.insight.columns import column_names
from keepers.warehouse.tables import all_tables

GLOSSARY = ROOT / "docs" / "glossary.md"
PAPERS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
# Beside the models (modules with a NAME), the modules of the engine that every user of it meets.
SHARED_BY_MODELS = {
    "histories",
    "predictive",
    "spend",
    "frames",
    "customers",
    "value_model",
    "choosing",
    "backtest",
    "saved",
    "plots",
}
PYTHON_PLUMBING = {"self", "cls", "args", "kwargs"}


@cache
def entries() -> frozenset[str]:
    """The names in code marks in the first two cells (word, symbol) of the glossary's tables."""
    rows = [line.split("|") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return frozenset(name for row in rows for cell in row[1:3] for name in re.findall(r"`([^`]+)`", cell))


def test_every_entry_of_the_glossary_has_a_meaning() -> None:
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            word, symbol, meaning, unit = (cell.strip() for cell in line.strip("|").split("|"))
            assert len(meaning) > 10, word
            assert symbol, f"{word}: write – where there is no symbol"
            assert unit, f"{word}: write – where there is no unit"


def test_no_word_has_two_entries() -> None:
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    words = [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(words) == len(set(words)), sorted({word for word in words if words.count(word) > 1})


def test_every_table_and_column_of_the_warehouse_is_in_the_glossary() -> None:
    names = {table.name for table in all_tables()}
    names |= {column.name for table in all_tables() for column in table.columns}
    assert _missing(names) == [], "write an entry for each in docs/glossary.md"


def test_every_column_of_an_insight_is_in_the_glossary() -> None:
    assert _missing(set(column_names())) == [], "write an entry for each in docs/glossary.md"


def test_every_option_of_the_command_line_is_in_the_glossary() -> None:
    options = {
        option for command in _commands().values() for parameter in command.params for option in parameter.opts
        if option.startswith("--")
    }  # fmt: skip
    assert _missing(options - {"--help"}) == [], "write an entry for each in docs/glossary.md"


def test_every_key_of_the_json_output_is_in_the_glossary() -> None:
    rooms = room_modules("loop", "valuation", "decisions", "experiments")
    functions = (each for module in rooms for each in module.functions())
    names = {key for function in functions if function.name.endswith("as_json") for key in _keys(function)}
    assert len(names) > 30
    assert _missing(names) == [], "write an entry for each in docs/glossary.md"


def test_every_verb_is_in_the_papers() -> None:
    papers = "\n".join(page.read_text(encoding="utf-8") for page in PAPERS)
    for words in _commands():
        assert words in papers, words


def test_every_public_parameter_and_field_of_the_engine_is_in_the_glossary() -> None:
    names = {name for module in room_modules("clv") if _is_published(module) for name in _public(module)}
    assert _missing(names) == [], "write an entry for each in docs/glossary.md"


def test_recency_names_no_column_and_no_parameter() -> None:
    columns = {column.name for table in all_tables() for column in table.columns}
    parameters = {
        argument.arg for module in modules() for function in module.functions() for argument in _arguments(function)
    }
    assert not {name for name in columns | parameters if "recency" in name}


def _keys(function: Function) -> Iterator[str]:
    """The words that a function writes as keys of a dictionary."""
    dictionaries = (node for node in ast.walk(function) if isinstance(node, ast.Dict))
    keys = (key for dictionary in dictionaries for key in dictionary.keys)
    return (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _missing(names: set[str]) -> list[str]:
    return sorted(name for name in names if name not in entries())


def _commands() -> dict[str, Any]:
    """Every verb as it is typed, those below another one too."""
    return dict(_with_those_below("keepers", typer.main.get_command(app)))


def _with_those_below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _with_those_below(f"{words} {name}", below)


def _is_published(module: Module) -> bool:
    """A model (it has a NAME) or one of the modules that every model's user meets."""
    assigned = [target for node in module.tree.body for target in _targets(node)]
    return "NAME" in assigned or module.path.stem in SHARED_BY_MODELS


def _targets(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _public(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield from (argument.arg for argument in _arguments(node))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _fields(node)


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for field in node.body:
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and not field.target.id.startswith("_")
        ):
            yield field.target.id


def _arguments(function: Function) -> list[ast.arg]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument for argument in every if argument.arg not in PYTHON_PLUMBING and not argument.arg.startswith("_")]
