"""The README's and the guide's pictures, taken from the demo in a real browser: `make screenshots`.

    python -m tests.e2e.screenshots [HOME]

HOME is the demo's workspace; kept, it makes the next time faster. Without it a temporary one is filled first.
A fault on a page (an error in its console, an answer that failed, a request to elsewhere) ends it without pictures.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.browser import Look, Watch, started
from tests.e2e.serving import Served, served
from tests.e2e.shop import write_shop

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
DESK, NIGHT, PHONE = Look("light", 1280, 860), Look("dark", 1280, 860), Look("light", 360, 740)
HEAVIEST, HEAVIEST_TOGETHER = 250_000, 2_500_000  # bytes
PATIENCE = 120_000  # ms for a check of a file on a busy machine
PATIENCE_TO_FILL = 900  # seconds until the demo is imported, valued twice and served


class PictureError(Exception):
    """A page had a fault, or a picture became too heavy."""


Go = Callable[[Page, str], None]
"""Leads a page to where something is to be seen, given the app's address."""


@dataclass(frozen=True)
class Picture:
    """One picture: its name, how to get to its page, how the visitor sees it, and what tidies up afterwards."""

    name: str
    go: Go
    look: Look = DESK
    tidy: Go | None = None


def main() -> None:
    """Fill the demo's workspace, serve it, and take every picture."""
    with tempfile.TemporaryDirectory(prefix="keepers-pictures-") as folder:
        home = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(folder) / "demo"
        with served(home, verb="demo", patience=PATIENCE_TO_FILL) as app, started() as browser:
            taken = _taken(browser, app)
    PICTURES.mkdir(exist_ok=True)
    for name, png in taken.items():
        (PICTURES / f"{name}.png").write_bytes(png)
        print(f"docs/pictures/{name}.png  {len(png) / 1000:.0f} kB")


def _taken(browser: Browser, app: Served) -> dict[str, bytes]:
    """Every picture's bytes, by its name.

    Raises:
        PictureError: a page had a fault, or a picture is too heavy.
    """
    cookies = _come_in(browser, app)
    taken = {}
    for look in (DESK, NIGHT, PHONE):
        context = _context(browser, look, cookies)
        for picture in PICTURES_IN_ORDER:
            if picture.look == look:
                taken[picture.name] = _take(context, app, picture)
        context.close()
    if sum(map(len, taken.values())) > HEAVIEST_TOGETHER:
        raise PictureError(f"The pictures weigh more than {HEAVIEST_TOGETHER:,} bytes together.")
    return taken


def _come_in(browser: Browser, app: Served) -> list[dict[str, object]]:
    context = browser.new_context()
    page = context.new_page()
    assert app.way_in is not None, "the demo prints a way in at each start"
    page.goto(app.way_in)
    cookies = [dict(cookie) for cookie in context.cookies()]
    context.close()
    return cookies


def _context(browser: Browser, look: Look, cookies: list[dict[str, object]]) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme="dark" if look.theme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    context.add_cookies(cookies)  # type: ignore[arg-type]  # the browser's own cookies
    return context


def _take(context: BrowserContext, app: Served, picture: Picture) -> bytes:
    page = context.new_page()
    watch = Watch(app.host)
    watch.on(page)
    picture.go(page, app.address)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every((image) => image.complete || image.loading === 'lazy')")
    png = page.screenshot()
    if picture.tidy is not None:
        picture.tidy(page, app.address)
    page.close()
    if watch.faults:
        raise PictureError(f"{picture.name}: {watch.faults}")
    if len(png) > HEAVIEST:
        raise PictureError(f"{picture.name} weighs {len(png):,} bytes, more than {HEAVIEST:,}.")
    return png


def _at(path: str) -> Go:
    """Straight to an address."""

    def go(page: Page, address: str) -> None:
        page.goto(address + path)

    return go


def _slipping(page: Page, address: str) -> None:
    """The list of those who are slipping, with the first of them beside it."""
    page.goto(f"{address}/customers/?group=slipping")
    page.locator("[data-peek]").first.click()
    page.locator(".record-panel").wait_for()


def _customer(page: Page, address: str) -> None:
    """The customer who is worth most of those who are slipping."""
    page.goto(f"{address}/customers/?group=slipping")
    found = page.locator("tbody th[scope=row] a").first.get_attribute("href")
    page.goto(f"{address}{found}")


def _run(page: Page, address: str) -> None:
    """The run that the pages show."""
    page.goto(f"{address}/data/runs/")
    page.locator("tbody th[scope=row] a").first.click()


def _uploaded(page: Page, address: str) -> None:
    """The second step of an import of somebody's file."""
    page.goto(f"{address}/data/imports/new/")
    with tempfile.TemporaryDirectory() as folder:
        page.locator("input[type=file]").set_input_files(write_shop(Path(folder) / "orders-2025.csv"))
        page.get_by_role("button", name="Upload and look at the columns").click()
        page.get_by_role("heading", name="Columns of").wait_for()


def _previewed(page: Page, address: str) -> None:
    """The fourth step of the same import."""
    page.goto(f"{address}/data/")
    page.get_by_role("link", name="orders-2025.csv").first.click()
    page.get_by_role("button", name="Check every row").click()
    page.get_by_role("button", name=re.compile("Import .* rows")).wait_for(timeout=PATIENCE)


def _let_go(page: Page, address: str) -> None:
    """Take the import away, so that a kept workspace stays as it was."""
    page.goto(f"{address}/data/")
    page.get_by_role("link", name="orders-2025.csv").first.click()
    page.get_by_role("button", name="Cancel and remove the files").click()
    page.wait_for_load_state()


PICTURES_IN_ORDER = (
    Picture("today", _at("/")),
    Picture("customers", _slipping),
    Picture("customer", _customer),
    Picture("insight", _at("/insight/")),
    Picture("quarters", _at("/insight/quarters/")),
    Picture("calibration", _at("/insight/calibration/")),
    Picture("plan", _at("/plan/")),
    Picture("mailings", _at("/plan/mailings/")),
    Picture("work", _at("/work/")),
    Picture("runs", _at("/data/runs/")),
    Picture("run", _run),
    Picture("settings", _at("/settings/")),
    Picture("import", _uploaded),
    Picture("preview", _previewed, tidy=_let_go),
    Picture("today-dark", _at("/"), NIGHT),
    Picture("phone", _customer, PHONE),
)


if __name__ == "__main__":
    main()
