"""Order lines to values in a process of its own: `python -m bench.valued_lines ENGINE_URL FILE`, figures as JSON."""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path

from keepers.core.periods import Period
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.valuing import value_base
from keepers.warehouse.store import MemoryStore

AS_OF = date(2024, 12, 31)
UNTIL_INPUT_ENDS = "--until-input-ends"


def main() -> None:
    """Without a backtest; with the seconds at which each stage was over."""
    url, file, *asked = sys.argv[1:]
    if UNTIL_INPUT_ENDS in asked:
        threading.Thread(target=_end_with_input, daemon=True).start()
    began = time.perf_counter()
    begun: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="keepers-") as folder:
        store = MemoryStore(Path(folder), engine_url=url)
        try:
            store.append("order_lines", [Path(file)])
            valuation = value_base(
                store,
                Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("5y")),
                as_of=AS_OF,
                holdout_days=0,
                tell=lambda stage: begun.update({stage: time.perf_counter() - began}),
            )
        finally:
            store.close()
    print(json.dumps({"begun": begun, "base": valuation.totals}))


def _end_with_input() -> None:
    """Whoever began this group of processes holds the other end: when that is gone, so are Python and its Java."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
