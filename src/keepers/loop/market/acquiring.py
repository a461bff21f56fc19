"""Whom to win next: who the best customers are, and what prospects would be worth, from a file of values or a run."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.core.percent import percent
from keepers.decisions.acquisition.attributes import LeftOut, attributes_of, labelled
from keepers.decisions.acquisition.lookalikes import (
    LEAST_LEARNED,
    LookAlikes,
    TooFewToLearnError,
    learn_look_alikes,
)
from keepers.decisions.acquisition.scoring import Newcomer, scored
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.opening import open_source
from keepers.insight.questions.profile import BEST_TENTH, chances_of
from keepers.insight.questions.representation import Level, represented
from keepers.loop.files.valued_file import read_valued_file
from keepers.loop.workspace import runs_kept
from keepers.valuation.choosing.truncation import find_truncation
from keepers.warehouse.delta import PinnedStore
from keepers.warehouse.store import MemoryStore, Store
from keepers.warehouse.tables import CUSTOMER_VALUES

SEED = 1
CUSTOMER = "customer_id"
FILE_RUN = "file"
WORTH = (
    CUSTOMER, "first_order", "is_acquired", "group", "residual_value", "chance_in_top_tenth", "relative_worth",
    "acquisition_cost",
)  # fmt: skip
"""What the step tells of customers beside their attributes: known only afterwards."""
_LEAST_FOUND = 0.01


class AcquireFileError(KeepersError):
    """A file of customers or prospects that lacks what is needed."""


@dataclass(frozen=True, slots=True)
class AcquireRequest:
    """What the user asked.

    customers: a file of what was known of customers before they bought, a row each
    customer_header: its column of customers; None: the one that names most of them
    prospects: a file of people to value
    use, leave_out: names of attributes; nothing in `use`: all of them
    group: whom to describe: the best tenth, or a group of the values
    """

    customers: Path | None = None
    customer_header: str | None = None
    prospects: Path | None = None
    use: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    group: str = BEST_TENTH


@dataclass(frozen=True, slots=True)
class Acquired:
    """What came of it.

    profile: every level of every attribute, the clear ones first
    left_out: attributes that do not tell customers apart, and why
    newcomer: what a new customer is worth; None: the values do not say
    look_alikes: None where nothing can be learned, `not_learned` then says why
    prospects: the rows of the file with what each would be worth; None without a file
    """

    as_of: date
    currency: str | None
    group: str
    customers: int
    acquired: int
    profile: tuple[Level, ...]
    left_out: tuple[LeftOut, ...]
    newcomer: Newcomer | None
    look_alikes: LookAlikes | None
    not_learned: str
    prospects: pa.Table | None

    def sentence(self) -> str:
        """What look-alikes are worth, or why nothing is said of it."""
        if self.look_alikes is None:
            return self.not_learned
        return _told_of_look_alikes(self.look_alikes)

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`; prospects are counted, their rows are in `--out`."""
        learned = self.look_alikes
        return {
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "group": self.group,
            "customers": self.customers,
            "acquired": self.acquired,
            "profile": [asdict(each) for each in self.profile],
            "left_out": [asdict(each) for each in self.left_out],
            "lifetime_value": None if self.newcomer is None else asdict(self.newcomer),
            "look_alikes": None if learned is None else _told(learned),
            "finding": self.sentence(),
            "prospects": None if self.prospects is None else self.prospects.num_rows,
        }


def _told_of_look_alikes(learned: LookAlikes) -> str:
    """What look-alikes are worth, in a sentence."""
    judged, names = learned.judged, ", ".join(each.name for each in learned.attributes)
    if not judged.tells:
        return (
            f"What is known of customers before they buy ({names}) tells nothing surer than "
            "chance of what they are worth, so prospects are not ranked: each is expected to be worth what a new "
            "customer is."
        )
    tenth = judged.lifts[0]
    return (
        f"Judged on customers who were not learned from, the tenth chosen by {names} holds "
        f"{percent(tenth.held)} of the worth ({percent(max(tenth.held_low, 0.0))} to {percent(tenth.held_high)}; by "
        f"lot 10 %, by {judged.single} alone {percent(tenth.held_single)})."
    )


def acquire_from_file(path: Path, request: AcquireRequest) -> Acquired:
    """From the file that `keepers value` wrote; what is known of customers comes from a file of its own.

    Raises:
        NotValuedError: the file is not one of `keepers value`.
        AcquireFileError: a file lacks what is needed.
        NothingToDoError: the values have no money.
    """
    valued = read_valued_file(path)
    values = valued.table.replace_schema_metadata(None)
    values = values.add_column(0, "run_id", pa.array([FILE_RUN] * values.num_rows, pa.string()))
    with tempfile.TemporaryDirectory(prefix="keepers-acquire-") as folder:
        store = MemoryStore(Path(folder))
        try:
            store.append(CUSTOMER_VALUES.name, values)
            described = described_customers(
                store, values, run_id=FILE_RUN, as_of=valued.as_of, margin=float(valued.run["margin"])
            )
        finally:
            store.close()
    told = json.loads(valued.run.get("new_customers", "[]"))
    return _acquired(described, request, _newcomer(told), as_of=valued.as_of, currency=_named(valued.run["currency"]))


