"""The customer bases to time on: simulated ones of any size, and CDNOW from the registry package `lifetimes`."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from keepers.clv import gamma_gamma, pareto_nbd
from keepers.clv.histories import Histories
from keepers.clv.spend import Spend
from keepers.warehouse.tables import ORDER_LINES

CACHE = Path(__file__).parent / ".cache"
SEED = 20_260_630
CHUNK = 250_000  # customers written at once
FIRST_DAY = np.datetime64("2023-01-01")
TRUTH = pareto_nbd.Parameters(r=1.1, alpha=80.0, s=0.6, beta=90.0)  # days
SPEND_TRUTH = gamma_gamma.Parameters(p=4.0, q=4.0, v=40.0)


@dataclass(frozen=True, slots=True)
class Base:
    """Histories in days, spend, and the file in which a peer finds the same."""

    name: str
    histories: Histories
    spend: Spend
    file: Path


def simulated(customers: int) -> Base:
    """A base whose customers follow the Pareto/NBD, counted in whole days."""
    generator = np.random.default_rng(SEED)
    ages = generator.integers(30, 730, customers).astype(np.float64)
    exact = pareto_nbd.simulate(TRUTH, age=ages, generator=generator)
    last = np.ceil(exact.age_at_last_order)
    repeat = np.minimum(exact.repeat_orders, last.astype(np.int64))
    histories = Histories.of(repeat, np.where(repeat > 0, last, 0.0), ages)
    spend = gamma_gamma.simulate(SPEND_TRUTH, repeat + 1, generator)
    return _saved(f"simulated-{customers}", histories, spend)


def cdnow() -> Base:
    """CDNOW's master file, calibrated up to 30 September 1997, in days."""
    return _of_cdnow("cdnow", cdnow_file(), columns=(0, 1, 3), above=1)


def cdnow_sample() -> Base:
    """CDNOW's sample, every tenth customer, in the same way."""
    return _of_cdnow("cdnow-sample", cdnow_file().with_name("CDNOW_sample.txt"), columns=(1, 2, 4), above=0)


def cdnow_file() -> Path:
    """The file inside the registry package; the package itself is not imported."""
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / "datasets" / "CDNOW_master.txt"


def order_lines(customers: int, lines: int) -> Path:
    """A Parquet file of the warehouse's order lines, several lines an order, written in parts."""
    path = CACHE / f"order-lines-{customers}-{lines}.parquet"
    if not path.exists():
        with pq.ParquetWriter(path, ORDER_LINES.schema, compression="zstd") as writer:
            for who, order, day, amount in _orders(customers, lines):
                writer.write_table(_as_lines(who, order, day, amount))
    return path


def shop_export(customers: int, lines: int, *, ending: str = "parquet") -> Path:
    """The same orders as a shop would export them: order, customer, day, amount."""
    path = CACHE / f"shop-export-{customers}-{lines}.{ending}"
    if not path.exists():
        parts = [
            pa.table(
                {
                    "order_id": order,
                    "customer_id": who,
                    "order_date": (FIRST_DAY + day).astype("datetime64[D]"),
                    "amount": np.round(amount, 2),
                }
            )
            for who, order, day, amount in _orders(customers, lines)
        ]
        _write(pa.concat_tables(parts), path)
    return path


def _write(table: pa.Table, path: Path) -> None:
    if path.suffix == ".csv":
        import pyarrow.csv as pa_csv

        pa_csv.write_csv(table, path)
    else:
        pq.write_table(table, path, compression="zstd")


Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _orders(customers: int, lines: int) -> Iterator[Columns]:
    """Customer, order, day and amount of each line, in parts, mixed in time within a part."""
    CACHE.mkdir(exist_ok=True)
    generator = np.random.default_rng(SEED)
    made = 0
    for begin in range(0, customers, CHUNK):
        many = min(CHUNK, customers - begin)
        wanted = lines * (begin + many) // customers - made
        weight = generator.gamma(0.8, 1.0, many) + 0.05
        extra = generator.choice(many, wanted - many, p=weight / weight.sum())
        who = np.concatenate([np.arange(many), extra])
        start = generator.integers(0, 700, many)
        stay = np.minimum(generator.exponential(400, many), 729 - start)
        day = start[who] + (generator.random(wanted) * stay[who]).astype(np.int64)
        order = np.random.default_rng(begin).permutation(wanted)
        amount = generator.gamma(3.0, 9.0, wanted) + 0.5
        yield who[order] + begin, order + made, day[order], amount[order]
        made += wanted


def _as_lines(
    who: NDArray[np.int64], order: NDArray[np.int64], day: NDArray[np.int64], amount: NDArray[np.float64]
) -> pa.Table:
    ordered_on = pa.array((FIRST_DAY + day).astype("datetime64[D]"))
    rows = pa.table(
        {
            "source": pa.repeat("shop", len(who)),
            "batch_id": pa.repeat("bench", len(who)),
            "order_id": pa.array(order).cast(pa.string()),
            "line_number": pa.repeat(1, len(who)),
            "external_id": pa.array(who).cast(pa.string()),
            "ordered_at": ordered_on.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
            "ordered_on": ordered_on,
            "line_kind": pa.repeat("sale", len(who)),
            "revenue": pa.array(np.round(amount, 2)).cast(pa.decimal128(18, 4)),
        }
    )
    return ORDER_LINES.conform(rows)


def _of_cdnow(name: str, file: Path, *, columns: tuple[int, int, int], above: int) -> Base:
    """Histories up to 30 September 1997 from customer, day and amount in these columns, `above` lines set aside."""
    rows = np.loadtxt(file, dtype=str, skiprows=above, usecols=columns)
    day = np.array([f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in rows[:, 1]], dtype="datetime64[D]").astype(
        np.int64
    )
    known = day <= np.datetime64("1997-09-30").astype(np.int64)
    customer, day, amount = rows[known, 0], day[known], rows[known, 2].astype(float)
    ids, who = np.unique(customer, return_inverse=True)
    occasions = np.unique(np.stack([who, day], axis=1), axis=0)
    orders = np.bincount(occasions[:, 0], minlength=len(ids))
    first = np.full(len(ids), np.iinfo(np.int64).max)
    last = np.zeros(len(ids), dtype=np.int64)
    np.minimum.at(first, occasions[:, 0], occasions[:, 1])
    np.maximum.at(last, occasions[:, 0], occasions[:, 1])
    end = np.datetime64("1997-09-30").astype(np.int64)
    histories = Histories.of(orders - 1, (last - first).astype(float), (end - first).astype(float))
    money = np.bincount(who, weights=amount, minlength=len(ids))
    return _saved(name, histories, Spend.of(money / orders, orders))


def _saved(name: str, histories: Histories, spend: Spend) -> Base:
    CACHE.mkdir(exist_ok=True)
    file = CACHE / f"{name}.npz"
    np.savez(
        file,
        frequency=histories.repeat_orders,
        recency=histories.age_at_last_order,
        T=histories.age,
        monetary_value=spend.mean_order_value,
    )
    return Base(name, histories, spend, file)
