"""One measured line of the table, and the bar it is held against."""

from dataclasses import dataclass
from typing import Any

from bench.timing import Timing


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row must reach; every limit that is given counts."""

    words: str
    times_less_cpu: float | None = None
    most_cpu_s: float | None = None
    most_wall_s: float | None = None
    most_times_peer: float | None = None
    most_times_peer_wall: float | None = None
    most_peak_mb: float | None = None

    def reached(self, ours: Timing, peer: Timing | None) -> bool | None:
        """Whether the limits hold; None where the peer that they need is not there."""
        answers: list[bool | None] = []
        if self.times_less_cpu is not None:
            answers.append(None if peer is None else peer.cpu_s / ours.cpu_s >= self.times_less_cpu)
        if self.most_times_peer is not None:
            answers.append(None if peer is None else ours.cpu_s / peer.cpu_s <= self.most_times_peer)
        if self.most_times_peer_wall is not None:
            answers.append(None if peer is None else ours.wall_s / peer.wall_s <= self.most_times_peer_wall)
        if self.most_cpu_s is not None:
            answers.append(ours.cpu_s <= self.most_cpu_s)
        if self.most_wall_s is not None:
            answers.append(ours.wall_s <= self.most_wall_s)
        if self.most_peak_mb is not None:
            answers.append(ours.peak_mb is not None and ours.peak_mb <= self.most_peak_mb)
        if False in answers:
            return False
        return None if not answers or None in answers else True


@dataclass(frozen=True, slots=True)
class Row:
    """A workload, our timing, and a peer's in the same run; of how many order lines and workers of Spark."""

    name: str
    ours: Timing
    peer: str | None = None
    peer_timing: Timing | None = None
    bar: Bar | None = None
    note: str = ""
    lines: int | None = None
    workers: int | None = None

    @property
    def ratio(self) -> float | None:
        """The peer's processor time ÷ ours: how many times less ours takes."""
        return None if self.peer_timing is None else self.peer_timing.cpu_s / max(self.ours.cpu_s, 1e-9)

    def as_json(self) -> dict[str, Any]:
        """The row of results.json."""
        peer = self.peer_timing
        return {
            "row": self.name,
            "ours_cpu_s": self.ours.cpu_s,
            "ours_wall_s": self.ours.wall_s,
            "ours_spread": self.ours.spread,
            "ours_repeats": self.ours.repeats,
            "ours_peak_mb": self.ours.peak_mb,
            "peer": self.peer,
            "peer_cpu_s": None if peer is None else peer.cpu_s,
            "peer_wall_s": None if peer is None else peer.wall_s,
            "ratio": self.ratio,
            "bar": None if self.bar is None else self.bar.words,
            "reached": None if self.bar is None else self.bar.reached(self.ours, peer),
            "note": self.note,
            "lines": self.lines,
            "workers": self.workers,
        }
