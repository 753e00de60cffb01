"""Run a task once for each pod of a fan-out."""

from __future__ import annotations

from collections.abc import Mapping

from laminar.templates.block import Block
from laminar.templates.dag import dag, output, task
from laminar.templates.expression import pods_of_input, tag

__all__ = ["INDEX", "bounded"]

INDEX = tag("item")
"""The index of a pod inside its loop."""


def bounded(
    name: str,
    *,
    task_name: str,
    template: str,
    parallelism: int,
    batch: int,
    arguments: Mapping[str, str],
    publishes: bool,
    patched: bool = False,
) -> Block:
    """Return a template for a loop of which at most ``parallelism`` pods run at once; its input is ``splits``.

    A loop has no field parallelism, a template of a DAG has (seen on Argo 4.1.2).

    ::

        name: loop-W
        inputs: {parameters: [{name: splits}]}
        parallelism: 2
        dag:
          tasks:
          - name: W
            template: layer
            withSequence: {count: "{{=string(max(1, int(inputs.parameters.splits)))}}"}
            arguments: {parameters: [{name: layer, value: W}, {name: index, value: "{{item}}"}]}
    """
    loop = task(task_name, template=template, count=pods_of_input("splits", batch), arguments=arguments)
    lengths = output("lengths", parameter=tag(f"tasks.{task_name}.outputs.parameters.lengths"), default="[]")
    outputs = [lengths] if publishes else []
    return dag(name, [loop], inputs=["splits", *(["patches"] if patched else [])], parallelism=parallelism, outputs=outputs)
