"""Build the DAG of a chain of flows, with a link before each but the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from laminar.templates.block import Block
from laminar.templates.dag import dag, task
from laminar.templates.expression import tag

__all__ = ["Step", "chain"]


@dataclass(frozen=True)
class Step:
    """One flow of a chain: its DAG template's name, the link before it with its template and arguments.

    ``lengths`` means that the flow iterates over its parameters, whose lengths the link publishes.
    """

    name: str
    link: str = ""
    template: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    lengths: bool = False


def chain(name: str, steps: Sequence[Step]) -> Block:
    """Return the template that runs flows one after the other, with a task between them that makes the next one's parameters.

    ::

        name: main
        dag:
          tasks:
          - {name: Train, template: Train}
          - name: link-2
            template: layer
            depends: Train.Succeeded
            arguments: {parameters: [{name: layer, value: link-2}]}
          - name: Evaluate
            template: Evaluate
            depends: link-2.Succeeded
            arguments: {parameters: [{name: lengths, value: "{{tasks.link-2.outputs.parameters.lengths}}"}]}
    """
    tasks: list[Block] = []
    for place, step in enumerate(steps):
        after = ""
        if place:
            tasks.append(
                task(step.link, template=step.template, depends=f"{steps[place - 1].name}.Succeeded", arguments=step.arguments)
            )
            after = f"{step.link}.Succeeded"
        lengths = {"lengths": tag(f"tasks.{step.link}.outputs.parameters.lengths")} if step.lengths else {}
        tasks.append(task(step.name, template=step.name, depends=after, arguments=lengths))
    return dag(name, tasks)
