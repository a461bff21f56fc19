"""Run the workloads and write RESULTS.md and results.json beside this file."""

import argparse
import json
import time
from itertools import chain
from pathlib import Path

from rich.console import Console

from bench import machine
from bench.bases import cdnow_file
from bench.engine_jobs import engine_rows
from bench.lifetimes_peer import LifetimesPeer, PeerMissingError
from bench.report import as_markdown, line_of
from bench.rows import Row
from bench.table_jobs import table_rows

HERE = Path(__file__).parent


def main() -> None:
    """Time everything; a peer that cannot be installed leaves its columns empty."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument(
        "--quick", action="store_true", help="a tenth of the sizes, no bars of 1,000,000; writes nothing"
    )
    quick = options.parse_args().quick
    console, started, loads = Console(), time.perf_counter(), [machine.load()]
    assert cdnow_file().exists()
    rows: list[Row] = []
    for row in chain(engine_rows(_peer(console), quick=quick), table_rows(_peer(console), quick=quick)):
        rows.append(row)
        loads.append(machine.load())
        console.print(line_of(row), highlight=False)
        if not quick:
            load = f"{loads[0]:.1f} before, {max(loads):.1f} at most"
            _write(rows, machine.description() | {"load": load}, time.perf_counter() - started)


def _write(rows: list[Row], described: dict[str, str], seconds: float) -> None:
    """After every row, so that a run that is cut short has written what it measured."""
    (HERE / "RESULTS.md").write_text(as_markdown(rows, described, seconds), encoding="utf-8")
    (HERE / "results.json").write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n", encoding="utf-8")


def _peer(console: Console) -> LifetimesPeer | None:
    try:
        return LifetimesPeer()
    except PeerMissingError as missing:
        console.print(f"The peer lifetimes is left out: {missing}")
        return None


main()
