"""Serve a fake cluster as a Kubernetes API server with Argo's full CRDs does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from laminar.compiler.cluster.transport import KINDS
from tests.support.fake_cluster import Object, Refusal
from tests.support.fake_schema import unknown_field
from tests.support.fake_server import Answer, FakeServer, Request, Stream, log_lines

BY_PLURAL = {kind.plural: kind for kind in KINDS.values()}


class FakeKubernetes(FakeServer):
    """A Kubernetes API server with Argo's full CRDs: strict fields on request, 200 tasks a DAG, server-side apply with owners."""

    def stranger(self, request: Request) -> Refusal:
        if "Authorization" in request.headers:
            return super().stranger(request)
        return Refusal(
            403, 'workflows.argoproj.io is forbidden: User "system:anonymous" cannot get resource "workflows"', "Forbidden"
        )

    def refused(self, refusal: Refusal, request: Request) -> Answer:
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": refusal.message}
        return Answer(refusal.status, {**status, "reason": refusal.reason, "code": refusal.status})

    def route(self, method: str, path: str, request: Request) -> Answer | Stream:
        parts = path.strip("/").split("/")
        if parts == ["version"]:
            return Answer(200, {"major": "1", "minor": "34", "gitVersion": "v1.34.4"})
        if parts[-1] in ("selfsubjectaccessreviews", "subjectaccessreviews"):
            return self.review(request.body)
        if parts[-2] == "customresourcedefinitions":
            return self.definition(parts[-1])
        if parts[:2] == ["api", "v1"]:
            return self.core(method, parts[4:], request)
        if parts == ["apis", "argoproj.io", "v1alpha1"]:
            named = [{"name": kind.plural, "kind": kind.kind} for kind in KINDS.values()]
            return Answer(200, {"kind": "APIResourceList", "groupVersion": "argoproj.io/v1alpha1", "resources": named})
        space, rest = (parts[4], parts[5:]) if parts[3] == "namespaces" else ("", parts[3:])
        kind, name = BY_PLURAL[rest[0]].kind, (*rest[1:], "")[0]
        return self.act(method, kind, space, name, request)

    def act(self, method: str, kind: str, space: str, name: str, request: Request) -> Answer | Stream:
        cluster, query, plural, body = self.cluster, request.query, KINDS[kind].plural, request.body
        if method == "GET" and query.get("watch"):
            return Stream(self.events(query))
        if method == "GET" and not name:
            items = cluster.list(kind, space, query.get("labelSelector", ""))
            limit, start = int(query.get("limit") or 500), int(query.get("continue") or 0)
            metadata = {
                "resourceVersion": str(cluster.version),
                **({"continue": str(start + limit)} if start + limit < len(items) else {}),
            }
            return Answer(
                200,
                {
                    "apiVersion": "argoproj.io/v1alpha1",
                    "kind": f"{kind}List",
                    "metadata": metadata,
                    "items": items[start : start + limit],
                },
            )
        if method == "GET":
            return Answer(200, self.whole(kind, cluster.get(kind, space, name, plural=plural)))
        if method == "POST":
            self.validate(kind, body, query)
            return Answer(201, self.whole(kind, cluster.create(kind, space, body, dry_run="dryRun" in query, plural=plural)))
        if method == "PUT":
            return Answer(200, self.whole(kind, cluster.replace(kind, space, name, body, plural=plural)))
        if method == "DELETE":
            cluster.delete(kind, space, name, plural=plural)
            return Answer(
                200,
                {
                    "kind": "Status",
                    "apiVersion": "v1",
                    "metadata": {},
                    "status": "Success",
                    "details": {"name": name, "kind": plural},
                },
            )
        if "apply" in request.headers.get("Content-Type", ""):
            return self.apply(kind, space, name, request)
        return Answer(200, self.whole(kind, cluster.patch(kind, space, name, body, plural=plural)))

    def whole(self, kind: str, one: Object) -> Object:
        return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, **one}

    def validate(self, kind: str, body: Any, query: Mapping[str, str]) -> None:
        for place, template in enumerate(body.get("spec", {}).get("templates", [])):
            if len(template.get("dag", {}).get("tasks", [])) > 200:
                count, where = len(template["dag"]["tasks"]), f"spec.templates[{place}].dag.tasks"
                name = body["metadata"].get("name") or body["metadata"].get("generateName")
                message = f'{kind}.argoproj.io "{name}" is invalid: {where}: Too many: {count}: must have at most 200 items'
                raise Refusal(422, message, "Invalid")
        if query.get("fieldValidation") == "Strict" and (found := unknown_field(kind, body)):
            message = f'{kind} in version "v1alpha1" cannot be handled as a {kind}: strict decoding error: unknown field "{found}"'
            raise Refusal(400, message, "BadRequest")

    def apply(self, kind: str, space: str, name: str, request: Request) -> Answer:
        manager, force = request.query["fieldManager"], request.query.get("force") == "true"
        self.validate(kind, request.body, request.query)
        with self.cluster.changed:
            key, known = "fake/managers", None
            try:
                known = self.cluster.get(kind, space, name)
            except Refusal:
                if "dryRun" in request.query:
                    return Answer(201, self.whole(kind, dict(request.body)))
                made = self.cluster.create(kind, space, request.body)
                self.cluster.objects[kind, space, name][key] = dict.fromkeys(request.body["spec"], manager)
                return Answer(201, self.whole(kind, made))
            owners = known.pop(key, {})
            for one, owner in owners.items():
                changed = one in request.body["spec"] and request.body["spec"][one] != known["spec"].get(one)
                if owner != manager and changed and not force:
                    raise Refusal(409, f'Apply failed with 1 conflict: conflict with "{owner}": .spec.{one}', "Conflict")
            if "dryRun" in request.query:
                return Answer(200, self.whole(kind, dict(request.body)))
            kept = {one: value for one, value in known["spec"].items() if owners.get(one) != manager}
            document = {
                **request.body,
                "spec": {**kept, **request.body["spec"]},
                key: {**owners, **dict.fromkeys(request.body["spec"], manager)},
            }
            made = self.cluster.replace(kind, space, name, document)
            made.pop(key)
            return Answer(200, self.whole(kind, made))

    def events(self, query: Mapping[str, str]) -> Iterator[str]:
        name = query.get("fieldSelector", "").partition("=")[2]
        try:
            for event, one in self.cluster.watch(
                name, int(query.get("resourceVersion") or 0), min(self.patience, float(query["timeoutSeconds"]))
            ):
                yield json.dumps({"type": event, "object": self.whole("Workflow", one)}) + "\n"
                version = one["metadata"]["resourceVersion"]
                yield (
                    json.dumps({"type": "BOOKMARK", "object": {"kind": "Workflow", "metadata": {"resourceVersion": version}}})
                    + "\n"
                )
        except Refusal as refusal:
            yield json.dumps({"type": "ERROR", "object": self.refused(refusal, None).body}) + "\n"  # type: ignore[arg-type]

    def core(self, method: str, parts: list[str], request: Request) -> Answer | Stream:
        cluster, query = self.cluster, request.query
        if parts[0] == "events":
            pod = dict(part.split("=", 1) for part in query["fieldSelector"].split(","))["involvedObject.name"]
            return Answer(200, {"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": cluster.warnings.get(pod, [])})
        if len(parts) == 1:
            label, _, value = query.get("labelSelector", "").partition("=")
            with cluster.changed:
                items = [
                    json.loads(json.dumps(pod))
                    for pod in cluster.pods.values()
                    if pod["metadata"]["labels"].get(label) == value or (not value and label in pod["metadata"]["labels"])
                ]
            return Answer(
                200, {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": str(cluster.version)}, "items": items}
            )
        name = parts[1]
        if parts[0] == "serviceaccounts":
            if name not in cluster.accounts:
                raise Refusal(404, f'serviceaccounts "{name}" not found', "NotFound")
            return Answer(200, {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": name}})
        if name not in cluster.pods:
            raise Refusal(404, f'pods "{name}" not found', "NotFound")
        if method == "DELETE":
            return Answer(200, cluster.pods.pop(name))
        if parts[2:] == ["log"]:
            if cluster.pods[name]["status"]["phase"] == "Pending":
                raise Refusal(400, f'container "main" in pod "{name}" is waiting to start: PodInitializing', "BadRequest")
            stamped = query.get("timestamps") == "true"
            lines = log_lines(cluster, name, query, "")
            return Stream((f"{line if stamped else line.partition(' ')[2]}\n" for line in lines), "text/plain")
        return Answer(200, cluster.pods[name])

    def definition(self, name: str) -> Answer:
        """Return one of Argo's full definitions, cut down to its limits."""
        if ("get", "customresourcedefinitions") in self.cluster.denied:
            raise Refusal(403, f'customresourcedefinitions "{name}" is forbidden', "Forbidden")
        if name.partition(".")[0] in self.cluster.undefined:
            raise Refusal(404, f'customresourcedefinitions.apiextensions.k8s.io "{name}" not found', "NotFound")
        tasks = {"tasks": {"maxItems": self.cluster.task_limit}} if self.cluster.task_limit else {}
        templates = {"templates": {"items": {"properties": {"dag": {"properties": tasks}}}}}
        schema = {"openAPIV3Schema": {"properties": {"spec": {"properties": templates}}}}
        version = {"name": "v1alpha1", "served": True, "storage": True, "schema": schema}
        kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
        return Answer(200, {**kind, "metadata": {"name": name}, "spec": {"group": "argoproj.io", "versions": [version]}})

    def review(self, body: Any) -> Answer:
        asked = body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked.get("subresource"))))
        if body["kind"] == "SubjectAccessReview":
            if ("create", "subjectaccessreviews") in self.cluster.denied:
                raise Refusal(403, "subjectaccessreviews.authorization.k8s.io is forbidden", "Forbidden")
            resource = f"{body['spec']['user'].rpartition(':')[2]}:{resource}"
        allowed = (asked["verb"], resource) not in self.cluster.denied
        return Answer(201, {**body, "metadata": {}, "status": {"allowed": allowed}})
