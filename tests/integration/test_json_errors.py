"""`--json` prints one object also where a command fails or has nothing to do."""

from pathlib import Path

import pytest
from workspace_shop import Keepers, write_orders


@pytest.fixture
def keepers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keepers:
    return Keepers(tmp_path / "home", monkeypatch, capsys)


def test_an_error_is_an_object_with_its_sentence(keepers: Keepers, tmp_path: Path) -> None:
    said = keepers("value", tmp_path / "nowhere.csv", "--json")
    assert said.code == 1
    assert said.json == {"error": said.err.strip()}
    assert "nowhere.csv" in said.json["error"]


def test_nothing_to_do_is_an_object_too(keepers: Keepers, tmp_path: Path) -> None:
    orders = write_orders(tmp_path / "orders.csv", [("o1", "Ada", "2024-05-01", "9.00")])
    assert keepers("import", orders, "--json").json["landed"]
    again = keepers("import", orders, "--json")
    assert again.code == 3
    assert again.json == {"error": again.err.strip()}


def test_without_the_option_standard_output_stays_empty(keepers: Keepers, tmp_path: Path) -> None:
    said = keepers("value", tmp_path / "nowhere.csv")
    assert (said.code, said.out) == (1, "")


@pytest.mark.parametrize(("before", "option"), [(("--as-of", "2025-01-01"), "--as-of"), (("--json",), "--json")])
def test_an_option_before_the_command_is_refused_and_not_dropped(
    keepers: Keepers, tmp_path: Path, before: tuple[str, ...], option: str
) -> None:
    said = keepers(*before, "insight", "rfm", tmp_path / "orders.csv")
    assert (said.code, said.err.strip()) == (1, f"Write {option} after the command, as in keepers insight {option}.")
