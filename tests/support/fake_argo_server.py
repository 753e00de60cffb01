"""Serve a fake cluster as an Argo server does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from laminar.compiler.cluster import workflow_reset
from laminar.compiler.cluster.transport import KINDS
from tests.support.fake_cluster import FakeCluster, Object, Refusal
from tests.support.fake_schema import unknown_field
from tests.support.fake_server import Answer, FakeServer, Request, Stream, log_lines

GRPC = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 500: 2, 410: 2}
BY_PATH = {kind.path: kind for kind in KINDS.values()}

SCHEMAS = {
    ("POST", "workflows", ""): "WorkflowCreateRequest",
    ("POST", "workflows", "lint"): "WorkflowLintRequest",
    ("POST", "workflows", "submit"): "WorkflowSubmitRequest",
    ("PUT", "workflows", "stop"): "WorkflowStopRequest",
    ("PUT", "workflows", "terminate"): "WorkflowTerminateRequest",
    ("PUT", "workflows", "suspend"): "WorkflowSuspendRequest",
    ("PUT", "workflows", "resume"): "WorkflowResumeRequest",
    ("PUT", "workflows", "retry"): "WorkflowRetryRequest",
    ("PUT", "workflows", "resubmit"): "WorkflowResubmitRequest",
    ("POST", "workflow-templates", ""): "WorkflowTemplateCreateRequest",
    ("POST", "workflow-templates", "lint"): "WorkflowTemplateLintRequest",
    ("PUT", "workflow-templates", ""): "WorkflowTemplateUpdateRequest",
    ("POST", "cron-workflows", ""): "CreateCronWorkflowRequest",
    ("POST", "cron-workflows", "lint"): "LintCronWorkflowRequest",
    ("PUT", "cron-workflows", ""): "UpdateCronWorkflowRequest",
    ("PUT", "cron-workflows", "suspend"): "CronWorkflowSuspendRequest",
    ("PUT", "cron-workflows", "resume"): "CronWorkflowResumeRequest",
    ("POST", "cluster-workflow-templates", ""): "ClusterWorkflowTemplateCreateRequest",
    ("POST", "cluster-workflow-templates", "lint"): "ClusterWorkflowTemplateLintRequest",
    ("PUT", "cluster-workflow-templates", ""): "ClusterWorkflowTemplateUpdateRequest",
}
"""The schema of each request's body, as Hera carries it."""


