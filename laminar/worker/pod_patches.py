"""Write a hook's changes of a container as a patch of the pod that a cluster creates for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from laminar.configurations.layers import RESOURCES, Container
from laminar.exceptions import FlowError

__all__ = ["LIMIT", "changed", "encoded", "of_attempts", "patch"]

LIMIT = 4096
"""Bytes that the distinct patches of a layer may take together: they are part of the workflow's status."""

POD = {"node_selector": "nodeSelector", "tolerations": "tolerations", "affinity": "affinity", "priority_class": "priorityClassName"}
PATCHED = ("image", *RESOURCES, "env", *POD)
"""Fields of a Container that hooks may change."""


def changed(before: Container, after: Container, *, layer: str, where: str = "") -> tuple[str, ...]:
    """Return which fields of a container a hook changed.

    Raises FlowError for one that a pod cannot change any more.

    >>> changed(Container(), Container(memory=64), layer="Fit")
    ('memory',)
    """
    different = tuple(field.name for field in fields(Container) if getattr(before, field.name) != getattr(after, field.name))
    for name in different:
        if name not in PATCHED:
            raise FlowError(
                f"A hook of layer {layer!r} changes its container's {name}, which is fixed when the workflow is made.",
                where=where,
                fix=f"hooks change {', '.join(PATCHED)}; set the rest in @register(container=...).",
            )
    return different


def patch(container: Container, names: Sequence[str]) -> dict[str, Any]:
    """Return these fields of a container as a patch of its pod, whose container is named ``main``.

    >>> patch(Container(memory=64), ["memory"])
    {'containers': [{'name': 'main', 'resources': {'limits': {'memory': '64M'}}}]}
    """
    from laminar.templates import runner

    main: dict[str, Any] = {}
    if "image" in names:
        main["image"] = container.image
    keys = {"cpu": "cpu", "memory": "memory", "gpu": "nvidia.com/gpu", "ephemeral_storage": "ephemeral-storage"}
    whole = {"nvidia.com/gpu": "0", **runner.limits(**container.resources)}
    resources = {keys[name]: whole[keys[name]] for name in RESOURCES if name in names and keys[name] in whole}
    if resources:
        main["resources"] = {"limits": resources}
    if "env" in names:
        main["env"] = [{"name": name, "value": value} for name, value in container.env.items()]
    pod = {key: _plain(getattr(container, name)) for name, key in POD.items() if name in names}
    return {**({"containers": [{"name": "main", **main}]} if main else {}), **pod}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return [dict(item) for item in value] if isinstance(value, (list, tuple)) else value


def of_attempts(before: Container, attempts: Sequence[Container], *, layer: str, where: str = "") -> str:
    """Return the patch of a pod whose container hooks change for some attempt, from the first on, as JSON text.

    Where attempts differ the text holds an expression of Argo over ``retries``. Argo evaluates it when it makes an attempt's pod,
    after the patch has become the template's: it replaces inputs first and ``retries`` later, and no expression can read both
    (SubstituteParams in workflow/common/util.go and executeTemplate in workflow/controller/operator.go, 4.1.2).

    Raises FlowError for a change that a pod cannot have.

    >>> print(of_attempts(Container(), [Container(memory=64), Container(memory=128)], layer="Fit"))
    {"containers":[{"name":"main","resources":{"limits":{"memory":"{{=['64M','128M'][min(int(retries), 1)]}}"}}}]}
    """
    from laminar.templates import gate

    names = {name: None for each in attempts for name in changed(before, each, layer=layer, where=where)}
    texts = [json.dumps(patch(each, list(names)), separators=(",", ":"), sort_keys=True) for each in attempts]
    return texts[0] if len(set(texts)) == 1 else gate.by_attempt(texts)


def encoded(patches: Sequence[str], *, layer: str, where: str = "") -> dict[str, Any]:
    """Return patches of a layer's pods as they are published: the distinct ones (``is``, in base64), and which one each pod has.

    ``of`` is empty where all pods have the same.

    Raises FlowError naming the layer where they are too large.

    >>> encoded(["{}", "{}"], layer="Fit")
    {'is': ['e30='], 'of': []}
    """
    texts = [base64.b64encode(text.encode()).decode() for text in patches]
    distinct = list(dict.fromkeys(texts)) or ["e30="]
    places = {text: place for place, text in enumerate(distinct)}
    found = {"is": distinct, "of": [places[text] for text in texts] if len(distinct) > 1 else []}
    size = len(json.dumps(found, separators=(",", ":")))
    if size > LIMIT:
        raise FlowError(
            f"The submission hooks of layer {layer!r} make {len(distinct)} different pods of {len(texts)}: {size} bytes of patches,"
            f" and {LIMIT} reach the workflow.",
            where=where,
            fix="let the hooks choose between a few sizes, or set them in @register(container=...).",
        )
    return found
