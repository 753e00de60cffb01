"""Emit a plan as Argo documents: plain values, put together from the templates' blocks."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from laminar.compiler import names
from laminar.compiler.emit import site_policy
from laminar.compiler.emit.part_borders import Crossings
from laminar.compiler.emit.template_signature import Signature, Use, Uses, over_parameters, signatures, uses
from laminar.compiler.ir import Documents, FlowPlan, ParameterPlan, Plan, Pod, Task
from laminar.compiler.passes.name_tasks import MAIN
from laminar.compiler.target import Target
from laminar.compiler.yaml.writer import Noted
from laminar.configurations.layers import Volume
from laminar.exceptions import InternalError
from laminar.graph import LOST_ATTEMPTS
from laminar.templates import cron, dag, fan_out, gate, link, retry, runner, volumes, workflow
from laminar.templates.block import Block, declared, given
from laminar.templates.expression import tag
from laminar.templates.verbatim import json_text, prose, verbatim
from laminar.templates.volumes import Source

__all__ = ["emit", "object_name"]

LABEL = "laminar/layer"
FLOW_LABEL = "laminar/flow"
TITLE = "workflows.argoproj.io/title"
DESCRIPTION = "workflows.argoproj.io/description"
UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def emit(plan: Plan, target: Target) -> Documents:
    """Return the documents of an optimized and checked plan."""
    labels = {FLOW_LABEL: names.label(plan.flows[0].flow)}
    document = workflow.document(
        target.document.kind,
        metadata=_metadata(plan, target, labels),
        entrypoint=MAIN if len(plan.flows) > 1 else plan.flows[0].name,
        workflow_labels=labels if target.document.stored else None,
        group=workflow.USER if any(volume.claim for _, task in plan.tasks() for volume in task.pod.container.volumes) else None,
        parameters=[_parameter(each) for each in plan.parameters],
        templates=list(_templates(plan)),
    )
    if target.document.kind == "CronWorkflow":
        document = cron.scheduled(document, **_schedule(plan))
    if target.base is not None:
        document = site_policy.under(document, target.base)
    if target.start:
        return document, workflow.starter(document)
    return (document,)


def _parameter(parameter: ParameterPlan) -> Block:
    choices = [json_text(choice) for choice in parameter.choices]
    return declared(parameter.name, json_text(parameter.value), prose(parameter.description), choices)


def object_name(plan: Plan, target: Target) -> str:
    """Return the name of the document's object, or the beginning of its generated name."""
    return target.name or names.kebab(plan.flows[0].flow)


def _metadata(plan: Plan, target: Target, labels: dict[str, str]) -> Block:
    name = object_name(plan, target)
    named = {"name": name} if target.document.stored else {"generateName": f"{name}-"}
    return {**named, "labels": labels, **given(annotations=_annotations(plan))}


def _annotations(plan: Plan) -> dict[str, str]:
    """Return the texts of a flow in Argo's lists: its name, and its docstring's first paragraph."""
    summary = " ".join(plan.description.partition("\n\n")[0].split())
    shown = {TITLE: plan.title, DESCRIPTION: summary}
    return {name: UNWRITABLE.sub("?", text) for name, text in shown.items() if text}


def _schedule(plan: Plan) -> dict[str, Any]:
    if plan.schedule is None:
        raise InternalError(f"The plan of flow {plan.flows[0].flow!r} has no schedule.", fix="check a plan before it is emitted.")
    return dataclasses.asdict(plan.schedule)


# templates


def _templates(plan: Plan) -> Iterator[Block]:
    """Yield all templates: the chain's, the flows', their bounded loops, the pods'."""
    used = uses(plan)
    found = signatures(used)
    made = {name: signature for name, (_, signature, _) in found.items()}
    if len(plan.flows) > 1:
        yield _chain(plan, used, made)
    for flow, (_, tasks) in zip(plan.flows, used, strict=True):
        yield from _flow(flow, tasks, made)
    for flow, (_, tasks) in zip(plan.flows, used, strict=True):
        for task, use in zip(flow.tasks, tasks, strict=True):
            if task.loop:
                yield _loop(task, use, made[use.template])
    for name, (pod, signature, published) in found.items():
        yield _pod(plan, name, pod, signature, published=published)


