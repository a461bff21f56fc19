"""The jobs on tables and files: summary, import, the whole of `keepers value`, and starting up."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from bench.bases import CACHE, cdnow_file, order_lines, shop_export
from bench.peer import Peer, asked
from bench.rows import Bar, Row
from bench.timing import CommandFailedError, Timing, timed, timed_command

KEEPERS = str(Path(sys.executable).with_name("keepers"))
MEMORY = "1500MB"  # what our own engine allows itself


def table_rows(peer: Peer | None, *, quick: bool) -> Iterator[Row]:
    """The rows of tables, files and commands."""
    parts = (_summary(peer, quick=quick), _import(quick=quick), _start(), _value(quick=quick), _plan(quick=quick))
    for part in parts:
        try:
            yield from part
        except CommandFailedError as failed:
            print(f"Left out: {failed}")


def _summary(peer: Peer | None, *, quick: bool) -> Iterator[Row]:
    yield from _small_summary(peer, quick=quick)
    customers, lines = (100_000, 1_000_000) if quick else (1_000_000, 20_000_000)
    path = order_lines(customers, lines)
    ours = _summarised(path)
    name = f"{lines:,} order lines → summary"
    bar = None if quick else Bar("≤ 4× the CPU to scan the same columns, < 2 GB", most_times_peer=4, most_peak_mb=2048)
    yield Row(name, ours, "DuckDB, scan only", timed(lambda: _scanned(path), warm=False), bar)
    yield Row(
        name, ours, "DuckDB, plain grouping", timed(lambda: _grouped(path), warm=False), note="no returns, no versions"
    )


def _small_summary(peer: Peer | None, *, quick: bool) -> Iterator[Row]:
    small = shop_export(20_000, 100_000) if quick else shop_export(200_000, 1_000_000)
    lines_of_small = 100_000 if quick else 1_000_000
    ours = _summarised(order_lines(*((20_000, 100_000) if quick else (200_000, 1_000_000))))
    yield Row(f"{lines_of_small:,} order lines → summary", ours, "lifetimes", asked(peer, "summary", small))


def _summarised(path: Path) -> Timing:
    """In a process of its own, with the most memory that it has held."""
    command = [sys.executable, "-m", "bench.summarised_lines", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailedError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return Timing(**json.loads(done.stdout))


def _scanned(path: Path) -> None:
    _query(f"SELECT max(external_id), max(ordered_on), sum(revenue), max(order_id) FROM read_parquet('{path}')")


def _grouped(path: Path) -> None:
    days = f"SELECT external_id, ordered_on, sum(revenue) AS revenue FROM read_parquet('{path}') GROUP BY ALL"
    _query(f"SELECT external_id, count(*), min(ordered_on), max(ordered_on), sum(revenue) FROM ({days}) GROUP BY ALL")


def _query(sql: str) -> None:
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        connection.execute(sql).fetchall()


def _import(*, quick: bool) -> Iterator[Row]:
    """Reading a CSV with all its checks, beside DuckDB, which is told nothing and checks nothing."""
    customers, lines = (20_000, 100_000) if quick else (1_000_000, 10_000_000)
    path = shop_export(customers, lines, ending="csv")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        ours = timed(lambda: _read(path, Path(folder)), warm=False)
        copy = f"COPY (FROM read_csv('{path}')) TO '{folder}/peer.parquet' (FORMAT parquet, COMPRESSION zstd)"
        peer = timed(lambda: _query(copy), warm=False)
    bars = (
        Bar("≥ 500,000 lines/s", most_wall_s=lines / 500_000),
        Bar("≥ 0.5 of its speed, wall", most_times_peer_wall=2.0),
    )
    rate = f"{lines / ours.wall_s:,.0f} lines/s; ours accounts for each row"
    for bar in bars:
        name = f"{lines:,} lines of CSV → order lines"
        yield Row(name, ours, "DuckDB, read_csv → Parquet", peer, None if quick else bar, rate)


def _read(path: Path, folder: Path) -> None:
    from keepers.ingest.orders import read_orders
    from keepers.ingest.report import ImportOptions

    with tempfile.TemporaryDirectory(dir=folder) as into:
        read_orders([path], options=ImportOptions(), into=Path(into))


def _value(*, quick: bool) -> Iterator[Row]:
    customers, lines = (50_000, 250_000) if quick else (1_000_000, 5_000_000)
    command = [KEEPERS, "value", str(shop_export(customers, lines)), "--json"]
    name = f"keepers value, {customers:,} customers, {lines:,} lines"
    alone = timed_command([*command, "--holdout", "none"], repeats=1, warm=False)
    bar = None if quick else Bar("≤ 60 CPU-s, < 4 GB", most_cpu_s=60, most_peak_mb=4096)
    yield Row(f"{name}, no backtest", alone, bar=bar)
    graded = timed_command(command, repeats=1, warm=False)
    bar = None if quick else Bar("≤ 3× of that", most_times_peer=3)
    yield Row(f"{name}, default backtest", graded, "the same without", alone, bar)


def _plan(*, quick: bool) -> Iterator[Row]:
    sizes = ((20_000, 100_000),) if quick else ((100_000, 500_000), (1_000_000, 5_000_000))
    with tempfile.TemporaryDirectory() as folder:
        for customers, lines in sizes:
            values = Path(folder) / f"values-{customers}.parquet"
            valued = [KEEPERS, "value", str(shop_export(customers, lines)), "--holdout", "none", "--out", str(values)]
            timed_command(valued, repeats=1, warm=False)
            command = [KEEPERS, "plan", str(values), "--out", str(Path(folder) / "plan.parquet")]
            bar = None if quick else Bar("< 4 GB", most_peak_mb=4096)
            yield Row(f"keepers plan, {customers:,} customers", timed_command(command, repeats=1, warm=False), bar=bar)


def _start() -> Iterator[Row]:
    value = [KEEPERS, "value", str(cdnow_file()), "--as-of", "1997-09-30", "--holdout", "none", "--json"]
    bar = Bar("≤ 3 s wall", most_wall_s=3.0)
    yield Row("keepers value on CDNOW's master, second start", timed_command(value), bar=bar)
    bar = Bar("< 0.5 s wall", most_wall_s=0.5)
    yield Row("keepers --help", timed_command([KEEPERS, "--help"]), bar=bar)
    yield Row("import keepers.clv.pareto_nbd", timed_command([sys.executable, "-c", "import keepers.clv.pareto_nbd"]))
