"""Sources: what a new customer of each source and campaign is worth, costs, pays back, and may cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, hypot, log, nan, sqrt
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.profile import LONG_AGO
from keepers.insight.runs import Run, run_in
from keepers.warehouse.store import Store

RULE = 3.0  # a customer may cost a third of the worth: what serving and the firm cost comes off it too
SURE = 1.645  # standard errors: 5 % on a side
LONGEST_PAYBACK = 60  # months
LEAST_FOR_PAYBACK = 20  # customers who have been here so long
LEAST_COSTS = 5  # known; fewer tell nothing of how sure their mean is
WIDEST = 700.0  # of a logarithm that a float can undo
MOST_SOURCES = 40
BY = ("acquisition_source", "channel")
DAYS_A_MONTH = 30.4375

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranged:
    """A figure with its 90 % interval and the standard error of its logarithm; nan: not known."""

    mean: float = nan
    low: float = nan
    high: float = nan
    error: float = nan

    def times(self, factor: float, error: float) -> "Ranged":
        """By a factor whose logarithm has this standard error; those of the two are independent."""
        return _around(self.mean * factor, hypot(self.error, error))


@dataclass(frozen=True, slots=True)
class Months:
    """Margins of the acquired since their first orders: a row a customer and month, by the customer's place."""

    places: NDArray[np.int64]
    months: NDArray[np.int64]
    margins: Floats


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of the customers whom something brought.

    rows: their places among the acquired
    cost: what winning one cost, of those of whom it is known
    """

    name: str
    rows: NDArray[np.int64]
    cost: Ranged
    cost_known: int


def answer(store: Store, scope: Scope) -> Answer:
    """What is a new customer of each source worth against what winning one costs, and how much may one cost?

    Customers who may have been there when the log began are never counted as acquired.

    Raises:
        MissingForInsightError: the run does not say what a new customer is worth, or nothing says what brought them.
    """
    run = run_in(store, scope)
    told: Sequence[Mapping[str, Any]] = run.base.get("new_customers") or ()
    described = store.query(
        "described_customers", value_run=scope.value_run, run_id="", as_of=scope.as_of, margin=scope.margin,
        acquired_from=scope.acquired_from or LONG_AGO,
    )  # fmt: skip
    acquired = described.filter(described["is_acquired"])
    by = next((name for name in BY if acquired[name].null_count < acquired.num_rows), None)
    sources = [] if by is None else list(_by_source(acquired, by))
    campaigns = _by_campaign(store, scope, acquired)
    if not told or not (sources or campaigns):
        raise MissingForInsightError(
            "Nothing says what brought the customers, or what a new one is worth. If a column of the file names the "
            "campaign, partner or search, pass --map acquisition_source=HEADER; or write it on their records."
        )
    newcomer = _told(**told[0]["lifetime_value"])
    relative = acquired["relative_worth"].to_numpy(zero_copy_only=False).astype(np.float64)
    worth = [*_worth(relative, sources, newcomer), *_worth(relative, campaigns, newcomer)]
    both = [*sources, *campaigns]
    months = _months(store, scope, acquired) if any(source.cost.mean > 0 for source in both) else None
    rows = [_row(source, own, months, acquired, scope) for source, own in zip(both, worth, strict=True)]
    rows.sort(key=lambda row: -row["lifetime_value"])
    return Answer(
        finding=_finding(rows, run),
        definition="Worth: what a new customer is worth, by the margin that the source's customers brought and are "
        "still to bring against others who came at that time; few draw it to everybody's. May cost: a third.",
        rows=_table(rows),
        picture=Bars("source", "lifetime_value", low="value_low", high="value_high"),
        currency=run.currency,
        notes=tuple(_notes(sources, described.num_rows - acquired.num_rows, by)),
    )


def _by_source(acquired: pa.Table, by: str) -> Iterator[Source]:
    names = np.asarray(acquired[by].to_pylist(), dtype=object)
    costs = np.asarray(acquired["acquisition_cost"].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    known = [name for name in names if name is not None]
    found, counts = np.unique(np.asarray(known, dtype=str), return_counts=True)
    for name in found[np.argsort(-counts, kind="stable")][:MOST_SOURCES].tolist():
        rows = np.flatnonzero(names == name)
        spent = costs[rows][np.isfinite(costs[rows])]
        yield Source(name, rows, _mean_of(spent), spent.size)


def _mean_of(spent: Floats) -> Ranged:
    """What one cost, and where the mean of more like them may lie."""
    if spent.size == 0:
        return Ranged()
    mean = float(spent.mean())
    if spent.size == 1:
        return Ranged(mean)
    error = float(spent.std(ddof=1)) / sqrt(spent.size)
    return _around(mean, error / abs(mean) if mean else 0.0)


def _around(mean: float, error: float) -> Ranged:
    wide = exp(min(SURE * error, WIDEST))
    low, high = sorted((mean / wide, mean * wide))
    return Ranged(mean, low, high, error)


def _told(mean: float, low: float, high: float) -> Ranged:
    """A figure of which the interval is told: where it reaches below zero, its width against the mean is the error."""
    if low == high:
        return Ranged(mean, low, high, 0.0)
    if low > 0:
        return Ranged(mean, low, high, log(high / low) / (2 * SURE))
    return Ranged(mean, low, high, (high - low) / (2 * SURE * abs(mean)) if mean else nan)


def _by_campaign(store: Store, scope: Scope, acquired: pa.Table) -> list[Source]:
    """Each campaign with all it cost on people who had not ordered, for each whom it won; the last before counts."""
    reached = store.query("insight_campaigns", as_of=scope.as_of, acquired_from=scope.acquired_from or LONG_AGO)
    won = pl.col("place").filter(pl.col("is_won") & pl.col("place").is_not_null())
    campaigns = (
        pl.DataFrame(pl.from_arrow(reached))
        .join(_places(acquired), on="customer_id", how="left", maintain_order="left")
        .group_by("campaign")
        .agg(won.alias("rows"), pl.col("touch_cost").sum(), pl.col("without_cost").sum())
        .sort("campaign")
    )
    found = []
    for name, places, spent, without_cost in campaigns.iter_rows():
        rows = np.array(places, dtype=np.int64)
        if rows.size:
            cost = Ranged() if without_cost else _per_customer(spent, rows.size)
            found.append(Source(f"campaign {name}", rows, cost, 0 if without_cost else rows.size))
    return sorted(found, key=lambda source: -source.rows.size)[:MOST_SOURCES]


def _places(acquired: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(acquired.select(["customer_id"]))).with_row_index("place")


def _per_customer(spent: float, won: int) -> Ranged:
    """All that was spent by those won, whose number is as sure as a count is."""
    return _around(spent / won, 1.0 / sqrt(won))


def _worth(relative: Floats, sources: Sequence[Source], newcomer: Ranged) -> list[Ranged]:
    """Each source's mean against all, drawn to it (DerSimonian and Laird 1986), times what a new customer is worth."""
    values = [relative[source.rows][np.isfinite(relative[source.rows])] for source in sources]
    known = [each for each in values if each.size]
    within = sum(float(((each - each.mean()) ** 2).sum()) for each in known)
    scatter = max(within / max(sum(each.size for each in known) - len(known), 1), 1e-9)  # nobody differs by nothing
    apart = 0.0
    if len(known) > 1:
        precision = np.array([each.size / scatter for each in known])
        means = np.array([each.mean() for each in known])
        q = float((precision * (means - (precision @ means) / precision.sum()) ** 2).sum())
        room = precision.sum() - (precision**2).sum() / precision.sum()
        apart = max(0.0, (q - (len(known) - 1)) / float(room))
    return [newcomer.times(*_drawn(each, scatter, apart)) for each in values]


