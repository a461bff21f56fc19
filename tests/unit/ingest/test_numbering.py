from pathlib import Path

import polars as pl
import pytest

from keepers.ingest.passes.numbering import number_lines


def numbered(folder: Path, orders: list[int], rows: list[int], *, drop: bool, at_once: int = 1_000) -> list[int]:
    keys = []
    for number, (start, end) in enumerate([(0, 3), (3, len(orders))]):
        part = pl.DataFrame(
            {"order": orders[start:end], "row": rows[start:end]}, schema={"order": pl.UInt64, "row": pl.UInt64}
        )
        path = folder / f"keys-{number}.arrow"
        part.write_ipc(path)
        keys.append(path)
    return number_lines(keys, rows=len(orders), drop_repeats=drop, into=folder, rows_at_once=at_once).tolist()


def test_lines_are_numbered_by_content_and_repeats_are_negative(tmp_path: Path) -> None:
    assert numbered(tmp_path, [1, 2, 1, 1], [30, 10, 20, 30], drop=False) == [2, 1, 1, -3]


def test_repeats_that_go_take_no_number(tmp_path: Path) -> None:
    numbers = numbered(tmp_path, [1, 1, 1, 1], [10, 10, 20, 20], drop=True)
    assert [number for number in numbers if number > 0] == [1, 2]


@pytest.mark.parametrize("at_once", [1, 2, 3, 1_000])
def test_a_share_at_a_time_gives_the_same_numbers(tmp_path: Path, at_once: int) -> None:
    orders, rows = [5, 6, 7, 5, 6, 5, 9], [1, 2, 3, 1, 1, 0, 4]
    assert numbered(tmp_path, orders, rows, drop=False, at_once=at_once) == [2, 2, 1, -3, 1, 1, 1]


def test_orders_of_one_line_each_need_no_sorting(tmp_path: Path) -> None:
    assert numbered(tmp_path, [3, 1, 2, 9], [5, 5, 5, 5], drop=True) == [1, 1, 1, 1]
    assert not (tmp_path / "numbers.tmp").exists()
