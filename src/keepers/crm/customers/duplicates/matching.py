"""How likely two customers are one, and why: the model of Fellegi and Sunter (1969), learned from the base by splink.

Whatever a base knows of people is compared: names (also the wrong way round), e-mail, phone, street, city, postal
code, day of birth, and a number that is nobody else's. What most do not have is left out. Pairs are looked at when two
of these are equal, or one that is rare; small bases look at more.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

KEY = "id"
FIELDS = ("first", "last", "email", "phone", "street", "city", "postal_code", "born", "number")
"""Columns of a table of people beside its `KEY`; texts in small letters, null where nothing is known."""
LEAST_KNOWN = 0.02  # share of the people who have a field, below which it is not compared
LEAST_SPEAKING = 2
SMALL = 6_000  # people among whom one equal field is enough to look
RANDOM_PAIRS = 1_000_000
SEED = 20_261_122
_PAIRED = (
    ("first", "last"),
    ("last", "born"),
    ("first", "born"),
    ("number",),
    ("email",),
    ("phone",),
    ("last", "postal_code"),
    ("first", "postal_code"),
    ("street", "postal_code"),
    ("born", "postal_code"),
    ("street", "city"),
    ("born", "city"),
    ("first", "street"),
    ("last", "street"),
    ("last", "city"),
    ("first", "city"),
)
_ALONE = (("born",), ("last",), ("first",), ("street",), ("postal_code",))
_SURE = (("number",), ("email",), ("phone",), ("first", "last"), ("last", "born"))
_LEARNED_ON = (("first", "last"), ("born",), ("last", "postal_code"), ("street",), ("email",), ("last", "city"))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two people who may be one.

    reasons: field → 2 the same, 1 alike, 0 different; fields that one of them lacks are not there
    """

    one: int
    other: int
    probability: float
    reasons: dict[str, int]


def pairs_among(people: pa.Table, *, least: float) -> list[Likeness]:
    """Pairs that are one person with at least this probability, the likeliest first.

    Args:
        people: `KEY` and `FIELDS`.
        least: the probability from which a pair is told.
    """
    fields = _known(people)
    if people.num_rows < 2 or not fields:
        return []
    import splink  # noqa: F401 - it takes a second, and lets its own words speak when it is first loaded

    with _quiet():
        found = list(_predicted(people.select([KEY, *fields]), fields, least))
    return sorted(found, key=lambda pair: (-pair.probability, pair.one, pair.other))


def groups_of(pairs: Sequence[Likeness], *, least: float) -> list[list[int]]:
    """People that hang together by pairs of at least this probability, each group and all of them in order."""
    leader: dict[int, int] = {}

    def lead(person: int) -> int:
        while leader.setdefault(person, person) != person:
            leader[person] = leader[leader[person]]
            person = leader[person]
        return person

    for pair in pairs:
        if pair.probability >= least:
            one, other = sorted((lead(pair.one), lead(pair.other)))
            leader[other] = one
    groups: dict[int, list[int]] = {}
    for person in sorted(leader):
        groups.setdefault(lead(person), []).append(person)
    return [group for group in groups.values() if len(group) > 1]


def _known(people: pa.Table) -> list[str]:
    """Fields that enough people have."""
    least = max(LEAST_KNOWN * people.num_rows, 2)
    return [name for name in FIELDS if people.num_rows - people[name].null_count >= least]


def _predicted(people: pa.Table, fields: Sequence[str], least: float) -> Iterator[Likeness]:
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rules = _rules(fields, people.num_rows)
    crossed = ['l."first" = r."last" AND l."last" = r."first"'] if {"first", "last"} <= set(fields) else []
    begun = ["substr(l.email, 1, 6) = substr(r.email, 1, 6)"] if "email" in fields else []
    looked_at: list[Any] = [*(block_on(*rule) for rule in rules), *crossed, *begun]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=KEY,
        comparisons=_comparisons(fields),
        blocking_rules_to_generate_predictions=looked_at,
        retain_intermediate_calculation_columns=True,
    )
    api = DuckDBAPI()
    linker = Linker(api.register(people), settings)
    sure: list[Any] = [block_on(*rule) for rule in _SURE if set(rule) <= set(fields)] or [block_on(*rules[0])]
    learned = linker._settings_obj
    prior = learned._probability_two_random_records_match
    with suppress(ValueError):  # of a handful nearly all are one: the prior stays as it is
        linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    if not learned._probability_two_random_records_match:  # none is sure: splink takes no logarithm of 0
        learned._probability_two_random_records_match = prior
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for rule in _LEARNED_ON:
        if set(rule) < set(fields) and _meet(people, rule):
            with suppress(ValueError):  # those who agree on these have nothing else in common: nothing to learn here
                linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    told = linker.inference.predict(threshold_match_probability=least).as_pyarrow_table()  # type: ignore[no-untyped-call]
    return (pair for row in told.to_pylist() if _is_sound(pair := _likeness(row)))


def _rules(fields: Sequence[str], people: int) -> list[tuple[str, ...]]:
    wanted = (*_PAIRED, *_ALONE) if people <= SMALL else _PAIRED
    return [rule for rule in wanted if set(rule) <= set(fields)] or [(name,) for name in fields]


def _meet(people: pa.Table, rule: Sequence[str]) -> bool:
    """Whether any two people agree on all of these, without which there is nothing to learn from."""
    known = people.select(rule).drop_null()
    return bool(known.num_rows > known.group_by(list(rule)).aggregate([]).num_rows)


def _comparisons(fields: Sequence[str]) -> list[Any]:
    import splink.comparison_library as compare

    found: list[Any] = []
    if {"first", "last"} <= set(fields):
        found.append(compare.ForenameSurnameComparison("first", "last", jaro_winkler_thresholds=[0.92, 0.85]))
    else:
        names = [name for name in ("first", "last") if name in fields]
        found += [compare.JaroWinklerAtThresholds(name, [0.92, 0.85]) for name in names]
    one_each: dict[str, Callable[[], Any]] = {
        "email": lambda: compare.EmailComparison("email"),
        "phone": lambda: compare.LevenshteinAtThresholds("phone", [1]),
        "street": lambda: compare.JaroWinklerAtThresholds("street", [0.92, 0.8]),
        "city": lambda: compare.JaroWinklerAtThresholds("city", [0.9]).configure(term_frequency_adjustments=True),
        "postal_code": lambda: compare.LevenshteinAtThresholds("postal_code", [1, 2]),
        "born": lambda: compare.DamerauLevenshteinAtThresholds("born", [1, 2]),
        "number": lambda: compare.DamerauLevenshteinAtThresholds("number", [1, 2]),
    }
    return found + [make() for name, make in one_each.items() if name in fields]


def _is_sound(pair: Likeness) -> bool:
    """Two fields at least speak for it, and no more against it: where there is little to learn, weights run away."""
    speaking = sum(level > 0 for level in pair.reasons.values())
    return speaking >= max(LEAST_SPEAKING, len(pair.reasons) - speaking)


def _likeness(row: dict[str, Any]) -> Likeness:
    one, other = sorted((row[f"{KEY}_l"], row[f"{KEY}_r"]))
    reasons = {}
    for name in FIELDS:
        here, there = row.get(f"{name}_l"), row.get(f"{name}_r")
        if here is not None and there is not None:
            level = row.get(f"gamma_{name}", row.get("gamma_first_last", 0))
            reasons[name] = 2 if here == there else 1 if (level or 0) > 0 else 0
    return Likeness(one, other, row["match_probability"], reasons)


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink's own words are for its developers."""
    log = logging.getLogger("splink")  # its children ask it
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