def _chain(plan: Plan, used: Uses, made: dict[str, Signature]) -> Block:
    steps = []
    for flow, (use, _) in zip(plan.flows, used, strict=True):
        if use is None or flow.link is None:
            steps.append(link.Step(flow.name))
            continue
        arguments = made[use.template].arguments(use.values)
        steps.append(link.Step(flow.name, flow.link.name, use.template, arguments, over_parameters(flow)))
    return link.chain(MAIN, steps)


def _flow(flow: FlowPlan, used: tuple[Use, ...], made: dict[str, Signature]) -> Iterator[Block]:
    """Yield the DAG of a flow; of a flow with parts the DAG of the parts, then the DAG of each part."""
    inputs = ["lengths"] if over_parameters(flow) else []
    if not flow.parts:
        yield dag.dag(flow.name, list(_tasks(flow, used, made, {task.layer for task in flow.tasks})), inputs=inputs)
        return
    seen = Crossings(flow)
    outer = []
    for part in flow.parts:
        depends = dag.depends(f"{name}.Succeeded" for name in seen.waits(part))
        outer.append(dag.task(part.name, template=part.name, depends=depends, arguments=dict(seen.inputs(part))))
    yield dag.dag(flow.name, outer, inputs=inputs)
    for part in flow.parts:
        tasks = list(_tasks(flow, used, made, set(part.layers)))
        yield dag.dag(part.name, tasks, inputs=[name for name, _ in seen.inputs(part)], outputs=list(seen.outputs(part)))


def _tasks(flow: FlowPlan, used: tuple[Use, ...], made: dict[str, Signature], layers: set[str]) -> Iterator[Block]:
    """Yield the tasks of those layers that are in one DAG, each after its gate."""
    called = {task.layer: task.name for task in flow.tasks if task.layer in layers}
    for task, use in zip(flow.tasks, used, strict=True):
        if task.layer not in layers:
            continue
        depends = dag.depends(called[need] for need in task.needs if need in called)
        if use.gate and task.condition.gate:
            arguments = made[use.gate.template].arguments(use.gate.values)
            yield dag.task(task.condition.gate, template=use.gate.template, depends=depends, arguments=arguments)
            read = _read(task)
            depends = dag.depends([task.condition.gate, *(called[need] for need in task.needs if need in read and need in called)])
        yield _noted(task, _task(task, use, made, depends))


def _noted(task: Task, block: Block) -> Block:
    """Return a layer's task with a comment that names its class and the line of it."""
    noted = Noted(block)
    noted.note = f"{task.layer}: {task.where}" if task.where else ""
    return noted


def _task(task: Task, use: Use, made: dict[str, Signature], depends: str) -> Block:
    if not task.loop:
        arguments = made[use.template].arguments(use.values)
        return dag.task(task.name, template=use.template, depends=depends, when=use.when, count=use.count, arguments=arguments)
    arguments = {"splits": use.values["splits"]}
    if task.condition.patched:
        arguments["patches"] = gate.passed(use.values["patches"])
    return dag.task(task.name, template=task.loop, depends=depends, when=use.when, arguments=arguments)


def _read(task: Task) -> set[str]:
    """Return the layers that a task's expressions refer to."""
    factors = task.fan_out.factors if task.fan_out else ()
    return {factor.layer for factor in factors if factor.length is None} | set(task.condition.follows)


def _loop(task: Task, use: Use, signature: Signature) -> Block:
    assert task.loop
    assert task.fan_out
    assert task.fan_out.parallelism
    return fan_out.bounded(
        task.loop,
        task_name=task.name,
        template=use.template,
        parallelism=task.fan_out.parallelism,
        batch=task.fan_out.batch,
        arguments=signature.arguments({**use.values, "splits": tag("inputs.parameters.splits")}),
        publishes="lengths" in use.publishes,
        patched=task.condition.patched,
    )


# pods


