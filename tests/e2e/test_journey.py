"""A newcomer starts Keepers, brings a file it has not seen, and ends at a customer whose value they can question."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Watch, axe_findings, started
from tests.e2e.serving import Served, served
from tests.e2e.shop import write_shop

PATIENCE = 90_000  # ms for a valuation on a busy machine


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[Page, Served]]:
    with served(tmp_path / "home") as app, started() as browser:
        visit = browser.new_page(viewport={"width": 1280, "height": 900})
        visit.set_default_timeout(PATIENCE)
        watch = Watch(app.host)
        watch.on(visit)
        yield visit, app
        assert watch.faults == []


def test_from_a_file_to_a_customer_worth_questioning(page: tuple[Page, Served], tmp_path: Path) -> None:
    visit, app = page
    _come_in(visit, app)
    _import(visit, write_shop(tmp_path / "orders of two years.csv"))
    _value(visit)
    _today(visit)
    _find_a_customer(visit)
    _question_the_base(visit)
    _take_the_import_back(visit)


def _come_in(visit: Page, app: Served) -> None:
    assert app.way_in is not None, "the first start prints the way in"
    visit.goto(app.way_in)
    visit.get_by_label("Your name").fill("Alice Adler")
    visit.get_by_label("E-mail").fill("alice@example.com")
    visit.get_by_label("Password").fill("correct horse battery")
    assert axe_findings(visit) == []
    visit.get_by_role("button", name="Begin").click()
    expect(visit.get_by_role("heading", name="Today")).to_be_visible()
    assert axe_findings(visit) == []


def _import(visit: Page, orders: Path) -> None:
    visit.get_by_role("main").get_by_role("link", name="Bring your orders").click()
    visit.locator("input[type=file]").set_input_files(orders)
    visit.get_by_role("button", name="Upload and look at the columns").click()
    expect(visit.get_by_role("heading", name="Columns of")).to_be_visible()
    assert axe_findings(visit) == []
    visit.get_by_role("button", name="Check every row").click()
    expect(visit.get_by_role("button", name=re.compile("Import .* rows"))).to_be_visible(timeout=PATIENCE)
    expect(visit.get_by_role("main")).to_contain_text("no date")
    assert axe_findings(visit) == []
    with visit.expect_download() as rejects:
        visit.get_by_role("link", name=re.compile("Download")).first.click()
    assert "no date" in Path(rejects.value.path()).read_text(encoding="utf-8")
    visit.get_by_role("button", name=re.compile("Import .* rows")).click()


def _value(visit: Page) -> None:
    visit.get_by_role("button", name="Value the base now").click(timeout=PATIENCE)
    expect(visit.get_by_role("main")).to_contain_text("shown now", timeout=PATIENCE)
    assert axe_findings(visit) == []


def _today(visit: Page) -> None:
    visit.get_by_role("navigation", name="Rooms").get_by_role("link", name="Today").click()
    expect(visit.get_by_role("main")).to_contain_text("Worth of the base", timeout=PATIENCE)
    assert axe_findings(visit) == []


def _find_a_customer(visit: Page) -> None:
    visit.keyboard.press("Control+k")
    visit.get_by_role("searchbox", name="Go to a customer or a page").fill("ada nov")
    visit.get_by_role("link", name=re.compile("Ada Novak")).first.click()
    expect(visit.get_by_role("heading", name=re.compile("Ada Novak"))).to_be_visible()
    assert axe_findings(visit) == []
    visit.get_by_role("navigation", name="Rooms").get_by_role("link", name="Customers").click()
    expect(visit.get_by_role("main").get_by_role("table")).to_be_visible()
    assert axe_findings(visit) == []


def _question_the_base(visit: Page) -> None:
    visit.get_by_role("navigation", name="Rooms").get_by_role("link", name="Insight").click()
    expect(visit.get_by_role("main").get_by_role("img").first).to_be_visible()
    assert axe_findings(visit) == []


def _take_the_import_back(visit: Page) -> None:
    visit.get_by_role("navigation", name="Rooms").get_by_role("link", name="Data").click()
    visit.get_by_role("link", name=re.compile("orders of two years")).click()
    visit.get_by_role("button", name=re.compile("Undo|Take|off", re.IGNORECASE)).first.click()
    expect(visit.get_by_role("main")).to_contain_text(re.compile("no longer|off|undone", re.IGNORECASE))
