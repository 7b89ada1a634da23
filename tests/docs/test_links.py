"""Relative links and pictures of the documentation lead to files, and to headings in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import PAGES, ROOT, name, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page: Path) -> list[str]:
    found = _LINK.findall(prose(page))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """The headings' anchors, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in words}


def broken(page: Path) -> list[str]:
    found = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    assert broken(page) == []


def test_broken_links_are_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One heading\n[a](#one-heading) [b](none.md) ![c](#other)\n")
    assert broken(page) == ["none.md", "#other"]


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, to_visit = set(), [ROOT / "README.md"]
    while to_visit:
        page = to_visit.pop()
        reached.add(page)
        if not page.is_file():
            continue
        targets = ((page.parent / link.partition("#")[0]).resolve() for link in links(page))
        folders_and_pages = [t for t in targets if t.suffix == ".md" or t.is_dir()]
        for target in folders_and_pages:
            pages = target.glob("*.md") if target.is_dir() else [target]
            to_visit += [page for page in pages if page not in reached]
    assert [name(page) for page in PAGES if page not in reached] == []
