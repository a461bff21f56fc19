"""How well duplicates are found on sets whose truth is known: `python -m bench --only duplicates --data FOLDER`."""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from time import process_time

import pyarrow as pa
from rich.console import Console

PAGE = Path(__file__).parent / "DUPLICATES.md"
HEAD = f"| Base | People | Pairs that are one | Found | Precision | Recall | F1 | CPU [s] |\n{8 * '|---'}|\n"
INTRODUCTION = """# Duplicates

`python -m bench --only duplicates --data FOLDER` writes this page. Usual settings; groups of pairs that are one with
at least 0.5. Febrl's sets have names, address, day of birth and a number; fake_1000 has names, e-mail, day of birth
and city, with many mistakes and gaps."""
Person = Mapping[str, str | None]


def find_duplicates(folder: Path | None) -> None:
    """Write DUPLICATES.md: pairs within the groups that the usual settings find, against the truth."""
    if folder is None:
        raise SystemExit("Name the folder that holds febrl/ and splink_datasets/: --data FOLDER.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepers.web.settings")
    import django

    django.setup()
    rows = [_row(name, people, truth) for name, people, truth in _bases(folder)]
    PAGE.write_text(f"{INTRODUCTION}\n\n{HEAD}{''.join(rows)}", encoding="utf-8")
    Console().print(PAGE.read_text(encoding="utf-8"), highlight=False)


def _row(name: str, people: pa.Table, truth: Sequence[str]) -> str:
    from keepers.crm.customers.duplicates.finding import WORTH_A_LOOK
    from keepers.crm.customers.duplicates.matching import groups_of, pairs_among

    began = process_time()
    groups = groups_of(pairs_among(people, least=WORTH_A_LOOK), least=WORTH_A_LOOK)
    spent = process_time() - began
    found = [truth[one] == truth[other] for group in groups for one, other in combinations(group, 2)]
    there = sum(count * (count - 1) // 2 for count in Counter(truth).values())
    precision, recall = sum(found) / max(len(found), 1), sum(found) / there
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    figures = f"{precision:.3f} | {recall:.3f} | {f1:.3f} | {spent:.1f}"
    return f"| {name} | {people.num_rows:,} | {there:,} | {len(found):,} | {figures} |\n"


def _bases(folder: Path) -> Iterator[tuple[str, pa.Table, list[str]]]:
    for name in ("dataset1", "dataset3"):
        rows = _read(folder / "febrl" / f"{name}.csv")
        people = [
            {
                "first": row["given_name"],
                "last": row["surname"],
                "street": f"{row['street_number']} {row['address_1']}".strip(),
                "city": row["suburb"],
                "postal_code": row["postcode"],
                "born": row["date_of_birth"],
                "number": row["soc_sec_id"],
            }
            for row in rows
        ]
        yield f"febrl {name}", _table(people), [row["rec_id"].split("-")[1] for row in rows]
    rows = _read(folder / "splink_datasets" / "fake_1000.csv")
    people = [
        {
            "first": row["first_name"],
            "last": row["surname"],
            "email": row["email"],
            "city": row["city"],
            "born": row["dob"].replace("-", ""),
        }
        for row in rows
    ]
    yield "splink fake_1000", _table(people), [row["cluster"] for row in rows]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key.strip(): (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]


def _table(people: Sequence[Person]) -> pa.Table:
    from keepers.crm.customers.duplicates.matching import FIELDS, KEY

    schema = pa.schema([(KEY, pa.int64()), *((name, pa.string()) for name in FIELDS)])
    told = [
        {KEY: number, **{name: value.lower() or None for name, value in person.items() if value is not None}}
        for number, person in enumerate(people)
    ]
    return pa.Table.from_pylist(told, schema=schema)
