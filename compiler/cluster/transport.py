"""Declare the operations of both transports to a cluster, and the kinds of objects that they send."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from laminar.compiler.cluster.http_session import HttpSession
from laminar.exceptions import ClusterError
from laminar.timestamps import now, seconds_since

__all__ = ["KINDS", "MANAGER", "Event", "Kind", "LogOptions", "Object", "Transport", "kind_of"]

Object = dict[str, Any]
"""A Kubernetes object as JSON, whole: models of one version would drop the fields of another."""

MANAGER = "laminar"
"""The owner of fields in server-side apply."""


@dataclass(frozen=True)
class Kind:
    """A kind: its name in URLs of the Kubernetes API and of the Argo server, and in bodies of the latter."""

    kind: str
    plural: str
    path: str
    body: str
    namespaced: bool = True


KINDS = {
    "Workflow": Kind("Workflow", "workflows", "workflows", "workflow"),
    "WorkflowTemplate": Kind("WorkflowTemplate", "workflowtemplates", "workflow-templates", "template"),
    "CronWorkflow": Kind("CronWorkflow", "cronworkflows", "cron-workflows", "cronWorkflow"),
    "ClusterWorkflowTemplate": Kind(
        "ClusterWorkflowTemplate", "clusterworkflowtemplates", "cluster-workflow-templates", "template", namespaced=False
    ),
}


def kind_of(document: Mapping[str, Any]) -> Kind:
    """Return the kind of a document.

    Raises ClusterError for one that is not Argo's.
    """
    kind = str(document.get("kind"))
    if kind not in KINDS:
        raise ClusterError(
            f"A {kind} is no object of Argo's.", fix=f"kubectl apply creates it; here go: {', '.join(KINDS)}.", code=1
        )
    return KINDS[kind]


@dataclass(frozen=True)
class Event:
    """A change that a watch reports: ADDED, MODIFIED, DELETED or BOOKMARK, with the object after it."""

    type: str
    object: Object


@dataclass(frozen=True)
class LogOptions:
    """Which lines of a container's log: those since a time (ISO 8601), the last ``tail``, and the lines to come."""

    follow: bool = False
    since: str = ""
    tail: int | None = None
    container: str = "main"

    @property
    def seconds(self) -> int | None:
        """How long ago ``since`` is: Kubernetes' ``sinceSeconds``, which is at least 1.

        ``sinceTime`` would compare the clocks of this machine and the node. Read in Kubernetes' source: ValidatePodLogOptions in
        pkg/apis/core/validation/validation.go, 1.34.
        """
        return max(1, math.ceil(seconds_since(self.since, now()))) if self.since else None


class Transport(ABC):
    """A transport to a cluster. Each method raises ClusterError where the request fails; ``status`` has the HTTP status."""

    def __init__(self, session: HttpSession, namespace: str) -> None:
        self.session = session
        self.namespace = namespace

    @property
    def shown(self) -> str:
        """Name in messages."""
        return self.session.endpoint.shown

    def running(self, verb: str, name: str) -> Object:
        """Return a workflow that has not ended.

        Raises ClusterError for one that has ended.
        """
        workflow = self.get("Workflow", name)
        phase = (workflow.get("status") or {}).get("phase")
        if phase in ("Succeeded", "Failed", "Error"):
            raise ClusterError(
                f"Workflow {name} has ended ({phase}): there is nothing to {verb}.", fix="choose one that runs.", code=1
            )
        return workflow

    @abstractmethod
    def version(self) -> str:
        """Return the server's version."""

    @abstractmethod
    def create(self, document: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        """Create an object; ``dry_run`` has the server check it only. An object without a fixed name is sent once, not again."""

    @abstractmethod
    def get(self, kind: str, name: str) -> Object:
        """Return an object."""

    @abstractmethod
    def objects(self, kind: str, *, labels: str = "", limit: int | None = None) -> list[Object]:
        """Return the objects of a kind, their status without nodes where the server can leave those out."""

    @abstractmethod
    def watch(self, name: str, version: str, seconds: float | None = None) -> Iterator[Event]:
        """Yield the changes of a workflow since a resource version, until the server ends the stream, or for so many seconds.

        Raises ClusterError of status 410 for a version that is too old.
        """

    @abstractmethod
    def apply(self, document: Mapping[str, Any], *, force: bool = False, dry_run: bool = False) -> Object:
        """Create an object or make it like a document; ``force`` also writes fields that another manager owns."""

    @abstractmethod
    def delete(self, kind: str, name: str) -> None:
        """Delete an object."""

    @abstractmethod
    def act(self, verb: str, name: str) -> Object:
        """Stop, terminate, suspend, resume, retry or resubmit a workflow."""

    @abstractmethod
    def switch(self, name: str, *, suspend: bool) -> Object:
        """Suspend or resume the schedule of a CronWorkflow."""

    @abstractmethod
    def logs(self, workflow: str, pod: str, options: LogOptions) -> Iterator[str]:
        """Yield the lines of a pod's log, each with its time before it (RFC 3339)."""

    @abstractmethod
    def pods(self, workflow: str) -> Sequence[Object]:
        """Return the pods of a workflow that are left; none where the transport cannot read pods."""

    @abstractmethod
    def newest_pods(self) -> Sequence[Object] | None:
        """Return pods of any workflows, a page of them; None where the transport cannot read pods."""

    @abstractmethod
    def warnings(self, pod: str) -> Sequence[Object]:
        """Return the events of kind Warning of a pod; none where the transport cannot read events."""

    @abstractmethod
    def may(self, verb: str, resource: str, group: str = "argoproj.io", subresource: str = "") -> bool | None:
        """Return whether these credentials have a right, None where that cannot be read."""

    @abstractmethod
    def has_account(self, name: str) -> bool | None:
        """Return whether a service account exists, None where that cannot be read."""

    @abstractmethod
    def account_may(self, name: str, verb: str, resource: str) -> bool | None:
        """Return whether a service account has a right on objects of Argo's, None where that cannot be read."""

    @abstractmethod
    def definition(self, plural: str) -> Object | None:
        """Return the CustomResourceDefinition of a kind of Argo's, None where the transport cannot read it."""

    @abstractmethod
    def link(self, name: str) -> str:
        """Return the address of a workflow's page, "" where there is none."""
