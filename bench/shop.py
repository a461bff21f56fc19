"""A simulated shop runs two years by Keepers' plans and by fixed rules: what it earned, what its customers are worth.

The rules of the shop are those of `bench/shop_world.py`, which the engine does not assume; its two years those of
`bench/shop_rounds.py`. All policies meet the same luck. Keepers keeps a standing trial by lot, holds out a tenth of
whom a plan reaches, measures, and learns. Equity is the margin earned after the cost of contacts and the true worth of
all customers at the end, simulated on without contacts; both discounted to the first day. The last rule is the hardest:
it calls the best tenth from the first day on, as if it knew that calls keep people, which a plan has to learn first.
Three seeds say little of the spread.

The shop was not fixed before results were seen: after early runs it was given two thirds more customers, and trials of
half a year by lot, since one unlucky experiment had ended an action. With that the plans of seeds 1 and 2 ended 22,700
ahead of mailing by RFM and 15,629 behind it. Then experiments learned to tell what an action does to leaving, and the
shop's own trial of all customers gave way to the product's standing trial of those with whom an action is in doubt:
the figures below are all of that code.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from bench import machine
from bench.shop_rounds import RULES, Years, by_plans, by_rule

RESULTS = Path(__file__).with_name("shop.json")
PAGE, PICTURE = RESULTS.with_name("SHOP.md"), RESULTS.with_name("shop.svg")
PLANS = "Keepers' plans"
QUICK_ROUNDS = 4


def run_shops(seeds: Sequence[int]) -> None:
    """Run the two years of these seeds, keep what came of each, and write SHOP.md with its picture of all so far."""
    for seed in seeds:
        kept = _kept()
        kept[str(seed)] = {name: _as_json(by_rule(seed, rule)) for name, rule in RULES.items()}
        began = process_time()
        with TemporaryDirectory(prefix="keepers-shop-") as folder:
            kept[str(seed)][PLANS] = _as_json(by_plans(seed, Path(folder) / "workspace", print))
        kept[str(seed)][PLANS]["cpu"] = process_time() - began
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        _write(kept)


def run_quickly(seed: int) -> None:
    """Half a year and a little of one seed, told on the terminal and kept nowhere."""
    with TemporaryDirectory(prefix="keepers-shop-") as folder:
        plans = by_plans(seed, Path(folder) / "workspace", print, QUICK_ROUNDS)
    for name, rule in RULES.items():
        whole = by_rule(seed, rule, QUICK_ROUNDS).whole
        print(f"{name}: equity {whole:,.0f}; Keepers' plans {plans.whole - whole:+,.0f}")


def _kept() -> dict[str, dict[str, Any]]:
    return dict(json.loads(RESULTS.read_text(encoding="utf-8"))) if RESULTS.exists() else {}


def _as_json(years: Years) -> dict[str, Any]:
    return {"earned": years.earned, "left": years.left, "whole": years.whole, "spent": dict(years.spent)}


def _write(kept: Mapping[str, Mapping[str, Any]]) -> None:
    names = [PLANS, *RULES]
    whole = {name: np.array([seed[name]["whole"] for seed in kept.values()]) for name in names}
    lines = []
    for name in names:
        figures = [np.mean([seed[name][part] for seed in kept.values()]) for part in ("earned", "left")]
        ahead = whole[PLANS] - whole[name]
        against = "–" if name == PLANS else f"{ahead.mean():+,.0f} ({ahead.min():+,.0f} to {ahead.max():+,.0f})"
        lines.append(f"| {name} | {figures[0]:,.0f} | {figures[1]:,.0f} | {whole[name].mean():,.0f} | {against} |")
    seconds = np.mean([seed[PLANS]["cpu"] for seed in kept.values()])
    PAGE.write_text(
        f"# A simulated shop\n\n{(__doc__ or '').strip()}\n\n`python -m bench --only shop --seeds 1 2 3` adds seeds to "
        f"this page. Means over the seeds {', '.join(kept)}; how far Keepers ends ahead: mean (least to most).\n\n"
        "| Policy | Earned | Left | Equity | Keepers ahead by |\n|---|--:|--:|--:|---|\n"
        + "\n".join(lines)
        + f"\n\n![Equity by policy and seed](shop.svg)\n\nTwo years took {seconds:.0f} processor seconds a seed; load "
        f"{machine.load():.1f}.\n",
        encoding="utf-8",
    )
    rows = pl.DataFrame(
        [{"policy": name, "seed": seed, "equity": told[name]["whole"]} for seed, told in kept.items() for name in names]
    )
    drawn = alt.Chart(rows, width=480, title="Equity after two years, a dot a seed").mark_circle(size=90)
    axes = {"x": alt.X("equity:Q").scale(zero=False).title("equity"), "y": alt.Y("policy:N").sort(names).title(None)}
    drawn.encode(**axes, color=alt.Color("seed:N")).save(PICTURE)
