"""How many to hold out: enough to see the gain that matters, and no more, because holding out costs that gain."""

from dataclasses import dataclass
from math import ceil, sqrt

from scipy.stats import norm

from keepers.core.errors import KeepersError
from keepers.experiments.intervals import LEVEL, width

POWER = 0.80
LEAST_HELD, MOST_HELD = 0.02, 0.5


class NoSizeError(KeepersError):
    """A size that cannot be told."""


@dataclass(frozen=True, slots=True)
class Size:
    """What to hold out, and what that can show.

    held_share: proposed share; the most that is allowed where even that is too little.
    detectable_gain: smallest gain per customer that this many people show with `POWER` [money].
    people_needed: people, both arms together, that would show the gain asked for at that share.
    is_enough: whether those at hand do.
    """

    people: int
    held_share: float
    detectable_gain: float
    people_needed: int
    is_enough: bool

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "people": self.people,
            "held_share": self.held_share,
            "detectable_gain": self.detectable_gain,
            "people_needed": self.people_needed,
            "is_enough": self.is_enough,
        }


def propose(people: int, spread: float, gain: float, *, arms: int = 1, level: float = LEVEL) -> Size:
    """The smallest share to hold out that shows a gain worth having in every arm, under looks at any time.

    Args:
        people: who could take part, all arms together.
        spread: standard deviation of a customer's outcome within the window, after what was known before [money].
        gain: the smallest gain per customer worth knowing of [money].
        arms: arms beside the held-out; they divide the treated evenly and share the chance of an error.
        level: share of experiments whose intervals hold at all looks together, for all arms.

    Raises:
        NoSizeError: nobody, no spread, or no gain.
    """
    if people < 2 or not spread > 0 or not gain > 0:
        raise NoSizeError("A size needs at least two people, a spread and a gain above zero.")
    wanted = (gain / spread / _errors(arms, level)) ** 2 * people  # 1/h + arms/(1 − h) may be at most this
    share = _smallest_share(wanted, arms)
    held = MOST_HELD if share is None else max(share, LEAST_HELD)
    return Size(
        people=people,
        held_share=held,
        detectable_gain=detectable_gain(people, spread, held, arms=arms, level=level),
        people_needed=people_needed(spread, gain, held, arms=arms, level=level),
        is_enough=share is not None,
    )


def detectable_gain(people: int, spread: float, held_share: float, *, arms: int = 1, level: float = LEVEL) -> float:
    """The smallest gain per customer that an experiment of this size shows with `POWER` [money]."""
    return _errors(arms, level) * spread * sqrt(_inverse(held_share, arms) / people)


def people_needed(spread: float, gain: float, held_share: float, *, arms: int = 1, level: float = LEVEL) -> int:
    """How many people, all arms together, show a gain per customer with `POWER`."""
    return ceil((_errors(arms, level) * spread / gain) ** 2 * _inverse(held_share, arms))


def more_people(people: int, standard_error: float, gain: float, *, level: float = LEVEL) -> int:
    """How many more people, divided as before, show a gain per customer with `POWER`; 0 where those at hand do."""
    return max(ceil(people * ((_errors(1, level) * standard_error / gain) ** 2 - 1)), 0)


def _errors(arms: int, level: float) -> float:
    """How many standard errors a gain must be: the interval's half and the luck that `POWER` must outlast."""
    return width(1.0, level=1 - (1 - level) / arms) + float(norm.ppf(POWER))


def _inverse(held: float, arms: int) -> float:
    return 1 / held + arms / (1 - held)


def _smallest_share(most: float, arms: int) -> float | None:
    """The smallest h ≤ `MOST_HELD` with 1/h + arms/(1 − h) ≤ most; None where there is none."""
    middle = most + 1 - arms
    root = middle**2 - 4 * most
    if most <= 0 or root < 0:
        return None
    share = (middle - sqrt(root)) / (2 * most)
    return share if 0 < share <= MOST_HELD else None
