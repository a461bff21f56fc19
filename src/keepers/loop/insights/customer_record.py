"""Everything a customer's page shows, read from what a run kept: one customer's rows, never the facts.

`kept_run` is read once a run and process; `record_of` is read once a page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from keepers.core.errors import KeepersError
from keepers.insight.answers import Answer, MissingForInsightError
from keepers.insight.customer.alive import alive_answer
from keepers.insight.customer.lines import CustomerLines
from keepers.insight.customer.mixes import categories_answer, channels_answer, payments_answer, products_answer
from keepers.insight.customer.next_products import next_products_answer
from keepers.insight.customer.purchases import purchases_answer
from keepers.insight.customer.standing import Standing, standing_answer
from keepers.insight.customer.worth import worth_answer
from keepers.loop.insights.customer_orders import CustomerOrder, orders_of
from keepers.valuation.kept import FitNotKeptError, KeptFit, fit_of_run
from keepers.valuation.paths import alive_path, next_order_window, value_distribution
from keepers.warehouse.store import Store

ANSWERS = ("alive", "worth", "purchases", "next", "products", "categories", "channels", "payments", "standing")


class UnknownCustomerError(KeepersError):
    """The run knows no such customer."""


class UnknownRunError(KeepersError):
    """There is no such run."""


class LinesNotKeptError(KeepersError):
    """The run's lines have made room for later runs'."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What every customer's page of a run needs.

    fit: None where the history could not tell the future; `no_fit` then says why
    """

    run_id: str
    as_of: date
    currency: str | None
    fit: KeptFit | None
    no_fit: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """One customer as a run knew them.

    values: the row of `customer_values`; None for somebody who only sent goods back, whom no run values
    orders: the newest first
    answers: by name, in the order of `ANSWERS`
    left_out: why an answer is missing, by its name
    next_order: days by which the next order has come with a chance of one and of three in four, if still a customer
    """

    run_id: str
    customer_id: str
    as_of: date
    currency: str | None
    values: Mapping[str, Any] | None
    orders: Sequence[CustomerOrder]
    answers: Mapping[str, Answer]
    left_out: Mapping[str, str]
    next_order: tuple[date | None, date | None]


def kept_run(store: Store, run_id: str) -> KeptRun:
    """Read a run once for all its customers' pages.

    Raises:
        UnknownRunError: there is no such run.
    """
    rows = store.query("record_run", run_id=run_id).to_pylist()
    if not rows:
        raise UnknownRunError(f'There is no run "{run_id}". Run the loop with: keepers run')
    run = rows[0]
    fit, no_fit = _fit(store, run)
    return KeptRun(
        run_id=run_id,
        as_of=run["as_of"],
        currency=run["currency"],
        fit=fit,
        no_fit=no_fit,
        standing=Standing.of(store.query("record_figures", run_id=run_id)),
    )


def record_of(store: Store, run: KeptRun, customer_id: str, *, answers: Sequence[str] = ANSWERS) -> CustomerRecord:
    """Read one customer.

    Args:
        store: any snapshot that holds the run.
        run: from `kept_run`.
        customer_id: as in `customer_values`.
        answers: those wanted; others are neither computed nor missed.

    Raises:
        UnknownCustomerError: the run has neither a value nor a line of the customer.
        LinesNotKeptError: later runs took the place of this run's lines.
    """
    valued = store.query("record_values", run_id=run.run_id, customer_id=customer_id).to_pylist()
    lines = [
        _plain(line) for line in store.query("record_lines", run_id=run.run_id, customer_id=customer_id).to_pylist()
    ]
    if not valued and not lines:
        raise UnknownCustomerError(f'Run {run.run_id} knows no customer "{customer_id}".')
    if not lines:
        raise LinesNotKeptError(
            f"The lines of run {run.run_id} made room for later runs'. Show the latest run instead."
        )
    values = valued[0] if valued else None
    customer = CustomerLines(lines, run.as_of, run.currency)
    found, left_out = _answers(
        run,
        customer,
        customer_id,
        values,
        answers,
        lambda: store.query("record_next_products", run_id=run.run_id, customer_id=customer_id).to_pylist(),
    )
    return CustomerRecord(
        run_id=run.run_id,
        customer_id=customer_id,
        as_of=run.as_of,
        currency=run.currency,
        values=values,
        orders=orders_of(lines),
        answers=found,
        left_out=left_out,
        next_order=_next_order(run, customer, values) if values else (None, None),
    )


def warm_up(run: KeptRun) -> None:
    """Load the engine's compiled parts, so that the first page need not; a server calls it in the background."""
    if run.fit is not None:
        fit = run.fit if run.fit.kinds is None else run.fit.of_kind(next(iter(run.fit.kinds.patterns)))
        alive_path(fit, [run.as_of], as_of=run.as_of)
        value_distribution(
            fit, "", [run.as_of], as_of=run.as_of, mean_order_value=1.0, paid_values=[1.0], residual_value=1.0
        )


