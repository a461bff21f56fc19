"""`keepers value` on a cluster of Spark: the same table and totals as with DuckDB, and the same grade."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shops import shop

from bench.processes import running_in
from bench.spark_cluster import ClusterError, spark_cluster
from bench.valued_lines import UNTIL_INPUT_ENDS

SETTINGS = Path(__file__).parents[1] / "contract" / "spark_settings"

HOLDOUT = os.environ.get("KEEPERS_SPARK_HOLDOUT", "none")  # a hold-out takes twice as long: make fuzz

pytestmark = pytest.mark.spark


def valued(orders: Path, out: Path, engine: str, *options: str) -> dict[str, Any]:
    """The command in a process of its own, which starts and stops its Spark."""
    environment = os.environ | {"ENGINE_URL": engine, "SPARK_CONF_DIR": str(SETTINGS)}
    command = [
        sys.executable,
        "-c",
        "from keepers.cli.main import main; main()",
        "value",
        str(orders),
        "--json",
        "--out",
        str(out),
        *options,
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows_of(path: Path) -> pa.Table:
    return pq.read_table(path).replace_schema_metadata(None)


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(customers=120).write(tmp_path_factory.mktemp("shop") / "orders.csv")


def test_a_cluster_of_two_workers_values_a_shop_as_duckdb_does(orders: Path, tmp_path: Path) -> None:
    tables = {engine: tmp_path / f"{engine}.parquet" for engine in ("duckdb", "spark")}
    here = valued(orders, tables["duckdb"], "duckdb", "--holdout", HOLDOUT)
    with spark_cluster(tmp_path / "cluster", workers=2) as cluster:
        assert cluster.url.startswith("spark://127.0.0.1:")
        there = valued(orders, tables["spark"], cluster.url, "--holdout", HOLDOUT)
        logs = [list(place.glob("app-*/*/stderr")) for place in cluster.work]
    assert [[log.read_text("utf-8").count("Running task") > 0 for log in each] for each in logs] == [[True], [True]]
    assert there["input"] == here["input"]
    assert json.dumps(there["base"]) == json.dumps(here["base"])
    assert (here["backtest"] is None) == (HOLDOUT == "none")
    assert json.dumps(there["backtest"]) == json.dumps(here["backtest"])
    assert rows_of(tables["spark"]).equals(rows_of(tables["duckdb"]))
    assert not running_in(cluster.sessions)


def test_a_cluster_is_gone_after_a_failure_too(tmp_path: Path) -> None:
    met: list[frozenset[int]] = []
    with pytest.raises(ClusterError, match="something went wrong"), spark_cluster(tmp_path, workers=1) as cluster:
        met.append(cluster.sessions)
        assert len(running_in(cluster.sessions)) >= len(cluster.sessions) == 2
        raise ClusterError("something went wrong")
    assert not running_in(met[0])


def test_a_valuation_that_is_timed_ends_with_whoever_times_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.valued_lines", "duckdb", str(tmp_path / "orders"), UNTIL_INPUT_ENDS]
    os.mkfifo(tmp_path / "orders")  # reading it waits for ever
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as timed:
        assert timed.stdin is not None
        timed.stdin.close()
        assert timed.wait(60) == -signal.SIGKILL
