"""The papers around the code: commands that exist, links that lead somewhere, pins that name no index."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from source_tree import ROOT

DOCS = ROOT / "docs"
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")


def test_continuous_integration_runs_what_a_developer_runs() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "test" in _targets()["check"].split()


def test_make_test_runs_the_tests_with_spark_and_those_without() -> None:
    assert _recipe("test").split()[-2:] == ["test-most", "test-spark-most"]
    assert '$(BIN)/pytest -m "not spark"' in _recipe("test-most")
    marked = r"$(shell grep -rl --include='test_*.py' 'mark\.spark' tests)"
    assert f"\nSPARK_TESTS = {marked}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert _recipe("test-spark").strip() == "@$(BIN)/pytest -m spark -n 0 $(SPARK_TESTS)"
    each_step = '-k "not test_a_step_gives_the_same_rows_on_both"'  # minutes, by make test-spark alone
    assert _recipe("test-spark-most").strip() == f"@$(BIN)/pytest -m spark -n 0 $(SPARK_TESTS) {each_step}"


def test_every_command_of_make_in_the_papers_exists() -> None:
    targets = _targets()
    for page in _pages():
        for target in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert target in targets, f"{page.relative_to(ROOT)} names make {target}"


def test_the_readme_gives_the_two_commands_to_start() -> None:
    readme = ROOT / "README.md"
    if not readme.read_text(encoding="utf-8").strip():
        pytest.skip("the README is still empty")
    assert re.search(r"\bmake demo\b", readme.read_text(encoding="utf-8"))
    assert {"demo", "test"} <= set(_targets())


@pytest.mark.parametrize("pins", REQUIREMENTS, ids=lambda pins: pins.name)
def test_pins_carry_hashes_and_name_no_index(pins: Path) -> None:
    text = pins.read_text(encoding="utf-8")
    assert "--index-url" not in text
    assert "://" not in text
    pinned = re.findall(r"^[A-Za-z0-9][\w.\-\[\]]*==", text, flags=re.MULTILINE)
    assert len(pinned) > 10
    assert text.count("--hash=sha256:") >= len(pinned)


def test_the_spark_extra_brings_what_pyspark_needs_for_blocks() -> None:
    """pyspark leaves these to an extra of its own, so its plain package installs and then fails at the first block."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = {_package(each) for each in (*project["dependencies"], *project["optional-dependencies"]["spark"])}
    asked = {_package(each) for each in requires("pyspark") or () if 'extra == "sql"' in each}
    assert "pandas" in asked
    assert asked <= brought


def test_every_link_in_the_papers_leads_to_a_file() -> None:
    broken = [(page.relative_to(ROOT), link) for page in _pages() for link in _links(page) if not link.exists()]
    assert not broken


def test_every_page_of_the_docs_is_linked_from_another() -> None:
    linked = {link for page in _pages() for link in _links(page) if link != page.resolve()}
    lonely = [page.relative_to(ROOT).as_posix() for page in DOCS.rglob("*.md") if page.resolve() not in linked]
    if not (ROOT / "README.md").read_text(encoding="utf-8").strip():
        pytest.skip("the README, which links the pages, is still empty")
    assert not lonely


def _package(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0].lower()


def _pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def _links(page: Path) -> list[Path]:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in links if "://" not in link and not link.startswith("mailto:")]


def _recipe(target: str) -> str:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    assert found is not None, target
    return found[1]


def _targets() -> dict[str, str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+):([^#\n]*)", makefile, flags=re.MULTILINE))
