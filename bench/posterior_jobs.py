"""The posterior of CDNOW's sample: our processor time beside that of NUTS on the same likelihood, at equal error.

The error is the worst of five quantiles of all four log parameters against a long run (`posterior_reference.json` says
how it was made), in posterior standard deviations; the median over seeds, because one run may be lucky. The error of
chains falls with the square root of their length, so the time of NUTS is scaled by the square of the ratio of errors.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from bench.bases import cdnow_file
from bench.rows import Bar, Row
from bench.timing import timed
from keepers.clv import pareto_nbd
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.posterior import Method, Posterior, sample_posterior

_REFERENCE = Path(__file__).parent / "posterior_reference.json"
_END = np.datetime64("1997-09-30").astype(np.int64)


def posterior_rows(*, quick: bool) -> Iterator[Row]:
    """One row: ours, and NUTS at the error of ours."""
    past = _sample()
    start = pareto_nbd.fit(past).log_parameters

    def drawn(method: Method, seed: int) -> Posterior:
        return sample_posterior(
            pareto_nbd.likelihood, past, prior=pareto_nbd.prior(past), start=start, draws=25,
            generator=np.random.default_rng(seed), method=method,
        )  # fmt: skip

    ours = timed(lambda: drawn("auto", 1))
    error = median(_error(drawn("auto", seed)) for seed in range(4 if quick else 16))
    chains = timed(lambda: drawn("nuts", 1), warm=False)
    their_error = median(_error(drawn("nuts", seed)) for seed in range(1 if quick else 4))
    longer = (their_error / error) ** 2
    at_equal = replace(chains, cpu_s=chains.cpu_s * longer, wall_s=chains.wall_s * longer)
    yield Row(
        "Pareto/NBD posterior, 2,357 customers of CDNOW, at equal error",
        ours,
        "NUTS on the same likelihood",
        at_equal,
        None if quick else Bar("≥ 25× less CPU", times_less_cpu=25),
        note=f"ours within {error:.3f} sd; NUTS, 4 × 1,000 draws, within {their_error:.3f} in {chains.cpu_s:.1f} CPU-s",
    )


def _error(found: Posterior) -> float:
    reference = json.loads(_REFERENCE.read_text(encoding="utf-8"))
    quantiles = np.log([found.quantile(probability) for probability in reference["probabilities"]]).T
    return float((np.abs(quantiles - reference["quantiles"]) / np.array(reference["spread"])[:, None]).max())


def _sample() -> Histories:
    """The distinct histories of the 1/10 sample, in weeks."""
    rows = [
        line.split() for line in (cdnow_file().with_name("CDNOW_sample.txt")).read_text(encoding="utf-8").splitlines()
    ]
    lines = [
        (int(row[1]), np.datetime64(f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}").astype(np.int64)) for row in rows if row
    ]
    days: dict[int, set[int]] = {}
    for customer, day in lines:
        if day <= _END:
            days.setdefault(customer, set()).add(int(day))
    first: Floats = np.array([min(each) for each in days.values()], dtype=np.float64)
    last: Floats = np.array([max(each) for each in days.values()], dtype=np.float64)
    orders = np.array([len(each) - 1 for each in days.values()])
    return Histories.of(orders, (last - first) / 7, (float(_END) - first) / 7, time_unit_days=7.0).distinct()[0]
