"""`keepers experiment` on files: lots, a measurement and its verdict, and plain words when it cannot."""

import csv
import json
import random
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.core.errors import KeepersError

PEOPLE = 3_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers in ten regions, a forecast of each, and a lot that gave four of five a letter."""
    folder = tmp_path_factory.mktemp("experiment")
    chance = random.Random(1)
    rows = [f"c{number};{chance.gammavariate(1, 10):.2f};r{number % 10}".replace(".", ",") for number in range(PEOPLE)]
    (folder / "customers.csv").write_text("customer_id;period_value;region\n" + "\n".join(rows), encoding="utf-8")
    run("assign", folder / "customers.csv", *SPRING, "--held-share", 0.2, "--out", folder / "arms.parquet")
    return folder


SPRING = ("--experiment", "spring", "--action", "letter")


def run(*arguments: object) -> str:
    words = ["experiment", *(str(argument) for argument in arguments)]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def outcomes(folder: Path, lift: float) -> Path:
    """What came of it; the letter brings so much per customer. Every tenth customer did nothing and has no row."""
    chance = random.Random(2)
    arms = dict(
        zip(*(pq.read_table(folder / "arms.parquet")[name].to_pylist() for name in ("customer_id", "arm")), strict=True)
    )
    lines = ["customer_id;margin;orders;period_value"]
    for line in (folder / "customers.csv").read_text(encoding="utf-8").splitlines()[1:]:
        who, forecast, _ = line.split(";")
        margin = float(forecast.replace(",", ".")) + chance.gauss(0, 3) + (lift if arms[who] == "letter" else 0)
        if not who.endswith("7"):
            lines.append(f"{who};{margin:.2f};1;{forecast}".replace(".", ","))
    path = folder / f"outcomes-{lift}.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def measured(folder: Path, lift: float, *more: object) -> str:
    known = ("--known", "period_value", "--cost", "letter=0.5", "--currency", "EUR")
    return run("measure", outcomes(folder, lift), "--assignments", folder / "arms.parquet", *known, *more)


def test_a_letter_that_pays_is_told_in_a_sentence(folder: Path) -> None:
    shown = measured(folder, 3.0).replace("\n", " ")
    assert "letter: Pays: +€2." in shown
    assert "per customer" in shown
    assert "after cost." in shown


def test_everybody_who_was_drawn_counts_also_who_did_nothing(folder: Path) -> None:
    told = json.loads(measured(folder, 0.0, "--json"))
    arm = told["arms"][0]
    assert arm["people"] + arm["people_held"] == PEOPLE
    assert arm["margin"]["low"] < 0 < arm["margin"]["high"]
    assert arm["margin"]["variance_left"] < 0.5
    assert told["balance"]["holds"] is True


def test_the_effect_is_written_as_the_plan_reads_it(folder: Path) -> None:
    measured(folder, 3.0, "--out", folder / "effects.csv", "--experiment", "spring", "--action", "letter")
    row = pa_csv.read_csv(folder / "effects.csv").to_pylist()[0]
    assert (row["action"], row["experiment"], row["evidence"]) == ("letter", "spring", "randomised")
    assert row["margin_lift_low"] < row["margin_lift"] < row["margin_lift_high"]


def test_regions_are_drawn_whole(folder: Path) -> None:
    told = run("assign", folder / "customers.csv", *SPRING, "--held-share", 0.3, "--cluster", "region",
               "--out", folder / "regions.csv", "--json")  # fmt: skip
    assert json.loads(told)["arms"] == {"letter": 2_100, "held out": 900}


def test_the_size_is_a_sentence_too() -> None:
    assert run("size", "--people", 100_000, "--gain", 0.6, "--spread", 15).startswith("Hold out ")
    assert "it takes " in run("size", "--people", 1_000, "--gain", 0.6, "--spread", 15)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--map", "margin=profit"), 'has no column "profit"'),
        (("--control", "nobody"), "Name theirs with --control"),
        (("--known", "customer_id"), "are no numbers"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(folder: Path, more: tuple[str, ...], words: str) -> None:
    with pytest.raises(KeepersError, match=words):
        measured(folder, 1.0, *more)


def test_a_share_of_nothing_is_refused_in_a_sentence(folder: Path) -> None:
    with pytest.raises(KeepersError, match='The share of "held out" is 0; the lots gave every arm a share above 0'):
        measured(folder, 1.0, "--share", "held out=0", "--share", "letter=1")
    words = ["experiment", "measure", str(folder / "outcomes-1.0.csv"), "--share", "held out=nan"]
    assert CliRunner().invoke(app, words).exit_code == 2


def table(folder: Path, header: str, *rows: str) -> Path:
    """A file of its own for one test."""
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_row_without_an_arm_is_refused_and_not_dropped(folder: Path) -> None:
    rows = [f"c{number},{'letter' if number % 2 else 'held out'},{number % 7}.5" for number in range(200)]
    path = table(folder, "customer_id,arm,margin", *rows, "c200,,3.5")
    with pytest.raises(KeepersError, match="must name one for every row"):
        run("measure", path)


def test_outcomes_of_nobody_assigned_are_counted_in_a_note(folder: Path) -> None:
    told = outcomes(folder, 2.0).read_text(encoding="utf-8").splitlines()
    path = table(folder, *told, "x1;5,00;1;3,00", "x2;5,00;1;3,00")
    arms = ("--assignments", folder / "arms.parquet")
    assert json.loads(measured(folder, 2.0, "--json"))["notes"] == []
    note = f"2 of {len(told) + 1:,} rows of {path} are of nobody assigned and were left out."
    assert json.loads(run("measure", path, *arms, "--json"))["notes"] == [note]
    assert "are of nobody assigned" in " ".join(run("measure", path, *arms).split())
    with pytest.raises(KeepersError, match=r"No customer of .* is among those of"):
        run("measure", table(folder, "customer_id,margin", "x1,5.5", "x2,3.5"), *arms)


def test_a_file_with_its_own_clusters_is_measured_by_them(folder: Path) -> None:
    chance = random.Random(6)
    luck = [chance.gauss(10, 3) for _ in range(40)]
    rows = [
        f"c{number},{'letter' if number % 2 else 'held out'},0.5,{luck[number % 40] + chance.gauss(0, 1):.2f}"
        for number in range(2_000)
    ]
    header = "customer_id,arm,probability,margin,cluster"
    found = {
        name: json.loads(run("measure", table(folder, header, *lines), "--json"))
        for name, lines in (
            ("regions", [f"{row},r{number % 40}" for number, row in enumerate(rows)]),
            ("alone", [f"{row}," for row in rows]),
        )
    }
    errors = {name: told["arms"][0]["margin"]["standard_error"] for name, told in found.items()}
    assert errors["regions"] > 4 * errors["alone"]
    assert found["regions"]["balance"]["people"] == {"held out": 20, "letter": 20}
    assert found["alone"]["balance"]["counted"] == "people"


def test_where_time_is_drawn_weeks_count_and_not_days(tmp_path: Path) -> None:
    chance = random.Random(8)
    days = [f"{year}-{day}" for year in (1, 2) for day in range(26 * 7)]
    weeks = {day: f"week {place // 7}" for place, day in enumerate(days)}
    rows = "\n".join(["day,week", *(f"{day},{week}" for day, week in weeks.items())])
    (tmp_path / "days.csv").write_text(rows, encoding="utf-8")
    radio = ("--experiment", "radio", "--action", "radio", "--held-share", 0.5, "--map", "customer_id=day")
    run("assign", tmp_path / "days.csv", *radio, "--cluster", "week", "--out", tmp_path / "weeks.csv")
    with (tmp_path / "weeks.csv").open(encoding="utf-8") as file:
        arms = {row["customer_id"]: row["arm"] for row in csv.DictReader(file)}
    luck = {week: chance.gauss(0, 60) for week in set(weeks.values())}
    takings = ["day,margin,usual"]
    for place, day in enumerate(days):
        usual = 800 + 100 * (place % 7)
        found = usual + luck[weeks[day]] + chance.gauss(0, 40) + 150 * (arms[day] == "radio")
        takings.append(f"{day},{found:.2f},{usual}")
    (tmp_path / "takings.csv").write_text("\n".join(takings), encoding="utf-8")
    told = json.loads(run("measure", tmp_path / "takings.csv", "--assignments", tmp_path / "weeks.csv",
                          "--map", "customer_id=day", "--known", "usual", "--cost", "radio=40", "--json"))  # fmt: skip
    (arm,) = told["arms"]
    assert told["balance"]["people"] == {"held out": 26, "radio": 26}
    assert 50 < arm["margin"]["low"] < 150 < arm["margin"]["high"]
    assert arm["margin"]["standard_error"] > 60 * (2 / 26) ** 0.5 * 0.7  # what the weeks' own luck makes of it
    assert arm["finding"] == "pays"
