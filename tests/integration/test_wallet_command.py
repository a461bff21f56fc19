"""`keepers wallet`, and a plan that reads its shares."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keepers.cli.main import app


def test_answers_become_shares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPERS_HOME", str(tmp_path / "none"))
    answers, out = tmp_path / "answers.csv", tmp_path / "shares.csv"
    rows = [f"c{i},{200 + i},{(200 + i) * (2 + i % 3)},{1 + i % 2},3" for i in range(30)]
    answers.write_text("customer_id,own_spend,category_spend,rank,brands_used\n" + "\n".join(rows), encoding="utf-8")
    answer = CliRunner().invoke(app, ["wallet", str(answers), "--out", str(out), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)["wallets"]
    assert told["customers"] == 30
    assert 1 / 3 < told["share_of_wallet"]["low"] < told["share_of_wallet"]["high"] < 0.45
    assert told["learned"] == ["ranking"]
    with out.open(encoding="utf-8") as file:
        shares = {row["customer_id"]: row for row in csv.DictReader(file)}
    assert float(shares["c0"]["share_of_wallet"]) > float(shares["c2"]["share_of_wallet"])
    assert shares["c0"]["wallet_evidence"] == "spend and rank"


def test_an_answer_that_is_no_number_is_told_by_line(tmp_path: Path) -> None:
    answers = tmp_path / "answers.csv"
    answers.write_text("customer_id,category_spend\nann,100\nbob,much\n", encoding="utf-8")
    answer = CliRunner().invoke(app, ["wallet", str(answers)])
    assert 'Line 3, column "category_spend": "much" is no number' in str(answer.exception)
