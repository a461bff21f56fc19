"""The guide: every page of the app has its chapter, every setting its line, every chapter its place on the site."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from source_tree import ROOMS, ROOT, Module, modules

from keepers.web.guide import ORDER, chapters

DOCS = ROOT / "docs"
GUIDE = DOCS / "guide"
PICTURES = DOCS / "pictures"
SETTING = re.compile(r"KEEPERS_[A-Z_]+|DATABASE_URL|ENGINE_URL")
HEAVIEST, HEAVIEST_TOGETHER = 250_000, 2_500_000  # bytes
SLUG = re.compile(r"{% block guide %}([a-z-]+){% endblock %}|{% url 'guide' '([a-z-]+)' %}")


def test_every_page_that_names_a_chapter_names_one_that_exists() -> None:
    named = [
        (template.relative_to(ROOMS).as_posix(), slug)
        for template in ROOMS.glob("**/templates/**/*.html")
        for found in SLUG.findall(template.read_text(encoding="utf-8"))
        for slug in found
        if slug
    ]
    assert len(named) > 10
    assert [each for each in named if not (GUIDE / f"{each[1]}.md").exists()] == []


def test_the_guide_has_its_chapters_in_the_order_of_the_pages() -> None:
    assert [chapter.name for chapter in chapters()] == list(ORDER)
    assert all(chapter.title and chapter.question.endswith("?") for chapter in chapters())


def test_the_app_shows_a_chapter_without_pictures_and_with_links_that_lead_within() -> None:
    html = "".join(chapter.html for chapter in chapters())
    assert "<img" not in html
    assert '.md"' not in html
    assert 'href="../import/"' in html


def test_a_link_into_a_chapter_leads_to_a_heading_there() -> None:
    html = {chapter.name: chapter.html for chapter in chapters()}
    links = [link for text in html.values() for link in re.findall(r'href="\.\./([a-z-]+)/#([^"]+)"', text)]
    assert ("insight", "the-ledger") in links
    assert [link for link in links if f'id="{link[1]}"' not in html[link[0]]] == []


def test_every_setting_that_the_code_reads_is_in_the_guide_and_the_glossary() -> None:
    read = {name for module in modules() for name in _settings(module)}
    assert "KEEPERS_HOME" in read
    assert "DATABASE_URL" in read
    assert "ENGINE_URL" in read
    for page in (GUIDE / "settings.md", DOCS / "glossary.md"):
        text = page.read_text(encoding="utf-8")
        assert [name for name in sorted(read) if f"| `{name}` |" not in text] == [], page.name


def test_every_setting_that_only_the_tests_read_is_told_to_contributors() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    read = {name for module in modules(ROOT / "tests") for name in _settings(module)}
    assert [name for name in sorted(read - _read_by_the_app()) if f"`{name}" not in told] == []


def test_every_page_of_the_docs_has_its_place_on_the_site() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    placed = list(_pages(site["project"]["nav"]))
    assert sorted(placed) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))
    chapters_placed = [Path(page).stem for page in placed if page.startswith("guide/")]
    assert chapters_placed == list(ORDER)


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("*")), ids=lambda path: path.name)
def test_a_picture_is_light_and_shown_somewhere(picture: Path) -> None:
    assert picture.suffix == ".png"
    assert picture.stat().st_size <= HEAVIEST
    papers = [ROOT / "README.md", *DOCS.rglob("*.md")]
    assert any(f"pictures/{picture.name}" in page.read_text(encoding="utf-8") for page in papers)


def test_the_pictures_are_light_together() -> None:
    assert sum(picture.stat().st_size for picture in PICTURES.glob("*")) <= HEAVIEST_TOGETHER


def _settings(module: Module) -> set[str]:
    """Names of variables of the environment that stand alone in a module's texts."""
    texts = (node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and SETTING.fullmatch(text)}


def _read_by_the_app() -> set[str]:
    return {name for module in modules() for name in _settings(module)}


def _pages(nav: list[Any]) -> list[str]:
    """The pages of a navigation, in its order."""
    pages: list[str] = []
    for entry in nav:
        if isinstance(entry, str):
            pages.append(entry)
        else:
            for below in entry.values():
                pages += [below] if isinstance(below, str) else _pages(below)
    return pages
