"""A real browser: where it is, how it starts, and what a visit of a page watches."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright

PATIENCE = 60_000  # ms that a page may take on a machine that does other work too
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES: dict[str, object] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # of what passes it then keeps no list
}
BY_COLOUR = RULES | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules that ask for colours: the others find the same in every theme."""
STALLED = 3_000  # ms: Chromium without a screen now and then draws no frame for minutes, unless asked for a picture
DRAWN = """(stalled) => Promise.race([new Promise((done) => setTimeout(done, stalled, null)), (async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const ends = (motion) => Number.isFinite(motion.effect.getComputedTiming().endTime);
    const ended = (image) => image.complete || new Promise((done) => {
        image.addEventListener("load", done, { once: true });
        image.addEventListener("error", done, { once: true });
        setTimeout(done, 60000);
    });
    document.querySelectorAll("img[loading=lazy]").forEach((image) => { image.loading = "eager"; });
    for (let again = 0; again < 2; again += 1) {
        await frame();
        await frame();
        await Promise.all([...document.images].map(ended));
        await Promise.allSettled(document.getAnimations().filter(ends).map((motion) => motion.finished));
    }
    return [...document.images].filter((image) => !image.naturalWidth).map((image) => image.currentSrc || image.src);
})()])"""


@dataclass(frozen=True)
class Look:
    """How a visitor sees the pages."""

    theme: str
    width: int
    height: int

    @property
    def name(self) -> str:
        return f"{self.theme} {self.width}"


THEMES = ("light", "dark")
SIZES = ((360, 740), (1280, 900))


LEFT = ("htmx:sendAbort", "htmx:afterRequest")  # what htmx says of an answer still awaited when the page is left


@dataclass
class Watch:
    """What must not happen on any page: an error in the console, a request to elsewhere, an answer that failed."""

    host: str
    faults: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(LEFT):
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc not in {self.host, ""}:
            self.faults.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")


def chromium() -> str:
    """The browser's program; on CI it must be there."""
    for name in (os.environ.get("KEEPERS_CHROMIUM", ""), *NAMES):
        if name and (found := shutil.which(name)):
            return found
    reason = "No Chromium was found. Install it (Debian: apt-get install chromium) or name it in KEEPERS_CHROMIUM."
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def started() -> Iterator[Browser]:
    """The browser, for as long as the block runs."""
    program = chromium()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def axe_findings(page: Page, rules: dict[str, object] = RULES) -> list[str]:
    """What axe has to say against the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("async (rules) => (await axe.run(rules)).violations", rules)
    return [f"{one['id']}: {one['help']} {[node['html'][:140] for node in one['nodes'][:3]]}" for one in found]


def charts_not_drawn(page: Page) -> list[str]:
    """Addresses of the images that cannot be seen, after those below the screen were fetched too and all have ended."""
    for _ in range(PATIENCE // STALLED):
        if (found := page.evaluate(DRAWN, STALLED)) is not None:
            return list(found)
        page.screenshot()
    return [f"whatever is on {page.url}: the browser drew no frame"]


def wider_than_screen(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
