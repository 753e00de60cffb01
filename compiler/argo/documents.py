"""Read a file's documents as Argo does: workflows with templates, tasks, steps, hooks, and the templates that they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from laminar.compiler.argo.parts import Part
from laminar.compiler.yaml.reader import Source

__all__ = ["KINDS", "LOCATIONS", "LOOPS", "POD", "WORK", "Document", "Library", "Task", "Template"]

KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")
POD = ("container", "script")
WORK = (*POD, "dag", "steps", "suspend", "resource", "http", "plugin", "containerSet", "data")
LOOPS = ("withItems", "withParam", "withSequence")
LOCATIONS = ("s3", "git", "http", "artifactory", "hdfs", "raw", "oss", "gcs", "azure", "plugin")
"""The fields of an artifact that name its storage (Argo's ArtifactLocation, 4.1.2)."""

OWN = "laminar/"
"""How the labels and annotations that laminar writes begin."""


@dataclass(frozen=True)
class Task:
    """One call of a template: a task of a DAG, a step (``group`` is its place in the row of groups), or a hook."""

    part: Part
    group: int = -1

    @property
    def name(self) -> str:
        """Its name; that of a hook is its key."""
        return self.part.text("name") or str(self.part.place[-1])

    @property
    def is_step(self) -> bool:
        """Whether it is a step."""
        return self.group >= 0

    @property
    def what(self) -> str:
        """Its name in messages."""
        return "step" if self.is_step else "hook" if "hooks" in self.part.place[-2:] else "task"

    @property
    def is_loop(self) -> bool:
        """Whether it runs once for each of several items."""
        return any(name in LOOPS for name in self.part.names)

    @property
    def hooks(self) -> tuple[Task, ...]:
        """The calls that its state causes."""
        hooks = self.part.at("hooks")
        return tuple(Task(hooks.at(name)) for name in hooks.names)

    @property
    def inline(self) -> Template | None:
        """The inline template that it runs."""
        part = self.part.at("inline")
        return Template(part) if isinstance(part.value, dict) else None


@dataclass(frozen=True)
class Template:
    """One template: its inputs, its outputs, its work."""

    part: Part

    @property
    def name(self) -> str:
        """Its name; an inline template has none."""
        return self.part.text("name") or "inline"

    @property
    def works(self) -> list[str]:
        """Its work: one of `WORK`, none or several where it is wrong."""
        return [name for name in self.part.names if name in WORK]

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of a DAG."""
        return tuple(Task(part) for part in self.part.at("dag", "tasks").items())

    @cached_property
    def steps(self) -> tuple[Task, ...]:
        """The steps, group after group."""
        groups = self.part.at("steps").elements()
        return tuple(Task(part, place) for place, group in enumerate(groups) for part in group.items())

    @property
    def calls(self) -> tuple[Task, ...]:
        """Its tasks or steps."""
        return self.tasks or self.steps

    @cached_property
    def inputs(self) -> dict[str, Part]:
        """The input parameters by name."""
        return _by_name(self.part.at("inputs", "parameters"))

    @cached_property
    def input_artifacts(self) -> dict[str, Part]:
        """The input artifacts by name."""
        return _by_name(self.part.at("inputs", "artifacts"))

    @cached_property
    def outputs(self) -> dict[str, Part]:
        """The output parameters by name."""
        return _by_name(self.part.at("outputs", "parameters"))

    @cached_property
    def output_artifacts(self) -> dict[str, Part]:
        """The output artifacts by name."""
        return _by_name(self.part.at("outputs", "artifacts"))

    def is_given(self, name: str) -> bool:
        """Return whether a call may omit an input parameter: it has a value, a default or a source."""
        return any(key in self.inputs[name].names for key in ("value", "default", "valueFrom"))

    def is_placed(self, name: str) -> bool:
        """Return whether a call may omit an input artifact: it is optional, or has a location."""
        part = self.input_artifacts[name]
        return part.at("optional").value is True or any(key in part.names for key in LOCATIONS)


def _by_name(part: Part) -> dict[str, Part]:
    return {item.text("name"): item for item in part.items()}


@dataclass(frozen=True)
class Document:
    """One of Argo's documents."""

    part: Part

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.part.text("kind")

    @property
    def name(self) -> str:
        """Its name, empty where it has none yet."""
        return self.part.text("metadata", "name")

    @property
    def is_started(self) -> bool:
        """Whether it runs by itself; a template is called by others."""
        return self.kind in ("Workflow", "CronWorkflow")

    @property
    def is_own(self) -> bool:
        """Whether laminar wrote it."""
        metadata = self.part.at("metadata")
        return any(key.startswith(OWN) for kind in ("labels", "annotations") for key in metadata.at(kind).names)

    @property
    def spec(self) -> Part:
        """The spec of the workflow that it is, or starts."""
        return self.part.at("spec", "workflowSpec") if self.kind == "CronWorkflow" else self.part.at("spec")

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """Its templates."""
        return tuple(Template(part) for part in self.spec.at("templates").items())

    @cached_property
    def bodies(self) -> tuple[Template, ...]:
        """Its templates and those that are written inside tasks and steps."""
        found = list(self.templates)
        for template in found:  # grows while it is read
            found += [call.inline for call in template.calls if call.inline is not None]
        return tuple(found)

    @cached_property
    def by_name(self) -> dict[str, Template]:
        """Its templates by name."""
        return {template.name: template for template in self.templates}

    @cached_property
    def parameters(self) -> dict[str, Part]:
        """The workflow's parameters by name."""
        return _by_name(self.spec.at("arguments", "parameters"))

    @cached_property
    def artifacts(self) -> dict[str, Part]:
        """The workflow's artifacts by name."""
        return _by_name(self.spec.at("arguments", "artifacts"))

    @property
    def hooks(self) -> tuple[Task, ...]:
        """The calls that the workflow's state causes."""
        hooks = self.spec.at("hooks")
        return tuple(Task(hooks.at(name)) for name in hooks.names)


@dataclass(frozen=True)
class Library:
    """All documents that are checked together, so that they can refer to each other."""

    documents: tuple[Document, ...]

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Library:
        """Return the library of Argo's documents among these."""
        parts = (Part(source) for source in sources)
        return cls(tuple(Document(part) for part in parts if part.text("kind") in KINDS))

    def referred(self, reference: Part) -> Document | None:
        """Return the document that a workflowTemplateRef or a templateRef names, None where it is not among these."""
        kind = "ClusterWorkflowTemplate" if reference.at("clusterScope").value else "WorkflowTemplate"
        found = (each for each in self.documents if each.kind == kind and each.name == reference.text("name"))
        return next(found, None)

    def base(self, document: Document) -> Document | None:
        """Return the document that holds a document's templates: itself, or the one that its workflowTemplateRef names."""
        reference = document.spec.at("workflowTemplateRef")
        return self.referred(reference) if reference.names else document

    def called(self, document: Document, task: Task) -> Template | None:
        """Return the template that a task calls, None where it is not known."""
        if "templateRef" in task.part.names:
            other = self.referred(task.part.at("templateRef"))
            return other.by_name.get(task.part.text("templateRef", "template")) if other else None
        if task.inline is not None:
            return task.inline
        base = self.base(document)
        return base.by_name.get(task.part.text("template")) if base else None
