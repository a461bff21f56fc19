"""`keepers run` in a workspace that is served: what is saved in Settings counts, and what is typed counts more."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepers.crm.data.models import AssumptionSet
from tests.e2e.serving import environment
from tests.integration.workspace_shop import Keepers, write_orders

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = [(f"o{number}", f"C{number % 3}", f"2026-0{1 + number % 5}-10", "20.00") for number in range(12)]


@pytest.fixture
def keepers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keepers:
    command = Keepers(tmp_path / "home", monkeypatch, capsys)
    assert command("import", write_orders(tmp_path / "orders.csv", ORDERS)).code == 0
    return command


def test_a_run_takes_what_settings_say_unless_told_otherwise(keepers: Keepers) -> None:
    AssumptionSet.objects.create(
        margin=0.55,
        horizon="26w",
        currency="CHF",
        by=["first_order"],
        cost_to_serve=3.0,
        set_at=datetime(2026, 7, 1, tzinfo=UTC),
    )
    alone = keepers("run", "--dry-run", "--json").json["run"]
    assert (alone["margin"], alone["horizon"]) == (0.30, "52w"), "nobody serves this workspace"
    (keepers.home / "app.sqlite3").touch()
    saved = keepers("run", "--dry-run", "--json").json["run"]
    assert (saved["margin"], saved["horizon"], saved["currency"]) == (0.55, "26w", "CHF")
    assert (saved["by"], saved["cost_to_serve"]) == (["first_order"], 3.0)
    told = keepers("run", "--dry-run", "--json", "--margin", "0.30", "--horizon", "52w").json["run"]
    assert (told["margin"], told["horizon"]) == (0.30, "52w"), "also where it is the default that is typed"


def test_a_workspace_whose_first_start_was_cut_short_is_valued(keepers: Keepers) -> None:
    (keepers.home / "app.sqlite3").touch()  # a database without tables
    command = [sys.executable, "-m", "keepers", "run", "--dry-run"]
    done = subprocess.run(
        command, env=environment(keepers.home), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "Nothing was kept." in done.stdout
