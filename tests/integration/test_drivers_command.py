"""`keepers drivers` from a file to the object of `--json`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.decisions.drivers.market import Question
from keepers.loop.market import drivers


def test_the_made_up_survey_is_studied_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPERS_HOME", str(tmp_path / "none"))
    survey, out = tmp_path / "survey.csv", tmp_path / "lifetimes.csv"
    survey.write_text(CliRunner().invoke(app, ["drivers", "--example"]).stdout, encoding="utf-8")
    words = ["drivers", str(survey), "--brand", "alder", "--population", "50000", "--cost", "price=200000", "--json"]
    answer = CliRunner().invoke(app, [*words, "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    counts = {"people_asked": 400, "people_used": 400, "people_left_out": {}}
    assert told["survey"] == counts | {"layout": "wide", "filled_ratings": 0, "notes": []}
    market = told["market"]
    assert market["brand"] == "Alder"
    assert market["held_out_score"] > market["blind_score"]
    ranked = {row["driver"]: row for row in market["importance"]}
    assert ranked["price"]["importance_low"] > 0 > ranked["ethics"]["importance_low"]
    first = market["improvements"][0]
    assert (first["driver"], first["step_cost"]) == ("price", 200_000)
    assert first["roi_low"] < first["roi"] < first["roi_high"]
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].replace('"', "") == "respondent,segment,brand,lifetime_value"
    assert len(lines) == 1 + 3 * 400


def test_costs_are_weighed_where_the_workspace_tells_the_market(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Question] = []

    def noted(_file: object, question: Question) -> None:
        asked.append(question)
        raise typer.Exit

    monkeypatch.setattr(drivers, "sized_by", lambda question, _workspace: replace(question, customers=400.0))
    monkeypatch.setattr(drivers, "study_file", noted)
    CliRunner().invoke(app, ["drivers", "survey.csv", "--brand", "alder", "--cost", "price=200000"])
    assert [(each.customers, each.costs) for each in asked] == [(400.0, {"price": 200_000.0})]
