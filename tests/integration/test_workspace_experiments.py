"""Experiments in a workspace: lots are kept before anything is sent, and what was ordered since is measured."""

import csv
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from workspace_shop import Keepers, history, write_orders

from keepers.experiments.assigning import HELD_OUT, Lottery, assign
from keepers.experiments.holding_out import HeldOutError
from keepers.loop.experiments.experimenting import UnknownExperimentError, draw_among, draw_lots, held_out_on
from keepers.loop.experiments.running import looks_at, measure_running
from keepers.loop.workspace import Workspace


@pytest.fixture
def keepers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keepers:
    return Keepers(tmp_path / "home", monkeypatch, capsys)


def test_lots_are_kept_and_what_came_since_is_measured(keepers: Keepers, tmp_path: Path) -> None:
    assert keepers("experiment", "assign", "--experiment", "spring", "--action", "letter").code == 3
    keepers("import", write_orders(tmp_path / "orders.csv", history()))
    as_of = keepers("run", "--holdout", "none", "--as-of", "2023-06-30", "--json").json["run"]["as_of"]
    assert as_of == "2023-06-30"

    spring = ("experiment", "assign", "--experiment", "spring", "--action", "letter", "--held-share", "0.4")
    assert "kept in the workspace" in keepers(*spring).out
    assert keepers(*spring).code == 3  # all have their arm already

    with Workspace(keepers.home).opened() as store:
        held = held_out_on(store, date(2023, 7, 1))
        everybody = store.query("assignments")["customer_id"].to_pylist()
        with pytest.raises(HeldOutError):
            held.check("letter", everybody)
        assert 0 < len(held.allowed("letter", everybody)) < len(everybody)
        assert held.allowed("call", everybody) == everybody


def test_orders_after_the_lot_count_and_those_before_do_not(keepers: Keepers, tmp_path: Path) -> None:
    keepers("import", write_orders(tmp_path / "orders.csv", history()))
    keepers("run", "--holdout", "none", "--as-of", "2023-06-30")
    drawn_at = datetime(2023, 6, 30, 12, tzinfo=UTC)
    with Workspace(keepers.home).opened() as store:
        lottery = Lottery("spring", "letter", held_share=0.5)
        drawn = draw_lots(store, lottery, group=None, assigned_at=drawn_at, held_until=date(2023, 12, 31))
        assert set(drawn["arm"].to_pylist()) == {HELD_OUT, "letter"}
    told = keepers("experiment", "measure", "--experiment", "spring", "--json").json["arms"][0]
    held = {
        who
        for who, arm in zip(*(drawn[name].to_pylist() for name in ("customer_id", "arm")), strict=True)
        if arm == HELD_OUT
    }
    since = {
        (row[1], row[2]) for row in history() if row[1] in held and date(2023, 6, 30) < row[2] <= date(2023, 12, 31)
    }  # type: ignore[operator]
    assert told["people"] + told["people_held"] == drawn.num_rows
    assert told["orders"]["level_held"] == pytest.approx(len(since) / len(held))
    early = keepers("experiment", "measure", "--experiment", "spring", "--as-of", "2023-06-30")
    assert early.code == 3
    assert "not a day of the window is known yet" in early.err
    assert "There is no experiment" in keepers("experiment", "measure", "--experiment", "autumn").err


def test_each_run_looks_at_what_is_under_way_and_at_what_is_over_when_more_came_in(
    keepers: Keepers, tmp_path: Path
) -> None:
    keepers("import", write_orders(tmp_path / "orders.csv", history()))
    keepers("run", "--holdout", "none", "--as-of", "2023-06-30")
    drawn_at, now = datetime(2023, 6, 30, 12, tzinfo=UTC), partial(datetime.now, UTC)
    with Workspace(keepers.home).opened() as store:
        everybody = {f"C{number:03}": 2.5 for number in range(40)}
        lottery = Lottery("spring", "mailing", held_share=0.4)
        window = {"assigned_at": drawn_at, "held_until": date(2023, 9, 30)}
        drawn = draw_among(store, lottery, everybody, **window)
        again = draw_among(store, lottery, {"C079": 9.0}, **window)
        assert again["arm"].to_pylist() == drawn["arm"].to_pylist()
        assert measure_running(store, as_of=date(2023, 6, 30), measured_at=now()) == []
        (early,) = measure_running(store, as_of=date(2023, 8, 1), measured_at=now())
        assert (early.action, round(early.gone, 2), early.found.arms[0].cost) == ("mailing", 0.35, 2.5)
        (late,) = measure_running(store, as_of=date(2023, 12, 31), measured_at=now())
        assert late.found.arms[0].orders.difference.level_held > early.found.arms[0].orders.difference.level_held
        assert measure_running(store, as_of=date(2024, 2, 1), measured_at=now()) == []
        looks = looks_at(store, ["spring", "autumn"])
        assert ([look.gone for look in looks["spring"]], looks["autumn"]) == ([early.gone, 1.0], [])
        assert looks["spring"][1].told == late.found.as_json()
    reached = next(row["customer_id"] for row in drawn.to_pylist() if row["arm"] != HELD_OUT)
    for looked, day in enumerate(("2023-12-24", "2023-09-30")):  # long after the window, and within it
        more = write_orders(tmp_path / f"{looked}.csv", [(f"X{looked}", reached, day, "900.00")])
        keepers("import", more, "--source", "orders")
        with Workspace(keepers.home).opened() as store:
            again = measure_running(store, as_of=date(2024, 2, 1), measured_at=now())
            assert len(again) == looked
    (gain, before) = (look.found.arms[0].margin.difference.mean for look in (again[0], late))
    assert gain > before


