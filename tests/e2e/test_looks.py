"""Every page in every look: light and dark, on a desk and on a phone, without fault of any kind."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from keepers.warehouse.lock import WriterLock
from tests.e2e.browser import (
    BY_COLOUR,
    RULES,
    SIZES,
    THEMES,
    Watch,
    axe_findings,
    charts_not_drawn,
    started,
    wider_than_screen,
)
from tests.e2e.serving import PATIENCE, Served, environment, served
from tests.e2e.shop import write_shop

PAGES = (
    "/",
    "/customers/",
    "/customers/?group=slipping",
    "/customers/?by=group",
    "/customers/everybody/?columns=tags&columns=stage&columns=owner",
    "/customers/new/",
    "/tasks/",
    "/touches/",
    "/kept/",
    "/customers/{customer}/",
    "/customers/{customer}/properties/stage/",
    "/customers/{customer}/consent/",
    "/customers/{customer}/privacy/",
    "/customers/{customer}/forgetting/",
    "/insight/",
    "/insight/equity/",
    "/insight/ledger/",
    "/insight/concentration/",
    "/insight/new-customers/",
    "/insight/profile/",
    "/insight/prospects/",
    "/insight/cohorts/",
    "/insight/rfm/",
    "/insight/quarters/",
    "/insight/buyers/?by=month",
    "/insight/tracking/",
    "/insight/calibration/",
    "/insight/drivers/",
    "/insight/wallets/",
    "/plan/",
    "/plan/customers/",
    "/plan/mailings/",
    "/plan/promotions/",
    "/plan/results/",
    "/plan/trials/",
    "/work/",
    "/work/reminders/",
    "/tasks/new/",
    "/cadences/",
    "/duplicates/",
    "/cadences/new/",
    "/data/",
    "/data/imports/new/",
    "/data/people/",
    "/data/people/new/",
    "/data/people/export/",
    "/data/inbox/",
    "/data/runs/",
    "/settings/",
    "/settings/contacts/",
    "/settings/consent/",
    "/settings/fields/",
    "/settings/formulas/new/",
    "/settings/roll-ups/new/?of=touches",
    "/settings/firm/",
    "/search/?q=ada",
    "/guide/",
    "/guide/value/",
    "/account/",
    "/account/password/change/",
    "/account/sessions/",
    "/account/tokens/",
    "/account/second-step/",
    "/settings/forms/",
    "/settings/webhooks/",
    "/settings/people/",
    "/settings/teams/",
    "/settings/roles/",
    "/settings/roles/rep/",
    "/settings/audit/",
    "/settings/privacy/",
)
HEAVIEST = 300_000  # bytes that a page may send before its charts


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Served]:
    """A shop that was valued twice, so that there is something to compare with; each process has a copy of its own."""
    home = tmp_path_factory.mktemp("shop") / "home"
    if worker_id == "master":  # no other process takes part
        _value(home)
    else:
        made = tmp_path_factory.getbasetemp().parent / "valued" / "home"
        made.parent.mkdir(exist_ok=True)
        with WriterLock(made.with_name("lock"), timeout=2 * PATIENCE).held():
            if not made.exists():
                _value(made)
        shutil.copytree(made, home)
    with served(home) as app:
        yield app


def _value(home: Path) -> None:
    orders = write_shop(home.with_name("orders.csv"))
    for words in (["import", str(orders), "--yes"], ["run", "--as-of", "2025-04-01", "--holdout", "none"], ["run"]):
        subprocess.run(
            [sys.executable, "-m", "keepers", *words], check=True, env=environment(home), capture_output=True
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def cookies(shop: Served, browser: Browser) -> list[dict[str, object]]:
    """Of Alice, who came in by the link."""
    assert shop.way_in is not None
    context = browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto(shop.way_in)
    page.get_by_label("Your name").fill("Alice Adler")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Begin").click()
    page.goto(f"{shop.address}/customers/")
    return [dict(cookie) for cookie in context.cookies()]


def test_every_page_in_every_look(shop: Served, browser: Browser, cookies: list[dict[str, object]]) -> None:
    faults = list(_faults(browser, shop, cookies))
    assert not faults, "\n".join(faults)


def _faults(browser: Browser, shop: Served, cookies: list[dict[str, object]]) -> Iterator[str]:
    """A page is loaded once and then seen in every size and theme: what is told to follow the visitor's must do so."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    context.add_cookies(cookies)
    page = context.new_page()
    watch = Watch(shop.host)
    watch.on(page)
    customer = _a_customer(page, shop)
    for address in PAGES:
        for place, (width, height) in enumerate(SIZES):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=THEMES[0])
            if not place:
                page.goto(shop.address + address.format(customer=customer))
                if (weight := _weight(page)) > HEAVIEST:
                    yield f"{address}: {weight:,} bytes before its charts"
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                rules = RULES if theme == THEMES[0] else BY_COLOUR
                yield from (f"{theme} {width} {address}: {fault}" for fault in _faults_of(page, watch, rules))
    context.close()


def _faults_of(page: Page, watch: Watch, rules: dict[str, object]) -> Iterator[str]:
    """What is wrong with the page as it stands."""
    if broken := charts_not_drawn(page):
        yield f"not drawn: {broken}"
    yield from watch.faults
    watch.faults.clear()
    yield from axe_findings(page, rules)
    if (wider := wider_than_screen(page)) > 0:
        yield f"{wider} px wider than the screen"


def _a_customer(page: Page, shop: Served) -> int:
    answer = page.request.get(f"{shop.address}/search/?q=ada")
    found = re.search(r"/customers/(\d+)/", answer.text())
    assert found
    return int(found[1])


def _weight(page: Page) -> int:
    """Bytes of the page with its styles and scripts, as if nothing were kept, without charts."""
    script = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter((entry) => entry.initiatorType !== "img")
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
    return int(page.evaluate(script))


def test_the_list_obeys_the_keyboard(shop: Served, browser: Browser, cookies: list[dict[str, object]]) -> None:
    page = browser.new_context(storage_state={"cookies": cookies}).new_page()
    page.goto(f"{shop.address}/customers/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("[data-row]").nth(1).locator("a").first
    expect(second).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator("#panel")).to_contain_text(str(second.text_content()).strip())
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()


def test_everything_is_reached_without_javascript(
    shop: Served, browser: Browser, cookies: list[dict[str, object]]
) -> None:
    context = browser.new_context(storage_state={"cookies": cookies}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shop.address}/customers/?group=best")
    first = page.locator("[data-row]").first.locator("a").first
    name = str(first.text_content()).strip()
    first.click()
    expect(page.get_by_role("main")).to_contain_text(name)
    for room in ("Today", "Insight", "Data", "Settings"):
        page.get_by_role("navigation", name="Rooms").get_by_role("link", name=room).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
