"""The two-model learners of scikit-uplift and causalml, in an environment of their own: scores of unseen halves.

`uplift_jobs.py scores FILE`: FILE has columns `treated`, `outcome`, features, and `half_N` for each split; the answer
lies beside it as FILE.scores.npz, an array (splits, people) a learner, nan where a person was learned from.
"""

import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

os.environ.setdefault("OMP_NUM_THREADS", "1")  # on a busy machine threads only wait for each other
warnings.filterwarnings("ignore")
# as scikit-uplift's tutorial sets it, on one thread
BOOSTED = {"iterations": 20, "thread_count": 1, "random_state": 42, "silent": True, "allow_writing_files": False}


def learners(*, chances: bool) -> Mapping[str, Callable[[], Any]]:
    """The learners; of an outcome that is 0 or 1 scikit-uplift takes classifiers, as in its guide."""
    from catboost import CatBoostClassifier, CatBoostRegressor  # type: ignore[import-not-found]
    from causalml.inference.meta import BaseTRegressor  # type: ignore[import-not-found]
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklift.models import TwoModels  # type: ignore[import-not-found]
    from xgboost import XGBRegressor  # type: ignore[import-not-found]

    def boosted() -> Any:
        return CatBoostClassifier(**BOOSTED) if chances else CatBoostRegressor(**BOOSTED)

    def plain() -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500) if chances else LinearRegression())

    return {
        "scikit-uplift, CatBoost": lambda: TwoModels(boosted(), boosted()),
        "scikit-uplift, linear": lambda: TwoModels(plain(), plain()),
        "causalml, XGBoost": lambda: BaseTRegressor(learner=XGBRegressor(random_state=42)),
        "causalml, linear": lambda: BaseTRegressor(learner=LinearRegression()),
    }


def scored(name: str, learner: Any, taught: tuple[Any, Any, Any], rest: Any) -> Any:
    """What a learner says of people whom it has not seen."""
    features, treated, outcome = taught
    if name.startswith("causalml"):
        learner.fit(X=features, treatment=treated, y=outcome)
    else:
        learner.fit(features, outcome, treated)
    return np.asarray(learner.predict(rest)).ravel()


def main() -> None:
    """Every learner on every split."""
    import pandas as pd  # type: ignore[import-untyped]

    rows = pd.read_parquet(sys.argv[2])
    halves = [name for name in rows.columns if name.startswith("half_")]
    treated, outcome = rows["treated"].to_numpy(), rows["outcome"].to_numpy()
    features = rows.drop(columns=["treated", "outcome", *halves]).to_numpy(dtype=float)
    made = learners(chances=set(np.unique(outcome)) <= {0.0, 1.0})
    scores: dict[str, Any] = {name: np.full((len(halves), len(rows)), np.nan) for name in made}
    began = time.process_time()
    for place, half in enumerate(halves):
        inside = rows[half].to_numpy()
        taught = (features[inside], treated[inside], outcome[inside])
        for name, make in made.items():
            scores[name][place, ~inside] = scored(name, make(), taught, features[~inside])
    np.savez(sys.argv[2] + ".scores.npz", **scores)
    print(json.dumps({"cpu_s": time.process_time() - began, "learners": list(made)}))


if __name__ == "__main__":
    main()
