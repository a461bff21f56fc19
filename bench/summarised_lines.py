"""Order lines to a summary in a process of its own: `python -m bench.summarised_lines FILE`, its timing as JSON."""

import json
import re
import sys
import tempfile
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from bench.bases import order_lines
from bench.timing import timed
from keepers.warehouse.store import MemoryStore

AS_OF = date(2024, 12, 31)
ENOUGH_TO_COUNT = (60_000, 300_000)  # customers and lines with which the kernels are warmed up


def main() -> None:
    """Once with few lines, so that the kernels are loaded; then timed."""
    (file,) = sys.argv[1:]
    _summarise(order_lines(*ENOUGH_TO_COUNT))
    timing = timed(lambda: _summarise(Path(file)), warm=False)
    print(json.dumps(asdict(replace(timing, peak_mb=_peak_mb()))))


def _summarise(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = MemoryStore(Path(folder))
        store.append("order_lines", [path])
        store.write("customer_summary", Path(folder) / "summary.parquet", as_of=AS_OF, run_id="bench")
        store.close()


def _peak_mb() -> float:
    """The most memory that this process has held; what `getrusage` tells begins with that of its parent."""
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert told is not None
    return int(told[1]) / 1024


if __name__ == "__main__":
    main()