def _drawn(own: Floats, scatter: float, apart: float) -> tuple[float, float]:
    """The factor of a source, and the standard error of its logarithm."""
    if own.size == 0:
        return 1.0, sqrt(apart)
    error = scatter / own.size
    share = apart / (apart + error) if apart > 0 else 0.0
    factor = max(1.0 + share * (float(own.mean()) - 1.0), 1e-3)
    return factor, sqrt(share * error) / factor


def _months(store: Store, scope: Scope, acquired: pa.Table) -> Months:
    margins = pl.DataFrame(pl.from_arrow(store.query("insight_paybacks", as_of=scope.as_of, margin=scope.margin))).join(
        _places(acquired), on="customer_id"
    )
    return Months(
        margins["place"].cast(pl.Int64).to_numpy(),
        margins["months_since"].to_numpy(),
        margins["margin"].fill_null(0.0).to_numpy(),
    )


def _payback(
    source: Source, months: Months, acquired: pa.Table, scope: Scope
) -> tuple[int | None, int | None, int | None]:
    """Months until the mean margin so far has reached the cost, and until its upper and its lower end have.

    Each month is the mean of the customers who have been here so long; None where it has not been reached by then.
    """
    first = acquired["first_order"].take(pa.array(source.rows)).to_numpy(zero_copy_only=False)
    age = (np.datetime64(scope.as_of) - first.astype("datetime64[D]")).astype(np.int64) // DAYS_A_MONTH
    longest = min(int(age.max()), LONGEST_PAYBACK)
    brought = np.zeros((source.rows.size, longest + 1))
    at = np.full(acquired.num_rows, -1)
    at[source.rows] = np.arange(source.rows.size)
    own = np.flatnonzero((at[months.places] >= 0) & (months.months <= longest))
    brought[at[months.places[own]], months.months[own]] = months.margins[own]
    so_far = brought.cumsum(axis=1)
    reached: list[int | None] = [None, None, None]
    mean = 0.0
    for month in range(longest):
        here = age > month
        if here.sum() < LEAST_FOR_PAYBACK:
            break
        mean += float(brought[here, month].mean())
        error = float(so_far[here, month].std(ddof=1)) / sqrt(int(here.sum()))
        for which, margin in enumerate((mean, mean + SURE * error, mean - SURE * error)):
            if reached[which] is None and margin >= source.cost.mean:
                reached[which] = month + 1
    return reached[0], reached[1], reached[2]