def test_whole_places_are_drawn_in_a_workspace_and_count_as_what_was_drawn(keepers: Keepers, tmp_path: Path) -> None:
    places = [(*row, f"place {int(str(row[1])[1:]) % 24}") for row in history(customers=240)]
    header = "order_id,customer_id,order_date,amount,location"
    keepers("import", write_orders(tmp_path / "orders.csv", places, header))
    keepers("run", "--holdout", "none", "--as-of", "2023-06-30")
    poster = {"group": None, "assigned_at": datetime(2023, 6, 30, 12, tzinfo=UTC), "held_until": date(2023, 12, 31)}
    with Workspace(keepers.home).opened() as store:
        with pytest.raises(UnknownExperimentError, match="They do by: location"):
            draw_lots(store, Lottery("poster", "poster", 0.5), cluster="region", **poster)
        some = draw_lots(store, Lottery("flag", "flag", 0.5), cluster="location", **poster | {"group": "lost"})
        assert 0 < some.num_rows < 240
        with pytest.raises(UnknownExperimentError, match="have their arms already"):
            draw_lots(store, Lottery("flag", "flag", 0.5), **poster)  # single customers beside whole places
        drawn = draw_lots(store, Lottery("poster", "poster", 0.5), cluster="location", **poster)
        draw_lots(store, Lottery("radio", "radio", 0.5), **poster | {"group": "lost"})
        with pytest.raises(UnknownExperimentError, match="have their arms already"):
            draw_lots(store, Lottery("radio", "radio", 0.5), cluster="location", **poster)
    arms = {(row["cluster"], row["arm"]) for row in drawn.to_pylist()}
    assert len(arms) == 24
    assert {arm for _, arm in arms} == {HELD_OUT, "poster"}
    told = keepers("experiment", "measure", "--experiment", "poster", "--json").json
    assert told["balance"]["counted"] == "clusters"
    assert told["balance"]["people"] == {HELD_OUT: 12, "poster": 12}
    assert told["arms"][0]["orders"]["low"] < 0 < told["arms"][0]["orders"]["high"]


def test_the_command_says_who_is_on_trial_and_writes_them(keepers: Keepers, tmp_path: Path) -> None:
    keepers("import", write_orders(tmp_path / "orders.csv", history(160)))
    assert "Nothing is on trial" in keepers("experiment", "trials").out
    cheap = "[levels.proactive]\ncost = 0.2\n"
    (keepers.home / "costs.toml").write_text(f"[trial]\nshare = 1.0\nweeks = 520\n{cheap}", encoding="utf-8")
    keepers("run", "--holdout", "none")
    out = tmp_path / "trials.csv"
    told = keepers("experiment", "trials", "--out", out, "--json").json
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["held_until"] for row in rows} == {told["held_until"]}
    for action, counts in told["trials"].items():
        got = [row["gets_it"].lower() == "true" for row in rows if row["action"] == action]
        assert (sum(got), len(got) - sum(got)) == (counts["people"], counts["people_held"])
    assert len(rows) == sum(sum(counts.values()) for counts in told["trials"].values()) > 1
    said = keepers("experiment", "trials").out
    assert "reactive" in told["too_few_for"]
    assert f"Nothing is spent on {', '.join(told['too_few_for'])}: [trial] leaves" in " ".join(said.split())
    assert all(f"{action}: {counts['people']:,} get it" in said for action, counts in told["trials"].items())
    assert "Nothing is on trial" in keepers("experiment", "trials", "--as-of", "2020-01-01").out

    name = "standing trial of visit from 2026-01-01"
    with Workspace(keepers.home).opened() as store:
        held = assign(Lottery(name, "visit", 0.999), ["C001", "C002"], assigned_at=datetime.now(UTC))
        until = pa.array([date(2999, 1, 1)] * 2, held.schema.field("held_until").type)
        store.append("assignments", held.set_column(held.schema.get_field_index("held_until"), "held_until", until))
    assert "visit: 0 get it, 2 do without" in keepers("experiment", "trials").out