def acquire_from_run(store: PinnedStore, request: AcquireRequest) -> Acquired:
    """From the latest run of a workspace, with what the warehouse knows of customers since their first order.

    Raises:
        AcquireFileError: a file lacks what is needed.
        NothingToDoError: there is no run, or it has no money.
    """
    runs = runs_kept(store)
    if not runs:
        raise NothingToDoError("The workspace has no values yet. Value it with: keepers run")
    return _acquired_in(store, runs[-1], request)


def look_alikes_of_run(
    store: PinnedStore, run_id: str, values: pa.Table, use: Sequence[str], beside: pa.Table | None
) -> tuple[Newcomer | None, LookAlikes] | None:
    """What a run teaches of people of whom only these attributes are known; None where it teaches nothing.

    Args:
        store: the warehouse at one moment.
        run_id: the run.
        values: its customers' values.
        use: names of attributes; those that nobody has are left out.
        beside: attributes that the warehouse does not know: `customer_id` and a column of texts each; None: none.
    """
    if values.num_rows < LEAST_LEARNED:
        return None
    run = next(run for run in runs_kept(store) if run["run_id"] == run_id)
    try:
        described = _described_in(store, run, values)
    except NothingToDoError:
        return None
    if beside is not None:
        described = _with(described, beside, pc.index_in(described[CUSTOMER], value_set=beside[CUSTOMER]))
    known = tuple(name for name in use if described[name].null_count < described.num_rows)
    if not known:
        return None
    request = AcquireRequest(use=known)
    attributes = _wanted(_attributes(described, request), request)
    used, _ = attributes_of(attributes)
    learned, _ = _learned(attributes.select([each.name for each in used]), described)
    return None if learned is None else (_newcomer_in(run), learned)


def _acquired_in(store: PinnedStore, run: Mapping[str, Any], request: AcquireRequest) -> Acquired:
    described = _described_in(store, run, store.query("values_of_run", run_id=run["run_id"]))
    return _acquired(described, request, _newcomer_in(run), as_of=run["as_of"], currency=run["currency"])


def _described_in(store: PinnedStore, run: Mapping[str, Any], values: pa.Table) -> pa.Table:
    assumed = json.loads(run["parameters"]).get("assumptions", {})
    return described_customers(
        store, values, run_id=run["run_id"], as_of=run["as_of"], margin=float(assumed.get("margin", 0.30))
    )


def described_customers(store: Store, values: pa.Table, *, run_id: str, as_of: date, margin: float) -> pa.Table:
    """The customers of a run with what was known of each with the first order, and what each is worth.

    Raises:
        NothingToDoError: the values have no money.
    """
    if values["residual_value"].null_count == values.num_rows:
        raise NothingToDoError("These values know orders but no money, so nobody is worth more than another.")
    acquired_from = acquired_since(values["first_order"])
    return store.query(
        "described_customers", value_run=run_id, run_id=run_id, as_of=as_of, margin=margin, acquired_from=acquired_from
    )


def acquired_since(first_order: pa.ChunkedArray) -> date:
    """From when on who orders first was acquired then; those before may have been there when the log began."""
    days = first_order.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    truncation = find_truncation(days.astype("int64"))
    first: date = days.min().item()
    return first + timedelta(weeks=truncation.settled_after_weeks)


def _acquired(
    described: pa.Table, request: AcquireRequest, newcomer: Newcomer | None, *, as_of: date, currency: str | None
) -> Acquired:
    attributes = _wanted(_attributes(described, request), request)
    used, left_out = attributes_of(attributes)
    chances = chances_of(described, request.group)
    profile = represented({each.name: labelled(each, attributes[each.name]) for each in used}, chances)
    is_acquired = _is_acquired(described)
    prospects = None if request.prospects is None else _read(request.prospects)
    shared = _shared([each.name for each in used], prospects, request)
    learned, why = _learned(attributes.select(shared), described)
    found = None
    if prospects is not None:
        if learned is None:
            raise NothingToDoError(f"The prospects cannot be told apart: {why}")
        found = scored(learned, prospects, newcomer)
    return Acquired(
        as_of, currency, request.group, described.num_rows, int(is_acquired.sum()), tuple(profile), left_out, newcomer,
        learned, why, found,
    )  # fmt: skip


