"""Create a workflow once: a submit that is repeated after a lost answer finds the workflow of the first one."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laminar.compiler.cluster.transport import Object, Transport
from laminar.exceptions import ClusterError, FlowError, raise_all

__all__ = ["SUBMISSION", "Submitted", "check_text", "named", "parameters_of", "starter", "submit"]

SUBMISSION = "laminar/submission"
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of names that Kubernetes generates (k8s.io/apimachinery, pkg/util/rand)."""

NAMES = 5
KEPT = 24 * 3600.0
"""Seconds after which the id of a submit without an answer is dropped."""


@dataclass(frozen=True)
class Submitted:
    """A workflow on the cluster; ``found`` is True where an earlier submit had created it."""

    workflow: Object
    found: bool = False


def check_text(text: str, shown: str, *, fix: str = "correct it.") -> None:
    """Lint documents before they are sent: a cluster drops unknown fields, and a wrong expression fails when the workflow runs.

    Raises FlowError with all findings.
    """
    from laminar.compiler.lint import validate
    from laminar.compiler.yaml.reader import read_text

    found = [finding for finding in validate(read_text(text, shown)) if not finding.unchecked]
    raise_all(FlowError(str(finding), fix=fix) for finding in found)


def named(
    document: Mapping[str, Any],
    *,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    priority: int | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Object:
    """Return a workflow with another name, labels, priority and parameters.

    Raises ClusterError for a parameter that the workflow does not have.
    """
    made: Object = copy.deepcopy(dict(document))
    metadata = made.setdefault("metadata", {})
    if name is not None:
        metadata.pop("generateName", None)
        metadata["name"] = name
    if labels:
        metadata["labels"] = {**metadata.get("labels", {}), **labels}
    if priority is not None:
        made["spec"]["priority"] = priority
    if parameters:
        _set_parameters(made["spec"], parameters)
    return made


def parameters_of(workflow: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of a workflow that have a value, as it was submitted."""
    listed = (workflow["spec"].get("arguments") or {}).get("parameters") or ()
    return {str(one["name"]): str(one["value"]) for one in listed if one.get("value") is not None}


def _set_parameters(spec: Object, parameters: Mapping[str, str]) -> None:
    listed = spec.setdefault("arguments", {}).setdefault("parameters", [])
    known = {one["name"]: one for one in listed}
    for name, value in parameters.items():
        if name in known:
            known[name]["value"] = value
        elif "workflowTemplateRef" in spec:  # the template declares it
            listed.append({"name": name, "value": value})
        else:
            raise ClusterError(
                f"The workflow has no parameter {name!r}.", fix=f"its parameters are: {', '.join(known) or 'none'}.", code=1
            )


def starter(transport: Transport, source: str) -> Object:
    """Return a workflow that starts a deployed object: ``template/NAME``, ``cluster-template/NAME`` or ``cron/NAME``.

    Raises ClusterError for a source of another form, and where it is not deployed.
    """
    kind, _, name = source.partition("/")
    kinds = {"template": "WorkflowTemplate", "cluster-template": "ClusterWorkflowTemplate", "cron": "CronWorkflow"}
    if kind not in kinds or not name:
        raise ClusterError(
            f"--from {source} names nothing.", fix=f"write one of: {', '.join(f'{one}/NAME' for one in kinds)}.", code=2
        )
    deployed = transport.get(kinds[kind], name)
    labels = {key: value for key, value in (deployed["metadata"].get("labels") or {}).items() if key == "laminar/flow"}
    made: Object = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": f"{name[:57]}-"}}
    if kind == "cron":
        labels["workflows.argoproj.io/cron-workflow"] = name
        made["spec"] = copy.deepcopy(deployed["spec"]["workflowSpec"])
        labels.update((deployed["spec"].get("workflowMetadata") or {}).get("labels") or {})
    else:
        labels.update((deployed["spec"].get("workflowMetadata") or {}).get("labels") or {})
        labels[
            "workflows.argoproj.io/workflow-template" if kind == "template" else "workflows.argoproj.io/cluster-workflow-template"
        ] = name
        scope = {"clusterScope": True} if kind == "cluster-template" else {}
        made["spec"] = {"workflowTemplateRef": {"name": name, **scope}}
    made["metadata"]["labels"] = labels
    return made


def submit(transport: Transport, document: Mapping[str, Any], *, key: str | None = None) -> Submitted:
    """Create a workflow under a name that its submission's id decides, so that no repetition creates a second one.

    ``key`` is an id that the caller chose, such as that of a CI job. Without one, the id is new, unless the same document was
    submitted to the same place before and the answer was lost.

    Raises ClusterError; where the workflow may have been created after all, its fix is to repeat the command.
    """
    note = _Note.of(transport, document)
    known = key or note.read()
    id = known or secrets.token_hex(8)
    made = copy.deepcopy(dict(document))
    made["metadata"]["labels"] = {**made["metadata"].get("labels", {}), SUBMISSION: _label(id)}
    if not key:
        note.write(id)
    try:
        if known and (earlier := transport.objects("Workflow", labels=f"{SUBMISSION}={_label(id)}")):
            note.drop()
            return Submitted(transport.get("Workflow", str(earlier[0]["metadata"]["name"])), found=True)
        submitted = _create(transport, made, id)
    except ClusterError as error:
        if error.exit_code != 69:
            note.drop()
            raise
        advice = error.fix if error.fix != "try again." else ""
        error.fix = f"repeat the command: it finds the workflow if it was created{f'; {advice}' if advice else '.'}"
        raise
    note.drop()
    return submitted


def _create(transport: Transport, document: Object, id: str) -> Submitted:
    """Create a workflow; a random name that another workflow has is replaced."""
    metadata = document["metadata"]
    fixed = metadata.get("name")
    prefix = str(metadata.pop("generateName", None) or "workflow-")
    for attempt in range(NAMES):
        metadata["name"] = fixed or prefix + _suffix(f"{id}.{attempt}")
        try:
            return Submitted(transport.create(document))
        except ClusterError as error:
            if error.status != 409:
                raise
            there = transport.get("Workflow", metadata["name"])
            if (there["metadata"].get("labels") or {}).get(SUBMISSION) == metadata["labels"][SUBMISSION]:
                return Submitted(there, found=True)
            if fixed:
                error.fix = "pass another --name, or leave it out."
                raise
    raise ClusterError(f"No free name that begins with {prefix} was found.", fix="pass --name.", code=1)


def _suffix(text: str) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(5))


def _label(id: str) -> str:
    """Return an id as a label's value: at most 63 letters, digits, `-`, `_` and `.`."""
    if re.fullmatch(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", id):
        return id
    return hashlib.sha256(id.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Note:
    """A file of this user's that keeps a submission's id until its answer has come: a repetition finds the id there."""

    path: Path

    @classmethod
    def of(cls, transport: Transport, document: Mapping[str, Any]) -> _Note:
        text = json.dumps([transport.session.endpoint.url, transport.namespace, document], sort_keys=True)
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(root / "laminar" / "submissions" / hashlib.sha256(text.encode()).hexdigest())

    def read(self) -> str:
        try:
            if time.time() - self.path.stat().st_mtime > KEPT:
                return ""
            return self.path.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def write(self, id: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(id, encoding="utf-8")
        except OSError:
            return  # the home folder is read-only: the name is still unique for the submission

    def drop(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return
