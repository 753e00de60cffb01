"""Choose which findings are reported: rules that are selected or ignored, and comments that ignore a rule on a line.

``# laminar: ignore[C103]`` at the end of a line, or on a separate line before it, ignores findings of that rule on the line;
``# laminar: ignore-file[P1]`` ignores them in the whole file. A code may be the beginning of codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding
from laminar.compiler.lint.rules import RULES
from laminar.compiler.yaml.reader import Source
from laminar.exceptions import FlowError, suggest

__all__ = ["Selection", "chosen"]

COMMENT = re.compile(r"(?:^|\s)#\s*laminar:\s*ignore(?P<whole>-file)?\[(?P<codes>[^\]]*)\]")


@dataclass(frozen=True)
class Selection:
    """The rules that are reported: those of ``select`` (all where it is empty) without those of ``ignore``.

    Each is a code or the beginning of codes. Raises FlowError for one that no code begins with.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for code in (*self.select, *self.ignore):
            if not _is_known(code):
                raise FlowError(
                    f"There is no rule {code!r}.{suggest(code, RULES)}", fix="use a code such as C103, or its beginning."
                )

    def allows(self, code: str) -> bool:
        """Return whether findings of a rule are reported.

        >>> Selection(select=("C",), ignore=("C105",)).allows("C103")
        True
        """
        chosen = not self.select or code.startswith(self.select)
        return chosen and not (self.ignore and code.startswith(self.ignore))


@dataclass(frozen=True)
class _Comment:
    """A comment that ignores a code on a line, or in the whole file (line 0)."""

    at: int
    line: int
    code: str


def chosen(findings: Sequence[Finding], sources: Sequence[Source], selection: Selection) -> list[Finding]:
    """Return the findings that are reported, with those about comments that ignore nothing."""
    kept: list[Finding] = []
    used: set[tuple[str, _Comment]] = set()
    comments = {source.file: list(_comments(source.text)) for source in sources}
    for finding in findings:
        matching = [each for each in comments.get(finding.part.source.file, ()) if _ignores(each, finding)]
        used.update((finding.part.source.file, comment) for comment in matching)
        if not matching and selection.allows(finding.code):
            kept.append(finding)
    for source in {source.file: source for source in sources}.values():
        for comment in comments[source.file]:
            if (source.file, comment) not in used and selection.allows("K102") and _concerns(selection, comment.code):
                kept.append(_needless(source, comment))
    return sorted(kept, key=lambda finding: (finding.part.source.file, finding.part.source.number, finding.line))


def _is_known(code: str) -> bool:
    return bool(code) and any(known.startswith(code) for known in RULES)


def _ignores(comment: _Comment, finding: Finding) -> bool:
    return comment.line in (0, finding.line) and finding.code.startswith(comment.code)


def _concerns(selection: Selection, code: str) -> bool:
    """Return whether a comment could have ignored something: its rule is selected, or does not exist."""
    return not _is_known(code) or any(known.startswith(code) and selection.allows(known) for known in RULES)


def _needless(source: Source, comment: _Comment) -> Finding:
    part = Part(replace(source, lines={(): comment.at}))
    if not _is_known(comment.code):
        return Finding(part, "K102", f"There is no rule {comment.code!r}.{suggest(comment.code, RULES)}", "correct the comment.")
    return Finding(part, "K102", f"No finding {comment.code} is here to ignore.", "remove the comment.")


def _comments(text: str) -> Iterator[_Comment]:
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        for match in COMMENT.finditer(line):
            target = number
            if line.lstrip().startswith("#"):
                rest = enumerate(lines[number:], number + 1)
                target = next((at for at, other in rest if other.strip() and not other.lstrip().startswith("#")), number)
            for code in match["codes"].split(","):
                yield _Comment(number, 0 if match["whole"] else target, code.strip())
