"""A run's fit, read back from the rows of `fits` and `runs`: what is asked later of one customer at a time.

The same draws and the same formulas as at the run, so a customer's chance and expected orders are the run's own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from math import log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.models import with_calendar
from keepers.clv.drift import Drift, OwnChange
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import Posterior
from keepers.clv.mixture import joined, mixture_of
from keepers.clv.model import PurchaseModel
from keepers.clv.pauses import with_pauses
from keepers.clv.predicting.predictive import Window
from keepers.clv.spend import SpendModel
from keepers.core.errors import KeepersError
from keepers.core.periods import DAYS_PER_YEAR
from keepers.valuation.choosing.rolling import by_model, intensities_of
from keepers.valuation.fits import ALL, ALREADY, SINCE
from keepers.valuation.kinds import Kinds, kept_kinds
from keepers.valuation.models import BY_NAME
from keepers.valuation.spending import PLAIN_SPEND, SPEND_MODELS
from keepers.warehouse.store import Store

SPEND = "spend"


class FitNotKeptError(KeepersError):
    """The run kept no fit, or not in the form that this version reads."""


@dataclass(frozen=True, slots=True)
class KeptFit:
    """The draws that a run's figures rest on.

    plain_model: the purchase model without its calendar; a mixture where several share the draws
    main_model: the one of them with the greatest share
    calendar: of the run, as seen from its day; None without one
    time_unit_days: length of the models' time unit [days]
    orders: draws of the purchase model by the segment's name
    points: the fitted parameters of the main model by the segment's name, which the day of the next order rests on
    spend: draws of the spend model; None without money
    intensity: (draws,) multipliers on everybody's future rate
    own_change: multipliers on a customer's own future rate, a draw each
    settled_on: whoever was first seen before this day was already there; None: nobody was
    spend_model: which the draws of spend are of
    kinds: of customers, where they are told apart; `of_kind` then has the parameters of one kind
    cost_to_serve: what a customer costs [money per time unit]; None: not known
    share_paused: of those who look gone
    """

    plain_model: PurchaseModel
    main_model: PurchaseModel
    calendar: Calendar | None
    time_unit_days: float
    window: Window
    orders: Mapping[str, Posterior]
    points: Mapping[str, Any]
    spend: Posterior | None
    intensity: NDArray[np.float64]
    own_change: OwnChange
    settled_on: date | None
    spend_model: SpendModel = SPEND_MODELS[PLAIN_SPEND]
    kinds: Kinds | None = None
    cost_to_serve: float | None = None
    share_paused: float = 0.0

    def of_kind(self, told_apart_as: str | None) -> "KeptFit":
        """The fit as it is for customers of one kind; itself where customers are not told apart.

        Raises:
            FitNotKeptError: the run knows no such kind.
        """
        if self.kinds is None:
            return self
        if told_apart_as is None or told_apart_as not in self.kinds.patterns:
            raise FitNotKeptError(
                f'The run has no parameters for customers told apart as "{told_apart_as}". '
                "Run again: keepers run --again"
            )
        kinds, kind = self.kinds, told_apart_as
        orders = {name: _equally_likely(kinds.draws_of(each.parameters, kind)) for name, each in self.orders.items()}
        points = {name: kinds.model.of_pattern(each, kinds.patterns[kind]) for name, each in self.points.items()}
        return replace(self, orders=orders, points=points, kinds=None)

    def segment_of(self, first_order: date) -> str:
        """The segment that a customer first seen on this day belongs to."""
        if ALL in self.orders:
            return ALL
        return ALREADY if self.settled_on is not None and first_order < self.settled_on else SINCE

    def posterior_of(self, first_order: date) -> Posterior:
        """The draws of that segment."""
        return self.orders[self.segment_of(first_order)]

    @property
    def model(self) -> PurchaseModel:
        """The purchase model under the run's calendar, as seen from the run's day."""
        return self._under(self.calendar)

    def probability_alive(
        self, first_order: date, histories: Histories, *, moments: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """P(still a customer), the mean over the draws, (n,).

        Args:
            first_order: tells the segment.
            histories: as seen at each moment.
            moments: (n,) when that is, from the run's day [time unit]; the run's day where not given.
        """
        rows = self.posterior_of(first_order).parameters
        parameters = [self.plain_model.Parameters.from_array(row) for row in rows]
        if self.calendar is None or moments is None:
            chances = [self.model.probability_alive(each, histories) for each in parameters]
        else:
            seen = [
                (self._under(self.calendar.moved(float(moment))), histories.at(place))
                for place, moment in zip(np.arange(len(histories))[:, None], moments, strict=True)
            ]
            chances = [np.array([model.probability_alive(each, one)[0] for model, one in seen]) for each in parameters]
        mean: NDArray[np.float64] = np.minimum(np.mean(chances, axis=0), 1.0)
        return mean

    def expected_orders(self, first_order: date, histories: Histories) -> NDArray[np.float64]:
        """Mean occasions within the run's horizon, (n,) [occasions]."""
        boost = float(self.intensity.mean())
        each = [
            self.model.expected_orders(
                self.model.Parameters.from_array(row), histories, horizon=self.window.horizon, intensity=boost
            )
            for row in self.posterior_of(first_order).parameters
        ]
        mean: NDArray[np.float64] = np.mean(each, axis=0)
        return mean

    def next_order_time(self, first_order: date, histories: Histories, *, probability: float) -> NDArray[np.float64]:
        """Time by which the next order has come with this chance, if still a customer, (n,) [time unit]; nan: never."""
        point = self.points[self.segment_of(first_order)]
        model = with_calendar(self.main_model, self.calendar)
        return model.next_order_time(point, histories, probability=probability, horizon=self.window.value_cap)

    def _under(self, calendar: Calendar | None) -> PurchaseModel:
        return with_pauses(with_calendar(self.plain_model, calendar), self.share_paused)


