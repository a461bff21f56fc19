"""Grade a valuation of tenures: hide the later answers to renewals, forecast them from the earlier ones, and compare.

Without dates no day can be held out, but ages can: the models see each customer up to an age and say how likely each
answer at a later age was to be a renewal. An answer is graded where the customer was asked, so those who still run and
were not asked yet bring no bias: given that somebody was asked, the forecast of the answer is complete (a martingale,
as in the log-rank test: Mantel 1966). What a firm changed for everybody at one time stays unseen: only dates tell that.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from keepers.clv.renewals.contracts import Contracts
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.contracts.backtest import LEAST_CUSTOMERS, ContractBacktest, TooFewContractsError, graded
from keepers.valuation.contracts.base import ContractBase
from keepers.valuation.contracts.choice import OLDER_SHARE
from keepers.valuation.contracts.fits import ContractFit, fit_contracts
from keepers.valuation.contracts.forecast import ContractForecast, forecast_contracts
from keepers.valuation.contracts.origins import ContractOrigin
from keepers.valuation.contracts.stays import OPEN

LEAST_SHOWN = 2  # renewals that the models learn from, at least
GRADED = 20_000  # customers whose answers are graded, evenly chosen
SOON = 0.5  # periods until the answer that is forecast


def run_tenure_backtest(base: ContractBase, assumptions: Assumptions, *, periods: int | None) -> ContractBacktest:
    """Grade the valuation on the answers to the last renewals that anybody was asked for.

    Args:
        base: customers with tenures instead of dates.
        assumptions: the options that change numbers.
        periods: how many renewals are hidden, counted from the oldest customer's last; None: a third.

    Raises:
        TooFewContractsError: too few customers were asked for a hidden renewal, or nobody had ended before.
    """
    main = base.main
    oldest = int((main.contracts.renewals + main.contracts.ended).max(initial=0))
    hidden_from = int(OLDER_SHARE * oldest) if periods is None else oldest - periods
    known = _up_to(base, hidden_from)
    _check(base, known, hidden_from)
    generator = np.random.default_rng(assumptions.seed)
    fit = fit_contracts(known, [], asked=assumptions.model, generator=generator, method=assumptions.posterior)
    asked, about = _answers(base, fit, hidden_from)
    window = assumptions.undiscounted(days=round(main.period.days))
    forecast = forecast_contracts(asked.base, about, window, generator=generator)
    found = graded(asked, fit, forecast, known, None)
    return replace(found, hidden_from=hidden_from + 1, course=_course(asked, forecast))


def _up_to(base: ContractBase, age: int) -> ContractBase:
    """The base as if nobody had been watched beyond so many renewals."""
    segments = []
    for segment in base.segments:
        seen = segment.contracts
        known = Contracts.of(
            np.minimum(seen.renewals, age), seen.ended & (seen.renewals < age), time_unit_days=seen.time_unit_days
        )
        segments.append(replace(segment, contracts=known))
    return replace(base, segments=tuple(segments), renewals=np.minimum(base.renewals, age))


def _check(base: ContractBase, known: ContractBase, hidden_from: int) -> None:
    asked = sum(
        int((segment.contracts.renewals + segment.contracts.ended > hidden_from).sum()) for segment in base.segments
    )
    ended = sum(int(segment.contracts.ended.sum()) for segment in known.segments)
    if hidden_from < LEAST_SHOWN:
        why = f"too few renewals are left to learn from, of at least {LEAST_SHOWN}"
    elif asked < LEAST_CUSTOMERS:
        why = f"only {asked} customers, of at least {LEAST_CUSTOMERS}, were asked for a later renewal"
    elif not ended:
        why = "nobody had ended before"
    else:
        return
    raise TooFewContractsError(
        f"No backtest: with the answers hidden from renewal {hidden_from + 1} on, {why}. The values are ungraded; "
        "another --holdout may help, and start and end dates would."
    )


def _answers(base: ContractBase, fit: ContractFit, hidden_from: int) -> tuple[ContractOrigin, ContractFit]:
    """A row for each hidden answer: the customer as one who was just asked, and the fit with these rows to forecast."""
    asked = np.zeros(len(base.stays), dtype=np.int64)
    ended = np.zeros(len(base.stays), dtype=np.bool_)
    for segment in base.segments:
        asked[segment.stays], ended[segment.stays] = segment.contracts.renewals, segment.contracts.ended
    asked += ended
    rows, ages, fitted, begin = [], [], [], 0
    for each in fit.segments:
        row, age = _hidden_of(each.segment.stays, asked, hidden_from, share=len(each.segment.stays) / len(base.stays))
        contracts = Contracts.of(age, np.zeros(len(age)), time_unit_days=each.segment.contracts.time_unit_days)
        here = np.arange(begin, begin + len(row))
        fitted.append(replace(each, segment=replace(each.segment, stays=here, contracts=contracts)))
        rows.append(row)
        ages.append(age)
        begin += len(row)
    row, age = np.concatenate(rows), np.concatenate(ages)
    stays = replace(base.stays.at(row), ended=np.full(len(row), OPEN))
    open_base = replace(
        base,
        stays=stays,
        running=np.ones(len(row), dtype=np.bool_),
        renewals=age,
        next_renewal=np.full(len(row), SOON),
        segments=tuple(each.segment for each in fitted),
    )
    renewed = (~(ended[row] & (age == asked[row] - 1))).astype(np.int64)
    return ContractOrigin(open_base, 0, renewed), replace(fit, segments=tuple(fitted))


def _hidden_of(
    stays: NDArray[np.int64], asked: NDArray[np.int64], hidden_from: int, *, share: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place of the stay, and renewals made before, of each hidden answer; of at most a share of `GRADED` stays."""
    some = stays[asked[stays] > hidden_from]
    most = max(round(GRADED * share), 1)
    some = some[np.unique(np.linspace(0, len(some) - 1, min(most, len(some))).astype(np.int64))]
    count = asked[some] - hidden_from
    age = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + hidden_from
    return np.repeat(some, count), age


def _course(asked: ContractOrigin, forecast: ContractForecast) -> list[dict[str, float]]:
    """Answers to each of the hidden renewals: how many renewed, and how many were expected to."""
    age = asked.base.renewals
    expected = np.zeros(len(age))
    for part in forecast.parts:
        distinct, place = np.unique(part.coming.renewals, return_inverse=True)
        expected[part.places] = part.curves.kept(distinct, 1)[place, 1]
    return [
        {
            "opportunity": float(made + 1),
            "asked": float((age == made).sum()),
            "actual": float(asked.later[age == made].sum()),
            "mean": float(expected[age == made].sum()),
        }
        for made in np.unique(age).tolist()
    ]
