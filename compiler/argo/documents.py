"""See a file's documents as Argo does: workflows with templates, tasks, parameters, and the templates that they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from laminar.compiler.argo.parts import Part
from laminar.compiler.yaml.reader import Source

__all__ = ["KINDS", "LOOPS", "POD", "WORK", "Document", "Library", "Task", "Template"]

KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")
POD = ("container", "script")
WORK = (*POD, "dag", "steps", "suspend", "resource", "http", "plugin", "containerSet", "data")
LOOPS = ("withItems", "withParam", "withSequence")


@dataclass(frozen=True)
class Task:
    """One task of a DAG."""

    part: Part

    @property
    def name(self) -> str:
        """Its name."""
        return self.part.text("name")

    @property
    def is_loop(self) -> bool:
        """Whether it runs once for each of several items."""
        return any(name in LOOPS for name in self.part.names)


@dataclass(frozen=True)
class Template:
    """One template: what it takes, what it gives, what it does."""

    part: Part

    @property
    def name(self) -> str:
        """Its name."""
        return self.part.text("name")

    @property
    def works(self) -> list[str]:
        """What it does: one of `WORK`, none or several where it is wrong."""
        return [name for name in self.part.names if name in WORK]

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of a DAG."""
        return tuple(Task(part) for part in self.part.at("dag", "tasks").items())

    @cached_property
    def inputs(self) -> dict[str, Part]:
        """The parameters that it takes, by name."""
        return {part.text("name"): part for part in self.part.at("inputs", "parameters").items()}

    def is_given(self, name: str) -> bool:
        """Say whether an input need not be given: it has a value, a default or a source of its own."""
        return any(key in self.inputs[name].names for key in ("value", "default", "valueFrom"))

    @cached_property
    def outputs(self) -> dict[str, Part]:
        """The parameters that it gives, by name."""
        return {part.text("name"): part for part in self.part.at("outputs", "parameters").items()}


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
    def spec(self) -> Part:
        """The spec of the workflow that it is, or starts."""
        return self.part.at("spec", "workflowSpec") if self.kind == "CronWorkflow" else self.part.at("spec")

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """Its templates."""
        return tuple(Template(part) for part in self.spec.at("templates").items())

    @cached_property
    def by_name(self) -> dict[str, Template]:
        """Its templates by name."""
        return {template.name: template for template in self.templates}

    @cached_property
    def parameters(self) -> dict[str, Part]:
        """The workflow's parameters by name."""
        return {part.text("name"): part for part in self.spec.at("arguments", "parameters").items()}


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
        """Return the document that a workflowTemplateRef or a templateRef means, None where it is not among these."""
        kind = "ClusterWorkflowTemplate" if reference.at("clusterScope").value else "WorkflowTemplate"
        found = (each for each in self.documents if each.kind == kind and each.name == reference.text("name"))
        return next(found, None)

    def called(self, document: Document, task: Task) -> Template | None:
        """Return the template that a task calls, None where it is not known."""
        if "templateRef" in task.part.names:
            other = self.referred(task.part.at("templateRef"))
            return other.by_name.get(task.part.text("templateRef", "template")) if other else None
        if "inline" in task.part.names:
            return Template(task.part.at("inline"))
        return document.by_name.get(task.part.text("template"))

    def all_templates(self) -> Iterator[tuple[Document, Template]]:
        """Give every template with its document."""
        for document in self.documents:
            for template in document.templates:
                yield document, template
