"""Read the terms of a plan: the shipped defaults, and over them what a costs file says."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepers.decisions.terms.effects import Multiplier
from keepers.decisions.terms.terms import (
    LEVELS,
    RESOURCES,
    InvalidTermsError,
    Level,
    Mailing,
    Offer,
    Promotion,
    Remedy,
    Terms,
    Trial,
    check_terms,
)

_COSTS = frozenset({"cost", "cost_to_serve", "cost_of_an_hour"})
_HINT = "See the chapter Plan of the guide, or start from the shipped defaults: keepers plan --show-costs"


def read_terms(
    path: Path | None, *, usual_order_value: float, currency: str | None = None, caps: Mapping[str, float] | None = None
) -> Terms:
    """The terms of a plan.

    Args:
        path: a TOML file as `defaults.toml`, with costs in money; None: the defaults alone.
        usual_order_value: what the defaults' costs are shares of [money].
        currency: of the values; None where it is not known.
        caps: limits given beside the file; they count before the file's.

    Raises:
        InvalidTermsError: the file cannot be read, names what nobody knows, or is in another currency.
    """
    defaults = tomllib.loads(shipped_defaults())
    given = {} if path is None else _read(path)
    if unknown := sorted(_unknown(given, _known(defaults), "")):
        raise InvalidTermsError(f"{path} names {unknown[0]}, which no plan knows. {_HINT}")
    if currency and given.get("currency") not in {None, "", currency}:
        raise InvalidTermsError(
            f"{path} is in {given['currency']}, the values are in {currency}. Write the costs in {currency}, or value "
            f"again with --currency {given['currency']}."
        )
    merged = _over(_in_money(defaults, usual_order_value), given)
    try:
        limits = {**given.get("caps", {}), **{name: cap for name, cap in (caps or {}).items() if cap is not None}}
        return check_terms(_terms(merged, limits, tuple(sorted(_leaves(given, "")))))
    except (TypeError, AttributeError, ValueError) as error:
        raise InvalidTermsError(f"{path} has something where a number or a table belongs: {error}. {_HINT}") from error


def usual_order(values: pa.Table) -> float:
    """The median customer's `mean_order_value` [money]; nan where nobody paid anything."""
    paid = values["mean_order_value"].filter(pc.greater(values["mean_order_value"], 0))
    return float(np.median(paid.to_numpy())) if len(paid) else nan


def shipped_defaults() -> str:
    """The text of `defaults.toml`."""
    return files("keepers.decisions.terms").joinpath("defaults.toml").read_text(encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidTermsError(f"{path} cannot be read: {error.strerror}. Pass a TOML file with --costs.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidTermsError(f"{path} is not TOML: {error}. {_HINT}") from error


def _known(defaults: Mapping[str, Any]) -> dict[str, Any]:
    level = {"cost": 0, "hours": 0, "calls": 0, "visits": 0, "orders": None, "leaving": None}
    remedy = {"action": "", "cost": 0, "orders": None, "leaving": None, "saves": 0, "once_only": False}
    remedies = dict.fromkeys(defaults["remedies"], remedy)
    return {
        **defaults,
        "levels": dict.fromkeys(LEVELS, level),
        "remedies": remedies,
        "caps": dict.fromkeys(RESOURCES, 0),
        "currency": "",
    }


def _unknown(given: Mapping[str, Any], known: Mapping[str, Any], within: str) -> Iterator[str]:
    effect = {"mean": 0, "low": 0, "high": 0, "evidence": ""}
    for name, value in given.items():
        if name not in known:
            yield within + name
        elif isinstance(value, dict):
            below = known[name] if isinstance(known[name], dict) and "mean" not in known[name] else effect
            yield from _unknown(value, below, f"{within}{name}.")


def _in_money(defaults: Mapping[str, Any], usual: float) -> dict[str, Any]:
    return {
        name: _in_money(value, usual) if isinstance(value, dict) else value * usual if name in _COSTS else value
        for name, value in defaults.items()
    }


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both together; where both have a value the one above counts, and an effect counts as a whole."""
    merged = dict(below)
    for name, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict) and "mean" not in value
        merged[name] = _over(merged[name], value) if both else value
    return merged


def _leaves(given: Mapping[str, Any], within: str) -> Iterator[str]:
    for name, value in given.items():
        if isinstance(value, dict) and "mean" not in value:
            yield from _leaves(value, f"{within}{name}.")
        else:
            yield within + name


def _terms(told: Mapping[str, Any], caps: Mapping[str, float], given: tuple[str, ...]) -> Terms:
    mailing, offer, now = told["mailing"], told["offer"], told["now"]
    if now["level"] not in LEVELS:
        raise InvalidTermsError(f'now.level is "{now["level"]}"; the levels are {", ".join(LEVELS)}.')
    return Terms(
        levels=tuple(_level(name, told["levels"][name]) for name in LEVELS),
        mailing=Mailing(
            cost=float(mailing["cost"]),
            choices=tuple(int(count) for count in mailing["choices"]),
            most=Multiplier(**mailing["most"]),
            half=float(mailing["half"]),
        ),
        offer=Offer(float(offer["cost"]), float(offer["hours"]), Multiplier(**offer["returns"])),
        remedies=tuple(_remedy(remedy) for remedy in told["remedies"].values()),
        cost_to_serve=float(told["cost_to_serve"]),
        cost_of_an_hour=float(told["cost_of_an_hour"]),
        now_level=now["level"],
        now_mailings=int(now["mailings"]),
        exploration=float(told["exploration"]),
        trial=Trial(float(told["trial"]["share"]), int(told["trial"]["weeks"])),
        caps={name: float(cap) for name, cap in caps.items()},
        given=given,
        promotion=_promotion(told["promotion"]),
    )


def _promotion(told: Mapping[str, Any]) -> Promotion:
    buys, elasticity = (Multiplier(**told[effect]) for effect in ("buys", "elasticity"))
    return Promotion(float(told["cost"]), float(told["discount"]), buys, elasticity)


def _remedy(told: Mapping[str, Any]) -> Remedy:
    orders, leaving = (Multiplier(**told.get(effect, {})) for effect in ("orders", "leaving"))
    cost, saves = (float(told.get(amount, 0.0)) for amount in ("cost", "saves"))
    return Remedy(str(told["action"]), cost, orders, leaving, saves, bool(told.get("once_only", False)))


def _level(name: str, told: Mapping[str, Any]) -> Level:
    cost, hours, calls, visits = (float(told.get(amount, 0.0)) for amount in ("cost", "hours", "calls", "visits"))
    orders, leaving = (Multiplier(**told.get(effect, {})) for effect in ("orders", "leaving"))
    return Level(name, cost, hours, calls, visits, orders, leaving)
