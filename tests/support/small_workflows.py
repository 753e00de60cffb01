"""Lint a small workflow: the part that a test is about, in a frame that is right."""

from __future__ import annotations

import re

from laminar.compiler.lint import Severity, validate
from laminar.compiler.yaml.reader import read_text

__all__ = ["errors", "of_spec", "of_task", "of_template"]

HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: a}\nspec:\n"
POD = "container: {image: alpine, command: [echo]}"


def errors(text: str) -> list[str]:
    """Return the codes of the errors and warnings in a text, in the order of their lines."""
    return [finding.code for finding in validate(read_text(text, "a.yaml")) if finding.severity > Severity.NOTE]


def of_spec(fields: str) -> list[str]:
    """Return the codes for a workflow with these lines under spec."""
    frame = {"entrypoint": "entrypoint: main", "serviceAccountName": "serviceAccountName: a"}
    lines = [line for name, line in frame.items() if f"{name}:" not in fields] + fields.strip("\n").splitlines()
    if "templates:" not in fields:
        lines.append(f"templates: [{{name: main, {POD}}}]")
    return errors(HEAD + "".join(f"  {line}\n" for line in lines))


def of_template(fields: str) -> list[str]:
    """Return the codes for a template with these fields, in one line; a container is added where it has no work."""
    works = ("container", "script", "dag", "steps", "suspend", "resource", "http", "containerSet", "data", "plugin")
    work = "" if any(re.search(rf"\b{name}:", fields) for name in works) else f", {POD}"
    return of_spec(f"templates: [{{name: main, {fields}{work}}}, {{name: other, {POD}}}, {{name: more, {POD}}}]\nonExit: other\n"
                   "hooks: {exit: {template: more}}")  # fmt: skip


def of_task(fields: str, *, callee: str = "suspend: {}") -> list[str]:
    """Return the codes for a task B after A with these fields, in one line, that calls a template with ``callee``."""
    call = "" if "template:" in fields or "inline:" in fields or "templateRef:" in fields else ", template: called"
    task = f"{{name: B, {fields}{call}}}" if fields else f"{{name: B{call}}}"
    dag = f"dag: {{tasks: [{{name: A, template: one}}, {task}, {{name: C, template: called}}]}}"
    return of_spec(f"templates: [{{name: main, {dag}}}, {{name: one, suspend: {{}}}}, {{name: called, {callee}}}]")
