"""Describe the target of a compile as data: the kind of document, Argo's version, and its limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from laminar.exceptions import FlowError, suggest

if TYPE_CHECKING:
    from laminar.compiler.emit.site_policy import Base
    from laminar.compiler.ir import Plan

__all__ = ["ARGO", "KINDS", "Kind", "Limits", "Target"]


@dataclass(frozen=True)
class Limits:
    """The limits of Argo and Kubernetes; sizes are bytes.

    ``pods`` fit the workflow's status where each may be retried; more need node status offloading. ``old_fields`` is True
    where Argo also reads ``schedule``, ``mutex`` and ``semaphore``, which 4.0 removed.
    """

    templates: int = 200
    tasks: int = 200
    parameters: int = 500
    parameter_bytes: int = 48 * 1024
    text_bytes: int = 127 * 1024  # Linux allows 128 KiB for an argument or a variable with its name (MAX_ARG_STRLEN, execve(2))
    document_bytes: int = 1024 * 1024
    pods: int = 5000
    old_fields: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of document: ``stored`` is kept and started many times, and has a fixed name; others are given one when they start.

    ``cluster`` means that it belongs to no namespace, ``longest`` is the largest length of its name.
    """

    kind: str
    stored: bool = False
    cluster: bool = False
    longest: int = 63


KINDS = {
    "workflow": Kind("Workflow"),
    "template": Kind("WorkflowTemplate", stored=True),
    "cluster-template": Kind("ClusterWorkflowTemplate", stored=True, cluster=True),
    "cron": Kind("CronWorkflow", stored=True, longest=52),
}
"""The kinds by their names on the command line."""

ARGO = {"3.7": Limits(old_fields=True), "4.0": Limits(), "4.1": Limits()}
"""The supported versions of Argo, each with its limits.

3.7 counts templates and tasks only where its full CRDs are installed; whether they are is unknown here.
"""

AUTO = "auto"
"""The kind that fits: a CronWorkflow for a flow with a schedule, a Workflow for any other."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Target of a compile.

    ``name`` replaces the name that is made of the first flow's, ``base`` holds the site's settings of all workflows, ``start`` adds
    a Workflow that starts a template, ``rbac`` puts the service account and its rights first, ``fuse`` lets layers in a row
    share a pod. The documents suit all versions
    of Argo; ``argo`` decides which limits hold.

    Raises FlowError for an unknown kind or version.
    """

    kind: str = AUTO
    name: str | None = None
    argo: str = "4.1"
    base: Base | None = None
    start: bool = False
    rbac: bool = False
    fuse: bool = False

    def __post_init__(self) -> None:
        _known("kind of document", self.kind, (AUTO, *KINDS))
        _known("version of Argo", self.argo, tuple(ARGO))
        if self.start and self.kind not in ("template", "cluster-template"):
            raise FlowError("Only a template can have a Workflow that starts it.", fix="pass --kind template too.")
        account = self.base.spec.get("serviceAccountName", "laminar") if self.base is not None else "laminar"
        if self.rbac and account != "laminar":
            raise FlowError(
                f"--rbac makes the service account 'laminar', and the base file has pods run as {account!r}.",
                where=self.base.file if self.base is not None else "",
                fix="drop one of them.",
            )

    def suited(self, plan: Plan) -> Target:
        """Return the target with the kind that fits a plan, where it selects none."""
        return replace(self, kind="cron" if plan.schedule else "workflow") if self.kind == AUTO else self

    @property
    def document(self) -> Kind:
        """Return the properties of the kind of document."""
        return KINDS["workflow" if self.kind == AUTO else self.kind]

    @property
    def limits(self) -> Limits:
        """Return the limits of this version of Argo."""
        return ARGO[self.argo]


def _known(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise FlowError(f"There is no {what} {given!r}.{suggest(given, known)}", fix=f"use one of: {', '.join(known)}.")
