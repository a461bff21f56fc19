"""A shop's order files and the command line on a workspace, for the tests of the workspace."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keepers.cli.main import main

BEGIN = date(2023, 1, 1)


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


class Keepers:
    """`keepers` in a workspace of its own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("KEEPERS_HOME", str(home))

    def __call__(self, *arguments: object) -> Said:
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.argv", ["keepers", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        said = self._capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)


def write_orders(
    path: Path, rows: Iterable[tuple[object, ...]], header: str = "order_id,customer_id,order_date,amount"
) -> Path:
    """A CSV of orders."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def history(customers: int = 80, days: int = 500) -> list[tuple[object, ...]]:
    """Orders of customers who buy at their own pace, some of whom stop."""
    generator = np.random.default_rng(5)
    rows: list[tuple[object, ...]] = []
    for customer in range(customers):
        on, stop, pace = int(generator.uniform(0, 250)), generator.exponential(300), generator.gamma(2, 20)
        first = on
        while on < min(days, first + stop) or on == first:
            rows.append(
                (f"O{len(rows)}", f"C{customer:03}", BEGIN + timedelta(days=on), f"{generator.gamma(3, 12) + 1:.2f}")
            )
            on += 1 + int(generator.exponential(pace))
    return rows
