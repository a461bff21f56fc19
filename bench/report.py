"""The rows as a page to read."""

from collections.abc import Mapping, Sequence
from typing import Any

HEAD = """# Timings

`make bench` writes this page: medians, processor time (all threads) beside time on the clock, peers in the same run on
the same machine. The ratio is the peer's processor time ÷ ours: above 1, ours takes less. Compiled kernels are warm.
"""
FOOT = """Noise is the largest ÷ the smallest processor time of the repeats; – where there was one run. Pages are asked
for 20 times: their time on the clock is the 95 % point.
"""
COLUMNS = (
    "What",
    "CPU [s]",
    "wall [s]",
    "peer",
    "peer CPU [s]",
    "peer wall [s]",
    "ratio",
    "to reach",
    "reached",
    "noise",
)


Told = Mapping[str, Any]
"""A row as results.json has it."""


def as_markdown(rows: Sequence[Told], described: Mapping[str, str], seconds: float) -> str:
    """The whole page."""
    machine = "\n".join(f"* {name}: {words}" for name, words in described.items())
    table = [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *(_line(cells_of(row)) for row in rows)]
    notes = [f"* {row['row']}: {row['note']}." for row in rows if row["note"]]
    return "\n".join(
        [
            HEAD,
            "## Machine\n",
            machine,
            f"* the run took {seconds / 60:.0f} minutes; load is that of all processes of a shared machine\n",
            "## Results\n",
            *table,
            "",
            FOOT,
            *notes,
            "",
        ]
    )


def cells_of(row: Told) -> list[str]:
    """The row's cells as they are read."""
    peak = "" if row["ours_peak_mb"] is None else f" ({row['ours_peak_mb']:,.0f} MB)"
    return [
        f"{row['row']}{peak}",
        _seconds(row["ours_cpu_s"]),
        _seconds(row["ours_wall_s"]),
        row["peer"] or "–",
        "–" if row["peer_cpu_s"] is None else _seconds(row["peer_cpu_s"]),
        "–" if row["peer_wall_s"] is None else _seconds(row["peer_wall_s"]),
        "–" if row["ratio"] is None else _times(row["ratio"]),
        row["bar"] or "–",
        {True: "yes", False: "**no**", None: "–"}[row["reached"]],
        "–" if row["ours_repeats"] < 2 else f"{row['ours_spread']:.2f}",
    ]


def line_of(row: Told) -> str:
    """The row in one line of a terminal."""
    name, cpu, wall, peer, peer_cpu, _, ratio, bar, reached, _ = cells_of(row)
    beside = "" if row["peer_cpu_s"] is None else f"; {peer} {peer_cpu} s, ratio {ratio}"
    held = "" if row["bar"] is None else f"; to reach {bar}: {reached.strip('*')}"
    return f"{name}: {cpu} CPU-s, {wall} s{beside}{held}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2f}×"
