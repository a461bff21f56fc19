"""Two years of the simulated shop in rounds of eight weeks: by fixed rules, and by Keepers' plans on a workspace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from bench.shop_world import (
    ACTIONS,
    ARRIVALS,
    ARRIVALS_BEFORE,
    CALL,
    CATALOG,
    COSTS,
    COUPON,
    EMAIL,
    MARGIN,
    OFFER,
    ROUND,
    SEATS,
    Flags,
    Floats,
    Sales,
    World,
)  # fmt: skip
from keepers.core.periods import Period
from keepers.experiments.assigning import HELD_OUT, Lottery
from keepers.ingest.report import ImportOptions
from keepers.loop.experiments.experimenting import draw_among
from keepers.loop.experiments.running import measure_running
from keepers.loop.experiments.trials import on_trial
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.plans.kept import plan_run
from keepers.loop.requests import RunRequest
from keepers.loop.runs import compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.delta import DeltaStore

HISTORY, ROUNDS = 104, 13  # weeks before the first round; rounds of two years
BEGIN = date(2021, 1, 4)
HELD = 0.10  # of whom a plan reaches with an action
LOT_ROUNDS = 3  # how long a lot keeps, of a trial and of whom a plan reaches
TRIED = 1.0  # share of those with whom an action is in doubt
DISCOUNT = 0.10
LEFT_WEEKS, LEFT_TIMES = 156, 3
A_YEAR = 52 / ROUND
MAILINGS = 6
LEVELS = {"reactive": EMAIL, "accountable": COUPON, "proactive": CALL}  # what the plan's levels are in this shop
NAMES = {**{action: level for level, action in LEVELS.items()}, CATALOG: "mailing", OFFER: "offer"}

Policy = Callable[[World, list[Sales]], Mapping[str, Flags]]


@dataclass(frozen=True, slots=True)
class Years:
    """What came of two years, discounted to their first day [money].

    earned: margin after the cost of contacts. left: true worth of all customers at the end, nobody contacted any more.
    spent: by action. rounds: margin after cost by round.
    """

    earned: float
    left: float
    spent: Mapping[str, float]
    rounds: tuple[float, ...]

    @property
    def whole(self) -> float:
        """Both together."""
        return self.earned + self.left


def history(seed: int) -> tuple[World, Sales]:
    """The shop and its orders before the first round; nobody was contacted."""
    world = World(seed)
    return world, world.live(HISTORY, {}, arrivals=ARRIVALS_BEFORE)


def by_rule(seed: int, policy: Policy, rounds: int = ROUNDS) -> Years:
    """Two years, or some rounds, by a rule that looks at all orders so far."""
    world, sales = history(seed)
    known = [sales]
    return _years(world, known, policy, rounds)


def nobody(_: World, __: list[Sales]) -> Mapping[str, Flags]:
    """No contact at all."""
    return {}


def mail_everybody(world: World, _: list[Sales]) -> Mapping[str, Flags]:
    """A catalog to every customer in every round."""
    return {CATALOG: world.since <= world.week}


def mail_by_rfm(_: World, known: list[Sales]) -> Mapping[str, Flags]:
    """A catalog to the two fifths that stand first by recency, frequency and money."""
    return {CATALOG: _best_by_rfm(known, 0.4)}


def mail_and_call_by_rfm(_: World, known: list[Sales]) -> Mapping[str, Flags]:
    """The same, and a call to the first tenth."""
    return {CATALOG: _best_by_rfm(known, 0.4), CALL: _best_by_rfm(known, 0.1)}


RULES: Mapping[str, Policy] = {
    "mail nobody": nobody,
    "mail everybody": mail_everybody,
    "mail by RFM": mail_by_rfm,
    "mail and call by RFM": mail_and_call_by_rfm,
}


def by_plans(seed: int, folder: Path, tell: Callable[[str], None] = lambda _: None, rounds: int = ROUNDS) -> Years:
    """The same by Keepers: it values, plans, holds out by lot, measures and learns, on a workspace of its own."""
    world, sales = history(seed)
    workspace = Workspace(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "costs.toml").write_text(costs(), encoding="utf-8")
    with workspace.opened(to_value=True) as store:
        firm = Firm(workspace, store, tell)
        return _years(world, [sales], firm.round, rounds)


class Firm:
    """Keepers at work in the shop: what it does in a round."""

    def __init__(self, workspace: Workspace, store: DeltaStore, tell: Callable[[str], None]) -> None:
        self.workspace, self.store, self.tell = workspace, store, tell
        self.number, self.tried = 0, dict[str, list[str]]()
        self.drawn = {action: dict[str, Drawn]() for action in ACTIONS}
        self.offered = dict[str, int]()  # round of the last offer: nobody gets another one within a year

    def round(self, world: World, known: list[Sales]) -> Mapping[str, Flags]:
        """Import what was ordered, measure what ended, value, plan, and draw who is held out of what."""
        now = _day(world.week * 7)
        at = datetime.combine(now, time(1), tzinfo=UTC)
        self._bring_in(known[-1], world, at)
        yesterday = now - timedelta(days=1)
        assumed = Assumptions(
            horizon=Period.parse("52w"), value_cap=Period.parse("3y"), annual_discount=DISCOUNT, margin=MARGIN,
            model="mbg-nbd", posterior="importance",
        )  # fmt: skip
        run = compute_run(self.store, RunRequest(assumed, as_of=yesterday, holdout_days=0), started_at=at)
        keep_run(self.store, run)
        measure_running(self.store, as_of=yesterday, measured_at=at)
        plan = plan_run(self.store, run, costs=self.workspace.costs, tries_out=False)
        if plan is None:
            raise ValueError("the shop has money, so there is a plan")
        self.number += 1
        effects = {"mailing": plan.terms.mailing.most, "offer": plan.terms.offer.returns}
        effects |= {name: plan.terms.level(name).orders for name in LEVELS}
        effects |= {f"leaving {name}": plan.terms.level(name).leaving for name in LEVELS}
        told = ", ".join(f"{name} {e.mean:.2f} {e.evidence[:4]}" for name, e in effects.items())
        wanted = _wanted(plan.table)
        treated = on_trial(self.store, now).treated
        self.tried = {action: treated.get(name, []) for action, name in NAMES.items()}
        if self.number % LOT_ROUNDS != 1:
            self.tried[OFFER] = []  # made once
        wanted[OFFER] = [who for who in wanted[OFFER] if self.number - self.offered.get(who, -ROUNDS) >= A_YEAR]
        self.offered |= dict.fromkeys(wanted[OFFER], self.number)
        actions = {action: self._lots(action, who, at, now) for action, who in wanted.items()}
        counts = ", ".join(f"{name} {who.sum()} ({len(self.tried[name])} tried)" for name, who in actions.items())
        self.tell(f"round {self.number}: {counts}; {told}")
        return actions

    def _bring_in(self, sales: Sales, world: World, at: datetime) -> None:
        rows = {
            "order_id": [f"{day}-{who}" for day, who in zip(sales.day.tolist(), sales.who.tolist(), strict=True)],
            "customer_id": [_name(who) for who in sales.who.tolist()],
            "order_date": [_day(day) for day in sales.day.tolist()],
            "amount": np.round(sales.amount, 2),
            "acquisition_source": np.where(world.from_print[sales.who], "print", "web"),
        }
        file = self.workspace.folder / f"orders-{self.number}.csv"
        pl.DataFrame(rows).write_csv(file)
        with self.workspace.staging() as staging:
            land(
                self.workspace, self.store,
                prepare_import(self.store, [file], options=ImportOptions(), into=staging), at=at,
            )  # fmt: skip

    def _lots(self, action: str, who: list[str], at: datetime, now: date) -> Flags:
        """Whom the action reaches: all but the held-out. Whoever has a lot that still counts keeps it."""
        drawn = self.drawn[action]
        new = [name for name in who if name not in drawn or drawn[name].until < now]
        if new:
            lottery = Lottery(f"{NAMES[action]} {self.number}", NAMES[action], HELD)
            until = now + timedelta(weeks=LOT_ROUNDS * ROUND, days=-1)
            cost = COSTS[action] * (1 if action == OFFER else LOT_ROUNDS)
            asked = dict.fromkeys(new, cost)
            rows = draw_among(self.store, lottery, asked, assigned_at=at - timedelta(days=1), held_until=until)
            names, arms = rows["customer_id"].to_pylist(), rows["arm"].to_pylist()
            drawn |= {name: Drawn(arm != HELD_OUT, until) for name, arm in zip(names, arms, strict=True)}
        reached = np.zeros(SEATS, dtype=bool)
        reached[[_seat(name) for name in who if drawn[name].gets_it]] = True
        reached[[_seat(name) for name in self.tried[action]]] = True
        return reached


@dataclass(frozen=True, slots=True)
class Drawn:
    """A lot of somebody whom a plan reaches, and the last day on which it counts."""

    gets_it: bool
    until: date


def costs() -> str:
    """The shop's costs file: what contacts cost a year, and nothing of what they do."""
    levels = "".join(f"[levels.{level}]\ncost = {A_YEAR * COSTS[action]}\n" for level, action in LEVELS.items())
    return (
        f"[trial]\nshare = {TRIED}\nweeks = {LOT_ROUNDS * ROUND}\n"
        f"[mailing]\ncost = {A_YEAR * COSTS[CATALOG] / MAILINGS}\nchoices = [0, {MAILINGS}]\nhalf = 0.5\n"
        f"[offer]\ncost = {COSTS[OFFER]}\n{levels}[levels.partnership]\ncost = 1e6  # not in this shop\n"
    )


