"""Run a split: the one container template that all layers with equal pods share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from laminar.templates.block import Block, given, named
from laminar.templates.expression import tag
from laminar.templates.workflow import CONFINED

__all__ = ["ATTEMPT", "GRACE", "OUTPUTS", "container", "inputs", "layer", "limits", "outputs", "secret", "variable"]

ATTEMPT = tag("=string(int(retries) + 1)")
"""The attempt, from 1; Argo has ``retries``, from 0, only in a template with a retry strategy (Argo's docs, variables)."""

OUTPUTS = "/tmp/laminar"
"""The folder where a pod writes the values that the workflow reads."""

GRACE = 600
"""Seconds beyond a layer's timeout until Argo's deadline, which is final: the runner enforces the timeout itself."""


def inputs(values: Mapping[str, str | None]) -> Block:
    """Return the inputs of a template; a value is the default, None means that each task passes one.

    ::

        parameters: [{name: layer}, {name: index, value: "0"}]
    """
    return {"parameters": named(values)}


def variable(name: str, value: str) -> Block:
    """Return an environment variable.

    ::

        {name: LAMINAR_EXECUTION_ID, value: "{{workflow.uid}}"}
    """
    return {"name": name, "value": value}


def secret(variable: str, *, name: str, key: str) -> Block:
    """Return an environment variable that holds a key of a Secret.

    ::

        {name: TOKEN, valueFrom: {secretKeyRef: {name: hub, key: token}}}
    """
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def outputs(names: Sequence[str]) -> Block:
    """Return the outputs of a template; a pod that writes none has an empty object as output.

    ::

        parameters: [{name: lengths, valueFrom: {path: /tmp/laminar/lengths, default: "{}"}}]
    """
    return given(parameters=[{"name": name, "valueFrom": {"path": f"{OUTPUTS}/{name}", "default": "{}"}} for name in names])


def limits(*, cpu: float, memory: float, gpu: int = 0, ephemeral_storage: float | None = None) -> Block:
    """Return a container's limits, which are its requests too (Kubernetes' default); memory and storage are in MB.

    >>> limits(cpu=0.5, memory=1500, gpu=1)
    {'cpu': '500m', 'memory': '1500M', 'nvidia.com/gpu': '1'}
    """
    thousandths = max(1, ceil(round(cpu * 1000, 3)))
    found = {
        "cpu": f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000),
        "memory": f"{ceil(memory)}M",
        "ephemeral-storage": f"{ceil(ephemeral_storage)}M" if ephemeral_storage else "",
        "nvidia.com/gpu": str(gpu) if gpu else "",
    }
    return {name: value for name, value in found.items() if value}


def container(
    *,
    image: str,
    command: Sequence[str],
    args: Sequence[str],
    workdir: str,
    resources: Block,
    env: Sequence[Block],
    mounts: Sequence[Block],
) -> Block:
    """Return a container that is not root, gains no privileges and writes only to its mounts.

    ::

        image: laminar:latest
        command: [python, -m, laminar.runner, main.py]
        args: [--flow, Train, --layer, "{{inputs.parameters.layer}}"]
        workingDir: /laminar
        resources: {limits: {cpu: "1", memory: 1500M}}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
        env:
        - {name: LAMINAR_EXECUTION_ID, value: "{{workflow.uid}}"}
        volumeMounts: [{name: scratch, mountPath: /tmp}]
    """
    return given(
        image=image,
        command=list(command),
        args=list(args),
        workingDir=workdir,
        resources={"limits": resources},
        securityContext={**CONFINED, "readOnlyRootFilesystem": True},
        env=list(env),
        volumeMounts=list(mounts),
    )


def layer(
    name: str,
    *,
    inputs: Block,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    container: Block,
    volumes: Sequence[Block],
    retry: Block,
    outputs: Block,
    timeout: float | None = None,
    service_account: str | None = None,
    priority_class: str | None = None,
    node_selector: Mapping[str, str] | None = None,
    tolerations: Sequence[Block] = (),
    affinity: Block | None = None,
    patch: str = "",
) -> Block:
    """Return the template of a pod that runs one split, or some, of the layer that a task names.

    ::

        name: layer
        inputs: {parameters: [{name: layer}]}
        metadata: {labels: {laminar/layer: "{{inputs.parameters.layer}}"}}
        retryStrategy: ...
        container: ...
        volumes: [{name: scratch, emptyDir: {}}]
    """
    return given(
        name=name,
        inputs=inputs,
        metadata=given(labels=dict(labels), annotations=dict(annotations)),
        serviceAccountName=service_account,
        priorityClassName=priority_class,
        nodeSelector=dict(node_selector or {}),
        tolerations=list(tolerations),
        affinity=affinity,
        activeDeadlineSeconds=ceil(timeout) + GRACE if timeout is not None else None,
        retryStrategy=retry,
        podSpecPatch=patch,
        container=container,
        volumes=list(volumes),
        outputs=outputs,
    )
