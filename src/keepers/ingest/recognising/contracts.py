"""Which header of a table of contracts is which column: by its name and by what its cells hold."""

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise

import polars as pl

from keepers.core.errors import KeepersError
from keepers.ingest.cells.contracts import reads_as_left, reads_as_period, says_open
from keepers.ingest.recognising.recognition import Look, look_at
from keepers.ingest.recognising.vocabulary import name_score as order_name_score
from keepers.ingest.recognising.vocabulary import plain, words_of
from keepers.ingest.report import ASKED, ChosenColumn

SURE_ENOUGH = 0.5
_TIERS = {"sure": 1.0, "likely": 0.85, "perhaps": 0.7}
_DATES = ("started_on", "ended_on")
_NUMBERS = ("tenure", "amount", "total_amount")
_ALIASES = {
    "external_id": "customer_id",
    "start": "started_on",
    "start_date": "started_on",
    "end": "ended_on",
    "end_date": "ended_on",
    "churn": "churned",
    "revenue": "amount",
    "plan": "product",
}
_MOSTLY = 0.8
_ENOUGH, _EACH_ONCE, _FEW = 20, 0.9, 0.1


class UnknownContractColumnsError(KeepersError):
    """The columns that contracts need were not found, or `--map` names one that is not there."""


def _read_names() -> Mapping[str, Mapping[str, float]]:
    written = tomllib.loads(
        files("keepers.ingest.recognising").joinpath("contract_names.toml").read_text(encoding="utf-8")
    )
    return {
        column: {plain(name): score for tier, score in reversed(_TIERS.items()) for name in tiers.get(tier, "").split()}
        for column, tiers in written.items()
    }


_SCORES = _read_names()
COLUMNS = tuple(_SCORES)


def choose_columns(sample: pl.DataFrame, asked: Mapping[str, str], file: str) -> tuple[ChosenColumn, ...]:
    """The columns of a table of contracts: those asked for, then the best pairs of name and header.

    Raises:
        UnknownContractColumnsError: the mapping asks for what is not there; or no customer is found, or neither dates
            nor a tenure with whether they left.
    """
    looks = look_at(sample)
    chosen = [_asked(column, header, looks) for column, header in asked.items()]
    taken = {choice.header for choice in chosen}
    filled = {choice.column for choice in chosen}
    pairs = sorted(
        (
            (_score(column, header, looks[header], sample[header]), -position, column, header)
            for position, header in enumerate(looks)
            for column in COLUMNS
        ),
        reverse=True,
    )
    for score, _, column, header in pairs:
        if score >= SURE_ENOUGH and header not in taken and column not in filled:
            why = f'"{header}" is a name for {column}; {_told(column, looks[header])}'
            chosen.append(ChosenColumn(column, header, round(score, 2), why))
            taken.add(header)
            filled.add(column)
    chosen += _dates_by_content(looks, sample, taken, filled)
    return _needed(chosen, looks, file)


def is_contract_table(sample: pl.DataFrame) -> bool:
    """Whether a table says by the names of its columns when each row began and when it ended."""
    named = {
        column: [h for h, look in look_at(sample).items() if _score(column, h, look, sample[h]) > _MOSTLY]
        for column in _DATES
    }
    return all(named.values()) and named["started_on"] != named["ended_on"]


