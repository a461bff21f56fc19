"""Asking for help must not wait for a library that help does not use."""

import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from keepers.cli.leaving import leave_at_once

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


NEVER_WITHOUT_A_GRADE = {
    "pandas", "sklearn", "scipy.interpolate", "scipy.optimize", "altair", "vl_convert", "django",
    "deltalake.table", "vobject", "numpy.f2py.f2py2e",
}  # fmt: skip

VALUE_A_FILE = """
import sys
from typer.testing import CliRunner
from keepers.cli.main import app
result = CliRunner().invoke(app, ["value", sys.argv[1], "--holdout", "none", "--json"])
assert result.exit_code == 0, result.output
assert '"residual_value"' in result.output
print("loaded:", *sys.modules)
"""


def test_values_without_a_backtest_wait_for_nothing_that_they_do_not_use(tmp_path: Path) -> None:
    orders, dice = tmp_path / "orders.csv", random.Random(5)
    lines = ["order_id,customer_id,order_date,amount"]
    for customer in range(400):
        on, rate, stay = date(2024, 1, 1), dice.gammavariate(1.0, 0.05), dice.expovariate(0.01)
        begin, gone = on + timedelta(days=dice.randrange(90)), 0.0
        while gone < min(stay, 250):
            lines.append(f"{len(lines)},{customer},{begin + timedelta(days=int(gone))},{dice.gammavariate(3, 9):.2f}")
            gone += dice.expovariate(rate)
    orders.write_text("\n".join(lines), encoding="utf-8")
    valued = subprocess.run(
        [sys.executable, "-c", VALUE_A_FILE, orders], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    loaded = set(valued.stdout.splitlines()[-1].removeprefix("loaded:").split())
    assert {"keepers.valuation.forecast", "keepers.valuation.kernels", "numba"} <= loaded
    assert not NEVER_WITHOUT_A_GRADE & loaded


def test_arrow_still_makes_a_data_frame_after_it_was_told_to_start_without() -> None:
    made = subprocess.run(
        [sys.executable, "-c", MAKE_A_FRAME], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert made.stdout.split() == ["False", "3"]


MAKE_A_FRAME = """
import sys
from keepers.cli.lighter_start import leave_pandas_out
leave_pandas_out()
import pyarrow as pa
table = pa.table({"orders": [1, 2]})
print("pandas" in sys.modules)
print(table.to_pandas()["orders"].sum())
"""


def test_what_was_left_for_later_is_there_when_it_is_looked_into() -> None:
    looked = subprocess.run(
        [sys.executable, "-c", LOOK_INTO_IT], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert looked.stdout.split() == ["False", "True"]


LOOK_INTO_IT = """
import sys
from keepers.cli.lighter_start import leave_for_later
leave_for_later()
import numpy, scipy.special
print("numpy.f2py.f2py2e" in sys.modules)
print(callable(numpy.f2py.run_main))
"""


def test_a_command_that_ends_at_once_has_done_what_was_registered_for_its_end() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", END_WITH_SOMETHING_LEFT, "--help"],
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert ended.stdout.splitlines()[-2:] == ["told in time", "done at the end"]
    assert "never" not in ended.stdout


def test_a_command_within_another_process_does_not_end_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["keepers", "value", "orders.csv"])
    leave_at_once()  # else this test, and all after it, would never be told of


END_WITH_SOMETHING_LEFT = """
import atexit, sys
class Last:
    def __del__(self):
        print("never")
sys.kept = Last()
atexit.register(print, "done at the end")
sys.argv = ["keepers", "--help"]
from keepers.cli import main
main.app = lambda: (print("told in time"), sys.exit(0))
main.main()
"""
