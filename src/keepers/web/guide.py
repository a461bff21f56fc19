"""The guide's chapters, from the same files that the site of the documentation is made of."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from keepers.crm.entrance import for_everybody

IN_PACKAGE = "guide"
IN_CHECKOUT = Path(__file__).parents[3] / "docs" / "guide"
ORDER = (
    "start",
    "today",
    "customers",
    "customer",
    "insight",
    "drivers",
    "plan",
    "acting",
    "acquire",
    "import",
    "people",
    "programs",
    "api",
    "site",
    "workspace",
    "value",
    "experiments",
    "analysts",
    "roles",
    "privacy",
    "settings",
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A page of the guide.

    question: what it answers, as its first line says in italics
    """

    name: str
    title: str
    question: str
    html: SafeString


@for_everybody
def contents(request: HttpRequest) -> HttpResponse:
    """All chapters."""
    return render(request, "web/guide_contents.html", {"chapters": chapters()})


@for_everybody
def chapter(request: HttpRequest, chapter: str) -> HttpResponse:
    """One chapter."""
    found = next((each for each in chapters() if each.name == chapter), None)
    if found is None:
        raise Http404
    return render(request, "web/guide_chapter.html", {"chapter": found, "chapters": chapters()})


@cache
def chapters() -> list[Chapter]:
    """In the order of the loop; chapters that the order does not name come last."""
    read = [_chapter(file) for file in sorted(_folder().glob("*.md"))]
    return sorted(read, key=lambda each: ORDER.index(each.name) if each.name in ORDER else len(ORDER))


def _folder() -> Path:
    """The chapters that were installed with the package, or those of the checkout."""
    installed = Path(str(files("keepers.web"))) / IN_PACKAGE
    return installed if installed.is_dir() else IN_CHECKOUT


def _chapter(file: Path) -> Chapter:
    text = file.read_text(encoding="utf-8")
    title, _, body = text.partition("\n")
    asked = re.match(r"\s*\*([^*\n]+)\*\n", body)
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    html = html.replace("<pre>", '<pre tabindex="0">')  # so that keys can move it where it is wider than the screen
    question = asked[1] if asked else ""
    return Chapter(file.stem, title.lstrip("# ").strip(), question, mark_safe(_linked(_named(html))))  # noqa: S308 - our own files


def _named(html: str) -> str:
    """Headings that a link can lead to, by the names that the site gives them."""

    def named(found: re.Match[str]) -> str:
        name = re.sub(r"[^\w]+", "-", re.sub(r"<[^>]*>", "", found[2]).lower()).strip("-")
        return f'<h{found[1]} id="{name}">{found[2]}</h{found[1]}>'

    return re.sub(r"<h([2-4])>(.*?)</h\1>", named, html)


def _linked(html: str) -> str:
    """Links between chapters lead within the app; pages of the repository that the app does not have lose theirs."""
    html = re.sub(r'href="([a-z-]+)\.md(#[^"]*)?"', r'href="../\1/\2"', html)
    html = re.sub(r'<a href="\.\./\.\.?/?[^"]*\.md[^"]*">(.*?)</a>', r"\1", html)
    html = re.sub(r'<a href="\.\./[^"]*\.md[^"]*">(.*?)</a>', r"\1", html)
    return re.sub(r"<p><img [^>]*></p>\n?", "", html)
