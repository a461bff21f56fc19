"""The jobs of imports of people: contacts of another system checked, brought in, and taken back, memory included."""

import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.app_database import AppDatabase, app_on
from bench.bases import CACHE
from bench.rows import Bar, Row
from bench.timing import Timing, timed_command

RATE = 5_000  # rows a second
TOWNS, DOMAINS = 500, 977


def people_rows(*, quick: bool, on_postgresql: bool = False) -> Iterator[Row]:
    """One export of contacts, through the command line as anybody would; taken back in the end."""
    rows = 20_000 if quick else 1_000_000
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        path = _written(Path(folder) / "contacts.csv", rows)
        database = app_on(Path(folder) / "home", on_postgresql=on_postgresql)
        for row in _rows(
            path, rows, database, bar=None if quick else Bar(f"≥ {RATE:,} rows/s", most_wall_s=rows / RATE)
        ):
            yield replace(row, name=f"{row.name}{database.told}")


def _rows(path: Path, rows: int, database: AppDatabase, bar: Bar | None) -> Iterator[Row]:
    keepers = [sys.executable, "-c", "from keepers.cli.main import main; main()", "import-people", "--json"]

    def told(*options: str) -> Timing:
        return database.with_its_own(lambda: timed_command([*keepers, *options], repeats=1, warm=False))

    yield Row(f"check {rows:,} contacts: e-mail, two telephones, address", told(str(path), "--dry-run"), bar=bar)
    timing = told(str(path))
    note = f"{rows / timing.wall_s:,.0f} rows/s, check and words for search included"
    yield Row(f"import {rows:,} contacts: e-mail, two telephones, address", timing, bar=bar, note=note)
    moved = _written(path.with_name("moved.csv"), rows // 5, street="High St")
    as_quick = bar and replace(bar, most_wall_s=rows // 5 / RATE)
    yield Row(f"bring {rows // 5:,} of them up to date: another street", told(str(moved)), bar=as_quick)
    yield Row(f"undo what {rows // 5:,} of them were brought up to date with", told("--undo", "3"))
    yield Row(f"undo the import of {rows:,} contacts", told("--undo", "2"), bar=bar)


def _written(path: Path, rows: int, *, street: str = "Main St") -> Path:
    chosen = random.Random(5)
    with path.open("w", encoding="utf-8") as file:
        file.write("Contact ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Street Address,City,")
        file.write("Postal Code,Country,Lead Source\n")
        for number in range(rows):
            phone = f"({chosen.choice((212, 415, 305, 617))}) {chosen.randint(222, 899)}-{chosen.randint(1000, 9999)}"
            mobile = "" if number % 3 else f"+49 30 {chosen.randint(1_000_000, 9_999_999)}"
            file.write(
                f"C{number:07d},Ada,Novak{number % 9973},p{number}@mail{number % DOMAINS}.com,{phone},{mobile},"
                f"{number % 999} {street},Town {number % TOWNS},{10_000 + number % 89_999},US,Fair\n"
            )
    return path
