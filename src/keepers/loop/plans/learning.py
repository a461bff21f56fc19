"""What a plan of a workspace learns before it is made: what actions do, on whom they work, what history suggests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import RANDOMISED, Floats, Multiplier
from keepers.decisions.terms.terms import MAILING, OFFER, Mailing, Terms, is_told, with_measured
from keepers.experiments.earning import earned
from keepers.experiments.shares import Shares, learn_shares
from keepers.experiments.targeting import NotLearnableError, Targeting, learn, pseudo_outcomes
from keepers.loop.experiments.experimenting import frame
from keepers.loop.experiments.measured_effects import (
    PRIOR,
    dose_of,
    measured_effects,
    parts_measured,
)
from keepers.loop.experiments.past_mailings import observed_mailings
from keepers.loop.experiments.tried_before import Known, TriedBefore, tried_before
from keepers.warehouse.delta import PinnedStore

BRIEF_DAYS = 0.5 * DAYS_PER_YEAR  # windows below which what is measured holds next to nothing of who left
LEAST_USUAL = 0.1  # share of the mean of what is usual below which nobody's is taken to lie
WIDEST = 2.0  # by how much somebody's multiplier may differ from everybody's at most
FEWEST_AN_ARM = 50  # below which nothing of groups stands out from chance
WORDS_DIFFER = 0.1  # scale of the prior of how far multipliers of a grouping's words lie apart [factor]
FEWEST_LOTS = 2_000  # below which nothing of single customers stands out from chance, and nothing is looked for
_SEED = 27


@dataclass(frozen=True, slots=True)
class Taught:
    """What lots taught of single customers, how long outcomes counted [days], and which part of the most was given."""

    targeting: Targeting
    days: float
    dose: float = 1.0

    def differences(self, standing: Standing, known: Known, *, horizon: float) -> Floats:
        """(n,) by how much somebody's multiplier differs from everybody's [factor]; `horizon` is the run's [days]."""
        values = frame(standing.table)
        adds = self.targeting.effects(known.matrix(values, values))
        usual = standing.column("expected_orders") * self.days / horizon
        usual = np.maximum(usual, LEAST_USUAL * usual.mean())
        differs: Floats = np.clip((adds / usual - adds.sum() / usual.sum()) / self.dose, -WIDEST, WIDEST)
        return differs


@dataclass(frozen=True, slots=True)
class Learned:
    """What a plan may use beside its costs file.

    terms: with what was measured or observed in place of what was assumed
    by_word: action → by how much its multiplier differs from everybody's among the words that tell customers apart
    by_customer: action → on whom it works, where that earned its use; counts before the words
    known: reads what was known of customers
    told: of each action how it was learned, for `--json`
    """

    terms: Terms
    by_word: Mapping[str, Shares]
    by_customer: Mapping[str, Taught]
    known: Known
    told: Mapping[str, Any]

    def differences(self, standing: Standing, *, horizon: float) -> dict[str, Floats]:
        """Action → (n,) by how much somebody's multiplier differs from everybody's [factor].

        Args:
            standing: the customers.
            horizon: how far the run that valued them looked with its expected orders [days].
        """
        values = frame(standing.table)
        words = self.known.words(values, values) if self.by_word else {}
        return {action: shares.differences(words) for action, shares in self.by_word.items()} | {
            action: taught.differences(standing, self.known, horizon=horizon)
            for action, taught in self.by_customer.items()
        }


