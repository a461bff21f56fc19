"""One job of `lifetimes`, timed in its own environment: `python lifetimes_jobs.py JOB FILE` prints a JSON object."""

import json
import sys
import time
import warnings
from typing import Any

import numpy as np

warnings.filterwarnings("ignore")
HORIZON = 364.0


def pareto_fit(data: Any) -> Any:
    """Fit as its user would: defaults, in days."""
    from lifetimes import ParetoNBDFitter  # type: ignore[import-untyped]

    fitter = ParetoNBDFitter()
    fitter.fit(data["frequency"], data["recency"], data["T"])
    return fitter


def beta_geometric_fit(data: Any) -> Any:
    """The same for BG/NBD."""
    from lifetimes import BetaGeoFitter

    fitter = BetaGeoFitter()
    fitter.fit(data["frequency"], data["recency"], data["T"])
    return fitter


def gamma_gamma_fit(data: Any) -> Any:
    """The spend model, of those who have bought again (it knows no others)."""
    from lifetimes import GammaGammaFitter

    again = data["frequency"] > 0
    fitter = GammaGammaFitter()
    fitter.fit(data["frequency"][again], data["monetary_value"][again])
    return fitter


def pareto_means(data: Any, fitter: Any) -> None:
    """P(alive) and expected orders at fitted parameters; it offers no discounting and no interval."""
    fitter.conditional_probability_alive(data["frequency"], data["recency"], data["T"])
    fitter.conditional_expected_number_of_purchases_up_to_time(HORIZON, data["frequency"], data["recency"], data["T"])


def summary(path: str) -> Any:
    """Transactions to frequency, recency and T."""
    import pandas as pd  # type: ignore[import-untyped]
    from lifetimes.utils import summary_data_from_transaction_data  # type: ignore[import-untyped]

    rows = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
    return summary_data_from_transaction_data(rows, "customer_id", "order_date", monetary_value_col="amount")


def main() -> None:
    """Time the job named first on the file named second."""
    job, path = sys.argv[1:3]
    import lifetimes  # noqa: F401

    if job == "summary":
        print(json.dumps(_timed(lambda: summary(path))))
        return
    data = dict(np.load(path))
    if job == "pareto_means":
        fitter = pareto_fit({name: column[:5000] for name, column in data.items()})
        print(json.dumps(_timed(lambda: pareto_means(data, fitter))))
        return
    jobs = {"pareto_fit": pareto_fit, "beta_geometric_fit": beta_geometric_fit, "gamma_gamma_fit": gamma_gamma_fit}
    print(json.dumps(_timed(lambda: jobs[job](data))))


def _timed(job: Any) -> dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = job()
    timing = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    parameters = getattr(result, "params_", None)
    return timing | {"parameters": {} if parameters is None else {k: float(v) for k, v in parameters.items()}}


if __name__ == "__main__":
    main()
