"""Measure the sentences of the docs, and print a page a line: sentences, mean length, the longest.

python -m tests.support.sentences    prints the report; ./dev lint runs it
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PAGES", "sentences"]

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
END = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`*\"(\[])|(?<=;)\s+")
"""The end of a sentence, or of an independent clause."""


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a page: those of paragraphs, list items and cells of tables, without code blocks and headings."""
    text = re.sub(r"^```.*?^```", "\n\n", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^( {4}.*|#.*|\|[-|: ]+\|)$", "\n", text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)|\n?\|", text):
        joined = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(block.split()).lstrip("-* "))
        yield from (part for part in END.split(joined) if len(part.split()) > 1)


def main() -> None:
    """Print the report."""
    print(f"{'page':36}{'sentences':>10}{'mean words':>12}{'over 25':>9}  longest")
    for page in PAGES:
        lengths = {part: len(part.split()) for part in sentences(page.read_text(encoding="utf-8"))}
        longest = max(lengths, key=lambda part: lengths[part])
        mean, over = statistics.mean(lengths.values()), sum(length > 25 for length in lengths.values())
        name = page.relative_to(ROOT).as_posix()
        print(f"{name:36}{len(lengths):>10}{mean:>12.1f}{over:>9}  {lengths[longest]}: {longest[:60]}...")


if __name__ == "__main__":
    main()
