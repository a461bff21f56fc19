"""Made-up people, some of them twice as somebody else wrote them down, for the tests of duplicates."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from keepers.crm.customers.duplicates.matching import FIELDS, KEY
from keepers.crm.customers.models import Customer

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
FIRST = ("ada", "bela", "cleo", "dario", "elia", "fay", "gus", "hana", "ivo", "juno", "karel", "lena")
LAST = ("novak", "silva", "weiss", "brandt", "olsen", "kranjc", "urban", "rossi", "zajc", "marin", "holm", "costa")


def person(key: str, **about: Any) -> Customer:
    return Customer.objects.create(key=key, **({"name": "Ada Novak", "email": f"{key}@example.com"} | about))


def thirty_others() -> None:
    """People of whom no two are one."""
    for number in range(30):
        person(f"C{number}", name=f"{FIRST[number % 12]} {LAST[number % 11]}son", email=f"{number}@example.com")


def crowd(seed: int, size: int, twice: int) -> tuple[pa.Table, list[int]]:
    """People, the last of them again with mistakes; and who each is."""
    chance = random.Random(seed)
    people = [
        {
            "first": chance.choice(FIRST),
            "last": f"{chance.choice(LAST)}{chance.choice(LAST)}",
            "email": f"{chance.choice(FIRST)}{number}@example.com",
            "street": f"{chance.randint(1, 200)} {chance.choice(LAST)} street",
            "city": f"{chance.choice(LAST)}burg",
            "postal_code": f"{chance.randint(1000, 9999)}",
            "born": f"{date.fromordinal(chance.randint(710_000, 730_000)):%Y%m%d}",
        }
        for number in range(size)
    ]
    again = [spoiled(people[number], chance) for number in range(twice)]
    rows = [{KEY: number, **row} for number, row in enumerate([*people, *again])]
    schema = pa.schema([(KEY, pa.int64()), *((name, pa.string()) for name in FIELDS)])
    return pa.Table.from_pylist(rows, schema=schema), [*range(size), *range(twice)]


def spoiled(row: dict[str, str], chance: random.Random) -> dict[str, Any]:
    """The same person, as somebody else wrote them down."""
    worse: dict[str, Any] = dict(row)
    for name in chance.sample(sorted(row), 2):
        text = row[name]
        at = chance.randrange(len(text) - 1)
        worse[name] = chance.choice(
            [None, text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + text[at + 1 :]]
        )
    if chance.random() < 0.1:
        worse["first"], worse["last"] = worse["last"], worse["first"]
    return worse
