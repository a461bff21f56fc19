"""Simulate contracts, fit, and find the parameters again; intervals hold what they claim."""

import numpy as np
import pytest

from keepers.clv import beta_discrete_weibull, scoring, shifted_beta_geometric
from keepers.clv.renewals.contracts import Contracts
from keepers.clv.renewals.running import Coming, Curves, predict_contracts, renewal_count_cdf

TRUTHS = [(shifted_beta_geometric, (0.8, 4.0)), (beta_discrete_weibull, (0.6, 1.5, 1.5))]
EACH = pytest.mark.parametrize(("model", "values"), TRUTHS, ids=[model.NAME for model, _ in TRUTHS])
REPEATS, BASES, CUSTOMERS = 10, 3, 5_000


@EACH
def test_ninety_percent_intervals_of_the_parameters_hold_the_truth_nine_times_in_ten(model, values) -> None:
    truth, random = model.Parameters.from_array(values), np.random.default_rng(11)
    held = np.zeros(len(values))
    for _ in range(REPEATS):
        contracts = model.simulate(truth, opportunities=random.integers(4, 14, 1_500), generator=random)
        found = model.posterior(model.fit(contracts), contracts, draws=25, generator=random)
        held += (found.quantile(0.05) <= values) & (values <= found.quantile(0.95))
    assert held.mean() / REPEATS >= 0.75


@EACH
def test_intervals_of_customers_and_of_the_total_hold_what_they_claim(model, values) -> None:
    truth, random = model.Parameters.from_array(values), np.random.default_rng(12)
    below, at, totals = [], [], 0
    for _ in range(BASES):
        past = random.integers(2, 9, CUSTOMERS)
        whole = model.simulate(truth, opportunities=past + 5, generator=random)
        ended = whole.ended & (whole.renewals < past)
        contracts = Contracts.of(np.minimum(whole.renewals, past), ended)
        later = (whole.renewals - past)[~ended]
        found = model.posterior(model.fit(contracts), contracts, draws=25, generator=random)
        curves = Curves.of(model, found, up_to=30)
        coming = Coming(past[~ended], np.full(len(later), 1.0))
        one, other = renewal_count_cdf(curves, coming, later, horizon=5)
        below.append(one)
        at.append(other)
        total = predict_contracts(curves, coming, horizon=5, value_cap=5, generator=random).totals.orders
        totals += int(np.quantile(total, 0.05) <= later.sum() <= np.quantile(total, 0.95))
    for level in (0.5, 0.8, 0.9):
        assert scoring.expected_coverage(np.concatenate(below), np.concatenate(at), level) == pytest.approx(
            level, abs=0.02
        )
    assert totals >= BASES - 1
