"""The engine's jobs: fit, posterior, means, intervals."""

from collections.abc import Iterator

import numpy as np

from bench.bases import TRUTH, Base, cdnow, cdnow_sample, simulated
from bench.peer import Peer, Peers, asked, asked_once
from bench.rows import Bar, Row
from bench.timing import Timing, timed
from keepers.clv import bg_nbd, gamma_gamma, pareto_nbd
from keepers.clv.covariates import WithCovariates
from keepers.clv.kinds.design import Design, Numbers
from keepers.clv.predicting.predictive import predict

DRAWS, REPLICATES = 25, 8  # as `keepers value` takes them
HORIZON, VALUE_CAP = 364.0, 1826.0  # days
DISCOUNT_RATE = np.log1p(0.10) / 365.25
MEANS = "P(alive), expected orders"


def engine_rows(peers: Peers, *, quick: bool) -> Iterator[Row]:
    """The rows of the engine: CDNOW, 100,000 customers beside the peers, 1,000,000 beside what was kept of them."""
    yield from _cdnow(peers)
    yield from _beside_the_peers(simulated(10_000 if quick else 100_000), peers, quick=quick)
    yield from _large(simulated(100_000 if quick else 1_000_000), peers, quick=quick)


def _cdnow(peers: Peers) -> Iterator[Row]:
    base = cdnow()
    name = f"{_size(base)} of CDNOW"
    fit = pareto_nbd.fit(base.histories)
    ours = timed(lambda: pareto_nbd.fit(base.histories))
    yield _row(f"Pareto/NBD fit, {name}", ours, peers.lifetimes, "pareto_fit", base)
    ours = timed(lambda: pareto_nbd.posterior(fit, base.histories, draws=DRAWS, generator=_dice()))
    yield Row(f"Pareto/NBD posterior, {name}", ours, note="pymc-marketing's sampler did not finish on it")
    yield from _sampled(cdnow_sample(), peers.pymc)


def _sampled(base: Base, peer: Peer | None) -> Iterator[Row]:
    """The posterior of a base so small that the peer that samples ends."""
    name = f"{_size(base)}, CDNOW's sample"
    fit = bg_nbd.fit(base.histories)
    ours = timed(lambda: bg_nbd.posterior(fit, base.histories, draws=DRAWS, generator=_dice()))
    timing = asked_once(peer, "beta_geometric_posterior", base.file)
    yield Row(f"BG/NBD posterior, {name}", ours, _named(peer), timing, note="the peer: 2 chains of 500 draws, once")


def _beside_the_peers(base: Base, peers: Peers, *, quick: bool) -> Iterator[Row]:
    name = f"{_size(base)}, days"
    ours = timed(lambda: pareto_nbd.fit(base.histories))
    for peer, times in ((peers.lifetimes, 300), (peers.pymc, 100)):
        bar = None if quick else Bar(f"≥ {times}× less CPU", times_less_cpu=times)
        yield _row(f"Pareto/NBD fit, {name}", ours, peer, "pareto_fit", base, bar)
    ours = timed(lambda: bg_nbd.fit(base.histories))
    bar = None if quick else Bar("≥ 50× less CPU", times_less_cpu=50)
    for peer in (peers.lifetimes, peers.pymc):
        yield _row(f"BG/NBD fit, {name}", ours, peer, "beta_geometric_fit", base, bar)
    ours = timed(lambda: gamma_gamma.fit(base.spend))
    bar = None if quick else Bar("≥ 3× less CPU", times_less_cpu=3)
    yield _row(f"Gamma-Gamma fit, {name}", ours, peers.lifetimes, "gamma_gamma_fit", base, bar)
    ours = timed(lambda: _means(base, discounted=False))
    yield _row(f"{MEANS}, {name}", ours, peers.lifetimes, "pareto_means", base)


def _large(base: Base, peers: Peers, *, quick: bool) -> Iterator[Row]:
    """The rows before this one have compiled the kernels, so none of these warms up."""
    name, pymc = f"{_size(base)}, days", None if quick else peers.pymc
    once = "the peer was timed once on such a machine and kept"
    bar = None if quick else Bar("≤ 1 CPU-s", most_cpu_s=1.0)
    ours = timed(lambda: pareto_nbd.fit(base.histories), warm=False)
    yield Row(f"Pareto/NBD fit, {name}", ours, _named(pymc), asked_once(pymc, "pareto_fit", base.file), bar, once)
    ours = timed(lambda: bg_nbd.fit(base.histories), warm=False)
    timing = asked_once(pymc, "beta_geometric_fit", base.file)
    bar = None if quick else Bar("≥ 50× less CPU", times_less_cpu=50)
    yield Row(f"BG/NBD fit, {name}", ours, _named(pymc), timing, bar, once)
    yield _told_apart(base, name)
    bar = None if quick else Bar("≤ 0.3 CPU-s", most_cpu_s=0.3)
    yield Row(f"{MEANS}, discounted value, {name}", timed(lambda: _means(base, discounted=True)), bar=bar)
    bar = None if quick else Bar("≤ 20 CPU-s", most_cpu_s=20.0)
    _intervals(simulated(1_000))  # compiles what the large base then uses
    ours = _intervals(base)
    yield Row(f"orders and values with intervals, {name}", ours, bar=bar, note=f"{DRAWS} draws × {REPLICATES} futures")


def _told_apart(base: Base, name: str) -> Row:
    """The likelihood with its slopes at equal rows, with and without five covariates on both rates."""
    values = _dice().integers(0, 2, (5, len(base.histories))).astype(np.float64)
    design, pattern = Design.of([Numbers(f"x{number}", each) for number, each in enumerate(values)])
    distinct, _ = base.histories.described_by(pattern).distinct()
    told, plain = WithCovariates(pareto_nbd, design).likelihood(distinct), pareto_nbd.likelihood(distinct)
    at = np.log(TRUTH.as_array())
    ours = timed(lambda: [told.gradient(np.append(at, np.full(10, 0.01 * step))) for step in range(10)])
    other = timed(lambda: [plain.gradient(at + 0.01 * step) for step in range(10)])
    bar = Bar("≤ 1.25× the CPU of none", most_times_peer=1.25)
    rows = f"{len(distinct):,} distinct histories, 10 times"
    return Row(f"likelihood and slopes, five covariates, {name}", ours, "without covariates", other, bar, rows)


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


def _row(name: str, ours: Timing, peer: Peer | None, job: str, base: Base, bar: Bar | None = None) -> Row:
    return Row(name, ours, _named(peer), asked(peer, job, base.file), bar)


def _named(peer: Peer | None) -> str | None:
    return None if peer is None else peer.name


def _dice() -> np.random.Generator:
    return np.random.default_rng(1)


def _size(base: Base) -> str:
    return f"{len(base.histories):,} customers"
