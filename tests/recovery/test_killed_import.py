"""An import killed at any moment loses nothing and doubles nothing. More kills: KEEPERS_KILLS=200 pytest this file."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from keepers.core.errors import NothingToDoError
from keepers.ingest.report import ImportOptions
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.workspace import Workspace, imports_of

KILLS = int(os.environ.get("KEEPERS_KILLS", "6"))
LONGEST_SECONDS = {"reading": 0.6, "landing": 0.12}
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
CHILD = """
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from keepers.core.errors import NothingToDoError
from keepers.ingest.report import ImportOptions
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.workspace import Workspace
workspace, file = Workspace(Path(sys.argv[1])), Path(sys.argv[2])
with workspace.opened() as store, workspace.staging() as staging, suppress(NothingToDoError):
    print("reading", flush=True)
    prepared = prepare_import(store, [file], options=ImportOptions(), into=staging)
    print("landing", flush=True)
    land(workspace, store, prepared, at=datetime(2024, 6, 1, 12, tzinfo=UTC))
print("landed", flush=True)
"""


def order_file(folder: Path, number: int) -> Path:
    """Forty orders; each file repeats half of the one before, with another amount."""
    path = folder / f"orders-{number}.csv"
    lines = [
        f"O{order},C{order % 17},2024-01-{1 + order % 28:02},P{line},1,{10 + number}.50"
        for order in range(20 * number, 20 * number + 40)
        for line in range(3)
    ]
    path.write_text("order_id,customer_id,order_date,product_id,quantity,amount\n" + "\n".join(lines) + "\n")
    return path


def import_whole(workspace: Workspace, file: Path) -> None:
    with workspace.opened() as store, workspace.staging() as staging:
        try:
            prepared = prepare_import(store, [file], options=ImportOptions(), into=staging)
            land(workspace, store, prepared, at=NOON)
        except NothingToDoError:
            return


def import_killed(workspace: Workspace, file: Path, generator: random.Random) -> str:
    """Start an import in a process of its own and kill it somewhere; the last thing it said."""
    stage = generator.choice(["reading", "landing", "landing"])
    command = [sys.executable, "-c", CHILD, str(workspace.folder), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = ""
        while said not in {stage, "landed"}:
            said = child.stdout.readline().strip()
            assert said, "the child ended before it could be killed"
        time.sleep(generator.uniform(0, LONGEST_SECONDS[stage]))
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
    return rest[-1] if rest else said


def lines_that_count(workspace: Workspace) -> pa.Table:
    with workspace.opened() as store:
        lines = store.query("active_lines")
    return lines.sort_by([("order_id", "ascending"), ("line_number", "ascending")])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("files")
    return [order_file(folder, number) for number in range(KILLS)]


def test_a_killed_import_shows_nothing_or_all_and_its_rerun_ends_like_one_clean_run(
    tmp_path: Path, files: list[Path]
) -> None:
    generator = random.Random(20240601)
    clean, killed = Workspace(tmp_path / "clean"), Workspace(tmp_path / "killed")
    before = lines_that_count(killed)
    ends = set()
    for file in files:
        ends.add(import_killed(killed, file, generator))
        import_whole(clean, file)
        after = lines_that_count(clean)
        assert lines_that_count(killed) in (before, after)
        import_whole(killed, file)
        assert lines_that_count(killed) == after
        before = after
    with killed.opened() as store:
        assert [state["version"] for state in imports_of(store)] == [1] * len(files)
        counted = sum(row["lines"] for row in store.query("lines_of_batches").to_pylist())
    assert counted == 120 * len(files)
    assert ends != {"landed"}, "no kill came in time"


def test_many_kills_in_a_row_still_end_like_one_clean_run(tmp_path: Path, files: list[Path]) -> None:
    generator = random.Random(7)
    clean, killed = Workspace(tmp_path / "clean"), Workspace(tmp_path / "killed")
    for _ in range(max(3, KILLS // 4)):
        if import_killed(killed, files[1], generator) == "landed":
            break
    import_whole(killed, files[1])
    import_whole(clean, files[1])
    assert lines_that_count(killed) == lines_that_count(clean)
    assert lines_that_count(killed).num_rows == 120


def test_a_dead_process_holds_no_lock(tmp_path: Path, files: list[Path]) -> None:
    workspace = Workspace(tmp_path)
    with workspace.opened():
        pass
    code = (
        "import sys\nfrom pathlib import Path\nfrom keepers.warehouse.delta import DeltaStore\n"
        "store = DeltaStore(Path(sys.argv[1]))\nwith store.writing():\n    print('held', flush=True)\n    input()\n"
    )
    command = [sys.executable, "-c", code, str(workspace.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    import_whole(workspace, files[0])
    assert lines_that_count(workspace).num_rows == 120
