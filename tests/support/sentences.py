"""Measure how easy the pages of the documentation are to read, and print the hardest pages.

python -m tests.support.sentences            prints the report; ./dev lint runs it
python -m tests.support.sentences --worst    prints the ten hardest sentences instead
python -m tests.support.sentences FILE...    measures other pages, such as those of another project

The measure is Flesch's reading ease: 206.835 - 1.015 x words a sentence - 84.6 x syllables a word (R. Flesch, "A new readability
yardstick", 1948). Text of 60 and more is plain English. Pyphen counts syllables by hyphenation. Code counts as one short word.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pyphen import Pyphen

from tests.support.doc_pages import PAGES, ROOT

__all__ = ["Measure", "hardest", "measure", "reading_ease", "sentences"]

END = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`*\"(\[])|(?<=;)\s+")
"""The end of a sentence, or of an independent clause."""
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
SHOWN = 5
"""Pages in the report."""
FEWEST = 8
"""Words that a sentence has at least to be among the hardest: the measure is not reliable for shorter ones."""


class Measure(NamedTuple):
    """Measures of a page: its sentences, its reading ease, and the number of sentences of more than 25 words."""

    sentences: int
    ease: float
    long: int


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a page: those of paragraphs, list items and cells of tables, without code blocks and headings."""
    text = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^ *(```+|~~~+).*?^ *\1", "\n\n", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"<!--.*?-->|<[^>\n]+>", " ", text, flags=re.DOTALL)
    text = re.sub(r"^( {4}.*|#.*|\|[-|: ]+\||!!!.*|:::.*|::: .*)$", "\n", text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)|\n?\|", text):
        joined = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", " ".join(block.split()).lstrip("-* "))
        yield from (part for part in END.split(joined) if len(part.split()) > 1)


def prose(sentence: str) -> list[str]:
    """Return the words of a sentence; code is one word."""
    return WORD.findall(re.sub(r"`[^`]*`|\S*[/_\\{}=@<>]\S*|https?:\S+", " code ", sentence))


@lru_cache(None)
def syllables(word: str) -> int:
    """Return the number of syllables of a word."""
    return max(1, len(DICTIONARY.positions(word.lower())) + 1)


DICTIONARY = Pyphen(lang="en_US")


def reading_ease(texts: Iterable[str]) -> float:
    """Return Flesch's reading ease of sentences."""
    split = [words for words in map(prose, texts) if words]
    words = [word for sentence in split for word in sentence]
    if not words:
        return 100.0
    return 206.835 - 1.015 * len(words) / len(split) - 84.6 * sum(map(syllables, words)) / len(words)


def measure(page: Path) -> Measure:
    """Return the measures of a page."""
    found = list(sentences(page.read_text(encoding="utf-8")))
    return Measure(len(found), reading_ease(found), sum(len(sentence.split()) > 25 for sentence in found))


def hardest(pages: Iterable[Path], count: int = 10) -> list[tuple[float, Path, str]]:
    """Return the hardest sentences of pages, the hardest first."""
    found = [(page, sentence) for page in pages for sentence in sentences(page.read_text(encoding="utf-8"))]
    scored = [(reading_ease([sentence]), page, sentence) for page, sentence in found if len(prose(sentence)) >= FEWEST]
    return sorted(scored, key=lambda one: one[0])[:count]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else str(page)


def main(words: list[str]) -> None:
    """Print the report, or the hardest sentences."""
    pages = [Path(word) for word in words if word != "--worst"] or list(PAGES)
    if "--worst" in words:
        for ease, page, sentence in hardest(pages):
            print(f"{ease:6.1f}  {name(page)}: {sentence}")
        return
    print(f"{'page':40}{'sentences':>10}{'reading ease':>14}{'over 25 words':>15}")
    measured = {page: measure(page) for page in pages}
    for page, found in sorted(measured.items(), key=lambda item: item[1].ease)[:SHOWN]:
        print(f"{name(page):40}{found.sentences:>10}{found.ease:>14.1f}{found.long:>15}")
    everything = [sentence for page in pages for sentence in sentences(page.read_text(encoding="utf-8"))]
    long = sum(len(sentence.split()) > 25 for sentence in everything)
    print(f"{'all':40}{len(everything):>10}{reading_ease(everything):>14.1f}{long:>15}")


if __name__ == "__main__":
    main(sys.argv[1:])
