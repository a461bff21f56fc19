"""Whom a plan contacts: what the contacted then spent on held-out history, beside simple rules with as many contacts.

Nothing after the origin is known to plan or rule. A plan that may only mail, once each, and only so many customers,
mails those whose year the letter adds most to. Counted is what these customers then spent: captured, not caused.
Nobody was mailed in these histories, so this does not say what the mailing would have changed.

Beside it how long the allocation takes: 1,000,000 customers, five options, one limit.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.accuracy import Case, bases_at_hand
from keepers.core.periods import Period
from keepers.decisions.allocating.allocation import allocate
from keepers.decisions.planning import make_plan
from keepers.decisions.standing import Standing
from keepers.decisions.terms.costs_file import read_terms, usual_order
from keepers.decisions.terms.effects import Multiplier
from keepers.decisions.terms.terms import Mailing, Offer, Terms
from keepers.ingest.report import ImportOptions
from keepers.loop.files.value_orders import ValueRequest, value_orders
from keepers.loop.files.valued_file import read_valued_file
from keepers.loop.plans.making import returns_of, standing_of
from keepers.valuation.assumptions import Assumptions

RESULTS = Path(__file__).with_name("PLANS.md")
SHARES = {"top_10_percent": 0.1, "top_20_percent": 0.2}
CUSTOMERS, OPTIONS = 1_000_000, 5


@dataclass(frozen=True, slots=True)
class Captured:
    """What a tenth, and a fifth, of the customers later spent against a perfect choice [share], by who chose them."""

    base: str
    days: int
    customers: int
    by: dict[str, tuple[float, float]]

    def rows(self) -> Iterator[str]:
        """Rows of the table."""
        for name, (tenth, fifth) in self.by.items():
            yield f"| {self.base} | {self.days} | {self.customers:,} | {name} | {100 * tenth:.1f} | {100 * fifth:.1f} |"


def judge_plans(folder: Path | None) -> None:
    """Score every base at hand and of a folder, time the allocation, and write PLANS.md."""
    seconds, bound = _timed_allocation()
    found = []
    with TemporaryDirectory() as room:
        for case in bases_at_hand(Path(room), folder):
            found.append(_captured(case, Path(room)))
            print("\n".join(found[-1].rows()), flush=True)
    RESULTS.write_text(_page(found, seconds, bound), encoding="utf-8")


def _captured(case: Case, room: Path) -> Captured:
    days = case.days[0]
    window = Period.parse(f"{days}d")
    assumed = Assumptions(horizon=window, value_cap=window, annual_discount=0.0)
    request = ValueRequest((case.file,), ImportOptions(), assumed, holdout_days=days)
    with TemporaryDirectory(dir=room) as own:
        graded = value_orders(request, folder=Path(own))
    backtest = graded.valuation.backtest
    if backtest is None or backtest.table is None:
        raise ValueError(f"{case.name} has no hold-out of {days} days")
    rules = {name: told["value_captured"] for name, told in backtest.rules.items()}
    by = {name: (told["top_10_percent"], told["top_20_percent"]) for name, told in rules.items()}
    actual = dict(zip(*(backtest.table[name].to_pylist() for name in ("customer_id", "actual_value")), strict=True))
    standing = _standing_at(case, date.fromisoformat(graded.run["as_of"]) - timedelta(days=days), assumed, room)
    return Captured(case.name, days, len(actual), {"plan": _of_plan(standing, actual)} | by)


def _standing_at(case: Case, origin: date, assumed: Assumptions, room: Path) -> Standing:
    """The customers as of the origin, by way of a file as a user would write it."""
    import pyarrow.parquet as pq

    request = ValueRequest((case.file,), ImportOptions(), assumed, as_of=origin, holdout_days=0)
    with TemporaryDirectory(dir=room) as own:
        valued = value_orders(request, folder=Path(own))
        pq.write_table(valued.table, Path(own) / "values.parquet")
        read = read_valued_file(Path(own) / "values.parquet")
    return standing_of(read.table, read.fit, margin=assumed.margin)


def _of_plan(standing: Standing, actual: dict[str, float]) -> tuple[float, float]:
    customers = standing.table["customer_id"].to_pylist()
    later = np.array([actual.get(customer, 0.0) for customer in customers])
    held = []
    for share in SHARES.values():
        contacts = round(share * len(customers))
        plan = make_plan(standing, _mail_only(standing, contacts), returns_of(standing))
        mailed = plan.table["contacts"].to_numpy() > 0
        if mailed.sum() > contacts:
            raise ValueError(f"{mailed.sum()} were mailed where {contacts} may be")
        best = np.sort(later)[::-1][:contacts].sum()
        held.append(float(later[mailed].sum() / best))
    return held[0], held[1]


def _mail_only(standing: Standing, contacts: int) -> Terms:
    """One letter at no cost worth naming, to so many; no levels, no offers."""
    terms = read_terms(None, usual_order_value=usual_order(standing.table), caps={"mailings": contacts})
    return replace(
        terms,
        levels=terms.levels[:1],
        mailing=Mailing(cost=1e-9, choices=(0, 1), most=Multiplier(1.2, 1.1, 1.3), half=1.0),
        offer=Offer(cost=0.0, hours=0.0, returns=Multiplier()),
    )


def _timed_allocation() -> tuple[float, float]:
    """CPU seconds of the second call, and by how much of one customer's greatest gain it may miss the best."""
    random = np.random.default_rng(1)
    uses = np.array([[0.0], [1.0], [2.0], [5.0], [10.0]])
    gains = np.zeros((CUSTOMERS, OPTIONS))
    gains[:, 1:] = random.gamma(0.5, 4.0, (CUSTOMERS, 1)) * random.uniform(0.5, 1.5, (CUSTOMERS, 4)).cumsum(axis=1)
    gains[:, 1:] -= 0.5 * uses[1:, 0]
    limits = np.array([0.5 * CUSTOMERS])
    allocate(gains[:1000], uses, limits / 1000)
    began = time.process_time()
    found = allocate(gains, uses, limits)
    return time.process_time() - began, (found.bound - found.gain) / float(gains.max())


def _page(found: Sequence[Captured], seconds: float, bound: float) -> str:
    told = (__doc__ or "").split("\n", 1)[1].strip()
    timed = f"The allocation took {seconds:.2f} CPU-s (to reach: 2); it misses the best by at most {bound:.2g} of the"
    head = f"""# Whom a plan contacts

{told}

{timed} greatest gain of one customer (to reach: 1).

`python -m bench --only plan [--data FOLDER]`. What the chosen then spent, against a perfect choice [%]:

| Base | days | customers | chosen by | a tenth | a fifth |
|---|--:|--:|---|--:|--:|
"""
    return head + "\n".join(row for each in found for row in each.rows()) + "\n"