def _attributes(described: pa.Table, request: AcquireRequest) -> pa.Table:
    """A column an attribute: those of the orders, and those of the file, in the order of the customers."""
    known = described.drop_columns([name for name in WORTH if name in described.column_names])
    known = known.drop_columns([name for name in known.column_names if known[name].null_count == known.num_rows])
    if request.customers is None:
        return known
    told = _read(request.customers)
    header = request.customer_header or _naming(told, described[CUSTOMER], request.customers)
    if header not in told.column_names:
        raise AcquireFileError(f"{request.customers} has no column {header}. It has {', '.join(told.column_names)}.")
    ids = _ids(told[header])
    if ids.drop_null().unique().__len__() < len(ids.drop_null()):
        raise AcquireFileError(f"{request.customers} tells of some customers twice in {header}. Keep a row for each.")
    place = pc.index_in(_ids(described[CUSTOMER]), value_set=ids, skip_nulls=True)
    if place.null_count > (1 - _LEAST_FOUND) * len(place):
        raise AcquireFileError(
            f"Of {len(place):,} customers of the values {request.customers} names "
            f"{len(place) - place.null_count:,} in its column {header}. Name another: --map customer_id=HEADER"
        )
    taken = [name for name in told.column_names if name != header and name not in CUSTOMER_VALUES.schema.names]
    return _with(known, told.select(taken), place)


def _with(customers: pa.Table, told: pa.Table, place: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The customers with what a table tells of each at its place; where both have a column, the table's counts."""
    for name in told.column_names:
        if name != CUSTOMER:
            cells, at = told[name].combine_chunks().take(place), customers.schema.get_field_index(name)
            customers = customers.append_column(name, cells) if at < 0 else customers.set_column(at, name, cells)
    return customers


def _wanted(attributes: pa.Table, request: AcquireRequest) -> pa.Table:
    unknown = [name for name in (*request.use, *request.leave_out) if name not in attributes.column_names]
    if unknown:
        names = ", ".join(attributes.column_names) or "none"
        raise AcquireFileError(f'There is no attribute "{unknown[0]}" of customers. There are: {names}.')
    chosen = request.use or attributes.column_names
    return attributes.select([name for name in chosen if name not in request.leave_out])


def _shared(used: list[str], prospects: pa.Table | None, request: AcquireRequest) -> list[str]:
    """The attributes to learn from: with prospects, those that these have too, since others tell nothing of them."""
    if prospects is None:
        return used
    shared = [name for name in used if name in prospects.column_names]
    if not shared:
        raise AcquireFileError(
            f"{request.prospects} has none of the attributes that tell customers apart ({', '.join(used) or 'none'}). "
            "Give its columns the same names."
        )
    return shared


def _told(learned: LookAlikes) -> dict[str, Any]:
    factors = {
        each.name: dict(zip(each.levels, np.exp(own).tolist(), strict=True))
        for each, own in zip(learned.attributes, learned.factors, strict=True)
    }
    return {"judged": asdict(learned.judged), "factors": factors}


def _learned(attributes: pa.Table, described: pa.Table) -> tuple[LookAlikes | None, str]:
    """What those teach who were acquired since the log began, or why they teach nothing."""
    worth = described["relative_worth"].to_numpy(zero_copy_only=False).astype(np.float64)
    try:
        return learn_look_alikes(attributes, np.where(_is_acquired(described), worth, np.nan), seed=SEED), ""
    except TooFewToLearnError as error:
        return None, str(error)


def _is_acquired(described: pa.Table) -> NDArray[np.bool_]:
    return np.asarray(described["is_acquired"], bool)


def _newcomer_in(run: Mapping[str, Any]) -> Newcomer | None:
    return _newcomer(json.loads(run["base"] or "{}").get("new_customers") or [])


def _newcomer(told: list[Mapping[str, Any]]) -> Newcomer | None:
    """The worth of a new customer overall, which stands first."""
    return Newcomer(**told[0]["lifetime_value"]) if told else None


def _naming(told: pa.Table, customers: pa.ChunkedArray, path: Path) -> str:
    """The column that names most of the customers."""
    ids = _ids(customers).drop_null()
    columns = {name: _ids(told[name]).unique() for name in told.column_names}
    found = {name: pc.sum(pc.is_in(column, value_set=ids)).as_py() or 0 for name, column in columns.items()}
    best = max(found, key=lambda name: found[name], default="")
    if not found.get(best):
        raise AcquireFileError(f"No column of {path} names a customer of the values. Name it: --map customer_id=HEADER")
    return best


def _ids(column: pa.ChunkedArray) -> pa.Array:
    """Ids as every reader takes them: 12345.0 and 1.2345E+04 are 12345; null where a cell says that there is none."""
    ids = to_ids(pl.Series(pl.from_arrow(column)))
    return ids.cast(pl.String).to_arrow().cast(pa.string())


def _read(path: Path) -> pa.Table:
    """A table as texts, blank cells as null."""
    if not path.is_file():
        raise AcquireFileError(f"There is no file {path}.")
    blocks = [block.rows for block in open_source(path).blocks()]
    if not blocks:
        raise AcquireFileError(f"{path} holds no rows.")
    rows = pl.concat(blocks, how="vertical_relaxed")
    texts = rows.select(pl.all().cast(pl.String).str.strip_chars().replace("", None))
    return texts.to_arrow().cast(pa.schema([(name, pa.string()) for name in texts.columns]))


def _named(currency: str | None) -> str | None:
    return None if currency in {None, "None"} else currency
