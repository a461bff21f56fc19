"""`keepers value --contract` as one types it, and its answer."""

import json
from pathlib import Path

from typer.testing import CliRunner

from keepers.cli.main import app

AS_OF = "2022-12-31"


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["value", "--contract", *map(str, arguments)])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    return result.stdout


def valued(path: Path, *options: str) -> dict:
    return json.loads(run(path, "--json", *options))
