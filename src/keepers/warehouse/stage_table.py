"""The stage table of `ARCHITECTURE.md`, generated from the tables' contracts.

`python -m keepers.warehouse.stage_table` rewrites it in place; a test holds the page against this.
"""

import sys
from pathlib import Path

from keepers.warehouse.tables import all_tables

BEGIN = "<!-- stage table: generated, do not edit -->"
END = "<!-- end of the stage table -->"


def stage_table() -> str:
    """Every table of the warehouse as a Markdown table: grain, who writes, who reads."""
    rows = [f"| `{t.name}` | {t.grain} | {t.written_by} | {', '.join(t.read_by)} |" for t in all_tables()]
    return "\n".join(["| Table | Grain | Written by | Read by |", "|---|---|---|---|", *rows])


def with_stage_table(page: str) -> str:
    """The page with the table between its two markers renewed."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{stage_table()}\n{END}{after}"


if __name__ == "__main__":
    architecture = Path(sys.argv[1] if len(sys.argv) > 1 else "ARCHITECTURE.md")
    architecture.write_text(with_stage_table(architecture.read_text(encoding="utf-8")), encoding="utf-8")
