"""Experiments on a workspace: lots for the latest run's customers, kept; what they ordered since, measured and kept."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.experiments.assigning import GLOBAL_CONTROL, HELD_OUT, Lottery, assign
from keepers.experiments.balance import shares_told
from keepers.experiments.effects import Sample
from keepers.experiments.holding_out import HeldOut
from keepers.experiments.measuring import Looking, Measurement, Outcomes, as_effects, measure
from keepers.loop.experiments.staying import stays_of
from keepers.loop.last_day import last_day_in
from keepers.loop.workspace import runs_kept
from keepers.warehouse.delta import DeltaStore, PinnedStore
from keepers.warehouse.tables import MEASUREMENTS

KNOWN = ("expected_orders", "period_value")  # the run's own forecasts, which take off what was to be expected


class UnknownExperimentError(KeepersError):
    """There is no such experiment, or nothing to draw lots for."""


class NoWindowError(KeepersError):
    """Outcomes would not count on any day."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at an experiment found.

    action: what was done, as the plan calls it
    as_of: last day whose orders count
    gone: share of the window that is gone
    currency: of the money; None where nobody told
    """

    experiment: str
    action: str
    as_of: date
    gone: float
    currency: str | None
    found: Measurement


def draw_lots(
    store: DeltaStore,
    lottery: Lottery,
    *,
    group: str | None,
    assigned_at: datetime,
    held_until: date | None,
    cluster: str | None = None,
) -> pa.Table:
    """Draw and keep the arms of the latest run's customers; whoever has one in this experiment already keeps it.

    Args:
        store: the warehouse.
        lottery: what is drawn for.
        group: only customers of this group; None: everybody.
        assigned_at: the moment, before anything is sent.
        held_until: last day on which outcomes count.
        cluster: what is drawn as one: a word that orders tell customers by, such as `location`. Those of whom it is
            not told are one.

    Raises:
        NothingToDoError: no run has valued the workspace, or all have their arms already.
        NoWindowError: the last day is not after the lots.
        UnknownExperimentError: the group has nobody, there is no such word, or clusters have their arms already.
        InvalidLotteryError: there are fewer clusters than arms.
        WriterBusyError: another process is writing.
    """
    if held_until is not None and held_until <= assigned_at.date():
        raise NoWindowError(
            f"Lots of {assigned_at:%Y-%m-%d} cannot be held until {held_until}: orders count from the day after. "
            "Name a later day with --held-until."
        )
    runs = runs_kept(store)
    if not runs:
        raise NothingToDoError("No run has valued the workspace yet, so there is nobody to draw for. Run: keepers run")
    values = frame(store.query("values_of_run", run_id=runs[-1]["run_id"]))
    people = values.filter(pl.col("group") == group) if group is not None else values
    if people.is_empty():
        raise UnknownExperimentError(
            f'The latest run has no customers in the group "{group}". Groups: '
            f"{', '.join(sorted(values['group'].drop_nulls().unique().to_list()))}."
        )
    before = frame(store.query("assignments")).filter(pl.col("experiment") == lottery.experiment)
    left = people.filter(~pl.col("customer_id").is_in(before["customer_id"].implode()))["customer_id"].to_list()
    if not left:
        raise NothingToDoError(f'All {people.height:,} customers have their arm of "{lottery.experiment}" already.')
    if before["cluster"].is_not_null().any() or (cluster is not None and before.height):
        raise UnknownExperimentError(
            f'The clusters of "{lottery.experiment}" have their arms already. Name another experiment to draw anew.'
        )
    clusters = None if cluster is None else _clusters(store, left, cluster, as_of=runs[-1]["as_of"])
    rows = assign(lottery, left, assigned_at=assigned_at, held_until=held_until, clusters=clusters)
    store.append("assignments", rows, transaction=f"{lottery.experiment} {assigned_at.isoformat()}")
    return rows


def draw_among(
    store: DeltaStore, lottery: Lottery, costs: Mapping[str, float | None], *, assigned_at: datetime, held_until: date
) -> pa.Table:
    """Draw and keep the arms of these customers; asked again, those that were drawn then, whoever is asked for.

    So whoever dies between the lots and what follows from them begins again with the same arms.

    Args:
        store: the warehouse.
        lottery: what is drawn for.
        costs: customer → what the action costs with them within the window [money]; None: nobody said.
        assigned_at: the moment, before anything is sent; the same when asked again.
        held_until: last day on which outcomes count.

    Raises:
        NothingToDoError: there is nobody to draw for.
        WriterBusyError: another process is writing.
    """
    with store.writing():
        drawn = store.query("assignments")
        kept = drawn.filter(pc.equal(drawn["experiment"], lottery.experiment))
        if kept.num_rows:
            return kept
        if not costs:
            raise NothingToDoError(f'Nobody is left to draw lots for in "{lottery.experiment}".')
        rows = lots_at_cost(lottery, costs, assigned_at=assigned_at, held_until=held_until)
        store.append("assignments", rows, transaction=f"{lottery.experiment} {assigned_at.isoformat()}")
    return rows


def lots_at_cost(
    lottery: Lottery, costs: Mapping[str, float | None], *, assigned_at: datetime, held_until: date
) -> pa.Table:
    """Rows of `assignments` for these customers, with what the action costs with each; nothing is kept."""
    rows = assign(lottery, list(costs), assigned_at=assigned_at, held_until=held_until)
    place = rows.schema.get_field_index("cost")
    return rows.set_column(place, rows.schema.field(place), pa.array(list(costs.values()), pa.float64()))


def measure_kept(
    store: DeltaStore,
    experiment: str,
    *,
    as_of: date | None,
    costs: Mapping[str, float] | None,
    worth: float | None,
    measured_at: datetime,
) -> Look:
    """What an experiment's arms brought up to a day; the look and what is known of the effects are kept.

    Orders count from the day after the lot to the end of the window. Margin is revenue × the margin of the run that the
    lot followed; that run's forecasts take off what was to be expected. What was seen so far is the share of the window
    gone, as long as orders come evenly. Without `costs` an arm costs what its lots were kept with, per customer.

    Raises:
        UnknownExperimentError: no such experiment.
        NothingToDoError: there are no orders, or not a day of its window is known yet.
        NotMeasurableError: an arm without people, or too few clusters.
        WriterBusyError: another process is writing.
    """
    pinned = store.pinned()
    drawn = frame(pinned.query("assignments")).filter(pl.col("experiment") == experiment)
    if drawn.is_empty():
        raise UnknownExperimentError(
            f'There is no experiment "{experiment}" in the workspace. Draw its lots first: keepers experiment assign'
        )
    drawn = drawn.unique("customer_id", keep="first", maintain_order=True).filter(pl.col("arm") != GLOBAL_CONTROL)
    last = as_of or last_day_in(pinned)
    if last is None:
        raise NothingToDoError("The workspace holds no orders that count. Bring some in with: keepers import FILE")
    run = run_before(pinned, drawn["assigned_at"].dt.date().min())
    rows, seen = with_outcomes(pinned, drawn, last)
    rows = rows.join(_forecasts(pinned, run), on="customer_id", how="left", maintain_order="left")
    arms = [HELD_OUT, *sorted(set(rows["arm"]) - {HELD_OUT})]
    places = {name: place for place, name in enumerate(arms)}
    margin = float(json.loads(run["parameters"])["assumptions"]["margin"])
    sample = Sample(
        arm=rows["arm"].replace_strict(places, return_dtype=pl.Int64).to_numpy().astype(np.intp),
        probability=rows["probability"].to_numpy(),
        known=rows.select(pl.col(KNOWN).cast(pl.Float64).fill_null(float("nan"))).to_numpy(),
        cluster=_cluster_numbers(rows["cluster"]),
    )
    found = measure(
        sample,
        Outcomes(rows["orders"].to_numpy(), rows["revenue"].to_numpy() * margin, stays_of(pinned, run, rows, last)),
        arms,
        costs=_costs_kept(drawn) if costs is None else costs,
        looking=Looking(currency=run["currency"], seen=seen, worth=worth),
        shares=shares_told(sample.arm, sample.probability, arms),
    )
    look = Look(experiment, str(drawn["action"][0]), last, seen, run["currency"], found)
    effects = as_effects(found, experiment=experiment, action=look.action, measured_at=measured_at)
    effects = pa.concat_tables([effects, *_by_group(rows["group"], sample, rows["orders"], arms, look, measured_at)])
    if effects.num_rows:
        store.append("effects", effects, transaction=f"{experiment} {measured_at.isoformat()}")
    keep_look(store, look, measured_at=measured_at)
    return look


def keep_look(store: DeltaStore, look: Look, *, measured_at: datetime) -> None:
    """Add a look to those that were kept."""
    row = {
        "experiment": look.experiment,
        "action": look.action,
        "as_of": look.as_of,
        "window_gone": look.gone,
        "currency": look.currency,
        "measurement": json.dumps(look.found.as_json()),
        "measured_at": measured_at,
    }
    rows = pa.Table.from_pylist([row], schema=MEASUREMENTS.schema)
    store.append("measurements", rows, transaction=f"{look.experiment} {measured_at.isoformat()}")


def held_out_on(store: DeltaStore, day: date) -> HeldOut:
    """Whom nobody may reach on a day: whoever sends anything asks here first."""
    return HeldOut.on(day, store.query("assignments"))


def with_outcomes(store: PinnedStore, drawn: pl.DataFrame, last: date) -> tuple[pl.DataFrame, float]:
    """The drawn with orders and revenue within their windows, and the share of the windows that is gone."""
    parts, gone = list[pl.DataFrame](), 0.0
    days = drawn.with_columns(pl.col("assigned_at").dt.date().alias("day"))
    for (day, until), some in days.group_by("day", "held_until", maintain_order=True):
        end = last if until is None else min(last, until)
        if end <= day:
            raise NothingToDoError(
                f"Lots were drawn on {day}, and orders are known up to {last}: not a day of the window is known yet."
            )
        later = frame(store.query("later_orders", after=day, as_of=end))
        parts.append(some.join(later, on="customer_id", how="left", maintain_order="left"))
        whole = 1.0 if until is None else (end - day).days / (until - day).days
        gone += whole * some.height / days.height
    outcomes = [pl.col(name).cast(pl.Float64).fill_null(0.0) for name in ("orders", "revenue")]
    return pl.concat(parts).with_columns(outcomes), gone


def run_before(store: PinnedStore, day: Any) -> dict[str, Any]:
    """The latest run that knew nothing beyond the day of the lots, so that no outcome could enter its forecasts."""
    before = [run for run in runs_kept(store) if run["as_of"] <= day]
    if not before:
        raise NothingToDoError(f"Every run in the workspace knows orders after {day}, the day of the lots. Draw anew.")
    return before[-1]


def frame(rows: pa.Table) -> pl.DataFrame:
    """The rows as a frame."""
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _by_group(
    groups: pl.Series, sample: Sample, orders: pl.Series, arms: Sequence[str], look: Look, measured_at: datetime
) -> Iterator[pa.Table]:
    """What was known of the effects on orders in each group that the run before the lots told apart.

    Nothing where clusters were drawn: there are too few of them to tell groups apart.
    """
    if sample.cluster is not None:
        return
    if look.found.balance is not None and not look.found.balance.holds:
        return
    for group in sorted(groups.drop_nulls().unique().to_list()):
        inside = (groups == group).fill_null(value=False).to_numpy()
        some = Sample(sample.arm[inside], sample.probability[inside], sample.known[inside])
        if set(some.arm.tolist()) != set(range(len(arms))):
            continue
        outcomes = Outcomes(orders.to_numpy()[inside], None)
        found = measure(some, outcomes, arms, costs={}, looking=Looking(seen=look.gone))
        yield as_effects(found, experiment=look.experiment, action=look.action, measured_at=measured_at, group=group)


def _clusters(store: DeltaStore, customers: Sequence[str], word: str, *, as_of: date) -> list[str]:
    """What each of the customers is drawn with."""
    terms = frame(store.query("customer_terms", as_of=as_of))
    words = [name for name in terms.columns if name != "customer_id" and terms[name].drop_nulls().n_unique() > 1]
    if word not in words:
        raise UnknownExperimentError(
            f'The orders tell no customers apart by "{word}". '
            + (f"They do by: {', '.join(words)}." if words else "Import a column such as location with them.")
        )
    people = pl.DataFrame({"customer_id": customers}).join(terms, on="customer_id", how="left", maintain_order="left")
    found: list[str] = people[word].cast(pl.String).fill_null("").to_list()
    return found


def _cluster_numbers(clusters: pl.Series) -> "np.ndarray[tuple[int], np.dtype[np.intp]] | None":
    return None if clusters.is_null().all() else clusters.rank("dense").to_numpy().astype(np.intp)


def _costs_kept(drawn: pl.DataFrame) -> dict[str, float]:
    """What each arm costs per customer, where its lots say so."""
    told = drawn.filter((pl.col("arm") != HELD_OUT) & pl.col("cost").is_not_null())
    return {str(arm): float(cost) for arm, cost in told.group_by("arm").agg(pl.col("cost").mean()).iter_rows()}


def _forecasts(store: PinnedStore, run: Mapping[str, Any]) -> pl.DataFrame:
    return frame(store.query("values_of_run", run_id=run["run_id"])).select("customer_id", "group", *KNOWN)
