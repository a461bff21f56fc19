"""The compiled loops that a valuation needs, read from the disk before anybody waits for them."""

import numpy as np

from keepers.clv import gamma_gamma, mbg_nbd, pareto_nbd
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.posterior import Posterior
from keepers.clv.predicting.predictive import Spending, Window, draw_futures
from keepers.clv.spend import Spend
from keepers.valuation.models import BY_NAME


def load_kernels() -> None:
    """Ask the models that are mostly chosen about a few customers whom nobody has: asked once, a loop is loaded.

    Nothing is fitted, and nothing is kept.
    """
    histories = Histories.of([0, 1, 2, 5], [0.0, 3.0, 5.0, 8.0], [9.0, 9.0, 9.0, 9.0]).distinct()[0]
    spend = Spend.of([3.0, 4.0, 5.0, 6.0], [1, 2, 3, 6])
    gamma_gamma.likelihood(spend.usable()).all_at(np.zeros(3))
    worth = Spending.of(spend, _certain(np.full(3, 2.0)))
    for module in (pareto_nbd, mbg_nbd):
        module.likelihood(histories).all_at(np.zeros(4))
        model, parameters = BY_NAME[module.NAME], np.ones(4)
        told = model.Parameters.from_array(parameters)
        model.order_count_pmf(told, histories, horizon=5.0, up_to=2)
        model.discounted_expected_orders(told, histories, horizon=5.0, discount_rate=0.1)
        model.probability_alive(told, histories, after=1.0)
        draw_futures(
            model,
            _certain(parameters),
            histories,
            worth,
            window=Window(5.0, 9.0, 0.1),
            replicates=1,
            generator=np.random.default_rng(0),
        )


def _certain(parameters: Floats) -> Posterior:
    point = parameters[None, :]
    return Posterior(point, "made up", 0.0, float("inf"), (), point, np.ones(1))
