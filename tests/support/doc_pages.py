"""Read the pages of the documentation: their blocks of code, their links and their anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["DOCS", "PAGES", "ROOT", "Block", "anchors", "blocks", "links", "programs"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))

FENCE = re.compile(r"^( *)```([a-z-]*)(?:\{[a-z-]+\})?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page: its place, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def blocks(*languages: str) -> Iterator[Block]:
    """Yield the blocks in these languages, of all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            indent, language, body = match.groups()
            if language in languages:
                inner = "".join(line[len(indent) :] for line in body.splitlines(keepends=True))
                yield Block(page, text[: match.start()].count("\n") + 2, language, inner)


def programs() -> list[Block]:
    """Return the programs of all pages: a block that imports from laminar begins one, the blocks after it continue it."""
    found: list[Block] = []
    for block in blocks("python"):
        begins = re.search(r"^(from|import) laminar\b", block.text, re.MULTILINE)
        if begins or not found or found[-1].page != block.page:
            found.append(block)
        else:
            found[-1] = found[-1]._replace(text=f"{found[-1].text}\n{block.text}")
    return found


def links(page: Path) -> list[str]:
    """Return the targets of a page's links within the repository."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"`[^`\n]*`", "CODE", text)
    found = [one or other for one, other in LINK.findall(text)]
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(text)}
