"""Check what runs: containers with their commands, volumes and outputs, retries, patches, service accounts, negative numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laminar.compiler.argo.documents import POD, Document, Library, Template
from laminar.compiler.argo.parts import Finding, Part
from laminar.compiler.argo.tags import constant, tags
from laminar.compiler.check.cron import timezone_problem, wrong_cron
from laminar.compiler.yaml.reader import read_text
from laminar.exceptions import FlowError

__all__ = ["wrong_pods", "wrong_schedule"]

POLICIES = ("Always", "OnFailure", "OnError", "OnTransientError")
NUMBERS = frozenset(
    """activeDeadlineSeconds parallelism secondsAfterCompletion secondsAfterSuccess secondsAfterFailure startingDeadlineSeconds
    successfulJobsHistoryLimit failedJobsHistoryLimit limit count factor priority""".split()
)
"""Fields whose numbers are never below 0; ``priority`` alone may be."""

CONCURRENCY = ("Allow", "Forbid", "Replace")


def wrong_pods(document: Document, library: Library) -> Iterator[Finding]:
    """Give what keeps pods from starting, from being tried again, or from reporting what they leave."""
    yield from _negative(document.part.at("spec"))
    yield from _wrong_patch(document.spec.at("podSpecPatch"))
    pods = [template for template in document.templates if set(template.works) & set(POD)]
    if pods and "serviceAccountName" not in document.spec.names:
        for template in pods:
            if "serviceAccountName" not in template.part.names and document.kind in ("Workflow", "CronWorkflow"):
                what = (
                    f"Pods of template {template.name!r} run as the namespace's default service account, which can report nothing."
                )
                yield Finding(document.spec, what, "set serviceAccountName to one with the rights of laminar's rbac.yaml.")
                break
    for template in document.templates:
        yield from _wrong_patch(template.part.at("podSpecPatch"))
        yield from _wrong_retry(template)
        yield from _wrong_outputs(template)
    for template in pods:
        yield from _wrong_container(document, template)


def _wrong_container(document: Document, template: Template) -> Iterator[Finding]:
    for kind in POD:
        part = template.part.at(kind)
        if kind not in template.part.names:
            continue
        if not part.text("image"):
            yield Finding(part, f"The {kind} of template {template.name!r} has no image.", "name one.")
        command = part.at("command").value
        if not command:
            what = f"The {kind} of template {template.name!r} has no command: Argo has to ask the image's registry for it."
            yield Finding(part, what, "say the command.")
        yield from _twice_in_environment(part.at("env"))
        known = {item.text("name") for owner in (template.part, document.spec) for item in owner.at("volumes").items()}
        known |= {item.text("metadata", "name") for item in document.spec.at("volumeClaimTemplates").items()}
        for mount in part.at("volumeMounts").items():
            if mount.text("name") not in known:
                yield Finding(mount, f"There is no volume {mount.text('name')!r} to mount.", "add it to the template's volumes.")


def _twice_in_environment(part: Part) -> Iterator[Finding]:
    seen: set[str] = set()
    for variable in part.items():
        name = variable.text("name")
        if name in seen:
            yield Finding(variable, f"The variable {name} is set twice.", "drop one.")
        seen.add(name)


def _wrong_outputs(template: Template) -> Iterator[Finding]:
    for name, part in template.outputs.items():
        source = part.at("valueFrom")
        sources = [key for key in source.names if key not in ("default", "supplied")]
        if not source.names and not part.at("value").value:
            yield Finding(part, f"Output {name!r} has no valueFrom.", "say where it is from.")
        elif len(sources) > 1:
            yield Finding(source, f"Output {name!r} is from {' and '.join(sources)}.", "keep one.")
        elif not {"default", "supplied"} & set(source.names) and _may_be_absent(template, source):
            what = f"Output {name!r} has no default: where the template is skipped or leaves nothing, what reads it fails."
            yield Finding(source, what, "add valueFrom.default.")
        if "dag" in template.works and "path" in source.names:
            yield Finding(source, f"Output {name!r} of a DAG cannot be a file.", "take valueFrom.parameter or expression.")


def _may_be_absent(template: Template, source: Part) -> bool:
    """Say whether an output may have no value: a DAG's has one where its task's output has one and the task always runs."""
    if "dag" not in template.works:
        return bool(source.names)
    text = source.text("parameter")
    return any("when" in task.part.names and re.search(rf"\b{re.escape(task.name)}\b", text) for task in template.tasks)


def _wrong_retry(template: Template) -> Iterator[Finding]:
    retry = template.part.at("retryStrategy")
    policy, limit, factor = retry.at("retryPolicy"), retry.text("limit"), retry.at("backoff", "factor")
    if isinstance(policy.value, str) and policy.value not in POLICIES:
        yield Finding(policy, f"There is no retryPolicy {policy.value!r}.", f"take one of {', '.join(POLICIES)}.")
    if "limit" in retry.names and not any(tags(limit)) and not limit.lstrip("-").isdigit():
        yield Finding(retry.at("limit"), f"The limit {limit!r} is no whole number.", "say how many more times it is tried.")
    if "backoff" in retry.names and "limit" not in retry.names:
        yield Finding(retry.at("backoff"), "Argo heeds a backoff only beside a limit.", "add a limit.")
    if factor.value is not None and not re.fullmatch(r"-?[0-9]+", str(factor.value)) and not any(tags(str(factor.value))):
        yield Finding(factor, f"The factor {factor.value!r} of the backoff is no whole number.", "take a whole number.")


def _wrong_patch(part: Part) -> Iterator[Finding]:
    if not isinstance(part.value, str):
        return
    text = constant(part.value, "1").strip()
    if text == "1":
        return
    try:
        sources = read_text(text, "podSpecPatch")
    except FlowError as error:
        yield Finding(part, f"The podSpecPatch is neither JSON nor YAML: {error.what.partition(': ')[2]}", "mend it.")
        return
    if len(sources) != 1 or not isinstance(sources[0].value, dict):
        yield Finding(part, "The podSpecPatch is no mapping.", "write the part of a pod's spec that it changes.")


def _negative(part: Part) -> Iterator[Finding]:
    """Give numbers below 0 where only others make sense, and counts that are no numbers."""
    value = part.value
    if isinstance(value, dict):
        for name in part.names:
            yield from _negative(part.at(name))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _negative(part.at(index))
    elif part.place and part.place[-1] in NUMBERS and re.fullmatch(r"-[0-9.]+", str(value)):
        if part.place[-1] != "priority" and "parameters" not in part.place:
            yield Finding(part, f"{part.place[-1]!r} is {value}.", "take 0 or a larger number.")
    elif part.place[-2:] == ("withSequence", "count") and not any(tags(str(value))) and not str(value).isdigit():
        yield Finding(part, f"The count {value!r} is no whole number.", "say how many items the loop has.")


def wrong_schedule(document: Document) -> Iterator[Finding]:
    """Give what is wrong with the times at which a CronWorkflow starts."""
    if document.kind != "CronWorkflow":
        return
    spec = document.part.at("spec")
    schedules = spec.at("schedules")
    listed = schedules.value if isinstance(schedules.value, list) else []
    if not listed and "schedules" in spec.names:
        yield Finding(schedules, "The CronWorkflow has no schedule.", "add one.")
    for index, text in enumerate(listed):
        if isinstance(text, str) and (problem := wrong_cron(text)):
            yield Finding(schedules.at(index), f"The schedule {text!r} is wrong: {problem}.", "mend it.")
    zone, policy = spec.at("timezone"), spec.at("concurrencyPolicy")
    if isinstance(zone.value, str) and (problem := timezone_problem(zone.value)):
        yield Finding(zone, problem[0].upper() + problem[1:], "take a name such as Europe/Berlin or UTC.")
    if policy.value is not None and policy.value not in CONCURRENCY:
        yield Finding(policy, f"There is no concurrencyPolicy {policy.value!r}.", f"take one of {', '.join(CONCURRENCY)}.")
