"""Who gets what by lot: the same lot for the same name whenever it is drawn, and another one in every experiment.

A lot is a hash of seed, experiment and customer, read as a number between 0 and 1. It needs no list of the others, so
customers may come in any order and at any time; no lot says anything about another experiment's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.warehouse.tables import ASSIGNMENTS

HELD_OUT = "held out"
GLOBAL_CONTROL = "global control"
_SEPARATOR = "\x1f"


class InvalidLotteryError(KeepersError):
    """An experiment whose lots cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Lottery:
    """What an experiment draws lots for.

    experiment: its name, part of every lot.
    action: what is done, as the plan calls it.
    held_share: share that is held out; the arms divide the rest.
    arms: each arm with its weight among the treated; one arm named like the action where none is given.
    global_share: share of all customers whom every experiment leaves alone; their lots know no experiment and seed.
    """

    experiment: str
    action: str
    held_share: float
    arms: Mapping[str, float] = field(default_factory=dict)
    global_share: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn.

        Raises:
            InvalidLotteryError: shares outside 0–1, weights that are not above zero, or an arm with a kept name.
        """
        if not (self.experiment and self.action):
            raise InvalidLotteryError("An experiment needs a name and an action; give both.")
        if not 0 < self.held_share < 1 or not 0 <= self.global_share < 1:
            raise InvalidLotteryError(
                f"Shares lie between 0 and 1; held out are {self.held_share}, left alone by all {self.global_share}."
            )
        if bad := [arm for arm, weight in self.arms.items() if not weight > 0 or arm in {HELD_OUT, GLOBAL_CONTROL}]:
            raise InvalidLotteryError(
                f'The arm "{bad[0]}" needs a weight above zero and a name other than "{HELD_OUT}" and '
                f'"{GLOBAL_CONTROL}", which are Keepers\' own.'
            )

    @property
    def shares(self) -> dict[str, float]:
        """Each arm's chance among those whom the experiment may touch, the held-out first."""
        weights = dict(self.arms) or {self.action: 1.0}
        whole = sum(weights.values())
        treated = 1 - self.held_share
        return {HELD_OUT: self.held_share} | {arm: treated * weight / whole for arm, weight in weights.items()}


def assign(
    lottery: Lottery,
    customers: Sequence[str],
    *,
    assigned_at: datetime,
    held_until: date | None = None,
    clusters: Sequence[str] | None = None,
) -> pa.Table:
    """Draw each customer's arm: rows of `assignments`, in the order of the customers.

    Args:
        lottery: what is drawn for.
        customers: whose lots; each once.
        assigned_at: the moment, before anything is sent.
        held_until: last day on which outcomes count.
        clusters: what is drawn as one where people cannot be split (regions, shops, weeks), one name a customer.
            Their lots are ranked and cut at the shares, so that few still divide as asked; all must be given at once.

    Raises:
        InvalidLotteryError: a customer comes twice, or there are fewer clusters than arms.
    """
    if len(set(customers)) != len(customers):
        raise InvalidLotteryError("A customer comes twice in the list; give each customer one row.")
    shares = lottery.shares
    names, chances = list(shares), np.array(list(shares.values()))
    if clusters is None:
        chosen = arms_of(lots(lottery, customers), chances)
    else:
        chosen, chances = _by_cluster(lottery, clusters, chances)
    alone = left_alone(customers, lottery.global_share)
    arms = [GLOBAL_CONTROL if is_alone else names[arm] for is_alone, arm in zip(alone, chosen, strict=True)]
    count = len(customers)
    rows = {
        "experiment": [lottery.experiment] * count,
        "customer_id": list(customers),
        "arm": arms,
        "probability": np.where(alone, lottery.global_share, chances[chosen]),
        "action": [lottery.action] * count,
        "cluster": pa.nulls(count, pa.string()) if clusters is None else list(clusters),
        "seed": [lottery.seed] * count,
        "assigned_at": [assigned_at] * count,
        "held_until": [held_until] * count,
        "cost": pa.nulls(count, pa.float64()),
    }
    return pa.table(rows, schema=ASSIGNMENTS.schema)


def lots(lottery: Lottery, names: Sequence[str]) -> NDArray[np.float64]:
    """(n,) the lot of each name in this experiment, even on 0–1."""
    return _hashed(f"{lottery.seed}{_SEPARATOR}{lottery.experiment}", names)


def lots_named(what: str, names: Sequence[str]) -> NDArray[np.float64]:
    """(n,) the lot of each name in something that is no experiment but has a name of its own."""
    return _hashed(what, names)


def arms_of(drawn: NDArray[np.float64], chances: NDArray[np.float64]) -> NDArray[np.intp]:
    """(n,) index of the arm in which each lot falls.

    Args:
        drawn: (n,) lots.
        chances: (arms,) the same for everybody, or (n, arms) a customer's own; they add up to 1.
    """
    edges = np.cumsum(np.broadcast_to(chances, (len(drawn), chances.shape[-1])), axis=1)[:, :-1]
    passed: NDArray[np.intp] = np.sum(drawn[:, None] >= edges, axis=1)
    return passed


def left_alone(customers: Sequence[str], share: float) -> NDArray[np.bool_]:
    """(n,) who is in the global control group at this share: the same whatever else is drawn."""
    if share == 0:
        return np.zeros(len(customers), dtype=bool)
    return _hashed(GLOBAL_CONTROL, customers) < share


def _by_cluster(
    lottery: Lottery, clusters: Sequence[str], chances: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Each customer's arm by its cluster's, and the arms' true chances: so many clusters of all."""
    known, members = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    counts = _whole_numbers(chances, len(known))
    if (counts == 0).any():
        raise InvalidLotteryError(
            f"{len(known)} clusters cannot fill {len(chances)} arms at these shares; take more clusters or fewer arms."
        )
    order = np.argsort(lots(lottery, known.tolist()), kind="stable")
    arm = np.empty(len(known), dtype=np.intp)
    arm[order] = np.repeat(np.arange(len(chances)), counts)
    return arm[members], counts / len(known)


def _whole_numbers(shares: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """How many of `count` each share gets: rounded down, the rest to the largest remainders."""
    wanted = shares * count
    whole = np.floor(wanted).astype(np.intp)
    whole[np.argsort(whole - wanted, kind="stable")[: count - int(whole.sum())]] += 1
    return whole


def _hashed(salt: str, names: Sequence[str]) -> NDArray[np.float64]:
    start = blake2b(f"{salt}{_SEPARATOR}".encode(), digest_size=8)
    words = np.empty(len(names), dtype=np.uint64)
    for place, name in enumerate(names):
        lot = start.copy()
        lot.update(name.encode())
        words[place] = int.from_bytes(lot.digest(), "big")
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
