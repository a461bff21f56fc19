"""What the firm's own past says: which model forecasts best, with a calendar or without, and how far totals miss."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.clv.calendars.learning import TYPICAL, YEAR_DAYS, Learned, season_spread
from keepers.clv.calendars.turns import LEAST_EVIDENCE
from keepers.clv.drift import Drift
from keepers.clv.drift_learning import Judged, judge
from keepers.clv.model import PurchaseModel
from keepers.clv.numerics.beside import side_by_side
from keepers.clv.pauses_learning import NO_PAUSES, Pauses, learn_pauses
from keepers.clv.scoring import likelier
from keepers.clv.stacking import different, mixed, stacked
from keepers.core.told import COMMA, Told, listed
from keepers.valuation.choosing.origins import Origin
from keepers.valuation.choosing.rehearsals import Rehearsal, rehearse
from keepers.valuation.choosing.seasons import Known, learn_calendar, no_season, why_none
from keepers.valuation.models import BY_NAME, CANDIDATES

PRIOR_MISS = 0.10  # how far totals of a year miss where nothing is known of the firm: peers missed CDNOW's by 7-19 %
PRIOR_ORIGINS = 3.0
MOST_MISS = float(np.log(3))  # a total thrice or a third of the forecast says that it failed, not by how much next time
FORESEEN_MISS = 0.05  # what no calendar foresees, beside its own doubt
PLAIN_MODEL = "pareto-nbd"
NO_WORSE = 0.002  # nats a customer
UNDER_CALENDAR = " with a calendar"
ASKED_FOR = "%(model)s was asked for."
BY_IT, BY_IT_ALONE = "%(likelier)s by %(model)s", "%(likelier)s by %(model)s alone"
TRIED_WITH_CALENDAR = 2  # of the candidates: the best without


@dataclass(frozen=True, slots=True)
class Share:
    """One of the models that a forecast is made with, its share of the draws, and how far rates drift under it."""

    model: str
    weight: float
    drift: Drift


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models forecast best over the earlier origins, every score, and why.

    shares: the heaviest first
    calendar: whether they are to be used under a calendar
    season_untested: a season can be learned now and could at no origin: use it if the weeks themselves tell of it
    rehearsals: those of the heaviest
    pauses: how many of those who look gone have only paused
    """

    shares: tuple[Share, ...]
    calendar: bool
    season_untested: bool
    rehearsals: tuple[Rehearsal, ...]
    log_scores: dict[str, float]
    reason: str
    pauses: Pauses = NO_PAUSES

    @property
    def model(self) -> str:
        """The heaviest model's name."""
        return self.shares[0].model

    @property
    def label(self) -> str:
        """The models' names as one reads them."""
        return " and ".join(share.model for share in self.shares)

    def alone(self) -> "Choice":
        """Only the heaviest model, in which nobody pauses, where something rests on one."""
        return replace(self, shares=(replace(self.shares[0], weight=1.0),), pauses=NO_PAUSES)

    def as_json(self) -> dict[str, Any]:
        """The `choice` object of `fit`."""
        weights = {share.model: share.weight for share in self.shares}
        return {"model": self.model, "weights": weights, "log_scores": self.log_scores, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Misses:
    """How far past forecasts of total orders missed, as log(actual / forecast), latest origin first.

    In the spread a miss counts at most as `MOST_MISS`: a few orders more or less in a short window would else
    make ranges that span everything.

    days: length of the windows they were made over [days]; 0 where there was none
    foreseen: (n,) standard deviations that the calendar gave them; empty without a calendar
    """

    log_ratios: tuple[float, ...]
    days: float = 0.0
    foreseen: tuple[float, ...] = ()

    @classmethod
    def of(cls, rehearsals: Sequence[Rehearsal], share_paused: float) -> "Misses":
        """Those of the rehearsals, where so many of those who looked gone had paused."""
        if not rehearsals:
            return cls(())
        foreseen = tuple(each.foreseen_spread for each in rehearsals if each.learned is not None)
        ratios = tuple(each.log_ratio(share_paused) for each in rehearsals)
        return cls(ratios, rehearsals[0].origin.days, foreseen if len(foreseen) == len(ratios) else ())

    def spread(self, days: float, learned: Learned | None = None, *, level_unknown: bool = False) -> float:
        """Standard deviation of a total's log miss over the next `days`.

        Without a calendar: the firm's own, drawn towards a stated prior: 10 %, what the time of year does within so
        many days in a typical shop, and, where the level could not be told from the customers' age, what a level does.
        It grows beyond the windows it was learned on, which then count for less beside the prior.
        With a calendar: what it leaves open, stretched by how far past misses went beyond what it had left open.
        """
        missed = np.clip(self.log_ratios, -MOST_MISS, MOST_MISS)
        squares = float(np.square(missed).sum())
        if learned is not None:
            open_now = float(np.hypot(learned.window_spread(days), FORESEEN_MISS))
            if not self.foreseen:
                return open_now
            surprise = float(np.square(missed / np.hypot(self.foreseen, FORESEEN_MISS)).sum())
            return open_now * float(np.sqrt((PRIOR_ORIGINS + surprise) / (PRIOR_ORIGINS + len(missed))))
        level = TYPICAL.level if level_unknown else 0.0
        prior = (PRIOR_MISS**2 + level**2) * max(days / YEAR_DAYS, 1.0) + season_spread(days) ** 2
        longer = max(days / self.days, 1.0) if self.days else 1.0
        return float(np.sqrt((PRIOR_ORIGINS * prior + squares) / (PRIOR_ORIGINS + len(missed) / longer)))


def intensities_of(spread: float, draws: int) -> NDArray[np.float64]:
    """Multipliers on the base's future purchase intensity, one a parameter draw, with mean 1, shape (draws,).

    Evenly spaced quantiles of a log-normal with this spread, in an order that does not follow the draws.
    """
    levels = (np.arange(draws) + 0.5) / draws
    shuffled = np.random.default_rng(draws).permutation(levels)
    multipliers = np.exp(spread * ndtri(shuffled))
    scaled: NDArray[np.float64] = multipliers / multipliers.mean()
    return scaled


def by_model(made: Sequence[Callable[[int], NDArray[np.float64]]], counts: Sequence[int]) -> NDArray[np.float64]:
    """Multipliers of the draws, made for each model's own so that each model has them evenly, shape (draws,)."""
    return np.concatenate([make(count) for make, count in zip(made, counts, strict=True)])


def choose_model(origins: Sequence[Origin], now: Known, *, asked: str) -> Choice:
    """The model asked for, or for `auto` those that forecast best together over the origins; also with a calendar.

    A calendar is used where it forecast better, and where it did so little worse that the origins, whose windows may
    lie in quiet months, do not speak against a season that is plain in the weeks, or against promotions that were told.

    Args:
        origins: latest first, ending no later than what is known.
        now: what the calendar would be learned from.
        asked: name of a model, or `auto`.
    """
    names = CANDIDATES if asked == "auto" else (asked,)
    untold = why_none(now)
    if not origins:
        return _untried(asked, season_untested=untold is None and (no_season(now) is None or bool(now.promotions)))
    tried = _tried(origins, {name: (BY_NAME[name], [None] * len(origins)) for name in names})
    told_apart = different({name: [each.fit for each in rehearsals] for name, rehearsals in tried.items()})
    tried = {name: tried[name] for name in told_apart}
    judged = _judged(tried)
    if untold is None:
        best = sorted(judged, key=lambda name: -judged[name].drift.log_score)[:TRIED_WITH_CALENDAR]
        under = _with_calendar(origins, now, best)
        tried, judged = tried | under, judged | _judged(under)
    scores = {name: each.drift.log_score for name, each in judged.items()}
    winner = max(scores, key=lambda name: scores[name])
    seasons = [each.learned for one in tried.values() for each in one if each.learned and each.learned.has_season]
    evident = bool(now.promotions) or any(season.evidence >= LEAST_EVIDENCE for season in seasons)
    if evident and scores.get(winner + UNDER_CALENDAR, -np.inf) >= scores[winner] - NO_WORSE:
        winner += UNDER_CALENDAR
    calendar = winner.endswith(UNDER_CALENDAR)
    weights = stacked({name: judged[name] for name in judged if name.endswith(UNDER_CALENDAR) == calendar})
    shares = tuple(Share(name.removesuffix(UNDER_CALENDAR), part, judged[name].drift) for name, part in weights.items())
    return Choice(
        shares=shares,
        calendar=calendar,
        season_untested=untold is None and no_season(now) is None and not seasons,
        rehearsals=tried[next(iter(weights))],
        pauses=learn_pauses(judged, weights),
        log_scores=scores,
        reason=reason_of(asked, judged, weights, origins),
    )


def _untried(asked: str, *, season_untested: bool) -> Choice:
    """Without an origin to compare models from."""
    model = PLAIN_MODEL if asked == "auto" else asked
    words = "%(model)s: the history is too short to compare models." if asked == "auto" else ASKED_FOR
    why = Told.of(words, model=model)
    share = Share(model, 1.0, judge(()).drift)
    return Choice((share,), calendar=False, season_untested=season_untested, rehearsals=(), log_scores={}, reason=why)


def _with_calendar(origins: Sequence[Origin], now: Known, names: Sequence[str]) -> dict[str, tuple[Rehearsal, ...]]:
    """Rehearsals under the calendar of each origin, or without where there was none; nothing if nowhere was one."""
    known = [replace(now, as_of=origin.start, histories=origin.histories) for origin in origins]
    found = iter(side_by_side([partial(learn_calendar, then, BY_NAME[name]) for name in names for then in known]))
    learned = {name: tuple(islice(found, len(known))) for name in names}
    return _tried(
        origins,
        {
            name + UNDER_CALENDAR: (BY_NAME[name], calendars)
            for name, calendars in learned.items()
            if any(calendar is not None for calendar in calendars)
        },
    )


def _tried(
    origins: Sequence[Origin], models: Mapping[str, tuple[PurchaseModel, Sequence[Learned | None]]]
) -> dict[str, tuple[Rehearsal, ...]]:
    """Each model's rehearsals at the origins, under the calendar of each if there is one."""
    found = iter(
        side_by_side(
            [
                partial(rehearse, origin, model, learned)
                for model, calendars in models.values()
                for origin, learned in zip(origins, calendars, strict=True)
            ]
        )
    )
    return {name: tuple(islice(found, len(origins))) for name in models}


def _judged(tried: Mapping[str, Sequence[Rehearsal]]) -> dict[str, Judged]:
    """Each model's forecasts from the origins, with the drift that suits it."""
    works = [partial(judge, [each.look for each in rehearsals]) for rehearsals in tried.values()]
    return dict(zip(tried, side_by_side(works), strict=True))


def reason_of(asked: str, judged: Mapping[str, Judged], weights: Mapping[str, float], origins: Sequence[Origin]) -> str:
    """Why these models, in words: what they were compared on, and by how much likelier they made what then happened."""
    if len(judged) == 1:
        return Told.of(ASKED_FOR, model=asked)
    forecast = mixed(judged, weights)
    beside = {name: each.gain_over(forecast) for name, each in judged.items()}
    others = [name for name in sorted(beside, key=lambda name: -beside[name]) if weights.get(name, 0.0) < 1.0]
    alone = {name: BY_IT_ALONE if name in weights else BY_IT for name in others}
    compared = [Told.of(alone[name], likelier=likelier(beside[name]), model=name) for name in others]
    return Told.of(
        "%(chosen)s In an earlier forecast (%(first)s to %(last)s) what each customer then did was %(compared)s.",
        "%(chosen)s In %(count)s earlier forecasts (%(first)s to %(last)s) what each customer then did was "
        "%(compared)s.",
        len(origins),
        count=len(origins),
        chosen=_chosen(asked, weights),
        first=_day(origins[-1].start),
        last=_day(origins[0].end),
        compared=listed(compared, last=COMMA),
    )


def _chosen(asked: str, weights: Mapping[str, float]) -> Told:
    if len(weights) > 1:
        shares = ", ".join(f"{name} {100 * part:.0f} %" for name, part in weights.items())
        chosen = Told.of("The forecast is shared out among %(shares)s.", shares=shares)
    else:
        chosen = Told.of("%(model)s is used.", model=next(iter(weights)))
    if asked == "auto":
        return chosen
    return Told.of("%(asked_for)s %(chosen)s", asked_for=Told.of(ASKED_FOR, model=asked), chosen=chosen)


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"
