"""Build a pod's volumes and its container's mounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from laminar.templates.block import Block, given

__all__ = ["SCRATCH", "Source", "volumes"]

SCRATCH = "/tmp"
"""Where a pod may write although its root file system is read-only."""

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True)
class Source:
    """One mount: ``kind`` is claim, secret, config_map, host_path or empty_dir, ``name`` what of that kind."""

    path: str
    kind: str
    name: str
    read_only: bool = False
    sub_path: str | None = None


def volumes(sources: Sequence[Source]) -> tuple[list[Block], list[Block]]:
    """Return a template's volumes and its container's mounts; a source mounted twice is one volume.

    The scratch folder is added unless a source is mounted there. ::

        volumes: [{name: scratch, emptyDir: {}}, {name: data, persistentVolumeClaim: {claimName: data}}]
        volumeMounts: [{name: scratch, mountPath: /tmp}, {name: data, mountPath: /data}]
    """
    if not any(source.path.rstrip("/") == SCRATCH for source in sources):
        sources = [Source(path=SCRATCH, kind="empty_dir", name="0"), *sources]
    names: dict[tuple[str, str, str], str] = {}
    made: list[Block] = []
    mounts: list[Block] = []
    for source in sources:
        key = (source.kind, source.name, source.path if source.kind == "empty_dir" else "")
        if key not in names:
            names[key] = _name(source, set(names.values()))
            made.append({"name": names[key], **_volume(source)})
        mounts.append(given(name=names[key], mountPath=source.path, readOnly=source.read_only or None, subPath=source.sub_path))
    return made, mounts


def _name(source: Source, taken: set[str]) -> str:
    if source.path.rstrip("/") == SCRATCH:
        return "scratch"
    taken = {"scratch", *taken}  # the scratch folder may come later
    if source.kind not in ("host_path", "empty_dir") and LABEL.match(source.name) and source.name not in taken:
        return source.name
    return next(name for number in range(1, len(taken) + 2) if (name := f"volume-{number}") not in taken)


def _volume(source: Source) -> Block:
    if source.kind == "claim":
        return {"persistentVolumeClaim": {"claimName": source.name}}
    if source.kind == "secret":
        return {"secret": {"secretName": source.name}}
    if source.kind == "config_map":
        return {"configMap": {"name": source.name}}
    if source.kind == "host_path":
        return {"hostPath": {"path": source.name}}
    return {"emptyDir": {"sizeLimit": f"{source.name}M"} if source.name != "0" else {}}
