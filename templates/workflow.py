"""Build the document around templates, with pods that a namespace with the restricted pod security standard admits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from laminar.templates.block import Block, given

__all__ = ["USER", "document", "starter", "workflow_spec"]

USER = 1000
"""The user that pods run as."""

CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}

PATCH = json.dumps(
    {
        "initContainers": [{"name": "init", "securityContext": CONFINED}],
        "containers": [{"name": "wait", "securityContext": CONFINED}],
    },
    separators=(",", ":"),
)
"""Confines Argo's own two containers of each pod; a template's own patch is merged over it."""


KEPT = 7 * 24 * 3600
"""Seconds that a workflow which has ended is kept: a week is enough to inspect it and to retry it."""


def document(
    kind: str,
    *,
    metadata: Block,
    entrypoint: str,
    templates: Sequence[Block],
    parameters: Iterable[Block] = (),
    workflow_labels: Mapping[str, str] | None = None,
    group: int | None = None,
) -> Block:
    """Return a document of a kind; ``group`` owns the mounted volumes, ``workflow_labels`` are those of a template's workflows.

    ::

        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {generateName: train-, labels: {laminar/flow: Train}}
        spec:
          entrypoint: Train
          serviceAccountName: laminar
          securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
          podSpecPatch: '{"initContainers":[...],"containers":[...]}'
          ttlStrategy: {secondsAfterCompletion: 604800}
          podGC: {strategy: OnWorkflowSuccess}
          arguments:
            parameters:
            - {name: rows, value: "[1, 2]", enum: ["[1, 2]", "[3]"], description: Rows to read.}
          templates: [...]
    """
    security = given(runAsNonRoot=True, runAsUser=USER, fsGroup=group, seccompProfile={"type": "RuntimeDefault"})
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": given(
            entrypoint=entrypoint,
            serviceAccountName="laminar",
            workflowMetadata=given(labels=dict(workflow_labels or {})),
            securityContext=security,
            podSpecPatch=PATCH,
            ttlStrategy={"secondsAfterCompletion": KEPT},
            podGC={"strategy": "OnWorkflowSuccess"},
            arguments=given(parameters=list(parameters)),
            templates=list(templates),
        ),
    }


def starter(template: Block) -> Block:
    """Return the Workflow that starts a template with its own parameters' values.

    ::

        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {generateName: train-}
        spec:
          workflowTemplateRef: {name: train}
    """
    metadata = template["metadata"]
    cluster = True if template["kind"] == "ClusterWorkflowTemplate" else None
    return {
        "apiVersion": template["apiVersion"],
        "kind": "Workflow",
        "metadata": given(generateName=f"{metadata['name']}-", namespace=metadata.get("namespace")),
        "spec": {"workflowTemplateRef": given(name=metadata["name"], clusterScope=cluster)},
    }


def workflow_spec(document: Block) -> Block:
    """Return the spec of the workflow that a document is, or starts."""
    spec: Block = document["spec"]
    return spec.get("workflowSpec", spec)  # type: ignore[no-any-return]
