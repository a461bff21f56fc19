"""Asking for help must not wait for a library that help does not use."""

import subprocess
import sys

HEAVY = {
    "numpy", "scipy", "numba", "duckdb", "deltalake", "pyarrow", "polars", "pandas", "altair", "vl_convert", "sklearn",
    "django", "granian",
}  # fmt: skip

SHOW_EVERY_HELP = """
import sys, typer
from typer.testing import CliRunner
from keepers.cli.main import app
command = typer.main.get_command(app)
for verb in [[], *([name] for name in getattr(command, "commands", {}))]:
    result = CliRunner().invoke(app, [*verb, "--help"])
    assert result.exit_code == 0, (verb, result.output)
print("loaded:", *sys.modules)
"""


def test_no_verb_loads_a_heavy_library_to_show_its_help() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW_EVERY_HELP], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    loaded = shown.stdout.splitlines()[-1].removeprefix("loaded:").split()
    assert "keepers.cli.main" in loaded
    assert not HEAVY & set(loaded)
