"""How tables of contracts are read for `keepers value --contract`: rows, columns, dates, money."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from contract_values import AS_OF, valued
from subscriptions import FIRST_DAY, Contract, cohort, month_after, subscriptions, write
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.ingest import ImportOptions, read_orders
from keepers.ingest.recognising.layouts import ContractsNotOrdersError


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(subscriptions(), tmp_path_factory.mktemp("firm") / "contracts.csv")


@pytest.fixture(scope="module")
def found(contracts: Path) -> dict:
    return valued(contracts, "--as-of", AS_OF, "--holdout", "none")


def test_the_order_of_the_rows_does_not_matter(contracts: Path, found: dict, tmp_path: Path) -> None:
    rows = subscriptions()
    np.random.default_rng(3).shuffle(rows)
    shuffled = valued(write(rows, tmp_path / "contracts.csv"), "--as-of", AS_OF)
    assert shuffled["base"]["expected_orders"]["mean"] == pytest.approx(found["base"]["expected_orders"]["mean"])
    assert shuffled["fit"]["purchases"]["params"] == pytest.approx(found["fit"]["purchases"]["params"])


def test_renewals_as_rows_of_their_own_are_the_same_stays(found: dict, tmp_path: Path) -> None:
    pieces = []
    for row in subscriptions():
        start = row.start
        while (row.end is None or start < row.end) and start.isoformat() <= AS_OF:
            pieces.append(Contract(row.customer, start, month_after(start, 1) - timedelta(1), row.amount))
            start = month_after(start, 1)
    found_again = valued(write(pieces, tmp_path / "rows.csv"), "--as-of", AS_OF)
    assert found_again["input"]["stays"] == found["input"]["stays"]
    assert found_again["input"]["merged_rows"] == len(pieces) - 600
    assert found_again["base"]["running"] == pytest.approx(found["base"]["running"], abs=15)
    assert found_again["base"]["residual_value"]["mean"] == pytest.approx(
        found["base"]["residual_value"]["mean"], rel=0.04
    )


def test_a_gap_begins_a_new_stay_and_it_is_said(tmp_path: Path) -> None:
    rows = [*subscriptions(), Contract("BACK", date(2020, 1, 1), date(2020, 4, 1), 10.0)]
    rows.append(Contract("BACK", date(2022, 1, 1), None, 30.0))
    rows += [Contract("BOTH", date(2021, 1, 1), None, 10.0), Contract("BOTH", date(2021, 6, 1), None, 5.0)]
    out = tmp_path / "values.parquet"
    found = valued(write(rows, tmp_path / "c.csv"), "--as-of", AS_OF, "--holdout", "none", "--out", str(out))
    assert found["input"]["came_back"] == 1
    assert any("came back after a gap" in warning for warning in found["fit"]["warnings"])
    by_id = {row["customer_id"]: row for row in pq.read_table(out).to_pylist()}
    assert by_id["BACK"]["orders"] == 3 + 12
    assert by_id["BACK"]["expected_order_value"] == 30.0
    assert by_id["BOTH"]["expected_order_value"] == 15.0
    assert by_id["BOTH"]["orders"] == 24


def test_rejected_rows_have_their_reason_and_later_ones_are_set_aside(tmp_path: Path) -> None:
    path, rejects = tmp_path / "verträge.csv", tmp_path / "rejects.csv"
    lines = [
        f"K{n:03d};{r.start:%d.%m.%Y};{r.end.strftime('%d.%m.%Y') if r.end else 'laufend'};{r.amount:.2f}".replace(
            ".00", ",00"
        )
        for n, r in enumerate(subscriptions(customers=80))
    ]
    lines += [
        "K900;01.03.2021;01.02.2021;9,90",
        ";01.03.2021;;9,90",
        "K901;irgendwann;;9,90",
        "K902;01.03.2021;bald;9,90",
        "K903;01.03.2021;;viel",
        "K904;01.03.2021;31.12.9999;9,90",
        "K905;01.03.2023;;9,90",
        lines[0],
    ]
    text = "\ufeffKundennummer;Vertragsbeginn;Vertragsende;Monatsbeitrag\n" + "\n".join(lines) + "\n"
    path.write_text(text, encoding="utf-8")
    found = valued(path, "--as-of", AS_OF, "--rejects", str(rejects), "--holdout", "none")
    assert found["input"]["rows_read"] == 88
    assert found["input"]["rows_accepted"] == 82
    assert found["input"]["rows_after_as_of"] == 1
    assert found["input"]["customers"] == 81
    assert {reason: count["rows"] for reason, count in found["input"]["rejected"].items()} == {
        "it ends before it starts": 1,
        "no customer": 1,
        "the start date cannot be read": 1,
        "the end date cannot be read": 1,
        "the amount is not a number": 1,
        "an exact duplicate": 1,
    }
    assert pa_csv.read_csv(rejects)["line_number"].to_pylist() == [82, 83, 84, 85, 86, 89]


def test_a_table_of_tenures_is_valued_and_graded_by_answers_at_later_ages(tmp_path: Path) -> None:
    lines = []
    for n, row in enumerate(subscriptions(customers=300)):
        until = row.end or date(2023, 1, 1)
        months = (until.year - row.start.year) * 12 + until.month - row.start.month
        lines.append(f"T{n},{months},{'Yes' if row.end else 'No'},{row.amount},")
    path = tmp_path / "telco.csv"
    path.write_text("customerID,tenure,Churn,MonthlyCharges,TotalCharges\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = valued(path, "--as-of", AS_OF)
    graded = found["backtest"]
    oldest = max(int(line.split(",")[1]) for line in lines)
    assert (graded["calibration_end"], graded["hidden_from"]) == (None, 2 * oldest // 3 + 1)
    asked = sum(each["asked"] for each in graded["course"])
    assert asked == graded["customers"] == sum(max(int(line.split(",")[1]) - 2 * oldest // 3, 0) for line in lines)
    assert graded["total_orders"]["actual"] == sum(each["actual"] for each in graded["course"])
    assert graded["total_orders"]["low"] <= graded["total_orders"]["actual"] <= graded["total_orders"]["high"]
    assert any("no dates" in warning for warning in found["fit"]["warnings"])
    assert found["base"]["running"] == sum(row.end is None for row in subscriptions(customers=300))
    assert found["base"]["residual_value"]["low"] < found["base"]["residual_value"]["mean"]
    assert found["input"]["mapping"]["tenure"] == "tenure"


def test_columns_of_any_name_can_be_mapped(contracts: Path, found: dict, tmp_path: Path) -> None:
    strange = tmp_path / "strange.csv"
    text = contracts.read_text(encoding="utf-8").replace("customer_id,start_date,end_date,amount,plan", "a,b,c,d,e")
    strange.write_text(text, encoding="utf-8")
    maps = [part for pair in ("customer_id=a", "started_on=b", "ended_on=c", "amount=d") for part in ("--map", pair)]
    mapped = valued(strange, "--as-of", AS_OF, *maps, "--holdout", "none")
    assert mapped["base"]["expected_orders"]["mean"] == pytest.approx(found["base"]["expected_orders"]["mean"])


def test_contracts_that_ran_before_the_records_began_are_told_and_do_not_bend_the_curve(tmp_path: Path) -> None:
    begin = month_after(FIRST_DAY, 24)
    everybody = subscriptions(customers=4_000, months=60)
    recorded = [r for r in everybody if r.end is None or r.end >= begin]
    as_of = month_after(FIRST_DAY, 60).isoformat()
    whole = valued(write(everybody, tmp_path / "all.csv"), "--as-of", as_of, "--holdout", "none")
    late = valued(write(recorded, tmp_path / "late.csv"), "--as-of", as_of, "--holdout", "none")
    assert whole["input"]["records_begin"] is None
    assert late["input"]["records_begin"] == begin.isoformat()
    assert any("the records seem to begin" in warning for warning in late["fit"]["warnings"])
    truth, curve = ({row["renewals"]: row["mean"] for row in f["fit"]["retention"]} for f in (whole, late))
    assert curve[12] == pytest.approx(truth[12], abs=0.04)


def test_totals_of_whole_contracts_are_not_known_before_their_end(tmp_path: Path) -> None:
    lines = ["customer_id,start_date,end_date,total_amount"]
    for row in subscriptions():
        months = round(((row.end or date.fromisoformat(AS_OF)) - row.start).days / 30.44) + (row.end is None)
        lines.append(f"{row.customer},{row.start},{row.end or ''},{months * row.amount}")
    path = tmp_path / "totals.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = valued(path, "--as-of", AS_OF)
    assert found["base"]["residual_value"]["mean"] > 0
    assert found["backtest"]["value"] is None
    assert found["backtest"]["total_value"] is None
    assert found["backtest"]["total_orders"]["actual"] > 0
    assert any("grades renewals, not money" in warning for warning in found["fit"]["warnings"])


def test_contracts_in_several_currencies_are_converted_at_their_beginning(tmp_path: Path) -> None:
    rows = subscriptions(customers=200)
    lines = ["customer_id,start_date,end_date,monthly_amount,currency"]
    lines += [
        f"{r.customer},{r.start},{r.end or ''},{r.amount},{'USD' if n % 2 else 'EUR'}" for n, r in enumerate(rows)
    ]
    path, rates = tmp_path / "contracts.csv", tmp_path / "rates.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = ["--as-of", AS_OF, "--holdout", "none"]
    refused = CliRunner().invoke(app, ["value", "--contract", str(path), *options])
    assert "--rates FILE" in str(refused.exception)
    rates.write_text("date,currency,rate\n2018-01-01,USD,0.5\n2020-01-01,USD,2.0\n", encoding="utf-8")
    out = tmp_path / "values.parquet"
    found = valued(path, *options, "--currency", "EUR", "--rates", str(rates), "--out", str(out))
    paid = {row["customer_id"]: row["mean_order_value"] for row in pq.read_table(out).to_pylist()}
    for number, row in enumerate(rows):
        factor = 1.0 if number % 2 == 0 else 0.5 if row.start < date(2020, 1, 1) else 2.0
        assert paid[row.customer] == pytest.approx(factor * row.amount)
    assert found["run"]["currency"] == "EUR"
    rates.write_text("date,currency,rate\n2020-01-01,USD,2.0\n", encoding="utf-8")
    late = CliRunner().invoke(
        app, ["value", "--contract", str(path), *options, "--currency", "EUR", "--rates", str(rates)]
    )
    assert "contracts in USD have no rate to EUR" in str(late.exception)


def test_contracts_of_different_lengths_each_have_their_curve(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    lines = [f"M{r.customer},{r.start},{r.end or ''},{r.amount},monthly" for r in subscriptions(customers=300)]
    lines += [f"Y{r.customer},{r.start},{r.end or ''},{r.amount},annual" for r in cohort("regular", 7)]
    path.write_text("customer,start,end,price,billing_period\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = valued(path, "--as-of", "2007-01-01")
    assert found["run"]["unit"] == "year"
    later = valued(path, "--as-of", AS_OF, "--holdout", "none")
    assert {each["segment"] for each in later["fit"]["segments"]} == {"month", "year"}
    assert any("each length has its own curve" in warning for warning in later["fit"]["warnings"])


def test_a_start_beside_a_tenure_does_not_stand_in_its_way(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    lines = [f"{n},2020-01-0{1 + n % 9},{1 + n % 20},{'yes' if n % 3 else 'no'}" for n in range(90)]
    path.write_text("member_id,join_date,tenure_months,churned\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = valued(path, "--as-of", AS_OF)
    assert found["input"]["mapping"] == {"customer_id": "member_id", "tenure": "tenure_months", "churned": "churned"}
    assert found["base"]["running"] == 30


def test_a_file_without_ends_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,amount\n1,2.50\n2,3.50\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["value", "--contract", str(path)])
    assert result.exit_code == 1
    assert "--map started_on=HEADER --map ended_on=HEADER" in str(result.exception)


def test_parquet_with_real_dates_reads_as_the_csv_does(contracts: Path, found: dict, tmp_path: Path) -> None:
    path = tmp_path / "contracts.parquet"
    rows = subscriptions()
    pq.write_table(
        pa.table(
            {
                "customer_id": [r.customer for r in rows],
                "start_date": pa.array([r.start for r in rows], pa.date32()),
                "end_date": pa.array([r.end for r in rows], pa.date32()),
                "amount": [r.amount for r in rows],
            }
        ),
        path,
    )
    again = valued(path, "--as-of", AS_OF, "--holdout", "none")
    assert again["base"]["expected_orders"]["mean"] == pytest.approx(found["base"]["expected_orders"]["mean"])


def test_contracts_that_would_do_for_orders_are_not_read_as_orders(tmp_path: Path) -> None:
    header = "subscription_id,customer_id,created_at,canceled_at,status,amount"
    rows = [f"s{n},{n},2024-0{1 + n % 6}-03,{f'2024-0{3 + n % 6}-03' if n % 3 == 0 else ''},x,29" for n in range(30)]
    path = tmp_path / "subs.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    with pytest.raises(ContractsNotOrdersError, match="hardly a customer stands there twice"):
        read_orders([path], options=ImportOptions(), into=tmp_path / "out")
    asked = ImportOptions(mapping={"customer_id": "customer_id"})
    assert read_orders([path], options=asked, into=tmp_path / "out").report.rows_read == 30
    again = [row.replace(f"s{n},{n},", f"s{n},{n % 9},") for n, row in enumerate(rows)]
    path.write_text("\n".join([header, *again]), encoding="utf-8")
    assert read_orders([path], options=ImportOptions(), into=tmp_path / "out").report.rows_read == 30