def _wanted(lines: pa.Table) -> dict[str, list[str]]:
    """Customers by action, as the plan's lines say."""
    frame = pl.DataFrame(lines)
    chosen = {CATALOG: pl.col("contacts") > 0, OFFER: pl.col("action") == "send a personal offer"}
    chosen |= {action: pl.col("level") == level for level, action in LEVELS.items()}
    return {action: frame.filter(chosen[action])["customer_id"].to_list() for action in ACTIONS}


def _years(world: World, known: list[Sales], policy: Policy, count: int) -> Years:
    spent, rounds = dict.fromkeys(ACTIONS, 0.0), []
    for number in range(count):
        actions = policy(world, known)
        worth = (1.0 + DISCOUNT) ** (-number * ROUND / 52)
        paid = {action: worth * COSTS[action] * float(who.sum()) for action, who in actions.items()}
        begun = world.week
        known.append(world.live(ROUND, actions, arrivals=ARRIVALS))
        rounds.append(worth * _discounted(known[-1], begun) - sum(paid.values()))
        for action, cost in paid.items():
            spent[action] += cost
    left = (1.0 + DISCOUNT) ** (-count * ROUND / 52) * _left(world)
    return Years(sum(rounds), left, spent, tuple(rounds))


def _left(world: World) -> float:
    """The true worth of all customers: simulated on without contacts, some times."""
    worth = []
    for time_on in range(LEFT_TIMES):
        on = world.copied(1_000_003 * (time_on + 1) + world.seed)
        worth.append(_discounted(on.live(LEFT_WEEKS, {}, arrivals=0.0), world.week))
    return float(np.mean(worth))


