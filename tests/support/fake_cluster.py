"""Keep the objects of a fake cluster, whose workflows are executed by rehearsals; the fake servers serve them.

Statuses have the shape of recorded ones (recordings/); how nodes follow each other is the rehearsal's.
"""

from __future__ import annotations

import copy
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from laminar.compiler.cluster.nodes import timestamp
from laminar.compiler.rehearsal import Outcome, Pod, RunPod, rehearse_workflow, workflows
from tests.support.fake_nodes import (
    Object,
    ancestors,
    digest,
    end_groups,
    end_retry,
    inputs_of,
    merged,
    parent_of,
    part_id,
    pod_object,
    template_of,
    terminated,
)

PULLED = {"imageID": "registry.example/image@sha256:1"}
COMPLETED, PHASE = "workflows.argoproj.io/completed", "workflows.argoproj.io/phase"
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
ARGOS_FIRST = (
    'time=2026-11-29T21:33:07.908Z level=INFO msg="waiting for signals" argo=true signalPath=/var/run/argo/ctr/main/signal'
)
ARGOS_LAST = 'time=2026-11-29T21:33:08.915Z level=INFO msg="sub-process exited" argo=true error=<nil>'


class Refusal(Exception):
    """An error response of a server."""

    def __init__(self, status: int, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason


class Shutdown(BaseException):
    """Ends a rehearsal in the middle."""


class FakeCluster:
    """The objects of a cluster, its pods and their logs, and a controller that runs workflows.

    ``run_pod`` returns the exit codes of pods, 0 by default. With ``held``, pods wait until `release` lets some of them go.
    """

    def __init__(self, run_pod: RunPod | None = None, *, held: bool = False, controller: bool = True) -> None:
        self.run_pod = run_pod or (lambda pod: Outcome(0, log=f"hello from {pod.node.partition('.')[2]}\n"))
        self.changed = threading.Condition(threading.RLock())
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.pods: dict[str, Object] = {}
        self.logs: dict[str, list[str]] = {}
        self.warnings: dict[str, list[Object]] = {}
        self.history: list[tuple[int, str, Object]] = []
        self.version, self.oldest, self.skew = 1000, 0, 0.0
        self.controller, self.held, self.allowed, self.closed = controller, held, 0, False
        self.kept: dict[str, dict[str, Outcome]] = {}
        self.threads: list[threading.Thread] = []
        self.accounts: set[str] = set()
        self.denied: set[tuple[str, str]] = set()
        self.undefined: set[str] = set()
        self.task_limit: int | None = 200
        self.drawn = 0

    # -- actions of tests

    def release(self, count: int = 1_000_000) -> None:
        """Release so many held pods."""
        with self.changed:
            self.allowed += count
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], Any], timeout: float = 20) -> Any:
        """Wait until a condition on the objects holds, and return it."""
        with self.changed:
            if not self.changed.wait_for(condition, timeout):
                raise AssertionError("the cluster never got there")
            return condition()

    def workflow(self, name: str = "") -> Object:
        """Return the workflow of a name, or the only one."""
        with self.changed:
            found = [one for (kind, _, known), one in self.objects.items() if kind == "Workflow" and name in ("", known)]
            assert len(found) == 1, [one["metadata"]["name"] for one in found]
            return copy.deepcopy(found[0])

    @property
    def workflows(self) -> list[str]:
        """Names of all workflows."""
        with self.changed:
            return [name for kind, _, name in self.objects if kind == "Workflow"]

    def phase(self, name: str = "") -> str:
        """Return the phase of a workflow."""
        return str(self.workflow(name).get("status", {}).get("phase", ""))

    def close(self) -> None:
        """Stop all workflows."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        for thread in self.threads:
            thread.join(10)

    # -- objects

    def now(self) -> str:
        return timestamp(time.time() + self.skew)

    def _name(self, prefix: str) -> str:
        self.drawn += 1
        number, made = digest(f"{prefix}{self.drawn}"), ""
        for _ in range(5):
            number, place = divmod(number, len(LETTERS))
            made += LETTERS[place]
        return prefix + made

    def create(self, kind: str, space: str, document: Mapping[str, Any], *, dry_run: bool = False, plural: str = "") -> Object:
        """Create an object: with a new name where it has a generateName."""
        with self.changed:
            made = copy.deepcopy(dict(document))
            metadata = made.setdefault("metadata", {})
            metadata.setdefault("name", "")
            metadata["name"] = metadata["name"] or self._name(metadata.get("generateName", ""))
            key = (kind, space, metadata["name"])
            if key in self.objects:
                raise Refusal(
                    409, f'{plural or kind.lower() + "s"}.argoproj.io "{metadata["name"]}" already exists', "AlreadyExists"
                )
            metadata.update(namespace=space, uid=str(uuid.uuid4()), creationTimestamp=self.now(), generation=1)
            metadata.pop("resourceVersion", None)
            if dry_run:
                return made
            made.setdefault("status", {}) if kind == "Workflow" else None
            self._store(key, made, "ADDED")
            if kind == "Workflow" and self.controller:
                self._start(key)
            return copy.deepcopy(made)

    def _store(self, key: tuple[str, str, str], made: Object, event: str) -> None:
        self.version += 1
        made["metadata"]["resourceVersion"] = str(self.version)
        if event == "DELETED":
            self.objects.pop(key, None)
        else:
            self.objects[key] = made
        if key[0] == "Workflow":
            self.history.append((self.version, event, copy.deepcopy(made)))
        self.changed.notify_all()

    def get(self, kind: str, space: str, name: str, *, plural: str = "") -> Object:
        with self.changed:
            if (kind, space, name) not in self.objects:
                raise Refusal(404, f'{plural or kind.lower() + "s"}.argoproj.io "{name}" not found', "NotFound")
            return copy.deepcopy(self.objects[kind, space, name])

    def list(self, kind: str, space: str, labels: str = "") -> list[Object]:
        wanted = [part.split("=", 1) for part in labels.split(",") if part]
        with self.changed:
            return [
                copy.deepcopy(one)
                for (found, where, _), one in sorted(self.objects.items())
                if (found, where) == (kind, space)
                and all(one["metadata"].get("labels", {}).get(part[0]) == part[-1] for part in wanted if len(part) == 2)
                and all(part[0] in one["metadata"].get("labels", {}) for part in wanted if len(part) == 1)
            ]

    def replace(self, kind: str, space: str, name: str, document: Mapping[str, Any], *, plural: str = "") -> Object:
        with self.changed:
            known = self.get(kind, space, name, plural=plural)
            sent = document.get("metadata", {}).get("resourceVersion")
            if sent not in (None, known["metadata"]["resourceVersion"]):
                raise Refusal(409, "the object has been modified; please apply your changes to the latest version", "Conflict")
            made = {**known, **copy.deepcopy(dict(document))}
            made["metadata"] = {**known["metadata"], **made["metadata"], "generation": known["metadata"].get("generation", 1) + 1}
            self._store((kind, space, name), made, "MODIFIED")
            if kind == "Workflow" and self.controller and not made["status"].get("phase"):
                self._start((kind, space, name))
            return copy.deepcopy(made)

    def patch(self, kind: str, space: str, name: str, patch: Mapping[str, Any], *, plural: str = "") -> Object:
        """Merge a patch (RFC 7386)."""
        with self.changed:
            made = merged(self.get(kind, space, name, plural=plural), patch)
            made["metadata"]["generation"] = made["metadata"].get("generation", 1) + 1
            self._store((kind, space, name), made, "MODIFIED")
            return copy.deepcopy(made)

    def delete(self, kind: str, space: str, name: str, *, plural: str = "") -> Object:
        with self.changed:
            found = self.get(kind, space, name, plural=plural)
            self._store((kind, space, name), found, "DELETED")
            for pod in [
                pod for pod, one in self.pods.items() if one["metadata"]["labels"].get("workflows.argoproj.io/workflow") == name
            ]:
                del self.pods[pod]
            return found

    def watch(self, name: str, version: int, seconds: float) -> Iterator[tuple[str, Object]]:
        """Yield the changes of a workflow since a version."""
        if version and version < self.oldest:
            raise Refusal(410, f"too old resource version: {version} ({self.oldest})", "Expired")
        place, end = 0, time.monotonic() + seconds
        while True:
            with self.changed:
                self.changed.wait_for(lambda seen=place: len(self.history) > seen or self.closed, max(0.0, end - time.monotonic()))
                found = self.history[place:]
                place += len(found)
            for number, event, one in found:
                if number > version and one["metadata"]["name"] == name:
                    yield event, one
            if time.monotonic() >= end or self.closed:
                return

    # -- behaviour of the Argo server

    def retry(self, space: str, name: str) -> Object:
        from laminar.compiler.cluster import workflow_reset
        from laminar.exceptions import ClusterError

        workflow = self.get("Workflow", space, name, plural="workflows")
        if workflow["status"].get("phase") == "Succeeded":
            raise Refusal(400, "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector")
        try:
            made, pods = workflow_reset.retried(workflow, time.time() + self.skew)
        except ClusterError:
            raise Refusal(400, f"workflow must be Failed/Error to retry, but it is {workflow['status'].get('phase')}") from None
        with self.changed:
            for pod in pods:
                self.pods.pop(pod, None)
            return self.replace("Workflow", space, name, made)

    # -- the controller

    def _start(self, key: tuple[str, str, str]) -> None:
        thread = threading.Thread(target=self._run, args=(key,), name=f"controller of {key[2]}", daemon=True)
        self.threads.append(thread)
        thread.start()

    @contextmanager
    def _changing(self, key: tuple[str, str, str]) -> Iterator[Object]:
        with self.changed:
            if key not in self.objects:
                raise Shutdown
            made = copy.deepcopy(self.objects[key])
            yield made
            made["metadata"]["generation"] = made["metadata"].get("generation", 1) + 1
            self._store(key, made, "MODIFIED")

    def _run(self, key: tuple[str, str, str]) -> None:
        try:
            self._drive(key)
        except Shutdown:  # it was deleted
            return

    def _drive(self, key: tuple[str, str, str]) -> None:
        name = key[2]
        try:
            with self._changing(key) as made:
                found = next(one for one in workflows(self._documents(key[1], made)) if one.name == name)
                made["metadata"].setdefault("labels", {}).update({COMPLETED: "false", PHASE: "Running"})
                made["status"].update(phase="Running", startedAt=self.now(), progress="0/1")
                made["status"].setdefault("nodes", {})
                if "workflowTemplateRef" in made["spec"]:
                    made["status"]["storedWorkflowTemplateSpec"] = dict(found.spec)
                self._node(made, found.spec, name, "DAG", {})
            trace = rehearse_workflow(
                found, run_pod=lambda pod: self._pod(key, found.spec, pod), concurrency=4, uid=made["metadata"]["uid"]
            )
        except Shutdown:
            self._end_early(key)
            return
        except Exception as error:
            with self._changing(key) as made:
                self._complete(made, "Error", str(error).splitlines()[0])
            return
        with self._changing(key) as made:
            for node in trace.nodes:
                inputs = {} if node.type != "Skipped" else None
                known = self._node(made, found.spec, node.name, node.type, inputs)
                known.update(phase=node.phase, finishedAt=known.get("finishedAt") or self.now())
                if node.message:
                    known["message"] = node.message
            self._complete(made, trace.phase, "")

    def _documents(self, space: str, workflow: Object) -> list[Object]:
        kinds = ("WorkflowTemplate", "ClusterWorkflowTemplate")
        stored = [{**one, "kind": kind} for (kind, where, _), one in self.objects.items() if kind in kinds and where in (space, "")]
        spec = {name: value for name, value in workflow["spec"].items() if name not in ("suspend", "shutdown", "priority")}
        return [*copy.deepcopy(stored), {**workflow, "kind": "Workflow", "spec": spec}]

    def _end_early(self, key: tuple[str, str, str]) -> None:
        with self.changed:
            if key not in self.objects or self.closed:
                return
        with self._changing(key) as made:
            how = made["spec"].get("shutdown", "")
            for node in made["status"]["nodes"].values():
                if node["phase"] in ("Running", "Pending"):
                    node.update(phase="Failed", message=f"workflow shutdown with strategy:  {how}", finishedAt=self.now())
            self._complete(made, "Failed", f"Stopped with strategy '{how}'")

    def _complete(self, made: Object, phase: str, message: str) -> None:
        made["metadata"].setdefault("labels", {}).update({COMPLETED: "true", PHASE: phase})
        made["status"].update(phase=phase, finishedAt=self.now())
        pods = [node for node in made["status"].get("nodes", {}).values() if node["type"] == "Pod"]
        made["status"]["progress"] = f"{sum(node['phase'] == 'Succeeded' for node in pods)}/{max(1, len(pods))}"
        made["status"]["conditions"] = [{"type": "PodRunning", "status": "False"}, {"type": "Completed", "status": "True"}]
        if message:
            made["status"]["message"] = message

    def _pod(self, key: tuple[str, str, str], spec: Mapping[str, Any], pod: Pod) -> Outcome:
        kept = self.kept.setdefault(self.objects[key]["metadata"]["uid"], {})
        attempt = re.sub(r"\([0-9]+\)$", "", pod.node)
        if attempt in kept:  # it has succeeded before a retry of the workflow
            return kept[attempt]
        self._wait(key, lambda: not self.objects[key]["spec"].get("suspend"))
        inputs = inputs_of(pod)
        with self._changing(key) as made:
            node = self._node(made, spec, pod.node, "Pod", inputs)
            end_groups(made["status"]["nodes"], pod.node, self.now())
            node.update(phase="Pending", message="PodInitializing", templateName=pod.template)
            name = f"{key[2]}-{pod.template}-{digest(pod.node)}"
            self.pods[name] = pod_object(name, key[2], node, pod.image)
            self.logs[name] = []
        self._wait(key, self._take)
        with self._changing(key) as made:
            made["status"]["nodes"][node["id"]].update(phase="Running", startedAt=self.now())
            made["status"]["nodes"][node["id"]].pop("message")
            self.pods[name]["status"].update(
                phase="Running", containerStatuses=[{"name": "main", **PULLED, "state": {"running": {}}}]
            )
            self.write(name, ARGOS_FIRST)
        outcome = self.run_pod(pod)
        if name not in self.pods:  # the message of such a node, seen on Argo 4.1.2
            outcome = Outcome(-1, error="pod deleted")
        for line in outcome.log.splitlines():
            self.write(name, line)
        self._wait(key, lambda: True)
        if outcome.code == 0 and not outcome.error:
            kept[attempt] = outcome
        with self._changing(key) as made:
            self.write(name, ARGOS_LAST)
            done = made["status"]["nodes"][node["id"]]
            failed = "Error" if outcome.error == "pod deleted" else "Failed"
            done.update(
                phase="Succeeded" if outcome.code == 0 else failed, finishedAt=self.now(), outputs={"exitCode": str(outcome.code)}
            )
            if outcome.error or outcome.code:
                done["message"] = outcome.error or f"main: Error (exit code {outcome.code})"
            end_retry(made["status"]["nodes"], done)
            if name in self.pods:
                self.pods[name]["status"].update(phase=done["phase"], containerStatuses=terminated(outcome))
        return outcome

    def _take(self) -> bool:
        if self.held and self.allowed <= 0:
            return False
        self.allowed -= 1
        return True

    def _wait(self, key: tuple[str, str, str], condition: Callable[[], bool]) -> None:
        """Wait; a shutdown ends it, unless the workflow is suspended, as on Argo 4.1.2."""

        def ends() -> bool:
            spec = self.objects.get(key, {"spec": {"shutdown": "deleted"}})["spec"]
            return self.closed or bool(spec.get("shutdown") and not spec.get("suspend"))

        done: list[bool] = []

        def reached() -> bool:
            if ends():
                return True
            if condition():
                done.append(True)
            return bool(done)

        with self.changed:
            self.changed.wait_for(reached)
            if not done:
                raise Shutdown

    def write(self, pod: str, line: str) -> None:
        """Add a line to a pod's log."""
        with self.changed:
            self.logs[pod].append(f"{self.now()[:-1]}.{len(self.logs[pod]):09d}Z {line}")
            self.changed.notify_all()

    def _node(self, made: Object, spec: Mapping[str, Any], name: str, kind: str, inputs: Mapping[str, str] | None) -> Object:
        """Return the node of a name; it and those above it are added where they are missing."""
        nodes, root = made["status"]["nodes"], made["metadata"]["name"]
        id = root if name == root else f"{root}-{digest(name)}"
        if id in nodes:
            nodes[id]["type"] = kind
            return nodes[id]  # type: ignore[no-any-return]
        node: Object = {"id": id, "name": name, "displayName": name.rpartition(".")[2], "type": kind, "phase": "Running"}
        node.update(startedAt=self.now(), templateScope=f"local/{root}", templateName=template_of(spec, name))
        if inputs:
            node["inputs"] = {"parameters": [{"name": key, "value": value} for key, value in inputs.items()]}
        above, type = parent_of(name)
        if above:
            parent = self._node(made, spec, above, type, inputs if type == "Retry" else None)
            parent.setdefault("children", []).append(id)
            boundary = next((part for part in ancestors(name) if nodes.get(part_id(root, part), {}).get("type") == "DAG"), root)
            node["boundaryID"] = part_id(root, boundary)
            if type == "Retry":
                node["nodeFlag"] = {"retried": True}
        nodes[id] = node
        return node
