"""Run the workloads and write RESULTS.md and results.json beside this file."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import machine
from bench.accuracy import score_bases
from bench.acquire import judge_acquisition
from bench.bases import cdnow_file
from bench.duplicates import find_duplicates
from bench.engine_jobs import engine_rows
from bench.merge_jobs import merge_rows
from bench.page_jobs import page_rows
from bench.peer import InstalledPeer, PeerMissingError, Peers
from bench.peers import LIFETIMES, PYMC
from bench.people_jobs import people_rows
from bench.plans import judge_plans
from bench.posterior_jobs import posterior_rows
from bench.privacy_jobs import privacy_rows
from bench.query_plans import check_plans
from bench.report import as_markdown, growth_of, line_of, with_main_rows
from bench.rows import Row
from bench.shop import run_quickly, run_shops
from bench.spark_jobs import LINES, spark_rows
from bench.stock import judge_stock
from bench.table_jobs import table_rows
from bench.uplift import score_uplift

RESULTS = Path(__file__).parent / "results.json"
README = RESULTS.parents[1] / "README.md"
Part = Callable[..., Iterator[Row]]


def main() -> None:
    """Time what was asked for; a peer that cannot be installed leaves its columns empty."""
    asked = _options()
    console = Console()
    if asked.only in PAGES:
        PAGES[asked.only](asked)
        return
    if asked.only in QUERY_PLANS:
        sys.exit(bool(check_plans(quick=asked.quick, on_postgresql=asked.only == QUERY_PLANS[1])))
    if asked.check and not (asked.only or asked.quick):
        sys.exit(_checked(json.loads(RESULTS.read_text(encoding="utf-8")), console))
    parts = {name: PARTS[name] for name in ([asked.only] if asked.only else BY_DEFAULT)}
    if asked.only == SPARK:
        parts[SPARK] = partial(_spark, lines=asked.lines)
    rows = _measured(parts, console, quick=asked.quick)
    if asked.check:
        sys.exit(_checked(rows, console))


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument(
        "--quick", action="store_true", help="a tenth of the sizes, no bars of 1,000,000; writes nothing"
    )
    options.add_argument(
        "--only",
        choices=(*PARTS, *PAGES, *QUERY_PLANS),
        help="the rows of the others stay as they are",
    )
    options.add_argument("--seeds", type=int, nargs="+", default=[1], help="of --only shop: which shops")
    options.add_argument("--lines", type=int, nargs="+", default=LINES, help="of --only spark: how many order lines")
    options.add_argument(
        "--data", type=Path, help="of --only accuracy, duplicates, plan, stock and uplift: a folder with further bases"
    )
    options.add_argument(
        "--check", action="store_true",
        help="exit 1 and name the rows whose bar is missed: of results.json, or of what --only or --quick time now",
    )  # fmt: skip
    return options.parse_args()


def _measured(parts: Mapping[str, Part], console: Console, *, quick: bool) -> list[dict[str, Any]]:
    """The rows of the parts as they are timed; written down after each, unless quick."""
    started, loads = time.perf_counter(), [machine.load()]
    rows: list[dict[str, Any]] = []
    assert cdnow_file().exists()
    for part, rows_of in parts.items():
        for row in rows_of(console, quick=quick):
            rows.append(row.as_json() | {"part": part})
            loads.append(machine.load())
            console.print(line_of(rows[-1]), highlight=False)
            if not quick:
                load = f"{loads[0]:.1f} before, {max(loads):.1f} at most"
                _write(rows, machine.description() | {"load": load}, time.perf_counter() - started)
    if growth := growth_of(rows):
        console.print(growth, highlight=False)
    return rows


def _write(rows: list[dict[str, Any]], described: dict[str, str], seconds: float) -> None:
    """After every row, so that a run that is cut short has written what it measured.

    Rows of a part that has not begun stay as an earlier run wrote them.
    """
    begun = {row["part"] for row in rows}
    earlier = [row for row in json.loads(RESULTS.read_text(encoding="utf-8")) if row["part"] not in begun]
    told = sorted([*earlier, *rows], key=lambda row: list(PARTS).index(row["part"]))
    RESULTS.with_name("RESULTS.md").write_text(as_markdown(told, described, seconds), encoding="utf-8")
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    README.write_text(with_main_rows(README.read_text(encoding="utf-8"), told), encoding="utf-8")


def _checked(rows: Sequence[Mapping[str, Any]], console: Console) -> int:
    """Say which bars are missed, and which cannot be told for want of a peer; 1 where one is missed."""
    missed = [row for row in rows if row["reached"] is False]
    untold = [row for row in rows if row["bar"] and row["reached"] is None]
    for words, found in (("missed", missed), ("not to be told without the peer", untold)):
        for row in found:
            console.print(f"{words}: {line_of(row)}", highlight=False)
    held = sum(row["reached"] is True for row in rows)
    console.print(f"{held} bars are reached, {len(missed)} missed, {len(untold)} not to be told.", highlight=False)
    return 1 if missed else 0


def _engine(console: Console, *, quick: bool) -> Iterator[Row]:
    return engine_rows(Peers(lifetimes=_here(LIFETIMES, console), pymc=_here(PYMC, console)), quick=quick)


def _tables(console: Console, *, quick: bool) -> Iterator[Row]:
    return table_rows(_here(LIFETIMES, console), quick=quick)


def _posterior(_: Console, *, quick: bool) -> Iterator[Row]:
    return posterior_rows(quick=quick)


def _pages(_: Console, *, quick: bool) -> Iterator[Row]:
    return page_rows(quick=quick)


def _pages_on_postgresql(_: Console, *, quick: bool) -> Iterator[Row]:
    return page_rows(quick=quick, on_postgresql=True)


def _people(_: Console, *, quick: bool) -> Iterator[Row]:
    return people_rows(quick=quick)


def _people_on_postgresql(_: Console, *, quick: bool) -> Iterator[Row]:
    return people_rows(quick=quick, on_postgresql=True)


def _merges(_: Console, *, quick: bool) -> Iterator[Row]:
    return merge_rows(quick=quick)


def _privacy(_: Console, *, quick: bool) -> Iterator[Row]:
    return privacy_rows(quick=quick)


def _spark(_: Console, *, quick: bool, lines: Sequence[int] = LINES) -> Iterator[Row]:
    return spark_rows(lines, quick=quick)


def _here(peer: InstalledPeer, console: Console) -> InstalledPeer | None:
    try:
        return peer.installed()
    except PeerMissingError as missing:
        console.print(f"The peer {peer.name} is left out: {missing}")
        return None


SPARK = "spark"
PARTS: Mapping[str, Part] = {
    "engine": _engine,
    "posterior": _posterior,
    "tables": _tables,
    "pages": _pages,
    "people": _people,
    "merges": _merges,
    "privacy": _privacy,
    "pages-postgresql": _pages_on_postgresql,
    "people-postgresql": _people_on_postgresql,
    SPARK: _spark,
}
PAGES: Mapping[str, Callable[[argparse.Namespace], None]] = {  # each writes a page of its own
    "accuracy": lambda asked: score_bases(asked.data),
    "acquire": lambda asked: judge_acquisition(asked.data),
    "duplicates": lambda asked: find_duplicates(asked.data),
    "plan": lambda asked: judge_plans(asked.data),
    "shop": lambda asked: run_quickly(asked.seeds[0]) if asked.quick else run_shops(asked.seeds),
    "stock": lambda asked: judge_stock(asked.data),
    "uplift": lambda asked: score_uplift(asked.data),
}
QUERY_PLANS = ("query-plans", "query-plans-postgresql")
BY_DEFAULT = ("engine", "posterior", "tables", "pages", "people", "merges", "privacy")

if __name__ == "__main__":
    main()