def _discounted(sales: Sales, week: int) -> float:
    return float(MARGIN * np.sum(sales.amount * (1.0 + DISCOUNT) ** (-(sales.day - 7 * week) / 365.25)))


def _best_by_rfm(known: list[Sales], share: float) -> Flags:
    """The share of customers with the highest sum of fifths of recency, frequency and money."""
    who, day, amount = (np.concatenate([getattr(each, name) for each in known]) for name in ("who", "day", "amount"))
    last, count, money = np.full(SEATS, -1.0), np.bincount(who, minlength=SEATS), np.bincount(who, amount, SEATS)
    np.maximum.at(last, who, day.astype(float))
    customers = np.flatnonzero(count)
    score = np.sum([_fifths(figure[customers].astype(np.float64)) for figure in (last, count, money)], axis=0)
    chosen = customers[np.argsort(-(score + 1e-9 * money[customers]), kind="stable")[: round(share * len(customers))]]
    found = np.zeros(SEATS, dtype=bool)
    found[chosen] = True
    return found


def _fifths(values: Floats) -> Floats:
    return np.floor(5.0 * np.argsort(np.argsort(values, kind="stable"), kind="stable") / len(values))


def _day(number: int) -> date:
    return BEGIN + timedelta(days=number)


def _name(seat: int) -> str:
    return f"C{seat:05}"


def _seat(name: str) -> int:
    return int(name[1:])
