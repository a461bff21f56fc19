"""Make a plan from values: of a file that `keepers value` wrote; `kept.py` does it for a run of a workspace."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import keepers
from keepers.clv.histories import Histories
from keepers.core.errors import NothingToDoError
from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.planning import Plan, make_plan
from keepers.decisions.returns import Returns, learn_returns, silences_from_totals
from keepers.decisions.standing import Ahead, Money, Part, Standing
from keepers.decisions.terms.costs_file import read_terms, usual_order
from keepers.decisions.terms.terms import Terms
from keepers.decisions.trying.doubting import doubt_of
from keepers.experiments.verdicts import FIRST_LOOK
from keepers.ingest.surveys.wallets import read_shares
from keepers.loop.files.valued_file import ValuedFile, read_valued_file
from keepers.loop.market.wallets import with_growth
from keepers.valuation.fits import ALL, ALREADY, SINCE
from keepers.valuation.kept import KeptFit
from keepers.valuation.spending import LEAST_SPENDERS


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What the user asked: the terms' file, limits that count before the file's, and a file of shares of wallet."""

    costs: Path | None
    caps: Mapping[str, float]
    wallet: Path | None = None


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A plan with the values it rests on."""

    plan: Plan
    valued: ValuedFile

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        told = {name: self.valued.run.get(name) for name in ("version", "as_of", "currency")}
        run: dict[str, Any] = {name: None if word == "None" else word for name, word in told.items()}
        run |= {"margin": float(self.valued.run["margin"])}
        return {"plan": self.plan.as_json(), "values": run, "run": {"version": keepers.__version__}}


def plan_of_file(path: Path, request: PlanRequest) -> PlannedFile:
    """The plan for the customers of a file.

    Raises:
        NotValuedError: the file is not one of `keepers value`, or has no draws.
        NothingToDoError: it has no money, so nothing can be weighed against cost.
        InvalidTermsError: the costs cannot be used.
        UnreadableSurveyError: the shares of wallet cannot be read.
    """
    valued = read_valued_file(path)
    customers = valued.table if request.wallet is None else with_growth(valued.table, read_shares(request.wallet))
    standing = standing_of(customers, valued.fit, margin=float(valued.run["margin"]))
    currency = None if valued.run.get("currency") in {None, "None"} else valued.run["currency"]
    terms = terms_for(standing, request.costs, currency=currency, caps=request.caps)
    returns = returns_of(standing)
    plan = make_plan(standing, terms, returns)
    return PlannedFile(replace(plan, trials_next=_trials_next(standing, terms, returns, valued)), valued)


def standing_of(table: pa.Table, fit: KeptFit, *, margin: float) -> Standing:
    """The customers of a run as a plan looks at them.

    Args:
        table: the columns of `customer_values`.
        fit: of the same run.
        margin: of revenue, where the values themselves do not tell it [share].

    Raises:
        NothingToDoError: there is no money.
    """
    if fit.spend is None or table["residual_value"].null_count == table.num_rows:
        raise NothingToDoError(_without_money(table))
    days = fit.time_unit_days
    window = fit.window
    ahead = Ahead(
        year=min(DAYS_PER_YEAR / days, window.value_cap),
        value_cap=window.value_cap,
        discount_rate=window.discount_rate,
        intensity=float(fit.intensity.mean()),
    )
    money = Money(fit.spend, fit.spend_model, fit.intensity, fit.own_change)
    return Standing(table, margin, tuple(parts_of(table, fit)), ahead, money, fit.cost_to_serve or 0.0)


def _without_money(table: pa.Table) -> str:
    """Why values have no money: no amounts, or hardly any above zero."""
    if table["mean_order_value"].null_count == table.num_rows:
        return (
            "These values know orders but no money, so no cost can be weighed against them. Value again with a column "
            "of amounts: keepers value ORDERS --map revenue=HEADER"
        )
    return (
        f"Fewer than {LEAST_SPENDERS} customers have an amount above zero, so these values know no money, and no cost "
        "can be weighed against them. Value again with another column of amounts: keepers value ORDERS "
        "--map revenue=HEADER"
    )


def parts_of(table: pa.Table, fit: KeptFit) -> Iterator[Part]:
    """The customers by segment and, where they are told apart, by kind."""
    segment = _segments(table, fit)
    kind = np.array(table["told_apart_as"].to_pylist(), dtype=object) if fit.kinds is not None else None
    for name in np.unique(segment):
        members = segment == name
        kinds = [None] if kind is None else sorted(set(kind[members]))
        for own in kinds:
            rows = np.flatnonzero(members if kind is None else members & (kind == own))
            like = fit.of_kind(own)
            yield Part(like.model, like.plain_model, like.orders[str(name)], _histories(table, rows, fit), rows)


def terms_for(
    standing: Standing, costs: Path | None, *, currency: str | None, caps: Mapping[str, float] | None = None
) -> Terms:
    """The terms of a plan for these customers: what serving costs is what their values are net of, unless said.

    Raises:
        NothingToDoError: nobody ever paid anything.
        InvalidTermsError: the costs cannot be used.
    """
    usual = usual_order(standing.table)
    if np.isnan(usual):
        raise NothingToDoError("Nobody in these values ever paid anything, so no cost can be weighed against them.")
    terms = read_terms(costs, usual_order_value=usual, currency=currency, caps=caps)
    if "cost_to_serve" in terms.given or standing.service <= 0:
        return terms
    return replace(terms, cost_to_serve=standing.service * DAYS_PER_YEAR / standing.time_unit_days)


def returns_of(standing: Standing) -> Returns:
    """Chances of return as far as a table of values tells them."""
    orders = standing.column("orders").astype(np.int64)
    silences = silences_from_totals(orders, standing.column("age_at_last_order"), standing.column("age"))
    return learn_returns(silences, within=standing.ahead.year)


def _trials_next(standing: Standing, terms: Terms, returns: Returns, valued: ValuedFile) -> tuple[str, ...]:
    """The actions of which the run of a workspace would begin trials, if it knew no more than the file."""
    if terms.trial.share <= 0:
        return ()
    horizon = valued.fit.window.horizon * standing.time_unit_days
    return doubt_of(standing, terms, returns, {}, horizon=horizon, fewest=FIRST_LOOK, tried_only=True).begun


def _segments(table: pa.Table, fit: KeptFit) -> NDArray[np.str_]:
    if ALL in fit.orders or fit.settled_on is None:
        return np.full(table.num_rows, ALL if ALL in fit.orders else SINCE)
    first = table["first_order"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return np.where(first < np.datetime64(fit.settled_on), ALREADY, SINCE)


def _histories(table: pa.Table, rows: NDArray[np.int64], fit: KeptFit) -> Histories:
    some = table.take(rows)
    return Histories.of(
        some["repeat_orders"].to_numpy(),
        some["age_at_last_order"].to_numpy(),
        some["age"].to_numpy(),
        time_unit_days=fit.time_unit_days,
    )
