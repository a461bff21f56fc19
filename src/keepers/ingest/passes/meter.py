"""Tells a progress bar how far a pass over the files is."""

from collections.abc import Callable
from dataclasses import dataclass

from keepers.ingest.report import Progress
from keepers.ingest.sources import Block


@dataclass(slots=True)
class Meter:
    """Rows and bytes of one pass over all files. A packed file yields more bytes than it has; the bar stops at full."""

    stage: str
    size: int
    tell: Callable[[Progress], None] | None
    rows: int = 0
    read: int = 0

    def add(self, block: Block) -> None:
        """Count a block and tell."""
        self.rows += block.rows_read
        self.read += block.bytes_read
        if self.tell:
            self.tell(Progress(self.stage, self.rows, min(self.read, self.size), self.size))
