"""Count the limited parts in the documents of a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from laminar.compiler.ir import Documents
from laminar.templates.block import Block
from laminar.templates.workflow import workflow_spec

__all__ = ["Budget", "measure", "minified", "size"]


@dataclass(frozen=True)
class Budget:
    """How many templates, and bytes of JSON, a document has; how many tasks, and parameters, each of its DAGs, by name."""

    templates: int
    tasks: tuple[tuple[str, int], ...]
    parameters: tuple[tuple[str, int], ...]
    size: int


def measure(documents: Documents) -> Budget:
    """Return the budget of emitted documents."""
    templates = [template for document in documents for template in workflow_spec(document).get("templates", [])]
    return Budget(
        templates=len(templates),
        tasks=tuple((template["name"], len(template["dag"]["tasks"])) for template in templates if "dag" in template),
        parameters=tuple(
            (template["name"], max(map(_parameters, _sides(template)))) for template in templates if "dag" in template
        ),
        size=max(map(size, documents)),
    )


def size(document: Block) -> int:
    """Return the bytes of a document as Argo counts them: those of its JSON as Go writes it (workflow/packer/packer.go, 4.1.2).

    Go writes ``&``, ``<`` and ``>`` as six bytes each (encoding/json, Marshal), and an empty object for a task's arguments, as
    ``omitempty`` omits no struct.

    >>> size({"a": "b"}), size({"a": "&&"}), size({"a": "\u2028"})
    (9, 20, 14)
    """
    text = minified(document)
    escaped = 5 * sum(map(text.count, "&<>")) + 3 * sum(map(text.count, "\u2028\u2029"))
    return len(text.encode("utf-8", "surrogatepass")) + escaped + sum(map(_empty_arguments, _tasks(document)))


def minified(value: object) -> str:
    """Return a value of a document as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _tasks(document: Block) -> Iterator[Block]:
    for template in workflow_spec(document).get("templates", ()) if "spec" in document else ():
        yield from template.get("dag", {}).get("tasks", ())


def _empty_arguments(task: Block) -> int:
    return 0 if "arguments" in task else len(',"arguments":{}')


def _sides(template: Block) -> tuple[Block, Block]:
    return template.get("inputs", {}), template.get("outputs", {})


def _parameters(side: Block) -> int:
    return len(side.get("parameters", ()))
