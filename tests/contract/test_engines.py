"""One suite for both engines: every step gives the same rows, of the same types, on DuckDB and on Spark."""

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_cases import PARAMETERS, tables
from spark_here import LOCAL, spark_settings

from keepers.warehouse.engines.duck import DuckEngine
from keepers.warehouse.engines.engine import Block, Engine, EngineError, UnknownEngineError, open_engine
from keepers.warehouse.engines.spark import SparkEngine
from keepers.warehouse.engines.spark_session import last_words
from keepers.warehouse.steps import StepError, computed, step_named, step_names, table_read_as

pytestmark = pytest.mark.spark

Files = dict[str, list[Path]]


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = DuckEngine(tmp_path_factory.mktemp("duck"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with spark_settings():
        engine = SparkEngine(LOCAL, tmp_path_factory.mktemp("a store's [folder]"))
        yield engine
        engine.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The tables of a small shop, each in two files."""
    folder = tmp_path_factory.mktemp("tables")
    found: Files = {}
    for name, rows in tables().items():
        half = rows.num_rows // 2
        for number, part in enumerate((rows.slice(0, half), rows.slice(half))):
            path = folder / f"{name} {number}.parquet"
            pq.write_table(part, path)
            found.setdefault(name, []).append(path)
    return found


@pytest.fixture(scope="module")
def ready(duck: Engine, files: Files, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The tables, and the rows of every step that another one reads, as DuckDB computes them."""
    folder, found = tmp_path_factory.mktemp("computed"), dict(files)
    for name in {part for step in step_names() for part in step_named(step).reads if table_read_as(part) is None}:
        path = folder / f"{name}.parquet"
        duck.write(name, path, files, PARAMETERS)
        found[computed(name)] = [path]
    return found


def scaled(factor: float) -> Callable[[Block], Block]:
    """Sums a block's numbers; made within a function, so that it goes to the executors by value."""

    def function(block: Block) -> Block:
        return {"sum": np.array([factor * float(block["x"].sum())]), "y": block["y"]}

    return function


def shares_of_a_query(engine: SparkEngine) -> int:
    with engine._sessions.opened("a query") as session:
        return int(session.conf.get("spark.sql.shuffle.partitions"))


def without(step: str, sources: Files) -> Files:
    """The sources without the step's own rows, so that it is computed."""
    return {name: paths for name, paths in sources.items() if name != computed(step)}


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        rows, key=lambda row: [(value is None, str(value)) for value in row.values() if type(value) is not float]
    )


def types(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in schema]


def is_close(one: object, other: object) -> bool:
    """Sums of floats depend on their order, and a product rounded to 0.0001 may fall to either side of a half."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-9, nan_ok=True)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) <= Decimal("0.0001")
    return one == other


@pytest.mark.parametrize("step", step_names())
def test_a_step_gives_the_same_rows_on_both(step: str, duck: Engine, spark: Engine, ready: Files) -> None:
    sources = without(step, ready)
    expected, found = (engine.query(step, sources, PARAMETERS) for engine in (duck, spark))
    assert types(found.schema) == types(expected.schema)
    here, there = in_order(expected.to_pylist()), in_order(found.to_pylist())
    assert len(there) == len(here) > 0
    differing = [
        (one, other)
        for one, other in zip(here, there, strict=True)
        if not all(is_close(one[name], other[name]) for name in one)
    ]
    assert differing == []


@pytest.mark.parametrize("step", ["customer_summary", "totals", "histories_at"])
def test_a_step_and_all_it_reads_give_the_same_rows_on_both(
    step: str, duck: Engine, spark: Engine, files: Files
) -> None:
    here, there = (engine.query(step, files, PARAMETERS).to_pylist() for engine in (duck, spark))
    assert len(here) == len(there) > 0
    assert all(is_close(one[name], other[name]) for one, other in zip(here, there, strict=True) for name in one)


def test_rows_are_written_in_the_order_of_the_step(spark: Engine, duck: Engine, files: Files, tmp_path: Path) -> None:
    for name, engine in (("here", duck), ("there", spark)):
        engine.write("customer_summary", tmp_path / name, files, PARAMETERS, rows_in_group=2)
    here, there = (pq.ParquetFile(tmp_path / name) for name in ("here", "there"))
    assert types(there.schema_arrow) == types(here.schema_arrow)
    assert there.read()["customer_id"].to_pylist() == here.read()["customer_id"].to_pylist()
    assert there.num_row_groups > 1


def test_what_was_kept_serves_no_other_day_and_no_other_files(spark: Engine, duck: Engine, files: Files) -> None:
    earlier = PARAMETERS | {"as_of": date(2024, 2, 1)}
    fewer = files | {"order_lines": files["order_lines"][:1]}
    for sources, parameters in ((files, PARAMETERS), (files, earlier), (fewer, earlier), (files, PARAMETERS)):
        here, there = (engine.query("customer_days", sources, parameters).num_rows for engine in (duck, spark))
        assert there == here


@pytest.mark.usefixtures("spark")
def test_what_no_day_changes_is_computed_once_for_every_day(files: Files, tmp_path: Path) -> None:
    engine = SparkEngine(LOCAL, tmp_path)
    for as_of in (date(2024, 2, 1), date(2024, 3, 1)):
        engine.query("stated_returns", files, PARAMETERS | {"as_of": as_of})
    times = Counter(key.split("'")[1] for key in engine._kept)  # a key begins with the step's name
    engine.close()
    assert (times["returns_of_any_day"], times["sales_with_returns"], times["returns"]) == (1, 1, 2)


def test_a_value_is_never_read_as_sql(spark: Engine, duck: Engine, files: Files) -> None:
    for text in ("' OR 1=1 --", "\\' OR 1=1 --", "x\\", '"', "$as_of", "{as_of}", "naïve ✓"):
        for engine in (duck, spark):
            assert engine.query("record_run", files, {"run_id": text}).num_rows == 0


def test_a_table_without_files_has_no_rows_and_its_types(spark: Engine, duck: Engine) -> None:
    for name in ("order_lines", "customer_summary", "net_lines"):
        here, there = (engine.query(name, {}, PARAMETERS) for engine in (duck, spark))
        assert there.num_rows == 0
        assert types(there.schema) == types(here.schema)


def test_a_missing_parameter_is_named(spark: Engine, files: Files) -> None:
    with pytest.raises(StepError, match='"record_run" needs a value for run_id'):
        spark.query("record_run", files, {})


def test_a_file_that_is_gone_is_told_in_a_sentence(spark: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="Step runs failed on Spark"):
        spark.query("runs", {"runs": [tmp_path / "gone.parquet"]}, {})


def test_blocks_are_computed_in_their_order_and_give_the_same(spark: Engine, duck: Engine) -> None:
    blocks: list[Block] = [{"x": np.arange(n, dtype=np.int64), "y": np.linspace(0, 1, 2 * n)} for n in (3, 0, 5)]
    here, there = (engine.map_blocks(scaled(0.5), blocks) for engine in (duck, spark))
    assert [block["sum"].tolist() for block in there] == [[1.5], [0.0], [5.0]]
    for one, other in zip(here, there, strict=True):
        assert one.keys() == other.keys()
        assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_an_error_within_a_block_is_told(spark: Engine) -> None:
    with pytest.raises(EngineError, match="KeyError: 'z'"):
        spark.map_blocks(lambda block: {"z": block["z"]}, [{"x": np.ones(1)}])


def test_no_blocks_give_nothing(spark: Engine, duck: Engine) -> None:
    assert spark.map_blocks(scaled(1.0), []) == duck.map_blocks(scaled(1.0), []) == []


@pytest.mark.parametrize("url", ["postgres://host", "spark", "duck", "localhost:7077", "local[two]", "spark://"])
def test_an_address_that_names_no_engine_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownEngineError, match=f'ENGINE_URL is "{re.escape(url)}", which names no engine'):
        open_engine(url, tmp_path)


def test_without_java_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineError, match="needs Java 17 or newer"):
        open_engine(LOCAL, tmp_path)


def test_without_pyspark_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r'pip install "keepers\[spark\]"'):
        open_engine(LOCAL, tmp_path)


def test_what_the_driver_said_last_is_told_before_its_log_goes(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    assert last_words(log) == ""
    log.write_text("10:00 WARN Slow\n10:01 ERROR All masters are unresponsive!\n10:02 INFO Bye\n")
    assert last_words(log) == "Spark's last words: 10:01 ERROR All masters are unresponsive! "


def test_a_query_has_as_many_shares_as_fit_its_cores_unless_spark_is_told_otherwise(
    spark: SparkEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shares_of_a_query(spark) == 1  # as tests/contract/spark_settings has it
    from pyspark import SparkConf, SparkContext

    monkeypatch.setattr(SparkContext, "getConf", lambda context: SparkConf(loadDefaults=False))
    assert shares_of_a_query(spark) == 4


def test_a_process_has_one_spark_at_a_time(spark: Engine, tmp_path: Path) -> None:
    assert spark.query("order_lines", {}, {}).num_rows == 0
    other = open_engine("spark://127.0.0.1:1", tmp_path)
    with pytest.raises(EngineError, match=r"cannot be to spark://127\.0\.0\.1:1 as well"):
        other.query("order_lines", {}, {})
    other.close()
    assert spark.query("order_lines", {}, {}).num_rows == 0
