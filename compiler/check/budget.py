"""Count the limited parts in the documents of a plan."""

from __future__ import annotations

import json
from dataclasses import dataclass

from laminar.compiler.ir import Documents
from laminar.templates.block import Block
from laminar.templates.workflow import workflow_spec

__all__ = ["Budget", "measure"]


@dataclass(frozen=True)
class Budget:
    """How many templates, and bytes of minified JSON, a document has; how many tasks, and parameters, each of its DAGs, by name."""

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
        size=max(
            len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
            for document in documents
        ),
    )


def _sides(template: Block) -> tuple[Block, Block]:
    return template.get("inputs", {}), template.get("outputs", {})


def _parameters(side: Block) -> int:
    return len(side.get("parameters", ()))
