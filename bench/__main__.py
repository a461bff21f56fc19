"""Run the workloads and write RESULTS.md and results.json beside this file."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import machine
from bench.bases import cdnow_file
from bench.engine_jobs import engine_rows
from bench.page_jobs import page_rows
from bench.peer import InstalledPeer, PeerMissingError, Peers
from bench.peers import LIFETIMES, PYMC
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
    options.add_argument(
        "--only", choices=("engine", "tables", "pages"), help="the rows of the others stay as they are"
    )
    asked = options.parse_args()
    console, started, loads = Console(), time.perf_counter(), [machine.load()]
    rows: list[dict[str, Any]] = []
    for row in _rows(console, asked.only, quick=asked.quick):
        rows.append(row.as_json())
        loads.append(machine.load())
        console.print(line_of(rows[-1]), highlight=False)
        if not asked.quick:
            load = f"{loads[0]:.1f} before, {max(loads):.1f} at most"
            described = machine.description() | {"load": load}
            _write(rows, described, time.perf_counter() - started, keep=asked.only is not None)


def _rows(console: Console, only: str | None, *, quick: bool) -> Iterator[Row]:
    assert cdnow_file().exists()
    parts: Mapping[str, Callable[[], Iterator[Row]]] = {
        "engine": lambda: engine_rows(
            Peers(lifetimes=_here(LIFETIMES, console), pymc=_here(PYMC, console)), quick=quick
        ),
        "tables": lambda: table_rows(_here(LIFETIMES, console), quick=quick),
        "pages": lambda: page_rows(quick=quick),
    }
    return chain.from_iterable(parts[part]() for part in ([only] if only else parts))


def _write(rows: list[dict[str, Any]], described: dict[str, str], seconds: float, *, keep: bool) -> None:
    """After every row, so that a run that is cut short has written what it measured.

    With `keep`, rows of other names stay as an earlier run wrote them.
    """
    path, names = HERE / "results.json", {row["row"] for row in rows}
    earlier = [row for row in json.loads(path.read_text(encoding="utf-8")) if row["row"] not in names] if keep else []
    told = [*earlier, *rows]
    (HERE / "RESULTS.md").write_text(as_markdown(told, described, seconds), encoding="utf-8")
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _here(peer: InstalledPeer, console: Console) -> InstalledPeer | None:
    try:
        return peer.installed()
    except PeerMissingError as missing:
        console.print(f"The peer {peer.name} is left out: {missing}")
        return None


main()
