"""Build DAGs and their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from laminar.templates.block import Block, given, named

__all__ = ["dag", "depends", "output", "task"]


def depends(names: Iterable[str]) -> str:
    """Return a task's ``depends``: each of these tasks has to succeed, or be skipped by a hook.

    A bare name accepts Succeeded, Skipped and Daemoned, not Omitted (Argo's docs, enhanced-depends-logic).

    >>> depends(["A", "B"])
    'A && B'
    """
    return " && ".join(names)


def task(
    name: str, *, template: str, depends: str = "", when: str = "", count: str | None = None, arguments: Mapping[str, str]
) -> Block:
    """Return one task of a DAG; with a count it is a loop, and ``{{item}}`` the index in its arguments.

    ::

        name: B
        template: layer
        depends: A
        withSequence: {count: "3"}
        arguments: {parameters: [{name: layer, value: B}, {name: index, value: "{{item}}"}]}
    """
    return given(
        name=name,
        template=template,
        depends=depends,
        when=when,
        withSequence=given(count=count),
        arguments=given(parameters=named(arguments)),
    )


def output(name: str, *, parameter: str = "", expression: str = "", default: str) -> Block:
    """Return an output of a template of tasks: a parameter of one task, or an expression over some.

    ::

        name: S-status
        valueFrom: {expression: "tasks.S.status ?? 'none'", default: none}
    """
    return {"name": name, "valueFrom": given(parameter=parameter, expression=expression, default=default)}


def dag(
    name: str,
    tasks: Sequence[Block],
    *,
    inputs: Iterable[str] = (),
    parallelism: int | None = None,
    outputs: Sequence[Block] = (),
) -> Block:
    """Return a template of tasks.

    ::

        name: Train
        inputs: {parameters: [{name: lengths}]}
        dag:
          tasks:
          - {name: A, template: layer, arguments: {parameters: [{name: layer, value: A}]}}
    """
    return given(
        name=name,
        inputs=given(parameters=named((name, None) for name in inputs)),
        parallelism=parallelism,
        dag={"tasks": list(tasks)},
        outputs=given(parameters=list(outputs)),
    )
