"""Look at parts of a document without losing where they stand; a finding names file, line, template, task and field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from laminar.compiler.yaml.reader import Place, Source

__all__ = ["Finding", "Part"]


@dataclass(frozen=True)
class Part:
    """A part of a document: its value, None where it is not there, and its place."""

    source: Source
    place: Place = ()

    @property
    def value(self) -> Any:
        """The plain value."""
        value = self.source.value
        for key in self.place:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def at(self, *keys: str | int) -> Part:
        """Return the part behind these keys."""
        return Part(self.source, (*self.place, *keys))

    def items(self) -> list[Part]:
        """Return the parts of a list that are mappings."""
        value = self.value
        listed = value if isinstance(value, list) else []
        return [self.at(index) for index, item in enumerate(listed) if isinstance(item, dict)]

    @property
    def names(self) -> list[str]:
        """The keys of a mapping."""
        value = self.value
        return list(value) if isinstance(value, dict) else []

    def text(self, *keys: str | int) -> str:
        """Return the text behind these keys, empty where there is none; a number is its text."""
        value = self.at(*keys).value
        return value if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) else ""

    def texts(self) -> Iterator[Part]:
        """Give all parts below that are text."""
        value = self.value
        if isinstance(value, str):
            yield self
        elif isinstance(value, dict):
            for key in value:
                yield from self.at(key).texts()
        elif isinstance(value, list):
            for index in range(len(value)):
                yield from self.at(index).texts()


@dataclass(frozen=True)
class Finding:
    """What is wrong with a part, or, where ``unchecked``, what was not looked at."""

    part: Part
    what: str
    fix: str = ""
    unchecked: bool = False

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.part.source.line(self.part.place)

    @property
    def document(self) -> str:
        """The document's kind and name."""
        whole = Part(self.part.source)
        name = whole.text("metadata", "name") or whole.text("metadata", "generateName") or f"number {whole.source.number}"
        return f"{whole.text('kind') or 'document'} {name}"

    @property
    def template(self) -> str:
        """The template's name, empty outside templates."""
        return self._name("templates")

    @property
    def task(self) -> str:
        """The task's name, empty outside tasks."""
        return self._name("tasks")

    @property
    def field(self) -> str:
        """The place inside the task, the template or the document; a list's named items are said by name."""
        place = self.part.place
        start = self._end("tasks") or self._end("templates")
        text = ""
        for position in range(start, len(place)):
            key = place[position]
            if isinstance(key, int):
                name = Part(self.part.source, place[: position + 1]).text("name")
                text += f"[{name or key}]"
            else:
                text += f".{key}" if text else key
        return text

    def _end(self, kind: str) -> int:
        place = self.part.place
        found = [i for i, key in enumerate(place[:-1]) if key == kind and isinstance(place[i + 1], int)]
        return found[0] + 2 if found else 0

    def _name(self, kind: str) -> str:
        end = self._end(kind)
        return (Part(self.part.source, self.part.place[:end]).text("name") or str(self.part.place[end - 1])) if end else ""

    @property
    def where(self) -> str:
        """The place in words: document, template, task, field."""
        named = (("template", self.template), ("task", self.task), ("field", self.field))
        return ", ".join([self.document, *(f"{kind} {name}" for kind, name in named if name)])

    def __str__(self) -> str:
        lines = [f"{self.part.source.file}:{self.line}: {self.what}", f"  at: {self.where}"]
        return "\n".join([*lines, f"  fix: {self.fix}"] if self.fix else lines)
