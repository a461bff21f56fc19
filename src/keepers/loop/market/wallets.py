"""Shares of wallet from a file of answers: beside what customers are known to spend, and kept for plans."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import keepers
from keepers.core.errors import KeepersError
from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.terms.effects import Floats
from keepers.decisions.wallet import Said, Wallets, shares_of_wallet
from keepers.ingest.surveys.wallets import read_wallet_answers
from keepers.loop.workspace import runs_kept
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.tables import WALLETS

GROWTH = ("categories", "share_of_wallet", "share_of_wallet_high")


class StrangersError(KeepersError):
    """Answers of nobody who is a customer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Shares of wallet with what became of the answers.

    strangers: who answered and is no customer of the values; they count in the usual shares and are not kept
    """

    wallets: Wallets
    strangers: int

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        run = {"version": keepers.__version__}
        return {"wallets": self.wallets.as_json() | {"strangers": self.strangers}, "run": run}


def wallets_of_file(path: Path, values: pa.Table | None, days: float, *, mapping: Mapping[str, str]) -> Asked:
    """Shares of wallet of a file's customers.

    Args:
        path: the answers.
        values: columns of `customer_values`, which tell what customers spend a year; None: what they say counts.
        days: the time unit of the values' ages [days].
        mapping: header by column, where it is not recognised.

    Raises:
        KeepersError: the file cannot be read, or nothing can be learned from it; says where and what to do.
    """
    rows = read_wallet_answers(path, mapping=mapping)
    said = {name: rows[name].to_numpy(zero_copy_only=False) for name in ("category_spend", "own_spend", "rank")}
    brands = rows["brands_used"].to_numpy(zero_copy_only=False)
    own, stated, strangers = said["own_spend"], np.full(rows.num_rows, np.nan), 0
    if values is not None:
        known = _spent_a_year(values, days, rows["customer_id"])
        ours = pc.is_in(rows["customer_id"], values["customer_id"].combine_chunks())
        strangers = rows.num_rows - (pc.sum(ours).as_py() or 0)
        if strangers == rows.num_rows:
            raise StrangersError("Nobody in the file is a customer of the values. Write their ids as the orders do.")
        own, stated = np.where(np.isnan(known), own, known), np.where(np.isnan(known), np.nan, own)
    segments = np.array(rows["segment"].to_pylist(), dtype=str)
    ids = rows["customer_id"].to_pylist()
    return Asked(
        shares_of_wallet(Said(ids, segments, own, said["category_spend"], said["rank"], brands, stated)), strangers
    )


def wallets_in(store: DeltaStore, path: Path, *, mapping: Mapping[str, str], known_at: datetime, keep: bool) -> Asked:
    """Shares of wallet of a workspace's customers, kept for its plans.

    Args:
        store: the warehouse.
        path: the answers.
        mapping: header by column.
        known_at: when.
        keep: whether to; else they are only computed.

    Raises:
        KeepersError: nothing was valued yet, or as `wallets_of_file`.
        WriterBusyError: another process is writing.
    """
    runs = runs_kept(store)
    if not runs:
        raise StrangersError("Nothing was valued yet, so nobody is known to spend anything. Run: keepers run")
    values = store.query("values_of_run", run_id=runs[-1]["run_id"])
    fits = store.query("record_fits", run_id=runs[-1]["run_id"])
    days = float(fits["time_unit_days"][0].as_py()) if fits.num_rows else 1.0
    asked = wallets_of_file(path, values, days, mapping=mapping)
    ours = asked.wallets.table.filter(
        pc.is_in(asked.wallets.table["customer_id"], values["customer_id"].combine_chunks())
    )
    if keep:
        rows = ours.append_column(
            "known_at", pa.array([known_at] * ours.num_rows, WALLETS.schema.field("known_at").type)
        )
        store.append(
            WALLETS.name, WALLETS.conform(rows.select(WALLETS.schema.names)), transaction=f"wallets {known_at}"
        )
    return asked


def with_growth(customers: pa.Table, told: pa.Table) -> pa.Table:
    """The customers with what speaks for their growth, as far as it is told; null where it is not."""
    place = pc.index_in(customers["customer_id"], told["customer_id"])
    for name in GROWTH:
        if name in told.column_names:
            customers = customers.append_column(name, told[name].take(place))
    return customers


def _spent_a_year(values: pa.Table, days: float, ids: pa.ChunkedArray) -> Floats:
    """Revenue by year since the first order, a year at least; nan for whoever is no customer or never paid."""
    known = pl.DataFrame(values.select(["customer_id", "orders", "mean_order_value", "age"])).select(
        "customer_id",
        spent=pl.col("orders")
        * pl.col("mean_order_value")
        / pl.max_horizontal(pl.col("age") * (days / DAYS_PER_YEAR), pl.lit(1.0)),
    )
    asked = pl.DataFrame({"customer_id": ids})
    found: Floats = asked.join(known, on="customer_id", how="left", maintain_order="left")["spent"].to_numpy()
    return np.where(found > 0, found, np.nan)
