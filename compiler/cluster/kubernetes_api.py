"""Reach a cluster through the Kubernetes API alone: the work of the Argo server is done here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from laminar.compiler.cluster import workflow_reset
from laminar.compiler.cluster.transport import KINDS, MANAGER, Event, LogOptions, Object, Transport, kind_of
from laminar.exceptions import ClusterError

__all__ = ["KubernetesApi"]

GROUP = "apis/argoproj.io/v1alpha1"
WATCHED = 240
"""Seconds that the server keeps a watch open; it sends a bookmark each minute meanwhile."""
PAGE = 500
OWNER = "workflows.argoproj.io/workflow"
"""The label of a pod that names its workflow."""

PATCHES: Mapping[str, Mapping[str, Any]] = {
    "stop": {"shutdown": "Stop", "suspend": None},
    "terminate": {"shutdown": "Terminate", "suspend": None},
    "suspend": {"suspend": True},
}
"""Changes that the argo command line makes in a spec; one with `suspend: true` ignores `shutdown` (seen on Argo 4.1.2)."""

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class KubernetesApi(Transport):
    """A Kubernetes API server."""

    def version(self) -> str:
        return str(self.session.json("GET", "version", doing="show its version").get("gitVersion", ""))

    def create(self, document: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        kind, metadata = kind_of(document), document["metadata"]
        params = {"fieldManager": MANAGER, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        doing = f"create {kind.kind} {metadata.get('name') or metadata.get('generateName', '')}"
        return self._json("POST", self._path(kind.kind), doing, params=params, body=document, repeat="name" in metadata or dry_run)

    def get(self, kind: str, name: str) -> Object:
        return self._json("GET", self._path(kind, name), f"read {kind} {name}")

    def objects(self, kind: str, *, labels: str = "", limit: int | None = None) -> list[Object]:
        found: list[Object] = []
        params: dict[str, Any] = {"labelSelector": labels or None, "limit": limit or PAGE}
        while True:
            page = self._json("GET", self._path(kind), f"list {KINDS[kind].plural}", params=params)
            found += page.get("items") or ()
            params["continue"] = (page.get("metadata") or {}).get("continue")
            if not params["continue"] or (limit is not None and len(found) >= limit):
                return found

    def watch(self, name: str, version: str, seconds: float | None = None) -> Iterator[Event]:
        open_for = min(WATCHED, math.ceil(seconds or WATCHED))
        params = {
            "watch": "true",
            "fieldSelector": f"metadata.name={name}",
            "resourceVersion": version,
            "timeoutSeconds": open_for,
            "allowWatchBookmarks": "true",
        }
        doing = f"watch Workflow {name}"
        for read in self.session.objects(self._path("Workflow"), doing=doing, params=params, silence=open_for + 30.0):
            if read["type"] == "ERROR":  # a status inside an answer of 200
                status = read["object"]
                raise ClusterError(f"{self.shown} ends the watch: {status.get('message')}.", status=int(status.get("code") or 500))
            yield Event(read["type"], read["object"])

    def apply(self, document: Mapping[str, Any], *, force: bool = False, dry_run: bool = False) -> Object:
        kind, name = kind_of(document), str(document["metadata"]["name"])
        params = {"fieldManager": MANAGER, "force": "true" if force else "false", **({"dryRun": "All"} if dry_run else {})}
        return self._json(
            "PATCH", self._path(kind.kind, name), f"apply {kind.kind} {name}", params=params, body=document, content=APPLY
        )

    def delete(self, kind: str, name: str) -> None:
        self._json("DELETE", self._path(kind, name), f"delete {kind} {name}")

    def act(self, verb: str, name: str) -> Object:
        if verb in PATCHES:
            self.running(verb, name)
            return self._patch("Workflow", name, {"spec": PATCHES[verb]}, verb)
        workflow = self.get("Workflow", name)
        if verb == "resume":
            if workflow_reset.has_suspended_node(workflow):
                return self._replace(workflow_reset.resumed(workflow, self.session.now()), verb)
            return self._patch("Workflow", name, {"spec": {"suspend": None}}, verb)
        if verb == "resubmit":
            return self.create(workflow_reset.resubmitted(workflow))
        return self._retry(workflow)

    def switch(self, name: str, *, suspend: bool) -> Object:
        return self._patch("CronWorkflow", name, {"spec": {"suspend": suspend}}, "suspend" if suspend else "resume")

    def _retry(self, workflow: Object) -> Object:
        """Run failed pods again: like the Argo server, delete the failed pods and reset the nodes."""
        reset, pods = workflow_reset.retried(workflow, self.session.now())
        for pod in pods:
            try:
                self._json("DELETE", self._pod(pod), f"delete pod {pod}")
            except ClusterError as error:
                if error.status != 404:
                    raise
        return self._replace(reset, "retry")

    def _replace(self, workflow: Object, verb: str) -> Object:
        name = workflow["metadata"]["name"]
        return self._json("PUT", self._path("Workflow", name), f"{verb} Workflow {name}", body=workflow, repeat=False)

    def _patch(self, kind: str, name: str, patch: Object, verb: str) -> Object:
        return self._json("PATCH", self._path(kind, name), f"{verb} {kind} {name}", body=patch, content=MERGE)

    def logs(self, workflow: str, pod: str, options: LogOptions) -> Iterator[str]:
        params = {
            "container": options.container,
            "follow": "true" if options.follow else None,
            "timestamps": "true",
            "sinceSeconds": options.seconds,
            "tailLines": options.tail,
        }
        silence = 3600.0 if options.follow else None
        return self.session.lines(f"{self._pod(pod)}/log", doing=f"read the log of {pod}", params=params, silence=silence)

    def pods(self, workflow: str) -> Sequence[Object]:
        found: list[Object] = []
        params: dict[str, Any] = {"labelSelector": f"{OWNER}={workflow}", "limit": PAGE}
        while True:
            page = self._json("GET", self._core("pods"), f"list the pods of {workflow}", params=params)
            found += page.get("items") or ()
            params["continue"] = (page.get("metadata") or {}).get("continue")
            if not params["continue"]:
                return found

    def newest_pods(self) -> Sequence[Object] | None:
        page = self._json("GET", self._core("pods"), "list pods", params={"labelSelector": OWNER, "limit": PAGE})
        return list(page.get("items") or ())

    def warnings(self, pod: str) -> Sequence[Object]:
        params = {"fieldSelector": f"involvedObject.name={pod},type=Warning"}
        page = self._json("GET", self._core("events"), f"list the events of {pod}", params=params)
        return list(page.get("items") or ())

    def may(self, verb: str, resource: str, group: str = "argoproj.io", subresource: str = "") -> bool | None:
        return self._review("SelfSubjectAccessReview", {}, verb, resource, group, subresource)

    def account_may(self, name: str, verb: str, resource: str) -> bool | None:
        user = {"user": f"system:serviceaccount:{self.namespace}:{name}"}
        try:
            return self._review("SubjectAccessReview", user, verb, resource, "argoproj.io", "")
        except ClusterError as error:
            if error.status == 403:  # only administrators may review the rights of others
                return None
            raise

    def _review(self, kind: str, user: Object, verb: str, resource: str, group: str, subresource: str) -> bool:
        asked = {"namespace": self.namespace, "verb": verb, "group": group, "resource": resource}
        if subresource:
            asked["subresource"] = subresource
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": {**user, "resourceAttributes": asked}}
        path = f"apis/authorization.k8s.io/v1/{kind.lower()}s"
        answer = self._json("POST", path, "review rights", body=body)
        return bool((answer.get("status") or {}).get("allowed"))

    def definition(self, plural: str) -> Object | None:
        path = f"apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.argoproj.io"
        try:
            return self._json("GET", path, f"read the definition of {plural}")
        except ClusterError as error:
            if error.status == 403:  # definitions belong to no namespace: many users may not read them
                return None
            raise

    def has_account(self, name: str) -> bool | None:
        path = f"{self._core('serviceaccounts')}/{quote(name, safe='')}"
        try:
            self._json("GET", path, f"look for service account {name}")
        except ClusterError as error:
            if error.status != 404:
                raise
            return False
        return True

    def link(self, name: str) -> str:
        return ""

    def _path(self, kind: str, name: str = "") -> str:
        found = KINDS[kind]
        space = f"namespaces/{quote(self.namespace, safe='')}" if found.namespaced else ""
        return "/".join(filter(None, (GROUP, space, found.plural, quote(name, safe=""))))

    def _pod(self, name: str) -> str:
        return f"{self._core('pods')}/{quote(name, safe='')}"

    def _core(self, plural: str) -> str:
        return f"api/v1/namespaces/{quote(self.namespace, safe='')}/{plural}"

    def _json(self, method: str, path: str, doing: str, *, content: str = "application/json", **given: Any) -> Object:
        found: Object = self.session.json(method, path, doing=doing, content_type=content, **given)
        return found
