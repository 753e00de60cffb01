"""Find the tags in a text: ``{{path}}`` and ``{{=expression}}``, each up to the next ``}}``.

The rules are those of Argo's util/template/template.go and kind.go (4.1.2): a tag whose first character is ``=`` is an expression,
any other a path, whose spaces do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Tag", "constant", "pieces", "tags"]


@dataclass(frozen=True)
class Tag:
    """One tag: ``text`` is the path or the expression; ``closed`` is False where ``}}`` is missing."""

    text: str
    is_expression: bool
    closed: bool = True
    inner: str = ""

    def __str__(self) -> str:
        return "{{" + self.inner + ("}}" if self.closed else "")


def pieces(text: str) -> Iterator[tuple[str, Tag | None]]:
    """Yield the text before each tag with the tag, at last the rest with None.

    >>> [(before, tag and tag.text) for before, tag in pieces("a {{x}} b {{=1 + 1}}!")]
    [('a ', 'x'), (' b ', '1 + 1'), ('!', None)]
    """
    place = 0
    while (start := text.find("{{", place)) >= 0:
        end = text.find("}}", start + 2)
        yield text[place:start], _tag(text[start + 2 : end if end >= 0 else len(text)], closed=end >= 0)
        place = end + 2 if end >= 0 else len(text)
    yield text[place:], None


def _tag(inner: str, *, closed: bool) -> Tag:
    return Tag(inner.removeprefix("=").strip(), inner.startswith("="), closed, inner)


def tags(text: str) -> Iterator[Tag]:
    """Yield the tags of a text.

    >>> [tag.text for tag in tags("a {{ inputs.parameters.x }} b {{=1 + 1}}")]
    ['inputs.parameters.x', '1 + 1']
    """
    return (tag for _, tag in pieces(text) if tag is not None)


def constant(text: str, value: str) -> str:
    """Return a text with a value in place of each tag.

    >>> constant("{{x}}Mi", "1")
    '1Mi'
    """
    return "".join(before + (value if tag is not None else "") for before, tag in pieces(text))
