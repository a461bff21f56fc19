"""What the README says of speed is what the bench measured last."""

import json

from source_tree import ROOT

from bench.report import growth_of, with_main_rows
from bench.rows import Bar, Row
from bench.timing import Timing

ROWS = json.loads((ROOT / "bench" / "results.json").read_text(encoding="utf-8"))
KEYS = {"row", "part", "ours_cpu_s", "ours_wall_s", "peer", "peer_cpu_s", "peer_wall_s", "ratio", "bar", "reached"}


def test_the_readme_quotes_the_last_results() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_main_rows(page, ROWS) == page, "run: python -m bench, or take its results.json back"


def test_every_row_has_what_readers_of_the_results_need() -> None:
    assert [row["row"] for row in ROWS if not row.keys() >= KEYS] == []


def test_a_bar_is_reached_only_where_all_of_its_limits_hold() -> None:
    peer = Timing(cpu_s=10.0, wall_s=10.0)
    bar = Bar("≥ 5× less CPU, at most its time", times_less_cpu=5, most_times_peer_wall=1.0)
    told = [
        Row("job", ours, "peer", peer, bar).as_json()["reached"]
        for ours in (Timing(2.0, 9.0), Timing(2.1, 9.0), Timing(2.0, 11.0))
    ]
    assert told == [True, False, False]
    assert Row("job", Timing(2.0, 9.0), None, None, bar).as_json()["reached"] is None


def test_growth_on_spark_is_told_by_workers_and_lines() -> None:
    rows = [
        Row("job", Timing(cpu_s, 30.0), "DuckDB", Timing(20.0, 15.0), lines=lines, workers=workers).as_json()
        for workers, lines, cpu_s in ((2, 5_000_000, 60.0), (1, 10_000_000, 80.0), (1, 5_000_000, 50.0))
    ]
    told = [line.strip("| ").split(" | ") for line in growth_of(rows).splitlines()[2:]]
    assert [line[:4] for line in told] == [
        ["5,000,000", "1", "50.0", "10.0"], ["10,000,000", "1", "80.0", "8.00"], ["5,000,000", "2", "60.0", "12.0"],
    ]  # fmt: skip
    assert [line[-1] for line in told] == ["2.50×", "4.00×", "3.00×"]
    assert not growth_of([Row("job", Timing(1.0, 1.0)).as_json()])