def _fit(store: Store, run: Mapping[str, Any]) -> tuple[KeptFit | None, str]:
    try:
        return fit_of_run(store, run), ""
    except FitNotKeptError as error:
        return None, str(error)


def _plain(line: dict[str, Any]) -> dict[str, Any]:
    """The line with its money as floats: pages round it, and sums of one customer's cents stay exact enough."""
    money = ("revenue", "cost", "discount")
    return line | {name: None if line[name] is None else float(line[name]) for name in money}


def _answers(
    run: KeptRun,
    customer: CustomerLines,
    customer_id: str,
    values: Mapping[str, Any] | None,
    wanted: Sequence[str],
    proposals: Callable[[], list[dict[str, Any]]],
) -> tuple[dict[str, Answer], dict[str, str]]:
    makers: dict[str, Callable[[], Answer]] = {
        "alive": lambda: _alive(run, customer, values),
        "worth": lambda: _worth(run, customer, customer_id, values),
        "purchases": lambda: purchases_answer(customer),
        "next": lambda: next_products_answer(proposals()),
        "products": lambda: products_answer(customer),
        "categories": lambda: categories_answer(customer),
        "channels": lambda: channels_answer(customer),
        "payments": lambda: payments_answer(customer),
        "standing": lambda: standing_answer(run.standing, values or {}, currency=run.currency),
    }
    found: dict[str, Answer] = {}
    left_out: dict[str, str] = {}
    for name in ANSWERS:
        if name in wanted:
            try:
                found[name] = makers[name]()
            except MissingForInsightError as error:
                left_out[name] = str(error)
    return found, left_out


def _next_order(run: KeptRun, customer: CustomerLines, values: Mapping[str, Any]) -> tuple[date | None, date | None]:
    if run.fit is None:
        return None, None
    return next_order_window(run.fit.of_kind(values["told_apart_as"]), customer.occasions, as_of=run.as_of)


def _alive(run: KeptRun, customer: CustomerLines, values: Mapping[str, Any] | None) -> Answer:
    fit = _fit_for(run, values)
    occasions = customer.occasions
    path = alive_path(fit, occasions, as_of=run.as_of)
    return alive_answer(occasions, path.days, path.probability_alive.tolist(), path.ordered.tolist(), as_of=run.as_of)


def _worth(run: KeptRun, customer: CustomerLines, customer_id: str, values: Mapping[str, Any] | None) -> Answer:
    fit = _fit_for(run, values)
    if values is None or values["residual_value"] is None:
        raise MissingForInsightError("The orders carry no amounts, so there are orders to come but no value.")
    drawn = value_distribution(
        fit,
        customer_id,
        customer.occasions,
        as_of=run.as_of,
        mean_order_value=values["mean_order_value"] or 0.0,
        paid_values=customer.paid_values,
        residual_value=values["residual_value"],
    )
    if drawn is None:
        raise MissingForInsightError("Too few customers ever paid anything, so there are orders to come but no value.")
    return worth_answer(
        drawn.edges.tolist(),
        drawn.shares.tolist(),
        share_nothing=drawn.share_nothing,
        low=values["residual_value_low"],
        high=values["residual_value_high"],
        mean=values["residual_value"],
        draws=drawn.draws,
        currency=run.currency,
    )


def _fit_for(run: KeptRun, values: Mapping[str, Any] | None) -> KeptFit:
    if values is None:
        raise MissingForInsightError("No order of this customer counts, so nothing can be forecast.")
    if run.fit is None:
        raise MissingForInsightError(run.no_fit)
    return run.fit.of_kind(values["told_apart_as"])
