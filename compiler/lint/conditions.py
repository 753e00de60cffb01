"""Check ``when``: a condition that Argo reads with govaluate, after the tags in it are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import constant
from laminar.compiler.lint.finding import Finding, meant
from laminar.compiler.lint.references import PHASES

__all__ = ["wrong_condition"]

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
STATUS = r"['\"]?\{\{\s*(?:(?:tasks|steps|workflow)(?:\.[-\w]+)?\.)?status\s*\}\}['\"]?"
COMPARED = re.compile(rf"{STATUS}\s*[=!]=\s*['\"]?([A-Za-z]+)|([A-Za-z]+)['\"]?\s*[=!]=\s*{STATUS}")
OPEN_ENDED = re.compile(r"(&&|\|\||[=!]=|=~|[<>]=?)\s*$|^\s*(&&|\|\||[=!]=)|(?<![&])&(?!&)|(?<!\|)\|(?!\|)")
FIX = "compare with ==, !=, <, >, =~, joined by && and ||."


def wrong_condition(when: Part, whose: str) -> Iterator[Finding]:
    """Yield a condition that cannot be one, or that compares a status with a text that is none."""
    if not isinstance(when.value, str):
        return
    text = QUOTED.sub("x", constant(when.value, "x"))
    if re.search(r"(?<![=!<>~])=(?![=~])", text):
        yield Finding(when, "X109", f"{whose} has a single '='.", FIX)
    elif not text.strip():
        yield Finding(when, "X109", f"{whose} is empty.", FIX)
    elif text.count("(") != text.count(")"):
        yield Finding(when, "X109", f"{whose} has parentheses that do not match.", FIX)
    elif OPEN_ENDED.search(text):
        yield Finding(when, "X109", f"{whose} is no condition.", FIX)
    for match in COMPARED.finditer(when.value):
        phase = match[1] or match[2]
        if phase not in PHASES:
            what = f"{whose} compares a status with {phase!r}, which is none.{meant(phase, PHASES)}"
            yield Finding(when, "X107", what, f"write one of {', '.join(PHASES)}.")