def _row(source: Source, worth: Ranged, months: Months | None, acquired: pa.Table, scope: Scope) -> dict[str, Any]:
    cost = source.cost
    paid: tuple[int | None, int | None, int | None] = (None, None, None)
    ratio = Ranged()
    if months is not None and cost.mean > 0:
        paid = _payback(source, months, acquired, scope)
        ratio = worth.times(1.0 / cost.mean, cost.error)
        if source.cost_known < LEAST_COSTS:
            ratio = Ranged(ratio.mean)
    return {
        "source": source.name,
        "customers": int(source.rows.size),
        "lifetime_value": worth.mean,
        "value_low": _known(worth.low),
        "value_high": _known(worth.high),
        "cost_known": source.cost_known,
        "cost_to_win": _known(cost.mean),
        "cost_low": _known(cost.low),
        "cost_high": _known(cost.high),
        "worth_to_cost": _known(ratio.mean),
        "worth_to_cost_low": _known(ratio.low),
        "worth_to_cost_high": _known(ratio.high),
        "payback": paid[0],
        "payback_low": paid[1],
        "payback_high": paid[2],
        "allowed_cost": worth.mean / RULE,
        "allowed_low": _known(worth.low / RULE),
        "allowed_high": _known(worth.high / RULE),
    }


def _known(figure: float) -> float | None:
    return None if np.isnan(figure) else figure


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    text, whole = {"source"}, {"customers", "cost_known", "payback", "payback_low", "payback_high"}
    kinds = {name: pa.string() if name in text else pa.int64() if name in whole else pa.float64() for name in rows[0]}
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})


NO_SOURCE = Told.of("no source")


def _finding(rows: Sequence[Mapping[str, Any]], run: Run) -> str:
    known = [row for row in rows if row["worth_to_cost_low"] is not None]
    if not known:
        most = rows[0]
        may = wording.money(most["allowed_cost"], run.currency)
        low, high = (wording.money(most[f"allowed_{end}"], run.currency) for end in ("low", "high"))
        few = any(row["worth_to_cost"] is not None for row in rows)
        whom = Told.of("fewer than %(least)s customers of any source", least=LEAST_COSTS) if few else NO_SOURCE
        return Told.of(
            "A new customer from %(source)s may cost %(cost)s (%(low)s to %(high)s); what one does cost is known of "
            "%(whom)s.",
            source=most["source"],
            cost=may,
            low=low,
            high=high,
            whom=whom,
        )
    best, least = (pick(known, key=lambda row: row["worth_to_cost_low"]) for pick in (max, min))
    said = Told.of(
        "A new customer from %(source)s is worth %(times)s what it costs to win one",
        source=best["source"],
        times=_times(best),
    )
    if best["payback"] is not None:
        months = wording.plural(best["payback"], "month")
        said = Told.of("%(said)s, paid back after %(months)s", said=said, months=months)
    if best is least:
        return Told.of("%(said)s.", said=said)
    words = "%(said)s; from %(source)s %(times)s."
    return Told.of(words, said=said, source=least["source"], times=_times(least))


def _times(row: Mapping[str, Any]) -> str:
    low, high = row["worth_to_cost_low"], row["worth_to_cost_high"]
    return Told.of(
        "%(mean)s times (%(low)s to %(high)s)", mean=f"{row['worth_to_cost']:.1f}", low=f"{low:.1f}", high=f"{high:.1f}"
    )


def _notes(sources: Sequence[Source], already: int, by: str | None) -> Iterator[str]:
    unknown = sum(source.rows.size - source.cost_known for source in sources)
    if unknown:
        words = "Of %(people)s nobody knows what winning them cost; no cost counts for them."
        yield Told.of(words, people=wording.plural(unknown, "customer"))
    if already:
        yield Told.of(
            "%(people)s may have been there when the log began and is not counted as acquired.",
            "%(people)s may have been there when the log began and are not counted as acquired.",
            already,
            people=wording.plural(already, "customer"),
        )
    if by == "channel":
        yield "Nothing says what brought the customers, so the channel of the first order tells them apart."
    yield "May cost: a third of the worth, a rule of thumb; at the whole of it nothing is left for the firm."


INSIGHT = Insight("sources", "What does a new customer of each source bring, cost and pay back?", answer, Needs.VALUES)
