"""Cut a text into what Argo replaces, ``{{path}}`` and ``{{=expression}}``, as Argo finds it: up to the next ``}}``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Tag", "constant", "tags"]


@dataclass(frozen=True)
class Tag:
    """One tag: what stands between the braces, without the ``=`` of an expression; ``closed`` is False where ``}}`` is missing."""

    text: str
    is_expression: bool
    closed: bool = True


def tags(text: str) -> Iterator[Tag]:
    """Give the tags of a text.

    >>> [tag.text for tag in tags("a {{ inputs.parameters.x }} b {{=1 + 1}}")]
    ['inputs.parameters.x', '1 + 1']
    """
    for start, end in _spans(text):
        inner = text[start + 2 : end if end >= 0 else len(text)].strip()
        yield Tag(inner.removeprefix("=").strip(), inner.startswith("="), closed=end >= 0)


def constant(text: str, value: str) -> str:
    """Return a text with a value in place of each tag.

    >>> constant("{{x}}Mi", "1")
    '1Mi'
    """
    made, place = "", 0
    for start, end in _spans(text):
        made += text[place:start] + value
        place = end + 2 if end >= 0 else len(text)
    return made + text[place:]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    while (start := text.find("{{", place)) >= 0:
        end = text.find("}}", start + 2)
        yield start, end
        if end < 0:
            return
        place = end + 2