class FakeArgoServer(FakeServer):
    """An Argo server: it drops unknown fields of a workflow silently, and answers a lint failure with 500, as 4.1.2 does.

    ``strict`` has it note bodies that do not fit Argo's schema in `checked`.
    """

    def __init__(self, cluster: FakeCluster, *, strict: bool = False, **given: Any) -> None:
        super().__init__(cluster, **given)
        self.strict = strict

    def refused(self, refusal: Refusal, request: Request) -> Answer:
        return Answer(refusal.status, {"code": GRPC.get(refusal.status, 2), "message": refusal.message})

    def route(self, method: str, path: str, request: Request) -> Answer | Stream:
        parts = path.strip("/").split("/")[2:]  # api, v1
        if parts[0] in ("info", "version", "userinfo"):
            return Answer(200, {"version": "v4.1.2"} if parts[0] == "version" else {"modals": {}} if parts[0] == "info" else {})
        if parts[0] == "workflow-events":
            return Stream(self.events(parts[1], request.query))
        kind = BY_PATH[parts[0]]
        space, rest = (parts[1], parts[2:]) if kind.namespaced else ("", parts[1:])
        name, verb = (*rest, "", "")[:2]
        if method == "POST" and name:
            name, verb = "", name
        self.check(method, parts[0], verb, request.body)
        return self.act(method, kind.kind, space, name, verb, request)

    def check(self, method: str, path: str, verb: str, body: Any) -> None:
        if self.strict and body is not None:
            model = SCHEMAS.get((method, path, verb))
            found = unknown_field(model, body) if model else f"{method} {path} {verb} has no schema"
            if found:
                self.checked.append(found)

    def act(self, method: str, kind: str, space: str, name: str, verb: str, request: Request) -> Answer | Stream:
        cluster, body, plural = self.cluster, request.body or {}, KINDS[kind].plural
        document = body.get(KINDS[kind].body) or {}
        if method == "GET" and not name:
            items = cluster.list(kind, space, request.query.get("listOptions.labelSelector", ""))
            limit = int(request.query.get("listOptions.limit") or len(items) or 1)
            return Answer(200, {"metadata": {"resourceVersion": str(cluster.version)}, "items": items[:limit] or None})
        if method == "GET" and verb == "log":
            return Stream(self.log(request.query))
        if method == "GET":
            return Answer(200, cluster.get(kind, space, name, plural=plural))
        if method == "POST" and verb == "submit":
            return Answer(200, self.submit(space, body))
        if method == "POST":
            self.lint(kind, document)
            if verb == "lint":
                return Answer(200, document)
            return Answer(200, cluster.create(kind, space, document, dry_run=bool(body.get("serverDryRun")), plural=plural))
        if method == "DELETE":
            cluster.delete(kind, space, name, plural=plural)
            return Answer(200, {})
        if verb == "retry":
            return Answer(200, cluster.retry(space, name))
        if verb == "resubmit":
            return Answer(200, cluster.create(kind, space, workflow_reset.resubmitted(cluster.get(kind, space, name))))
        changes = {
            "stop": {"shutdown": "Stop"},
            "terminate": {"shutdown": "Terminate"},
            "suspend": {"suspend": True},
            "resume": {"suspend": None},
        }
        if verb in changes:
            return Answer(200, cluster.patch(kind, space, name, {"spec": changes[verb]}, plural=plural))
        if not document.get("metadata", {}).get("resourceVersion"):
            raise Refusal(400, "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update")
        return Answer(200, cluster.replace(kind, space, name, document, plural=plural))

    def lint(self, kind: str, document: Mapping[str, Any]) -> None:
        spec = document.get("spec", {})
        spec = spec.get("workflowSpec", spec)
        names = [template["name"] for template in spec.get("templates", [])]
        if "workflowTemplateRef" not in spec and spec.get("entrypoint") not in names:
            raise Refusal(500, f"template name '{spec.get('entrypoint')}' undefined")

    def submit(self, space: str, body: Mapping[str, Any]) -> Object:
        options = body.get("submitOptions", {})
        self.cluster.get(body["resourceKind"], space, body["resourceName"])
        labels = dict(part.split("=") for part in options.get("labels", "").split(",") if part)
        parameters = [dict(zip(("name", "value"), one.split("=", 1), strict=True)) for one in options.get("parameters", [])]
        return self.cluster.create(
            "Workflow",
            space,
            {
                "metadata": {
                    "generateName": options.get("generateName", f"{body['resourceName']}-"),
                    "labels": {**labels, "workflows.argoproj.io/workflow-template": body["resourceName"]},
                },
                "spec": {"arguments": {"parameters": parameters}, "workflowTemplateRef": {"name": body["resourceName"]}},
            },
        )

    def events(self, space: str, query: Mapping[str, str]) -> Iterator[str]:
        name = query["listOptions.fieldSelector"].partition("=")[2]
        try:
            for event, one in self.cluster.watch(name, int(query.get("listOptions.resourceVersion") or 0), self.patience):
                yield json.dumps({"result": {"type": event, "object": one}}) + "\n"
        except Refusal as refusal:
            yield json.dumps({"error": {"http_code": 500, "grpc_code": 2, "message": refusal.message}}) + "\n"

    def log(self, query: Mapping[str, str]) -> Iterator[str]:
        pods = [query["podName"]] if query.get("podName") else sorted(self.cluster.logs)
        stamped = query.get("logOptions.timestamps") == "true"
        for pod in pods:
            for line in log_lines(self.cluster, pod, query, "logOptions."):
                content = line if stamped else line.partition(" ")[2]
                yield json.dumps({"result": {"content": content, "podName": pod}}) + "\n"
