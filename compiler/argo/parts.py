"""Read parts of a document with their place in it, so that a message can name file, line, template, task and field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from laminar.compiler.yaml.reader import Place, Source

__all__ = ["Part"]


UNREAD = object()


def _followed(value: Any, keys: Place) -> Any:
    """Return the value that keys lead to from a value."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


@dataclass(frozen=True)
class Part:
    """A part of a document: its place, and its plain value, which is None where it is absent and follows from the place."""

    source: Source
    place: Place = ()
    value: Any = field(default=UNREAD, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.value is UNREAD:
            object.__setattr__(self, "value", _followed(self.source.value, self.place))

    def at(self, *keys: str | int) -> Part:
        """Return the part that these keys lead to."""
        return Part(self.source, (*self.place, *keys), _followed(self.value, keys))

    def items(self) -> list[Part]:
        """Return the parts of a list that are mappings."""
        return [part for part in self.elements() if isinstance(part.value, dict)]

    def elements(self) -> list[Part]:
        """Return all parts of a list, none where this is no list."""
        value = self.value
        return [self.at(index) for index in range(len(value))] if isinstance(value, list) else []

    @property
    def names(self) -> list[str]:
        """The keys of a mapping."""
        value = self.value
        return list(value) if isinstance(value, dict) else []

    def text(self, *keys: str | int) -> str:
        """Return the text that these keys lead to, empty where there is none; a number is its text."""
        value = self.at(*keys).value
        return value if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) else ""

    def texts(self) -> Iterator[Part]:
        """Iterate over all parts inside this one that are text."""
        value = self.value
        if isinstance(value, str):
            yield self
        elif isinstance(value, dict):
            for key in value:
                yield from self.at(key).texts()
        elif isinstance(value, list):
            for index in range(len(value)):
                yield from self.at(index).texts()

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.source.line(self.place)

    # its place, in words

    @property
    def document(self) -> str:
        """The kind and name of the document."""
        whole = Part(self.source)
        name = whole.text("metadata", "name") or whole.text("metadata", "generateName") or f"number {whole.source.number}"
        return f"{whole.text('kind') or 'document'} {name}"

    @property
    def template(self) -> str:
        """The name of the template around it, empty outside templates."""
        return self._name(self._template_end)

    @property
    def task(self) -> str:
        """The name of the task or step around it, empty outside them."""
        return self._name(self._call_end)

    @property
    def field(self) -> str:
        """The place inside the task, the template or the document; an item of a list is shown by its name, if it has one."""
        text = ""
        for position in range(self._call_end or self._template_end, len(self.place)):
            key = self.place[position]
            if isinstance(key, int):
                name = Part(self.source, self.place[: position + 1]).text("name")
                text += f"[{name or key}]"
            else:
                text += f".{key}" if text else key
        return text

    @property
    def where(self) -> str:
        """The place in words: document, template, task or step, field."""
        call = "step" if "steps" in self.place[: self._call_end] else "task"
        named = (("template", self.template), (call, self.task), ("field", self.field))
        return ", ".join([self.document, *(f"{kind} {name}" for kind, name in named if name)])

    @property
    def _template_end(self) -> int:
        return self._end("templates", 2)

    @property
    def _call_end(self) -> int:
        """Where the innermost task or step ends: a step is in a list of lists."""
        return max(self._end("tasks", 2), self._end("steps", 3))

    def _end(self, key: str, length: int) -> int:
        """Return where the last item of a list under a key ends; ``length`` counts the key and its indexes."""
        place = self.place
        found = [
            position + length
            for position in range(len(place) - length + 1)
            if place[position] == key and all(isinstance(index, int) for index in place[position + 1 : position + length])
        ]
        return found[-1] if found else 0

    def _name(self, end: int) -> str:
        return (Part(self.source, self.place[:end]).text("name") or str(self.place[end - 1])) if end else ""
