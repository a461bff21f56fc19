"""One job of `pymc-marketing`, timed in its own environment: `python pymc_jobs.py JOB FILE` prints a JSON object."""

import json
import logging
import resource
import sys
import time
import warnings
from typing import Any

import numpy as np

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
WARM_UP = 1_000  # customers; what a first fit compiles and imports is not timed
DRAWS, TUNE, CHAINS = 500, 500, 2


def table_of(path: str) -> Any:
    """The histories under the names that it wants."""
    import pandas as pd  # type: ignore[import-untyped]

    data = dict(np.load(path))
    columns = {name: data[name].astype(float) for name in ("frequency", "recency", "T")}
    return pd.DataFrame({"customer_id": np.arange(len(data["T"])), **columns})


def fitted(model: str, rows: Any, method: str) -> Any:
    """Fit as its user would: its default priors, its default optimiser or sampler."""
    from pymc_marketing import clv  # type: ignore[import-not-found]

    maker = {"pareto": clv.ParetoNBDModel, "beta_geometric": clv.BetaGeoModel}[model]()
    if method == "map":
        maker.fit(data=rows, method="map", progressbar=False)
    else:
        sampling = {"draws": DRAWS, "tune": TUNE, "chains": CHAINS, "cores": 1, "random_seed": 1}
        maker.fit(data=rows, method="mcmc", progressbar=False, **sampling)
    return maker


def main() -> None:
    """Time the job named first on the file named second."""
    job, path = sys.argv[1:3]
    model, _, what = job.rpartition("_")
    rows = table_of(path)
    if what == "fit":
        fitted(model, rows.head(WARM_UP), "map")
    started, spent = time.perf_counter(), processor_s()
    maker = fitted(model, rows, "map" if what == "fit" else "mcmc")
    timing = {"cpu_s": processor_s() - spent, "wall_s": time.perf_counter() - started}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(timing | {"peak_mb": peak, "parameters": parameters_of(maker)}))


def processor_s() -> float:
    """Processor time of this process and those it started [s]."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def parameters_of(maker: Any) -> dict[str, float]:
    """Posterior means, or the one point of a fit."""
    found = maker.fit_result
    return {str(name): float(np.mean(found[name].values)) for name in found.data_vars if found[name].values.ndim == 2}


if __name__ == "__main__":
    main()
