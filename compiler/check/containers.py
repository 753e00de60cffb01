"""Find settings of a layer's container that Argo or Kubernetes would reject, or change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from laminar.compiler.ir import Pod, Task
from laminar.compiler.name_patterns import KEY, LABEL, OBJECT
from laminar.compiler.target import Limits
from laminar.configurations.layers import Volume
from laminar.exceptions import FlowError
from laminar.templates.verbatim import has_tag
from laminar.templates.volumes import SCRATCH

__all__ = ["text_problem", "wrong_batch", "wrong_pod"]

SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}\Z")
VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*\Z")
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
TOLERATION = ("key", "operator", "value", "effect", "tolerationSeconds")

Problem = tuple[str, str]
"""The error of a container, and how to fix it."""


def wrong_pod(task: Task, limits: Limits) -> Iterator[FlowError]:
    """Yield every problem of a task's container, with the layer's name and place."""
    pod = task.pod
    for check in (_wrong_texts, _wrong_variables, _wrong_labels, _wrong_objects, _wrong_mounts, _wrong_tolerations):
        for what, fix in check(pod, limits):
            yield FlowError(f"The container of layer {task.layer!r} {what}", where=task.where, fix=fix)


def wrong_batch(task: Task) -> Iterator[FlowError]:
    """Yield the problem of a batched layer whose command has no argument for several splits."""
    batch = task.fan_out.batch if task.fan_out else 1
    if batch > 1 and task.pod.program is None:
        yield FlowError(
            f"Layer {task.layer!r} has batch={batch}, but its container's command {' '.join(task.pod.command)!r}"
            " is not of the form 'python PROGRAM', and any other command runs one split a pod.",
            where=task.where,
            fix="drop batch, or let the command be python PROGRAM.",
        )


def text_problem(text: str, limits: Limits) -> Problem | None:
    """Return why a text would change on its way into a pod, and how to fix it; None for a text that arrives unchanged."""
    if has_tag(text):
        return "holds '{{', which Argo replaces", "write it without '{{': make the text in the program, or read it from a Secret."
    if UNWRITABLE.search(text):
        return "holds a character that no YAML can carry (NUL, or half of a surrogate pair)", "remove it."
    if len(text.encode()) > limits.text_bytes:
        what = f"has {len(text.encode())} bytes, and a pod allows {limits.text_bytes} in one text"
        return what, "put it into a file or into the datastore."
    return None


def _wrong_texts(pod: Pod, limits: Limits) -> Iterator[Problem]:
    for name, text in _texts(pod):
        problem = text_problem(text, limits)
        if problem:
            yield f"has {'an' if name[0] in 'ai' else 'a'} {name} that {problem[0]}: {_shorten(text)}.", problem[1]
    if not pod.container.workdir.startswith("/"):
        yield f"has the workdir {pod.container.workdir!r}, which is no absolute path.", f"write workdir='/{pod.container.workdir}'."


def _texts(pod: Pod) -> Iterator[tuple[str, str]]:
    """Yield each text of a container that has no stricter rule, with its name in messages."""
    yield "image", pod.container.image
    yield from (("command", word) for word in (*pod.command, pod.program or "", *pod.arguments))
    yield "workdir", pod.container.workdir
    yield from ((f"variable {name}", value) for name, value in pod.container.env.items())
    yield from ((f"annotation {name}", value) for name, value in pod.container.annotations.items())
    for volume in pod.container.volumes:
        yield from (("volume", text) for text in (volume.mount, volume.host_path or "", volume.sub_path or ""))
    for toleration in pod.container.tolerations:
        yield from ((f"toleration's {name}", value) for name, value in _texts_of(toleration))
    yield "affinity", json.dumps(pod.container.affinity) if pod.container.affinity else ""


def _texts_of(toleration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((str(name), str(value)) for name, value in toleration.items())


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _wrong_variables(pod: Pod, limits: Limits) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in (*pod.container.env, *pod.container.secrets):
        if not VARIABLE.match(name):
            yield (
                f"has a variable called {name!r}, which Kubernetes rejects.",
                "use letters, digits, '_', '-' and '.', not beginning with a digit.",
            )
        elif name.startswith("LAMINAR_"):
            yield f"sets the variable {name}, which laminar sets itself.", "give it another name."
        elif name in seen:
            yield f"sets the variable {name} twice, in env and in secrets.", "drop one of them."
        seen.add(name)


def _wrong_labels(pod: Pod, limits: Limits) -> Iterator[Problem]:
    keys = "use letters, digits, '-', '_' and '.', at most 63, after an optional prefix such as example.com/."
    for what, pairs in (
        ("label", pod.container.labels),
        ("annotation", pod.container.annotations),
        ("node selector", pod.container.node_selector),
    ):
        for name, value in pairs.items():
            if not KEY.match(name):
                yield f"has a {what} called {name!r}, which Kubernetes rejects.", keys
            elif name in ("laminar/layer", "laminar/layer-name") and what != "node selector":
                yield f"has a {what} called {name!r}, which laminar sets itself.", "give it another name."
            elif what != "annotation" and not LABEL.match(value):
                yield (
                    f"has a {what} {name!r} with the value {_shorten(value)}, which Kubernetes rejects.",
                    "use letters, digits, '-', '_' and '.', at most 63, beginning and ending with a letter or a digit.",
                )


def _wrong_objects(pod: Pod, limits: Limits) -> Iterator[Problem]:
    for what, name in _objects(pod):
        if not OBJECT.match(name):
            yield f"names a {what} {name!r}, which Kubernetes rejects.", "use lower-case letters, digits, '-' and '.'."
    for secret in pod.container.secrets.values():
        if not SECRET_KEY.match(secret.key):
            yield (
                f"reads the key {secret.key!r} of secret {secret.name!r}, which no Secret has.",
                "use letters, digits, '-', '_' and '.'.",
            )


def _objects(pod: Pod) -> Iterator[tuple[str, str]]:
    if pod.container.service_account is not None:
        yield "service account", pod.container.service_account
    if pod.container.priority_class is not None:
        yield "priority class", pod.container.priority_class
    yield from (("secret", secret.name) for secret in pod.container.secrets.values())
    for volume in pod.container.volumes:
        found = (("volume claim", volume.claim), ("secret", volume.secret), ("config map", volume.config_map))
        yield from ((what, name) for what, name in found if name is not None)


def _wrong_mounts(pod: Pod, limits: Limits) -> Iterator[Problem]:
    seen: set[str] = set()
    for volume in pod.container.volumes:
        path = volume.mount.rstrip("/") or "/"
        if path in seen:
            yield f"has two volumes mounted at {path!r}.", "mount one of them elsewhere."
        elif _hides_scratch(volume, path):
            yield (
                f"has a volume mounted at {path!r}, where each pod needs separate space.",
                f"mount it elsewhere; only Volume(empty_dir=MB) that is not read-only can be at {SCRATCH}.",
            )
        elif ":" in path:
            yield f"has a volume mounted at {path!r}; Kubernetes rejects ':' there.", "mount it elsewhere."
        seen.add(path)


def _hides_scratch(volume: Volume, path: str) -> bool:
    private = volume.empty_dir is not None and not volume.read_only and volume.sub_path is None
    return path == f"{SCRATCH}/laminar" or (path == SCRATCH and not private) or path == "/"


def _wrong_tolerations(pod: Pod, limits: Limits) -> Iterator[Problem]:
    for toleration in pod.container.tolerations:
        for name in map(str, toleration):
            if name not in TOLERATION:
                yield f"has a toleration with {name!r}, which Kubernetes does not know.", f"use {', '.join(TOLERATION)}."
