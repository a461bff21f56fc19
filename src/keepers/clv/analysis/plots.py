"""Pictures of a fit and of a backtest, as Altair charts: `chart.save("tracking.svg")`, or show them in a notebook.

Altair is imported when a picture is first asked for, so that the engine itself starts without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keepers.clv.analysis.backtest import Backtest
from keepers.clv.analysis.choosing import ValueModelError
from keepers.clv.analysis.customers import Customers
from keepers.clv.analysis.frames import Frame, FrameError, column_of, names_of
from keepers.clv.analysis.value_model import FittedValueModel
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.kinds.likelihood import rows_by_pattern
from keepers.clv.model import PurchaseModel

if TYPE_CHECKING:
    import altair as alt

Chart = Any
"""An Altair chart, alone or layered."""

_TENTHS = 10
_SEEN, _EXPECTED = "seen", "expected"


def calibration(backtest: Backtest) -> Chart:
    """Forecast against actual orders by tenth of the customers, ranked by the forecast; on the line they agree."""
    import altair as alt

    tenth = np.argsort(np.argsort(backtest.expected_orders, kind="stable")) * _TENTHS // len(backtest.customers)
    rows = [
        {
            "tenth": int(at) + 1,
            "expected orders": float(backtest.expected_orders[tenth == at].mean()),
            "actual orders": float(backtest.actual_orders[tenth == at].mean()),
        }
        for at in np.unique(tenth)
    ]
    most = max(max(row["expected orders"], row["actual orders"]) for row in rows)
    ends = [{"expected orders": value, "actual orders": value} for value in (0.0, most)]
    line = (
        alt.Chart(_data(ends))
        .mark_line(strokeDash=[4, 4], color="grey")
        .encode(x="expected orders:Q", y="actual orders:Q")
    )
    points = (
        alt.Chart(_data(rows), title="Forecast and what happened, by tenth of the customers")
        .mark_point(filled=True, size=70)
        .encode(x="expected orders:Q", y="actual orders:Q", tooltip=["tenth:O", "expected orders:Q", "actual orders:Q"])
    )
    return line + points


def tracking(fitted: FittedValueModel, customers: Customers, *, cumulative: bool = True) -> Chart:
    """Repeat orders of the whole base week by week: seen, and expected of new customers under the fit.

    Raises:
        FrameError: only a summary of the customers is known.
    """
    import altair as alt

    rows = _tracked(fitted, customers, cumulative=cumulative)
    what = "repeat orders so far" if cumulative else "repeat orders a week"
    return (
        alt.Chart(_data(rows), title=f"Tracking: {what}")
        .mark_line()
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("orders:Q", title=what),
            color=alt.Color("which:N", title=None),
            strokeDash=alt.StrokeDash("which:N", title=None),
        )
    )


def order_frequency(fitted: FittedValueModel, customers: Customers, *, up_to: int = 7) -> Chart:
    """How many customers made 0, 1, 2 … repeat orders so far, beside how many the fit expects."""
    import altair as alt

    counts = np.minimum(customers.histories.repeat_orders, up_to)
    seen = np.bincount(counts, minlength=up_to + 1).astype(np.float64)
    expected = _expected_frequency(fitted, customers, up_to)
    names = [*(str(count) for count in range(up_to)), f"{up_to}+"]
    rows = [
        {"repeat orders": name, "customers": float(values[place]), "which": which}
        for which, values in ((_SEEN, seen), (_EXPECTED, expected))
        for place, name in enumerate(names)
    ]
    return (
        alt.Chart(_data(rows), title="Customers by repeat orders")
        .mark_bar()
        .encode(
            x=alt.X("repeat orders:O", sort=names, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("which:N", sort=[_SEEN, _EXPECTED]),
            y="customers:Q",
            color=alt.Color("which:N", sort=[_SEEN, _EXPECTED], title=None),
        )
    )


def probability_alive_matrix(fitted: FittedValueModel, *, age: float, up_to: int = 20, steps: int = 25) -> Chart:
    """P(still a customer) by repeat orders and time since the last one, of customers of one age [time unit].

    Where rates depend on traits it is that of the average customer.

    Raises:
        ValueModelError: the fitted model looks at the gaps between orders too, which the picture has no axis for.
    """
    import altair as alt

    if fitted.choice.model == "mbg-cnbd-k" and getattr(fitted.purchases.parameters, "k", 1) != 1:
        told = "Fit pareto-nbd or mbg-nbd for it."
        raise ValueModelError(
            f"{fitted.choice.model} looks at the phase of the gap too, which this picture leaves out. {told}"
        )
    silent, orders = (grid.ravel() for grid in np.meshgrid(np.linspace(0, age, steps), np.arange(1, up_to + 1)))
    histories = Histories.of(
        orders, age - silent, np.full(len(orders), age), time_unit_days=fitted.purchases.time_unit_days
    )
    model, parameters, of_whom = fitted.model, fitted.purchases.parameters, ""
    if isinstance(model, WithCovariates):
        model, parameters, of_whom = cast("PurchaseModel", model.model), parameters.base, ", of the average customer"
    chance = model.probability_alive(parameters, histories)
    rows = [
        {"repeat orders": int(x), "silent for": round(float(s), 6), "chance": float(p)}
        for x, s, p in zip(orders, silent, chance, strict=True)
    ]
    return (
        alt.Chart(_data(rows), title=f"Chance to be still a customer, at the age of {age:g}{of_whom}")
        .mark_rect()
        .encode(
            x=alt.X("silent for:O", axis=alt.Axis(format=".0f", labelOverlap=True)),
            y=alt.Y("repeat orders:O", sort="descending"),
            color=alt.Color("chance:Q", scale=alt.Scale(domain=[0, 1], scheme="viridis")),
            tooltip=["repeat orders:Q", "silent for:Q", alt.Tooltip("chance:Q", format=".0%")],
        )
    )


def value_distribution(values: Frame, *, what: str = "residual_value") -> Chart:
    """How many customers are worth how much: a histogram of a column of `predict`, in steps of equal ratio.

    Raises:
        FrameError: the frame has no such column, as where no amounts are known.
    """
    import altair as alt

    if what not in names_of(values):
        raise FrameError(f'There is no column "{what}" in these values. Without amounts, ask for expected_orders.')
    worth = np.asarray(column_of(values, what), dtype=np.float64)
    above = worth[np.isfinite(worth) & (worth > 0)]
    if not len(above):
        raise FrameError(f'No customer has a "{what}" above zero, so there is nothing to draw.')
    least = np.quantile(above, 0.01)  # a long tail of almost nothing would push everybody else aside
    edges = np.geomspace(least, above.max() * (1 + 1e-9), 31)
    count, _ = np.histogram(np.maximum(above, least), edges)
    rows = [
        {"from": float(low), "to": float(high), "customers": int(number), "none": 0}
        for low, high, number in zip(edges[:-1], edges[1:], count, strict=True)
    ]
    title = f"Customers by {what.replace('_', ' ')}"
    return (
        alt.Chart(_data(rows), title=title)
        .mark_bar()
        .encode(
            x=alt.X("from:Q", scale=alt.Scale(type="log"), title=what.replace("_", " ")),
            x2="to:Q",
            y=alt.Y("customers:Q", title="customers"),
            y2="none:Q",
            tooltip=["from:Q", "to:Q", "customers:Q"],
        )
    )


def _tracked(fitted: FittedValueModel, customers: Customers, *, cumulative: bool) -> list[dict[str, Any]]:
    if customers.log is None or customers.as_of is None:
        raise FrameError("Tracking needs the orders themselves. Make the customers with Customers.from_orders.")
    log, unit = customers.log, fitted.purchases.time_unit_days
    is_first = np.ones(len(log.day), dtype=bool)
    is_first[1:] = log.customer[1:] != log.customer[:-1]
    entered = log.day[is_first]  # of each customer
    weeks = np.append(np.arange(int(entered.min()) + 7, customers.as_of, 7), customers.as_of)
    seen = np.searchsorted(np.sort(log.day[~is_first]), weeks, side="right").astype(np.float64)
    reached = np.zeros(len(weeks))
    for model, parameters, some in _kinds(fitted, customers):
        days, entries = np.unique(entered[some], return_counts=True)
        by_age = _orders_by_age(model, parameters, int(weeks[-1] - days[0]), unit)
        reached += [by_age[np.maximum(week - days, 0)] @ entries for week in weeks]
    rows = []
    for which, values in ((_SEEN, seen), (_EXPECTED, reached)):
        told = values if cumulative else np.diff(values, prepend=0.0)
        rows += [
            {"day": str(np.datetime64(int(week), "D")), "orders": float(value), "which": which}
            for week, value in zip(weeks, told, strict=True)
        ]
    return rows


def _kinds(fitted: FittedValueModel, customers: Customers) -> Iterator[tuple[PurchaseModel, Any, Integers]]:
    """Model, parameters and rows of the customers who share them: all, or those with the same traits."""
    model, histories = fitted.main_reads(customers)
    if not isinstance(model, WithCovariates):
        yield model, fitted.purchases.parameters, np.arange(len(customers))
        return
    assert histories.pattern is not None
    for pattern, rows in rows_by_pattern(histories.pattern):
        plain = cast("PurchaseModel", model.model)
        yield plain, model.of_pattern(fitted.purchases.parameters, pattern), rows


def _orders_by_age(model: PurchaseModel, parameters: Any, days: int, unit_days: float) -> Floats:
    """(days + 1,) expected repeat orders of a customer within 0, 1 … days after their first order."""
    new = _new_customer(unit_days)
    return np.array([model.expected_orders(parameters, new, horizon=day / unit_days)[0] for day in range(days + 1)])


def _expected_frequency(fitted: FittedValueModel, customers: Customers, up_to: int) -> Floats:
    new, expected = _new_customer(fitted.purchases.time_unit_days), np.zeros(up_to + 1)
    for model, parameters, some in _kinds(fitted, customers):
        ages, number = np.unique(customers.histories.age[some], return_counts=True)
        for age, many in zip(ages, number, strict=True):
            pmf = model.order_count_pmf(parameters, new, horizon=float(age), up_to=up_to - 1)[0]
            expected[:up_to] += many * pmf
            expected[up_to] += many * max(1.0 - pmf.sum(), 0.0)
    return expected


def _new_customer(unit_days: float) -> Histories:
    """Somebody who has just made their first order."""
    return Histories.of(0, 0.0, 0.0, time_unit_days=unit_days, sum_log_gaps=0.0)


def _data(rows: Sequence[Mapping[str, Any]]) -> "alt.InlineData":
    import altair as alt

    return alt.InlineData(values=list(rows))