def is_rather_contracts(sample: pl.DataFrame) -> bool:
    """Whether a table that might do for orders is one of contracts: hardly a customer twice, some of them still there.

    Orders have a second date now and then, but customers come again, and a stay that ended leaves no date open.
    """
    try:
        headers = {choice.column: choice.header for choice in choose_columns(sample, {}, "")}
    except UnknownContractColumnsError:
        return False
    if not {"started_on", "ended_on"} <= headers.keys() or sample.height < _ENOUGH:
        return False
    customers = sample[headers["customer_id"]].drop_nulls()
    still_there = float(says_open(sample[headers["ended_on"]]).cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
    return customers.n_unique() >= _EACH_ONCE * sample.height and _FEW < still_there < 1.0


def _asked(column: str, header: str, looks: Mapping[str, Look]) -> ChosenColumn:
    column = _ALIASES.get(column, column)
    if column not in COLUMNS:
        raise UnknownContractColumnsError(
            f'--map knows no column "{column}" of contracts. It knows: {", ".join(COLUMNS)}.'
        )
    same = [name for name in looks if name == header] or [n for n in looks if n.casefold() == header.casefold()]
    if not same:
        raise UnknownContractColumnsError(
            f'--map {column}={header}: there is no header "{header}". There are: {", ".join(looks)}.'
        )
    return ChosenColumn(column, same[0], 1.0, ASKED)


def _score(column: str, header: str, look: Look, cells: pl.Series) -> float:
    name = _name_score(column, header)
    return name * _fits(column, look, cells) if name else 0.0


def _name_score(column: str, header: str) -> float:
    known = _SCORES[column]
    exact = known.get(plain(header), 0.0)
    if column == "customer_id":
        exact = max(exact * 0.9, order_name_score(column, header))
    if exact:
        return exact
    words = words_of(header)
    pairs = {first + second for first, second in pairwise(words)}
    in_pairs = max((known.get(pair, 0.0) for pair in pairs), default=0.0) * 0.9
    in_words = max((known.get(word, 0.0) for word in words), default=0.0) * 0.65
    return max(in_pairs, in_words)


def _fits(column: str, look: Look, cells: pl.Series) -> float:
    """How well the cells suit the column, 0 to 1."""
    if column in _DATES:
        if not look.filled or says_open(cells).all():
            return 0.9 if column == "ended_on" else 0.2  # nobody left yet
        dates = max(look.dates, look.counted if look.counted > _MOSTLY else 0.0)
        return 0.6 + 0.4 * dates if dates else 0.0
    if column in _NUMBERS:
        return 0.6 + 0.4 * look.numbers if look.numbers > 0.5 and look.dates < 0.5 else 0.0
    if column == "churned":
        return 1.0 if reads_as_left(cells) > _MOSTLY else 0.0
    if column == "period":
        return 1.0 if reads_as_period(cells) > _MOSTLY else 0.0
    if column == "customer_id":
        return 0.4 if look.dates > _MOSTLY and look.whole < _MOSTLY else 1.0
    return 1.0 if look.filled else 0.2


def _told(column: str, look: Look) -> str:
    return look.kind if column == "customer_id" else look.in_words


def _dates_by_content(
    looks: Mapping[str, Look], sample: pl.DataFrame, taken: set[str], filled: set[str]
) -> list[ChosenColumn]:
    """Where no name told and just enough columns of dates are left: the start is the fuller one, else the first."""
    wanted = [column for column in _DATES if column not in filled]
    if "tenure" in filled or not wanted:
        return []
    left = [h for h in looks if h not in taken and looks[h].dates > _MOSTLY and looks[h].filled]
    if len(left) != len(wanted):
        return []
    by_fill = sorted(left, key=lambda h: (-looks[h].filled, sample.columns.index(h)))
    return [
        ChosenColumn(column, header, 0.5, f"the only column left that looks like it: {looks[header].in_words}")
        for column, header in zip(wanted, by_fill, strict=True)
    ]


def _needed(chosen: list[ChosenColumn], looks: Mapping[str, Look], file: str) -> tuple[ChosenColumn, ...]:
    have = {choice.column for choice in chosen}
    if {"started_on", "ended_on"} <= have:
        dropped = () if any(c.column == "tenure" and c.by_hand for c in chosen) else ("tenure", "churned")
        chosen = [choice for choice in chosen if choice.column not in dropped]
        have -= set(dropped)
    dated, counted = {"started_on", "ended_on"} <= have, {"tenure", "churned"} <= have
    if counted and not dated:  # a start alone does not say when they left
        chosen = [choice for choice in chosen if choice.column not in _DATES]
    missing = [] if "customer_id" in have else ["customer_id"]
    if not dated and not counted:
        missing += [c for c in (("tenure", "churned") if "tenure" in have else _DATES) if c not in have]
    if not missing:
        return tuple(chosen)
    words = {
        "customer_id": "the customer",
        "started_on": "the start of a contract",
        "ended_on": "its end",
        "tenure": "how long somebody has been a customer",
        "churned": "whether they left",
    }
    seen = "; ".join(f"{header} ({look.in_words})" for header, look in list(looks.items())[:30])
    flags = " ".join(f"--map {column}=HEADER" for column in missing)
    raise UnknownContractColumnsError(
        f"{file} shows no column for {' and '.join(words[column] for column in missing)}. Its headers are: {seen}. "
        f"Contracts need a customer with a start and an end (empty while they run), or with tenure and churned. "
        f"If they are there, pass {flags}."
    )


def amount_is_per(header: str) -> str:
    """What an amount is for, as its header says: a month, a year, or the contract's own period."""
    name = " ".join(words_of(header))
    if re.search(r"month|monat|mensu|mrr|mese", name):
        return "month"
    if re.search(r"annual|year|jahr|annuel|anual|^arr$|^acv$", name):
        return "year"
    return "period"
