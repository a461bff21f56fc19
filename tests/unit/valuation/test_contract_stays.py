"""Rows of contracts become stays, as known on a day."""

from datetime import date

import pyarrow as pa
import pytest

from keepers.core.periods import RenewalPeriod
from keepers.valuation.contracts.base import base_at
from keepers.valuation.contracts.stays import OPEN, Rows, rows_of, stays_at
from keepers.warehouse.contract_rows import CONTRACT_ROWS

EPOCH = date(1970, 1, 1)


def rows(*written: tuple[str, str, str | None, float | None], unit: str = "month") -> Rows:
    table = pa.table(
        {
            "external_id": [row[0] for row in written],
            "started_on": [date.fromisoformat(row[1]) for row in written],
            "ended_on": pa.array(
                [None if row[2] is None else date.fromisoformat(row[2]) for row in written], pa.date32()
            ),
            "amount": pa.array([row[3] for row in written], pa.float64()),
            "amount_per": ["period"] * len(written),
        }
    )
    return rows_of(CONTRACT_ROWS.conform(table), unit=RenewalPeriod(unit), until=date(2024, 1, 1))


def day(written: str) -> int:
    return (date.fromisoformat(written) - EPOCH).days


def test_rows_that_meet_or_overlap_are_one_stay_and_a_gap_begins_another() -> None:
    stays = stays_at(
        rows(
            ("A", "2023-01-01", "2023-01-31", 10), ("A", "2023-02-01", "2023-02-28", 12),
            ("A", "2023-06-01", None, 15), ("B", "2023-01-01", "2023-12-31", 10), ("B", "2023-03-01", "2023-04-01", 5),
        ),
        day("2023-07-01"),
    )  # fmt: skip
    assert stays.customer.tolist() == [0, 0, 1]
    assert stays.ended.tolist() == [day("2023-02-28"), OPEN, OPEN]
    assert stays.latest.tolist() == [False, True, True]
    assert stays.paid.tolist() == [12.0, 15.0, 10.0]
    assert stays.came_back == 1
    assert stays.merged_rows == 2


def test_contracts_that_run_beside_each_other_pay_together() -> None:
    stays = stays_at(rows(("A", "2023-01-01", None, 10), ("A", "2023-03-01", None, 5)), day("2023-07-01"))
    assert stays.paid.tolist() == [15.0]
    assert stays_at(
        rows(("A", "2023-01-01", None, 10), ("A", "2023-03-01", None, 5)), day("2023-02-01")
    ).paid.tolist() == [10.0]


def test_what_comes_later_is_not_seen() -> None:
    known = rows(("A", "2023-01-01", "2023-05-01", 10), ("B", "2023-06-01", None, 10))
    stays = stays_at(known, day("2023-04-30"))
    assert len(stays) == 1
    assert stays.ended.tolist() == [OPEN]
    assert stays_at(known, day("2023-05-01")).ended.tolist() == [day("2023-05-01")]


@pytest.mark.parametrize(
    ("end", "renewals"),
    [("2023-01-31", 0), ("2023-02-01", 0), ("2023-02-03", 0), ("2023-02-20", 1), ("2023-03-01", 1), ("2023-01-01", 0)],
)
def test_an_end_belongs_to_the_renewal_it_stands_at(end: str, renewals: int) -> None:
    base = base_at(rows(("A", "2023-01-01", end, 10)), day("2023-12-31"))
    assert base.renewals.tolist() == [renewals]
    assert base.segments[0].contracts.ended.tolist() == [True]


def test_an_early_end_counts_only_once_its_renewal_would_have_come() -> None:
    known = rows(("A", "2023-01-01", "2023-03-10", 10), ("B", "2023-01-01", None, 10))
    early, due = (base_at(known, day(written)) for written in ("2023-03-20", "2023-04-01"))
    assert early.running.tolist() == due.running.tolist() == [False, True]
    assert early.segments[0].contracts.ended.tolist() == [False, False]
    assert due.segments[0].contracts.ended.tolist() == [True, False]
    assert early.next_renewal[1] == pytest.approx(12 / 31)
    assert due.next_renewal[1] == 1.0