def _pod(plan: Plan, name: str, pod: Pod, signature: Signature, *, published: tuple[str, ...]) -> Block:
    """Return the template of a pod; it has only outputs that are read."""
    given = pod.container
    made, mounts = volumes.volumes([_source(volume) for volume in given.volumes])
    return runner.layer(
        name,
        inputs=runner.inputs(signature.inputs),
        labels={LABEL: signature.value("label"), **given.labels},
        annotations={
            **({"laminar/layer-name": signature.value("layer")} if "label" in signature.inputs else {}),
            **given.annotations,
        },
        container=runner.container(
            image=given.image,
            command=_command(pod),
            args=_args(pod, signature),
            workdir=given.workdir,
            resources=runner.limits(**given.resources),
            env=list(_environment(plan, pod, signature, outputs=bool(published))),
            mounts=mounts,
        ),
        volumes=made,
        retry=retry.retry(limit=pod.retry.attempts - 1 + LOST_ATTEMPTS, delay=pod.retry.delay, backoff=pod.retry.backoff),
        outputs=runner.outputs(published),
        timeout=given.timeout,
        service_account=given.service_account,
        priority_class=given.priority_class,
        node_selector=given.node_selector,
        tolerations=[_toleration(toleration) for toleration in given.tolerations],
        affinity=_without_null(json.loads(json.dumps(given.affinity, sort_keys=True))) if given.affinity else None,
        patch=_patch(pod),
    )


def _patch(pod: Pod) -> str:
    """Return the patch by which hooks change the pod: for each split, or for each attempt."""
    if pod.patched:
        return gate.by_split()
    return gate.by_attempt(pod.attempts) if pod.attempts else ""


def _command(pod: Pod) -> list[str]:
    words = pod.command if pod.program is None else (*pod.command, "-m", "laminar.runner", pod.program)
    return [verbatim(word) for word in words]


def _args(pod: Pod, signature: Signature) -> list[str]:
    """Return the runner's arguments, without those that equal the runner's defaults."""
    if pod.program is None:
        return []
    args = ["--flow", signature.value("flow"), "--layer", signature.value("layer")]
    for name, usual in (("index", "0"), ("splits", "1"), ("batch", "1")):
        value = signature.value(name)
        args += [f"--{name}", value] if value != usual else []
    return [*args, *(["--", *map(verbatim, pod.arguments)] if pod.arguments else [])]


def _environment(plan: Plan, pod: Pod, signature: Signature, *, outputs: bool) -> Iterator[Block]:
    """Yield a container's variables: laminar's, the user's, secrets."""
    if pod.program is None:
        yield runner.variable("LAMINAR_FLOW_NAME", signature.value("flow"))
        yield runner.variable("LAMINAR_LAYER_NAME", signature.value("layer"))
        yield runner.variable("LAMINAR_LAYER_INDEX", signature.value("index"))
        yield runner.variable("LAMINAR_LAYER_SPLITS", signature.value("splits"))
    execution = tag("workflow.uid") if plan.execution is None else verbatim(plan.execution)
    yield runner.variable("LAMINAR_EXECUTION_ID", execution + signature.value("suffix"))
    if plan.retry:
        yield runner.variable("LAMINAR_EXECUTION_RETRY", "True")
    yield runner.variable("LAMINAR_LAYER_ATTEMPT", runner.ATTEMPT)
    if plan.parameters:
        yield runner.variable("LAMINAR_PARAMETERS", tag("workflow.parameters.json"))
    yield runner.variable("LAMINAR_DATASTORE", verbatim(plan.datastore))
    if plan.code is not None:
        yield runner.variable("LAMINAR_CODE", verbatim(plan.code))
    if not plan.cached:
        yield runner.variable("LAMINAR_CACHE", "off")
    if not plan.logs:
        yield runner.variable("LAMINAR_LOGS", "false")
    if outputs:
        yield runner.variable("LAMINAR_OUTPUTS", runner.OUTPUTS)
    if plan.chain != 1:
        yield runner.variable("LAMINAR_CHAIN", str(plan.chain))
    for name, value in pod.container.env.items():
        yield runner.variable(name, verbatim(value))
    for name, secret in pod.container.secrets.items():
        yield runner.secret(name, name=secret.name, key=secret.key)


def _source(volume: Volume) -> Source:
    kind, name = volume.source
    return Source(volume.mount, kind, str(name), volume.read_only, volume.sub_path)


def _toleration(toleration: Mapping[str, Any]) -> Block:
    """Return a toleration; its seconds are the one number in it."""
    return {name: int(value) if name == "tolerationSeconds" else str(value) for name, value in toleration.items()}


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(part) for name, part in value.items() if part is not None}
    return [_without_null(part) for part in value if part is not None] if isinstance(value, list) else value
