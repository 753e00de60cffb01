"""Reach a cluster through an Argo server: the REST API that the argo command line uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from laminar.compiler.cluster import workflow_reset
from laminar.compiler.cluster.transport import KINDS, Event, LogOptions, Object, Transport, kind_of
from laminar.exceptions import ClusterError

__all__ = ["ArgoServer"]

SILENCE = 60.0
"""Seconds without an event after which a watch is opened again: the server sends no bookmarks."""

LISTED = ",".join(
    ["metadata", "items.metadata", "items.spec.suspend", "items.spec.shutdown", "items.spec.schedules", "items.spec.arguments"]
    + ["items.spec.workflowTemplateRef"]
    + [
        f"items.status.{name}"
        for name in ("phase", "message", "progress", "startedAt", "finishedAt", "lastScheduledTime", "active")
    ]
)
"""Fields that a list needs of each object: a status with its nodes may have a megabyte."""


class ArgoServer(Transport):
    """An Argo server."""

    def version(self) -> str:
        return str(self.session.json("GET", "api/v1/version", doing="show its version").get("version", ""))

    def create(self, document: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        kind, named = kind_of(document), "name" in document["metadata"]
        body: dict[str, Any] = {
            kind.body: {name: value for name, value in document.items() if name not in ("apiVersion", "kind")},
            **({"namespace": self.namespace} if kind.namespaced else {}),
        }
        if dry_run and kind.kind == "Workflow":
            body["serverDryRun"] = True
        elif dry_run:
            return self._lint(document)
        doing = f"create {kind.kind} {document['metadata'].get('name') or document['metadata'].get('generateName', '')}"
        return self._whole(
            kind.kind, self.session.json("POST", self._path(kind.kind), doing=doing, body=body, repeat=named or dry_run)
        )

    def _lint(self, document: Mapping[str, Any]) -> Object:
        """Return a document that the server has checked: the server has no dry run for templates and schedules."""
        kind = kind_of(document)
        body = {kind.body: dict(document), **({"namespace": self.namespace} if kind.namespaced else {})}
        self.session.json("POST", f"{self._path(kind.kind)}/lint", doing=f"check {kind.kind}", body=body)
        return dict(document)

    def get(self, kind: str, name: str) -> Object:
        return self._whole(kind, self.session.json("GET", self._path(kind, name), doing=f"read {kind} {name}"))

    def objects(self, kind: str, *, labels: str = "", limit: int | None = None) -> list[Object]:
        found: list[Object] = []
        params = {"listOptions.labelSelector": labels or None, "listOptions.limit": str(limit) if limit else None, "fields": LISTED}
        while True:
            page = self.session.json("GET", self._path(kind), doing=f"list {KINDS[kind].plural}", params=params)
            found += [self._whole(kind, one) for one in page.get("items") or ()]
            params["listOptions.continue"] = (page.get("metadata") or {}).get("continue")
            if not params["listOptions.continue"] or (limit is not None and len(found) >= limit):
                return found

    def watch(self, name: str, version: str, seconds: float | None = None) -> Iterator[Event]:
        silence = min(SILENCE, seconds or SILENCE)
        params = {"listOptions.fieldSelector": f"metadata.name={name}", "listOptions.resourceVersion": version}
        path = f"api/v1/workflow-events/{self.namespace}"
        for result in self._stream(path, f"watch Workflow {name}", params, silence):
            yield Event(str(result.get("type")), self._whole("Workflow", result.get("object") or {}))

    def apply(self, document: Mapping[str, Any], *, force: bool = False, dry_run: bool = False) -> Object:
        if dry_run:
            return self._lint(document)
        kind, name = kind_of(document), str(document["metadata"]["name"])
        try:
            known = self.get(kind.kind, name)
        except ClusterError as error:
            if error.status != 404:
                raise
            return self.create(document)
        metadata = {**document["metadata"], "resourceVersion": known["metadata"].get("resourceVersion")}
        body: dict[str, Any] = {"name": name, kind.body: {"metadata": metadata, "spec": document["spec"]}}
        if kind.namespaced:
            body["namespace"] = self.namespace
        return self._whole(
            kind.kind, self.session.json("PUT", self._path(kind.kind, name), doing=f"update {kind.kind} {name}", body=body)
        )

    def delete(self, kind: str, name: str) -> None:
        self.session.json("DELETE", self._path(kind, name), doing=f"delete {kind} {name}")

    def act(self, verb: str, name: str) -> Object:
        """Steer a workflow; one that is suspended ignores a stop until it is resumed too (seen on Argo 4.1.2)."""
        if verb == "retry":
            workflow_reset.check_failed(self.get("Workflow", name))
        steered = self.running(verb, name) if verb in ("stop", "terminate", "suspend") else {}
        suspended = verb != "suspend" and bool(steered.get("spec", {}).get("suspend"))
        done = self._act("Workflow", verb, name)
        return self._act("Workflow", "resume", name) if suspended else done

    def switch(self, name: str, *, suspend: bool) -> Object:
        return self._act("CronWorkflow", "suspend" if suspend else "resume", name)

    def _act(self, kind: str, verb: str, name: str) -> Object:
        body = {"namespace": self.namespace, "name": name}
        once = verb in ("retry", "resubmit")  # the others set a state, these start pods or workflows
        path = f"{self._path(kind, name)}/{verb}"
        return self._whole(kind, self.session.json("PUT", path, doing=f"{verb} {kind} {name}", body=body, repeat=not once))

    def logs(self, workflow: str, pod: str, options: LogOptions) -> Iterator[str]:
        params = {
            "podName": pod,
            "logOptions.container": options.container,
            "logOptions.follow": "true" if options.follow else "false",
            "logOptions.timestamps": "true",
            "logOptions.sinceSeconds": options.seconds,
            "logOptions.tailLines": options.tail,
        }
        silence = 3600.0 if options.follow else None
        for result in self._stream(f"{self._path('Workflow', workflow)}/log", f"read the log of {pod}", params, silence):
            yield str(result.get("content", ""))

    def pods(self, workflow: str) -> Sequence[Object]:
        return ()

    def newest_pods(self) -> Sequence[Object] | None:
        return None

    def warnings(self, pod: str) -> Sequence[Object]:
        return ()

    def may(self, verb: str, resource: str, group: str = "argoproj.io", subresource: str = "") -> bool | None:
        return None

    def has_account(self, name: str) -> bool | None:
        return None

    def account_may(self, name: str, verb: str, resource: str) -> bool | None:
        return None

    def definition(self, plural: str) -> Object | None:
        return None

    def link(self, name: str) -> str:
        return f"{self.session.endpoint.url.rstrip('/')}/workflows/{self.namespace}/{name}"

    def _path(self, kind: str, name: str = "") -> str:
        found = KINDS[kind]
        return "/".join(filter(None, ("api/v1", found.path, self.namespace if found.namespaced else "", name)))

    def _whole(self, kind: str, found: Object) -> Object:
        """Return an object with its kind: the server leaves that out."""
        return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, **found}

    def _stream(self, path: str, doing: str, params: Mapping[str, Any], silence: float | None) -> Iterator[Object]:
        for read in self.session.objects(path, doing=doing, params=params, silence=silence):
            if "error" in read:
                error = read["error"] or {}
                expired = "too old" in str(error.get("message"))
                status = 410 if expired else int(error.get("http_code") or 500)
                raise ClusterError(f"{self.shown} refuses to {doing}: {error.get('message')}.", status=status)
            yield read.get("result") or {}
