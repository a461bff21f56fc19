"""The rows as a page to read."""

from collections.abc import Mapping, Sequence

from bench.rows import Row
from bench.timing import Timing

HEAD = """# Timings

`make bench` writes this page: medians, processor time (all threads) beside time on the clock, peers in the same run on
the same machine. The ratio is the peer's processor time ÷ ours: above 1, ours takes less. Compiled kernels are warm.
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


def as_markdown(rows: Sequence[Row], described: Mapping[str, str], seconds: float) -> str:
    """The whole page."""
    machine = "\n".join(f"* {name}: {words}" for name, words in described.items())
    table = [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *(_line(cells_of(row)) for row in rows)]
    notes = [f"* {row.name}: {row.note}." for row in rows if row.note]
    return "\n".join(
        [
            HEAD,
            "## Machine\n",
            machine,
            f"* the whole run took {seconds / 60:.0f} minutes; load is that of all processes of a shared machine\n",
            "## Results\n",
            *table,
            "",
            "Noise is the largest ÷ the smallest processor time of the repeats; – where there was one run.\n",
            *notes,
            "",
        ]
    )


def cells_of(row: Row) -> list[str]:
    """The row's cells as they are read."""
    peer = row.peer_timing
    reached = None if row.bar is None else row.bar.reached(row.ours, peer)
    peak = "" if row.ours.peak_mb is None else f" ({row.ours.peak_mb:,.0f} MB)"
    return [
        f"{row.name}{peak}",
        _seconds(row.ours.cpu_s),
        _seconds(row.ours.wall_s),
        row.peer or "–",
        "–" if peer is None else _seconds(peer.cpu_s),
        "–" if peer is None else _seconds(peer.wall_s),
        "–" if row.ratio is None else _times(row.ratio),
        "–" if row.bar is None else row.bar.words,
        {True: "yes", False: "**no**", None: "–"}[reached],
        _noise(row.ours),
    ]


def line_of(row: Row) -> str:
    """The row in one line of a terminal."""
    name, cpu, wall, peer, peer_cpu, _, ratio, bar, reached, _ = cells_of(row)
    beside = "" if row.peer_timing is None else f"; {peer} {peer_cpu} s, ratio {ratio}"
    held = "" if row.bar is None else f"; to reach {bar}: {reached.strip('*')}"
    return f"{name}: {cpu} CPU-s, {wall} s{beside}{held}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2f}×"


def _noise(timing: Timing) -> str:
    return "–" if timing.repeats < 2 else f"{timing.spread:.2f}"
