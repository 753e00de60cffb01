"""Find all parts of a plan that the target would reject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laminar.compiler.check import budget
from laminar.compiler.check.budget import Budget
from laminar.compiler.check.containers import text_problem, wrong_batch, wrong_pod
from laminar.compiler.check.cron import timezone_problem, wrong_cron
from laminar.compiler.emit.emitter import emit, object_name
from laminar.compiler.ir import Documents, ParameterPlan, Plan, Pod, Task
from laminar.compiler.name_patterns import OBJECT, PARAMETER
from laminar.compiler.passes.fuse_chains import TOGETHER
from laminar.compiler.passes.name_tasks import MAIN
from laminar.compiler.target import Target
from laminar.configurations.schedulers import Schedule
from laminar.exceptions import FlowError, raise_all, suggest
from laminar.templates.verbatim import json_text

__all__ = ["check", "check_documents", "check_plan"]

RUNNERS = re.compile(r"link-[0-9]+\Z|.*-gate\Z", re.DOTALL)
"""Names that the runner reserves."""

PREFIX = 252
"""The longest name before the dash of a generateName.

Kubernetes accepts a DNS subdomain as a prefix (apimachinery/pkg/api/validation, ValidateObjectMeta: 253 characters) and cuts it to
58 before it adds five (apiserver/pkg/storage/names, SimpleNameGenerator).
"""

POLICIES = ("Allow", "Forbid", "Replace")


def check(plan: Plan, target: Target) -> Plan:
    """Return an optimized plan unchanged if the target accepts it.

    Raises FlowError with every problem at once, in the order of the program.
    """
    check_plan(plan, target)
    check_documents(plan, emit(plan, target), target)
    return plan


def check_plan(plan: Plan, target: Target) -> None:
    """Raise FlowError with every problem of a plan that can be found before it is emitted."""
    raise_all([*_wrong_document(plan, target), *_wrong_parameters(plan, target), *_wrong_layers(plan, target)])


def check_documents(plan: Plan, documents: Documents, target: Target) -> None:
    """Raise FlowError with every limit of the target that the documents of a plan are over."""
    raise_all(list(_over_budget(plan, budget.measure(documents), target)))


# the document


def _wrong_document(plan: Plan, target: Target) -> Iterator[FlowError]:
    yield from _wrong_name(plan, target)
    yield from _wrong_schedule(plan, target)
    if target.document.stored and plan.execution is not None:
        yield FlowError(
            f"Flow {plan.flows[0].flow!r} has the execution id {plan.execution!r}, and a {target.document.kind} is started often.",
            where=plan.where,
            fix="leave the execution id out, or compile with --kind workflow.",
        )
    if plan.execution is not None and "{" in plan.execution:
        yield FlowError(
            f"The execution id {plan.execution!r} holds a brace, which Argo may replace together with the text after it.",
            where=plan.where,
            fix="use letters, digits, '-', '_' and '.'.",
        )
    if problem := text_problem(plan.datastore, target.limits):
        yield FlowError(f"The datastore {plan.datastore!r} {problem[0]}.", where=plan.where, fix="use another folder.")


def _wrong_schedule(plan: Plan, target: Target) -> Iterator[FlowError]:
    flow, schedule = plan.flows[0].flow, plan.schedule
    if target.document.kind != "CronWorkflow":
        return
    if schedule is None or not schedule.schedules:
        yield FlowError(
            f"A CronWorkflow needs a schedule, and flow {flow!r} has none.",
            where=plan.where,
            fix='pass --schedule "0 4 * * *", or give the flow scheduler=Argo(schedule="0 4 * * *").',
        )
        return
    for cron in schedule.schedules:
        if problem := wrong_cron(cron):
            yield FlowError(
                f"The schedule {cron!r} of flow {flow!r} is wrong: {problem}.",
                where=plan.where,
                fix='write minute, hour, day of the month, month and day of the week, such as "0 4 * * mon-fri".',
            )
    if schedule.timezone is not None and (problem := timezone_problem(schedule.timezone)):
        yield FlowError(
            f"The schedule of flow {flow!r} has a time zone that does not exist: {problem}",
            where=plan.where,
            fix="use a name such as Europe/Berlin or UTC.",
        )
    yield from _wrong_schedule_settings(plan, schedule)


def _wrong_schedule_settings(plan: Plan, schedule: Schedule) -> Iterator[FlowError]:
    flow, policy = plan.flows[0].flow, schedule.concurrency_policy
    if policy not in (None, *POLICIES):
        yield FlowError(
            f"The schedule of flow {flow!r} has the concurrency policy {policy!r}.{suggest(str(policy), POLICIES, cutoff=0.3)}",
            where=plan.where,
            fix=f"use one of: {', '.join(POLICIES)}.",
        )
    for name in ("starting_deadline", "successful_history", "failed_history"):
        value = getattr(schedule, name)
        if value is not None and value < 0:
            yield FlowError(f"The schedule of flow {flow!r} has {name}={value}.", where=plan.where, fix="use 0 or a larger number.")


def _wrong_name(plan: Plan, target: Target) -> Iterator[FlowError]:
    name = object_name(plan, target)
    longest = target.document.longest if target.document.stored else PREFIX
    if not OBJECT.match(name) or "." in name:
        yield FlowError(
            f"A {target.document.kind} cannot be called {name!r}.",
            fix="use lower-case letters, digits and '-', beginning and ending with a letter or a digit.",
        )
    elif len(name) > longest:
        yield FlowError(
            f"A {target.document.kind} cannot have a name of {len(name)} characters: {name[:60]!r}...",
            fix=f"use at most {longest}.",
        )


def _over_budget(plan: Plan, found: Budget, target: Target) -> Iterator[FlowError]:
    limits = target.limits
    for count in (count for name, count in found.tasks if name == MAIN and count > limits.tasks):
        yield FlowError(
            f"The chain of {len(plan.flows)} flows needs {count} tasks, and Argo allows {limits.tasks} in one DAG.",
            where=plan.where,
            fix="run the rest of the chain as a separate program.",
        )
    crossing = dict(found.parameters)
    for flow in plan.flows:
        if wide := [crossing[part.name] for part in flow.parts if crossing[part.name] > limits.parameters]:
            yield FlowError(
                f"Flow {flow.flow!r} has to be divided into DAGs of {limits.tasks} tasks, and {max(wide)} lengths and answers"
                f" of hooks have to pass between two of them, where Argo allows {limits.parameters}.",
                where=flow.where,
                fix="split it into flows joined by .next(), or let one layer fan out instead of many that are alike.",
            )
    if found.templates > limits.templates:
        pods = len({task.pod for _, task in plan.tasks()})
        yield FlowError(
            f"The document needs {found.templates} templates, and Argo allows {limits.templates}:"
            f" its layers have {pods} different containers.",
            where=plan.where,
            fix="use the same Container and Retry for layers where possible.",
        )
    if found.size > limits.document_bytes:
        yield _too_large(plan, found, target)


def _too_large(plan: Plan, found: Budget, target: Target) -> FlowError:
    """Return the error for a document over the limit; it names containers, or the number of layers, as the cause."""
    allowed = target.limits.document_bytes // 1024
    what = f"The document has {-(-found.size // 1024)} KiB, and Kubernetes allows {allowed}"
    tasks = [task for _, task in plan.tasks()]
    if sum(len(repr(pod)) for pod in {task.pod for task in tasks}) < found.size // 2:
        return FlowError(
            f"{what}; it has {len(tasks)} layers.",
            where=plan.where,
            fix="let one layer fan out instead of many that are alike, shorten the layers' names, or make two programs of it.",
        )
    largest = max(tasks, key=lambda task: len(repr(task.pod)))
    return FlowError(
        f"{what}; layer {largest.layer!r} has the largest container.",
        where=largest.where,
        fix="shorten the containers' env, annotations and commands, or share containers between layers.",
    )


# parameters


def _wrong_parameters(plan: Plan, target: Target) -> Iterator[FlowError]:
    limits, flow = target.limits, plan.flows[0].flow
    for parameter in plan.parameters:
        if problem := _parameter_problem(parameter):
            yield FlowError(f"Parameter {parameter.name!r} of flow {flow!r} {problem}", where=plan.where, fix="rename it.")
    if len(plan.parameters) > limits.parameters:
        yield FlowError(
            f"Flow {flow!r} has {len(plan.parameters)} parameters, and Argo allows {limits.parameters}.",
            where=plan.where,
            fix="put some of them into one list or dict.",
        )
    size = sum(map(_size, plan.parameters))
    if size > limits.parameter_bytes:
        largest = max(plan.parameters, key=lambda parameter: len(parameter.value)).name
        yield FlowError(
            f"The parameters of flow {flow!r} have {size} bytes together, and at most {limits.parameter_bytes} reach a pod;"
            f" {largest!r} is the largest.",
            where=plan.where,
            fix="let a first layer read the data, and pass only its path or URL.",
        )


def _size(parameter: ParameterPlan) -> int:
    """Return the bytes of a parameter in workflow.parameters.json, which has its description and its enum too.

    Argo marshals the whole list (setGlobalParameters in workflow/controller/operator.go, 4.1.2).
    """
    texts = (parameter.name, json_text(parameter.value), parameter.description, *map(json_text, parameter.choices))
    return sum(len(text.encode()) for text in texts)


def _parameter_problem(parameter: ParameterPlan) -> str:
    if parameter.name == "json":
        return "has a name that means all parameters together to Argo."
    if not PARAMETER.match(parameter.name):
        return "has a name that Argo rejects: it allows only ASCII letters, digits, '_' and '-'."
    return ""


# layers


def _wrong_layers(plan: Plan, target: Target) -> Iterator[FlowError]:
    """Yield the problems of all layers; a container that several layers share is reported for the first of them."""
    seen: set[Pod] = set()
    for flow, task in plan.tasks():
        if problem := _name_problem(task, target):
            yield FlowError(f"Layer {task.layer!r} of flow {flow.flow!r} {problem}", where=task.where, fix="rename it.")
        if task.pod not in seen:
            seen.add(task.pod)
            yield from wrong_pod(task, target.limits)
        yield from wrong_batch(task)
    for flow in plan.flows:
        if wrong := text_problem(flow.flow, target.limits):
            yield FlowError(f"Flow {flow.flow!r} has a name that {wrong[0]}.", where=flow.where, fix="rename it.")


def _name_problem(task: Task, target: Target) -> str:
    if RUNNERS.match(task.layer) or (TOGETHER in task.layer and not task.fused):
        return "has a name that the runner reserves: link-NUMBER, names that end in -gate, and names with a +."
    problem = text_problem(task.layer, target.limits)
    return f"has a name that {problem[0]}." if problem else ""
