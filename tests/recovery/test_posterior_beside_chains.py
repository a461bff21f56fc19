"""The posterior without a sampler beside NUTS on the same likelihood: the same quantiles.

`make fuzz` asks it of every model; here the cheapest stands for them.
"""

import os
from functools import partial

import numpy as np
import pytest

from keepers.clv import bg_nbd, gamma_gamma, mbg_cnbd_k, mbg_nbd
from keepers.clv.inference import posterior

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
EVERYTHING = "KEEPERS_CHAINS" in os.environ
LENGTH, FURTHEST = (1_000, 0.15) if EVERYTHING else (250, 0.3)  # draws a chain; how far off they are [sd]
ORDERS = {
    bg_nbd: bg_nbd.Parameters(0.5, 6.0, 0.9, 2.5),
    mbg_nbd: mbg_nbd.Parameters(0.6, 6.0, 0.9, 2.0),
    mbg_cnbd_k: mbg_cnbd_k.Parameters(1.2, 6.0, 0.6, 2.5, 2),
}
ASKED = ["gamma-gamma", *([model.NAME for model in ORDERS] if EVERYTHING else [])]


def posterior_of(name: str):
    """Of a simulated base: what draws by the method asked for."""
    random = np.random.default_rng(2)
    if name == gamma_gamma.NAME:
        data = gamma_gamma.simulate(gamma_gamma.Parameters(4.0, 3.5, 30.0), random.geometric(0.4, 300), random)
        model = gamma_gamma
    else:
        model, truth = next((each, truth) for each, truth in ORDERS.items() if name == each.NAME)
        data = model.simulate(truth, age=random.integers(15, 70, 600).astype(float), generator=random).distinct()[0]
    return partial(model.posterior, model.fit(data), data, draws=25)


@pytest.mark.parametrize("name", ASKED)
def test_quantiles_are_those_of_long_chains(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posterior, "_CHAIN_LENGTH", LENGTH)
    draw = posterior_of(name)
    ours = draw(generator=np.random.default_rng(3))
    chains = draw(generator=np.random.default_rng(4), method="nuts")
    assert (ours.method, chains.method) == ("surrogate", "nuts")
    free = np.ptp(chains.points, axis=0) > 0  # k of MBG/CNBD-k is chosen, not drawn
    unit = np.log(chains.points[:, free]).std(axis=0)
    for probability in PROBABILITIES:
        away = np.log(ours.quantile(probability)[free]) - np.log(chains.quantile(probability)[free])
        assert np.abs(away / unit).max() < FURTHEST, probability
