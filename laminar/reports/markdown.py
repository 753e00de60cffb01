"""Render the Markdown that layers add to a report: headings, lists, emphasis, code, links. Any HTML in it is text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laminar.pictures.page import text

__all__ = ["rendered"]

INLINE = (
    (re.compile(r"\*\*(?=\S)(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*]+)\*"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((https?://[^\s()&]+(?:&amp;[^\s()&]*)*)\)"), r'<a href="\2" rel="noreferrer noopener">\1</a>'),
)
"""Emphasis and links, applied to escaped text: only https and http addresses become links."""

CODE = re.compile(r"`([^`]+)`")


def rendered(source: str) -> str:
    r"""Return Markdown as HTML.

    >>> rendered("# Fit\n\nThe **best** is `a<b`.")
    '<h4>Fit</h4><p>The <strong>best</strong> is <code>a&lt;b</code>.</p>'
    """
    return "".join(_blocks(source.replace("\r\n", "\n").split("\n")))


def _blocks(lines: list[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.startswith("```"):
            end = next((at for at in range(place + 1, len(lines)) if lines[at].startswith("```")), len(lines))
            yield f"<pre>{text(chr(10).join(lines[place + 1 : end]))}</pre>"
            place = end + 1
        elif re.match(r"#{1,6} ", line):
            yield f"<h4>{_inline(line.lstrip('#').strip())}</h4>"
            place += 1
        elif re.match(r"\s*([-*+]|\d+\.) ", line):
            end = _while(lines, place, lambda one: bool(re.match(r"\s*([-*+]|\d+\.) |\s+\S", one)))
            tag = "ol" if re.match(r"\s*\d", line) else "ul"
            items = [re.sub(r"^\s*([-*+]|\d+\.) ", "", one) for one in lines[place:end]]
            yield f"<{tag}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{tag}>"
            place = end
        elif line.startswith("|"):
            end = _while(lines, place, lambda one: one.startswith("|"))
            yield _table(lines[place:end])
            place = end
        elif line.strip():
            end = _while(lines, place, lambda one: bool(one.strip()) and not re.match(r"#{1,6} |```|\|", one))
            end = max(end, place + 1)
            yield f"<p>{_inline(' '.join(lines[place:end]))}</p>"
            place = end
        else:
            place += 1


def _while(lines: list[str], start: int, holds: object) -> int:
    end = start
    while end < len(lines) and holds(lines[end]):  # type: ignore[operator]
        end += 1
    return end


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    body = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in body[0])
    rest = "".join(f"<tr>{''.join(f'<td>{_inline(cell)}</td>' for cell in row)}</tr>" for row in body[1:])
    return f'<table class="data"><thead><tr>{head}</tr></thead><tbody>{rest}</tbody></table>'


def _inline(source: str) -> str:
    """Return a line with emphasis, links and code; nothing inside of code is either."""
    parts = CODE.split(source)
    return "".join(f"<code>{text(part)}</code>" if place % 2 else _emphasis(text(part)) for place, part in enumerate(parts))


def _emphasis(escaped: str) -> str:
    for pattern, replacement in INLINE:
        escaped = pattern.sub(replacement, escaped)
    return escaped
