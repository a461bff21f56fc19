"""Templates, styles and scripts of the pages: every word can be translated, nothing is inline or from elsewhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from source_tree import ROOMS

from keepers.insight.drawings import theme
from keepers.valuation.groups import GROUPS

TEMPLATES = sorted(ROOMS.glob("**/templates/**/*.html"))
STATIC = ROOMS / "web" / "static" / "keepers"
STYLES = sorted(STATIC.glob("css/**/*.css"))
SCRIPTS = sorted(STATIC.glob("js/**/*.js"))
COMPONENTS = sorted((ROOMS / "web" / "templates" / "cotton").glob("*.html"))
GALLERY = ROOMS / "web" / "templates" / "web" / "gallery.html"
FOR_DEVELOPERS = {"gallery.html"}
LAST_RESORT = {"400.html", "500.html"}  # sent when nothing can be relied on any more, translation included
NAMES = {"Keepers", "CSV", "XLSX", "Esc", "Ctrl", "K", "j", "k"}
READ_ATTRIBUTES = {"alt", "aria-label", "label", "placeholder", "title"}


def _name(path: Path) -> str:
    return path.relative_to(ROOMS).as_posix()


class Words(HTMLParser):
    """The words that a reader meets in a template outside Django's tags."""

    def __init__(self) -> None:
        super().__init__()
        self.met: list[str] = []

    def handle_data(self, data: str) -> None:
        self._meet(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in READ_ATTRIBUTES and value and not tag.startswith("c-"):
                self._meet(value)

    def _meet(self, text: str) -> None:
        words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NAMES]
        if words:
            self.met.append(" ".join(text.split()))


def _read_by_people(text: str) -> Iterator[str]:
    text = re.sub(r"{#.*?#}|{% comment.*?{% endcomment %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% blocktrans.*?{% endblocktrans[a-z]* %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% block guide %}.*?{% endblock %}|{% block width %}.*?{% endblock %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    parser = Words()
    parser.feed(re.sub(r"<!doctype[^>]*>", "", text))
    yield from parser.met


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_word_of_a_page_goes_through_gettext(path: Path) -> None:
    if path.name in FOR_DEVELOPERS | LAST_RESORT:
        return
    assert list(_read_by_people(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_has_no_inline_style_script_or_handler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*\sstyle=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<[^>]*\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"hx-on|javascript:", text)


@pytest.mark.parametrize("path", [*TEMPLATES, *STYLES, *SCRIPTS], ids=_name)
def test_nothing_is_asked_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"""(src|href)=["']//|url\(["']?//""", text)


def test_a_number_that_programs_read_is_not_written_for_people() -> None:
    """Customer 1014 would be "1,014" in a form or an address, and nobody would find them."""
    bare = r'(?:value|href|action|hx-[a-z-]+)="[^"]*\{\{ ?[\w.]*(?:\bpk|(?<!run)(?<!batch)_id|number) ?\}\}'
    found = {_name(path): re.findall(bare, path.read_text(encoding="utf-8")) for path in TEMPLATES}
    assert {name: bares for name, bares in found.items() if bares} == {}, 'write it with |stringformat:"d"'


@pytest.mark.parametrize("path", STYLES, ids=_name)
def test_a_stylesheet_stays_in_a_layer_and_leaves_colours_to_the_tokens(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "@layer" in text
    assert len(text.splitlines()) <= 400, "split it by component"
    if path.name not in {"tokens.css", "palette.css"}:
        assert not re.search(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl|oklch\(", text), "name the colour in tokens.css"


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_a_script_is_a_small_module(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("path", COMPONENTS, ids=_name)
def test_every_component_is_in_the_gallery(path: Path) -> None:
    assert f"<c-{path.stem.replace('_', '-')}" in GALLERY.read_text(encoding="utf-8")


def test_pages_and_charts_colour_the_groups_alike() -> None:
    tokens = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--group-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", tokens)
    assert {name: (light, dark) for name, light, dark in pairs} == {
        name: (theme.LIGHT.groups[name], theme.DARK.groups[name]) for name in GROUPS
    }