def learn_for_plan(store: PinnedStore, terms: Terms, as_of: date) -> Learned:
    """Everything that lots and past mailings say about the actions of a plan.

    What was drawn by lot counts first; only for mailings of which no lot ever said anything past ones are looked at.

    Args:
        store: the warehouse at one moment.
        terms: as assumed or given.
        as_of: last day that is known.
    """
    effects, days = store.query("effects"), windows(store, as_of)
    assumed = {MAILING: terms.mailing.most, OFFER: terms.offer.returns}
    assumed |= {level.name: level.orders for level in terms.levels[1:]}
    assumed = {action: effect for action, effect in assumed.items() if not is_told(terms, action)}
    mailing, half_is_told = terms.mailing, "mailing.half" in terms.given
    leaving = {level.name: level.leaving for level in terms.levels[1:]}
    found = measured_effects(effects, assumed, days, mailing=mailing, half_is_told=half_is_told, leaving=leaving)
    measured = dict(found.by_action)
    told: dict[str, Any] = {name: _told(effect) for name, effect in measured.items() if name in assumed}
    if MAILING in told and found.by_mailings:
        told[MAILING]["by_mailings"] = {str(count): _told(effect) for count, effect in found.by_mailings.items()}
    if MAILING in assumed.keys() - measured.keys():
        observed = observed_mailings(store, assumed[MAILING], as_of=as_of)
        if observed is not None:
            measured[MAILING] = observed
            told[MAILING] = _told(observed)
    known, by_word, by_customer = Known(store, as_of), dict[str, Shares](), dict[str, Taught]()
    for action, of_it in told.items():
        before = tried_before(store, known, action, as_of=as_of) if action != OFFER else None
        if before is None:
            continue
        if (shares := _shares(before, mailing)) is not None:
            by_word[action] = shares
            of_it["by_word"] = shares.by_word
        if (taught := _taught(before, of_it, mailing)) is not None:
            by_customer[action] = taught
    brief = _briefly(effects, days)
    kept = {
        name: effect
        for name, effect in found.leaving.items()
        if name in told and (effect.evidence == RANDOMISED or name in brief)
    }
    for action, effect in kept.items():
        told[action]["leaving"] = _told(effect)
    terms = with_measured(terms, measured, mailings=found.by_mailings, leaving=kept)
    return Learned(terms, by_word, by_customer, known, told)


def windows(store: PinnedStore, as_of: date) -> dict[str, float]:
    """Experiment → how long its outcomes have counted by a day [days], where its lots say so."""
    lots = frame(store.query("assignments")).filter(pl.col("held_until").is_not_null())
    days = (pl.min_horizontal(pl.col("held_until"), pl.lit(as_of)) - pl.col("assigned_at").dt.date()).dt.total_days()
    told = lots.group_by("experiment").agg(days.mean().alias("days")).filter(pl.col("days") > 0)
    return {str(name): float(length) for name, length in told.iter_rows()}


def _briefly(effects: pa.Table, days: Mapping[str, float]) -> set[str]:
    """Actions all of whose experiments had short windows."""
    rows = frame(effects.select(["action", "experiment"])).drop_nulls().unique()
    parts = pl.col("action").map_elements(parts_measured, return_dtype=pl.List(pl.String))
    rows = rows.with_columns(parts).explode("action")
    length = pl.col("experiment").replace_strict(days, default=DAYS_PER_YEAR, return_dtype=pl.Float64)
    longest = rows.group_by("action").agg(length.max().alias("days"))
    return set(longest.filter(pl.col("days") < BRIEF_DAYS)["action"].to_list())


def _shares(before: TriedBefore, mailing: Mailing) -> Shares | None:
    """By how much the action's multiplier differs among words; None where too few were tried in an arm."""
    tried, generator = before.tried, np.random.default_rng(_SEED)
    held = ~tried.treated
    if min(int(tried.treated.sum()), int(held.sum())) < FEWEST_AN_ARM:
        return None
    ordered, expected = float(tried.outcome[held].sum()), float(before.usual[held].sum())
    if min(ordered, expected) <= 0:
        return None
    effects = pseudo_outcomes(tried, generator) / _doses(before, mailing)
    usual = before.usual * ordered / expected
    return learn_shares(effects, usual, before.words, scale=WORDS_DIFFER, spread=PRIOR.spread)


def _doses(before: TriedBefore, mailing: Mailing) -> Floats:
    """(n,) which part of the most their experiment gave."""
    return np.array([dose_of(count, mailing) for count in before.mailings])


def _taught(before: TriedBefore, told: dict[str, Any], mailing: Mailing) -> Taught | None:
    """On whom the action works, where that came nearer than one share for everybody."""
    if (people := len(before.customers)) < FEWEST_LOTS:
        told["by_customer"] = f"It takes {FEWEST_LOTS:,} lots to tell customers apart; there are {people:,}."
        return None
    generator = np.random.default_rng(_SEED)
    try:
        judged = earned(before.tried, before.usual, before.customers, generator)
        dose = float(_doses(before, mailing).mean())
        taught = Taught(learn(before.tried, generator), before.days, dose) if judged.holds else None
    except NotLearnableError as error:
        told["by_customer"] = str(error)
        return None
    told["by_customer"] = judged.as_json()
    return taught


def _told(effect: Multiplier) -> dict[str, Any]:
    return {name: getattr(effect, name) for name in ("mean", "low", "high", "evidence", "known")}
