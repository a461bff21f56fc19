"""CDNOW's histories from the files of the `lifetimes` package, as the published figures count them.

Calibration is 1997-01-01 to 1997-09-30, times are in weeks (days ÷ 7), several rows of a customer on one day are one
occasion, and spend is the mean of the repeat occasions.
"""

import importlib.util
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CALIBRATION_END = date(1997, 9, 30)


@dataclass(frozen=True)
class Summary:
    customer: NDArray[np.int64]
    repeat_orders: NDArray[np.int64]
    age_at_last_order: NDArray[np.float64]
    age: NDArray[np.float64]
    mean_repeat_value: NDArray[np.float64]
    mean_order_value: NDArray[np.float64]
    sum_log_gaps: NDArray[np.float64]


@cache
def sample() -> Summary:
    """The 1/10 systematic sample of the papers: 2,357 customers."""
    return _summary(_rows("CDNOW_sample.txt", customer=1, day=2, value=4))


@cache
def master() -> Summary:
    """All 23,570 customers."""
    return _summary(_rows("CDNOW_master.txt", customer=0, day=1, value=3))


def _rows(name: str, *, customer: int, day: int, value: int) -> list[tuple[int, date, float]]:
    package = importlib.util.find_spec("lifetimes")
    assert package is not None
    assert package.submodule_search_locations
    lines = (Path(package.submodule_search_locations[0]) / "datasets" / name).read_text(encoding="utf-8").splitlines()
    fields = [line.split() for line in lines if line.strip() and line.split()[0].isdigit()]
    return [(int(row[customer]), date.fromisoformat(row[day]), float(row[value])) for row in fields]


def _summary(rows: list[tuple[int, date, float]]) -> Summary:
    days: dict[int, dict[date, float]] = {}
    for customer, day, value in rows:
        if day <= CALIBRATION_END:
            mine = days.setdefault(customer, {})
            mine[day] = mine.get(day, 0.0) + value
    histories = [_history(customer, days[customer]) for customer in sorted(days)]
    columns = [np.array(column) for column in zip(*histories, strict=True)]
    return Summary(*columns)


def _history(customer: int, days: dict[date, float]) -> tuple[int, int, float, float, float, float, float]:
    when = sorted(days)
    values = np.array([days[day] for day in when])
    gaps = np.diff([day.toordinal() for day in when]) / 7
    return (
        customer,
        len(when) - 1,
        (when[-1] - when[0]).days / 7,
        (CALIBRATION_END - when[0]).days / 7,
        float(values[1:].mean()) if len(when) > 1 else 0.0,
        float(values.mean()),
        float(np.log(gaps).sum()),
    )
