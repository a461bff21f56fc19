"""`keepers value` on Spark: the same table, totals and grade as with DuckDB."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from shops import shop

SETTINGS = Path(__file__).parents[1] / "contract" / "spark_settings"

pytestmark = [pytest.mark.xdist_group("spark")]


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


def test_spark_values_a_shop_as_duckdb_does(tmp_path: Path) -> None:
    orders = shop(customers=120).write(tmp_path / "orders.csv")
    tables, found = {}, {}
    for engine in ("duckdb", "local[2]"):
        found[engine] = valued(orders, tmp_path / f"{engine}.parquet", engine, "--holdout", "none")
        tables[engine] = pq.read_table(tmp_path / f"{engine}.parquet")
    here, there = tables.values()
    assert there.schema.remove_metadata() == here.schema.remove_metadata()
    assert found["local[2]"]["input"] == found["duckdb"]["input"]
    assert there.replace_schema_metadata(None).equals(here.replace_schema_metadata(None))
    totals = found["duckdb"]["base"]
    assert found["local[2]"]["base"].keys() == totals.keys()
    assert json.dumps(found["local[2]"]["base"]) == json.dumps(totals)