def fit_of_run(store: Store, run: Mapping[str, Any]) -> KeptFit:
    """The fit of a run by its row in `runs`.

    Raises:
        FitNotKeptError: as `kept_fit`.
    """
    fits = store.query("record_fits", run_id=run["run_id"]).to_pylist()
    return kept_fit(fits, parameters=run["parameters"], diagnostics=run["diagnostics"] or "{}")


def kept_fit(fits: Sequence[Mapping[str, Any]], *, parameters: str, diagnostics: str) -> KeptFit:
    """The fit of a run.

    Args:
        fits: the run's rows of `fits`.
        parameters: JSON of its row in `runs`: the options it ran with.
        diagnostics: JSON of its row in `runs`: the fit with its past misses and drift.

    Raises:
        FitNotKeptError: the run had too little to fit, or was made by a version that kept less.
    """
    purchases = [row for row in fits if row["part"] != SPEND]
    if not purchases:
        raise FitNotKeptError(
            "The run has no fit: the history could not tell the future, so there are no forecasts. "
            "Import, or value, a longer history, in which customers order more than once."
        )
    account = json.loads(purchases[0]["diagnostics"] or "{}")
    found = json.loads(diagnostics)
    if "settled_on" not in account or "drift" not in found:
        raise FitNotKeptError("The run was made by an earlier version of Keepers. Run again: keepers run --again")
    missed = found["total_miss"]
    parts = _by_part(purchases)
    rows = next(iter(parts.values()))
    names, counts = [row["model"] for row in rows], [len(json.loads(row["draws"])) for row in rows]
    unit = float(purchases[0]["time_unit_days"])
    assumptions, told = json.loads(parameters)["assumptions"], found.get("calendar")
    rate_spread = float(missed.get("rate_spread", missed["spread"]))
    kinds = kept_kinds(names[0], account["kinds"]) if account.get("kinds") else None
    models = [BY_NAME[name] for name in names] if kinds is None else [kinds.plain_model]
    return KeptFit(
        plain_model=mixture_of(models),
        main_model=models[0],
        calendar=None if told is None else Calendar.of(**told),
        time_unit_days=unit,
        window=_window(assumptions, unit),
        orders={part: joined([_posterior(row) for row in each]) for part, each in parts.items()},
        points={part: _point(each[0], kinds) for part, each in parts.items()},
        spend=next((_posterior(row) for row in fits if row["part"] == SPEND), None),
        spend_model=SPEND_MODELS[next((row["model"] for row in fits if row["part"] == SPEND), PLAIN_SPEND)],
        intensity=by_model([partial(intensities_of, rate_spread)] * len(counts), counts),
        own_change=OwnChange.of([_drift(found["drift"], name) for name in names], counts),
        settled_on=date.fromisoformat(account["settled_on"]) if account["settled_on"] else None,
        kinds=kinds,
        share_paused=float(found.get("pauses", {}).get("share", 0.0)),
        cost_to_serve=None if (cost := assumptions.get("cost_to_serve")) is None else cost * unit / DAYS_PER_YEAR,
    )


def _by_part(purchases: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of each segment, the model with the greatest share first, as the run had them."""
    weights = [json.loads(row["diagnostics"] or "{}").get("model_weight", 1.0) for row in purchases]
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for _, row in sorted(zip(weights, purchases, strict=True), key=lambda pair: (-pair[0], pair[1]["model"])):
        parts.setdefault(row["part"], []).append(row)
    return parts


def histories_at(occasions: Sequence[date], moments: Sequence[tuple[int, date]], *, time_unit_days: float) -> Histories:
    """A customer's history as it was seen at earlier (or, if nothing more happens, later) moments.

    Args:
        occasions: days with an order, rising.
        moments: how many of the occasions had happened (at least one), and the day, one pair a row.
        time_unit_days: length of the time unit [days].
    """
    first = occasions[0]
    seen = [count for count, _ in moments]
    return Histories.of(
        repeat_orders=[count - 1 for count in seen],
        age_at_last_order=[(occasions[count - 1] - first) / timedelta(days=time_unit_days) for count in seen],
        age=[(day - first) / timedelta(days=time_unit_days) for _, day in moments],
        time_unit_days=time_unit_days,
    )


def _point(row: Mapping[str, Any], kinds: Kinds | None) -> Any:
    own = json.loads(row["parameters"])
    if kinds is None:
        return BY_NAME[row["model"]].Parameters(**own)
    return kinds.point_of(json.loads(row["diagnostics"])["kinds"], own)


def _posterior(row: Mapping[str, Any]) -> Posterior:
    """The draws as they were kept; the weighted points behind them are not kept."""
    return _equally_likely(np.array(json.loads(row["draws"]), dtype=np.float64))


def _equally_likely(draws: NDArray[np.float64]) -> Posterior:
    return Posterior(draws, "kept", float("nan"), float(len(draws)), (), draws, np.full(len(draws), 1 / len(draws)))


def _window(assumptions: Mapping[str, Any], unit: float) -> Window:
    horizon, cap = float(assumptions["horizon"]), float(assumptions["value_cap"])
    rate = log1p(float(assumptions["annual_discount"])) * unit / DAYS_PER_YEAR
    return Window(horizon / unit, max(horizon, cap) / unit, rate)


def _drift(found: Mapping[str, Any], model: str) -> Drift:
    variance = found.get("variances", {}).get(model, found["variance"])
    return Drift.told(variance, found["days"], found.get("rates", {}).get(model))
