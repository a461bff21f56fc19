"""The worked example of the guide's chapter for analysts runs as it is printed."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CHAPTER = Path(__file__).parents[2] / "docs" / "guide" / "analysts.md"


def test_the_worked_example_runs_and_ends_with_what_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = find_spec("lifetimes")
    assert found is not None
    assert found.submodule_search_locations is not None
    log = Path(found.submodule_search_locations[0]) / "datasets" / "CDNOW_master.txt"
    (tmp_path / log.name).symlink_to(log)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", CHAPTER.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 6
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    assert "in forecasts from earlier days" in capsys.readouterr().out
    assert 0.85 < names["scores"]["coverage_90"] < 0.95
    assert names["low"] < names["equity"] < names["high"]
    assert len(names["best"]) == 10
    assert names["again"].predict(names["customers"]).equals(names["fitted"].predict(names["customers"]))
    assert {"calibration.svg", "tracking.svg", "cdnow-fit.json"} <= {file.name for file in tmp_path.iterdir()}
