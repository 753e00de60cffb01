"""Docstrings, comments, messages and docs are plain English: none of the words below, and docstrings in the imperative.

All findings of a room are reported at once, with what to write instead.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

PREPOSITIONS = "(with|of|by|from|to|than|beside|after|into|without|holds?|keeps?|return|reads?|yield)"
"""Words after which "what" is a vague noun. Indirect questions ("decide what to do", "see what failed") have other verbs."""

INSTEAD = {
    r"(do|does|did|will|would|can|could)( not|n't) take|takes? no\b": "rejects",
    r"(go|goes|going|gone|went) over": "iterates over",
    r"mend(s|ed|ing)?": "fix, correct, restore",
    r"behind(?! a load)": "after",
    r"tells? of|tell(s|ing)?|told": "return, report, print, show",
    r"ask(s|ed|ing)?": "call, evaluate, request",
    r"say -{1,2}\w": "pass",
    r"anew": "again, new",
    r"nobody|somebody": "name who, or use the passive",
    r"what stands|stands (above|below|behind|before|in|there|at)": "is",
    r"lets? go of": "release",
    r"leaves? alone": "keep, ignore",
    r"meant": "selected, named",
    r"makes? of it": "state it",
    r"whoever|whichever": "name it",
    r"says|said|saying": "states, reports, prints, shows, means",
    r"besides": "except, other, in addition to",
    r"stands(?! for)|standing|stood": "is, occurs, comes",
    r"look(s|ed|ing)? at": "reads, checks, inspects, requests",
    r"left alone": "is not changed, is ignored",
    r"(is|are) as good": "name the alternative",
    rf"{PREPOSITIONS} what": "a noun: the documents of the splits, the values that hooks return",
    r"of (its|their) own(?! (layer|part|DAG|code package|datastore)\b)": "its own, separate, new; own before a noun is plain",
    r"(goes|going|went) on": "continues",
    r"tak(e|es|en|ing) (it|them) over|taken over|took over": "reuse, replace",
    r"(is|are|be) tried again": "is retried",
    r"without a word": "silently, without a report",
    r"for want of": "because of missing",
    r"whatever": "any, for all",
    r"hands? out": "returns, assigns, passes",
    r"travels?(?=( by| as| along| in| with|$))": "is sent, is stored",
}
"""Words of a private English, as regular expressions, with what to write instead."""

OPENINGS = ("Tell", "Give", "Say", "Let", "Ask", "Tells", "Gives", "Says", "Lets", "Asks", "Returns", "Yields", "Raises", "Whether")
"""First words that no docstring of a function has: it starts with an imperative verb that says what happens."""

HELD = ("README.md", "CONTRIBUTING.md", "docs", "templates", "laminar", "compiler", "tests/support")
"""Files and folders that are held to the rule."""

EXCEPTIONS: frozenset[tuple[str, str]] = frozenset()
"""Pairs of a file and a word that the rule allows there, because it is the exact term: a quotation, or another program's option."""


class Passage(NamedTuple):
    """A text for people: where it is, and whether it is the docstring of a function."""

    path: str
    line: int
    text: str
    of_function: bool = False


def passages(path: Path) -> Iterator[Passage]:
    """Yield the texts for people in a file."""
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".md":
        yield from prose(name, path.read_text(encoding="utf-8"))
        return
    text = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield Passage(name, token.start[0], token.string.lstrip("# "))
    tree = ast.parse(text)
    docstrings = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                docstrings[id(first.value)] = not isinstance(node, ast.ClassDef | ast.Module) and not is_property(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (" " in node.value or id(node) in docstrings):
            yield Passage(name, node.lineno, without_code(node.value), docstrings.get(id(node), False))


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith(("property", ".setter")) for decorator in node.decorator_list)


def prose(name: str, text: str) -> Iterator[Passage]:
    """Yield the lines of a page outside of code."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        elif not inside and not line.startswith("    "):
            yield Passage(name, number, without_code(line))


def without_code(text: str) -> str:
    """Return a text without code in backticks and doctests."""
    text = re.sub(r"``.+?``|`[^`]+`", "CODE", text, flags=re.DOTALL)
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith((">>>", "...")))


def findings(passage: Passage) -> Iterator[str]:
    """Yield what the rule rejects in a passage."""
    for pattern, instead in INSTEAD.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", passage.text, re.IGNORECASE):
            if (passage.path, match[0].lower()) not in EXCEPTIONS:
                line = passage.line + passage.text[: match.start()].count("\n")
                yield f"{passage.path}:{line}: {match[0]!r}; write: {instead}"
    opening = passage.text.split(maxsplit=1)[0].rstrip(".,:") if passage.text.split() else ""
    if passage.of_function and opening in OPENINGS:
        yield f"{passage.path}:{passage.line}: the docstring starts with {opening!r}; start with an imperative such as Return"


def files(held: str) -> list[Path]:
    place = ROOT / held
    return [place] if place.is_file() else sorted([*place.rglob("*.py"), *place.rglob("*.md")])


@pytest.mark.parametrize("held", HELD)
def test_texts_for_people_are_plain_english(held):
    assert files(held)
    found = [finding for path in files(held) for passage in passages(path) for finding in findings(passage)]
    assert found == [], "\n" + "\n".join(found)


def test_every_exception_is_needed():
    used = {
        (passage.path, match[0].lower())
        for path, word in EXCEPTIONS
        for passage in passages(ROOT / path)
        for match in re.finditer(rf"\b{re.escape(word)}\b", passage.text, re.IGNORECASE)
    }
    assert used == EXCEPTIONS


@pytest.mark.parametrize(
    "text",
    [
        "An option that Argo does not take.",
        "It goes over rows.",
        "To mend it, say so.",
        "flows behind that line",
        "the hooks are asked",
        "``shared`` says whether others see it",
        "members besides the artifacts",
        "each layer stands after its needs",
        "Argo looks at a workflow",
        "Return what the split left.",
        "the files that differ from what was compiled",
        "a process of its own",
        "the run goes on",
        "a split takes it over",
        "It is tried again.",
    ],
)
def test_a_word_of_the_list_is_found(text):
    assert list(findings(Passage("x.py", 1, text)))


@pytest.mark.parametrize(
    "text",
    [
        "Argo rejects it.",
        "It takes a URL.",
        "A name stands for a value.",
        "Comments say why.",
        "It iterates over rows.",
        "the maskable task",
        "foretold",
        "Decide what to do.",
        "a task of its own DAG",
        "It continues.",
    ],
)
def test_a_plain_sentence_passes(text):
    assert not list(findings(Passage("x.py", 1, text)))


def test_the_docstring_of_a_function_starts_with_an_imperative():
    assert list(findings(Passage("x.py", 1, "Tell its kind.", of_function=True)))
    assert not list(findings(Passage("x.py", 1, "Return its kind.", of_function=True)))
    assert not list(findings(Passage("x.py", 1, "Whether it is.")))
