"""The engine's jobs: fit, posterior, means, intervals."""

from collections.abc import Iterator

import numpy as np

from bench.bases import Base, cdnow, simulated
from bench.lifetimes_peer import LifetimesPeer, PeerMissingError
from bench.rows import Bar, Row
from bench.timing import Timing, timed
from keepers.clv import bg_nbd, gamma_gamma, pareto_nbd
from keepers.clv.predictive import predict

DRAWS, REPLICATES = 25, 8  # as `keepers value` takes them
HORIZON, VALUE_CAP = 364.0, 1826.0  # days
DISCOUNT_RATE = np.log1p(0.10) / 365.25
PEER = "lifetimes"
MEANS = "P(alive), expected orders"


def engine_rows(peer: LifetimesPeer | None, *, quick: bool) -> Iterator[Row]:
    """The rows of the engine: CDNOW, 100,000 customers beside the peer, 1,000,000 alone."""
    yield from _cdnow(peer)
    yield from _beside_the_peer(simulated(10_000 if quick else 100_000), peer, quick=quick)
    yield from _large(simulated(100_000 if quick else 1_000_000), quick=quick)


def _cdnow(peer: LifetimesPeer | None) -> Iterator[Row]:
    base = cdnow()
    name = f"{_size(base)} of CDNOW"
    fit = pareto_nbd.fit(base.histories)
    ours = timed(lambda: pareto_nbd.fit(base.histories))
    yield Row(f"Pareto/NBD fit, {name}", ours, PEER, _asked(peer, "pareto_fit", base))
    ours = timed(lambda: pareto_nbd.posterior(fit, base.histories, draws=DRAWS, generator=_dice()))
    yield Row(f"Pareto/NBD posterior, {name}", ours, note="no peer here samples it")


def _beside_the_peer(base: Base, peer: LifetimesPeer | None, *, quick: bool) -> Iterator[Row]:
    name = f"{_size(base)}, days"
    ours = timed(lambda: pareto_nbd.fit(base.histories))
    bar = None if quick else Bar("≥ 300× less CPU", times_less_cpu=300)
    yield Row(f"Pareto/NBD fit, {name}", ours, PEER, _asked(peer, "pareto_fit", base), bar)
    ours = timed(lambda: bg_nbd.fit(base.histories))
    bar = None if quick else Bar("≥ 50× less CPU", times_less_cpu=50)
    yield Row(f"BG/NBD fit, {name}", ours, PEER, _asked(peer, "beta_geometric_fit", base), bar)
    ours = timed(lambda: gamma_gamma.fit(base.spend))
    yield Row(f"Gamma-Gamma fit, {name}", ours, PEER, _asked(peer, "gamma_gamma_fit", base))
    ours = timed(lambda: _means(base, discounted=False))
    yield Row(f"{MEANS}, {name}", ours, PEER, _asked(peer, "pareto_means", base))


def _large(base: Base, *, quick: bool) -> Iterator[Row]:
    """The rows before this one have compiled the kernels, so none of these warms up."""
    name = f"{_size(base)}, days"
    bar = None if quick else Bar("≤ 1 CPU-s", most_cpu_s=1.0)
    yield Row(f"Pareto/NBD fit, {name}", timed(lambda: pareto_nbd.fit(base.histories), warm=False), bar=bar)
    yield Row(f"BG/NBD fit, {name}", timed(lambda: bg_nbd.fit(base.histories), warm=False))
    bar = None if quick else Bar("≤ 0.3 CPU-s", most_cpu_s=0.3)
    yield Row(f"{MEANS}, discounted value, {name}", timed(lambda: _means(base, discounted=True)), bar=bar)
    bar = None if quick else Bar("≤ 20 CPU-s", most_cpu_s=20.0)
    _intervals(simulated(1_000))  # compiles what the large base then uses
    ours = _intervals(base)
    yield Row(f"orders and values with intervals, {name}", ours, bar=bar, note=f"{DRAWS} draws × {REPLICATES} futures")


def _means(base: Base, *, discounted: bool) -> None:
    parameters = pareto_nbd.Parameters(r=1.1, alpha=80.0, s=0.6, beta=90.0)
    alive = pareto_nbd.probability_alive(parameters, base.histories)
    pareto_nbd.expected_orders(parameters, base.histories, horizon=HORIZON, alive=alive)
    if discounted:
        pareto_nbd.discounted_expected_orders(
            parameters, base.histories, horizon=VALUE_CAP, discount_rate=DISCOUNT_RATE, alive=alive
        )


def _intervals(base: Base) -> Timing:
    """Fits and posteriors are made before the clock starts: they have rows of their own."""
    histories, spend = base.histories, base.spend
    posterior = pareto_nbd.posterior(pareto_nbd.fit(histories), histories, draws=DRAWS, generator=_dice())
    spending = gamma_gamma.posterior(gamma_gamma.fit(spend), spend, draws=DRAWS, generator=_dice())
    return timed(
        lambda: predict(
            pareto_nbd, posterior, histories, spending, spend,
            horizon=HORIZON, value_cap=VALUE_CAP, discount_rate=DISCOUNT_RATE, replicates=REPLICATES, generator=_dice(),
        ),
        warm=False,
    )  # fmt: skip


def _asked(peer: LifetimesPeer | None, job: str, base: Base) -> Timing | None:
    if peer is None:
        return None
    try:
        return peer.timing(job, base.file)
    except PeerMissingError as failed:
        print(failed)
        return None


def _dice() -> np.random.Generator:
    return np.random.default_rng(1)


def _size(base: Base) -> str:
    return f"{len(base.histories):,} customers"
