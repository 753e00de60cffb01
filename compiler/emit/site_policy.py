"""Merge a site's policy under the emitted documents: a base workflow with labels, node selectors, tolerations and similar settings.

The program overrides the base, the base overrides laminar's defaults; ``null`` in the base removes a default.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laminar.compiler.yaml.reader import Place, Source, read, read_text
from laminar.exceptions import FlowError, raise_all, suggest
from laminar.templates.block import Block

__all__ = ["FIELDS", "Base", "load", "under"]

FIELDS = frozenset(
    """activeDeadlineSeconds affinity archiveLogs arguments artifactGC artifactRepositoryRef automountServiceAccountToken dnsConfig
    dnsPolicy entrypoint executor hooks hostAliases hostNetwork imagePullSecrets metrics nodeSelector onExit parallelism
    podDisruptionBudget podGC podMetadata podPriorityClassName podSpecPatch priority retryStrategy schedulerName securityContext
    serviceAccountName shutdown suspend synchronization templateDefaults templates tolerations ttlStrategy volumeClaimGC
    volumeClaimTemplates volumes workflowMetadata workflowTemplateRef""".split()
)
"""The fields of a Workflow's spec: WorkflowSpec in pkg/apis/workflow/v1alpha1/workflow_types.go, Argo 4.1.2."""

OURS = {
    "arguments": "the parameters come from the program",
    "entrypoint": "it is the program's flow",
    "workflowTemplateRef": "the templates come from the program",
    "retryStrategy": "each layer has its own",
    "templateDefaults": "each layer's template has its own settings",
}
"""Fields that a base cannot have, with the reason."""

METADATA = ("namespace", "labels", "annotations")
WHOLE = ("ttlStrategy", "podGC", "serviceAccountName")
"""Defaults of laminar that a base replaces as a whole."""


@dataclass(frozen=True)
class Base:
    """A checked base: the parts of its metadata and of its spec, and the file that they are from."""

    file: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]


def load(file: str | Path) -> Base:
    """Return the base workflow that a file holds.

    Raises FlowError, with every problem and its line, for a file that is no base.
    """
    sources = read(file)
    if len(sources) != 1:
        shown = sources[0].file if sources else str(file)
        raise FlowError(f"The base file {shown} has {len(sources)} documents.", where=shown, fix="leave one Workflow in it.")
    source = sources[0]
    raise_all(_problems(source))
    return Base(source.file, source.value.get("metadata") or {}, source.value.get("spec") or {})


def _problems(source: Source) -> Iterator[FlowError]:
    for problem in source.problems:
        yield _error(source, problem.place, problem.what, problem.fix)
    value = source.value
    if not isinstance(value, dict):
        yield _error(source, (), "is no mapping", "write a Workflow with metadata and spec.")
        return
    if value.get("kind", "Workflow") != "Workflow":
        yield _error(source, ("kind",), f"has the kind {value['kind']!r}", "write kind: Workflow, or leave it out.")
    for name in value:
        if name not in ("apiVersion", "kind", "metadata", "spec"):
            yield _error(source, (name,), _unknown(name, ("metadata", "spec")), "put settings under spec.")
    for part in ("metadata", "spec"):
        if not isinstance(value.get(part) or {}, dict):
            yield _error(source, (part,), f"has a {part} that is no mapping", "write names with values under it.")
            return
    for name in value.get("metadata") or {}:
        if name not in METADATA:
            why = "the name comes from the flow" if name in ("name", "generateName") else f"only {', '.join(METADATA)} are merged"
            yield _error(source, ("metadata", name), f"has metadata {name!r}, and {why}", "drop it.")
    for name in value.get("spec") or {}:
        if name not in FIELDS:
            yield _error(source, ("spec", name), _unknown(name, tuple(FIELDS)), "see Argo's fields of WorkflowSpec.")
        elif name in OURS:
            yield _error(source, ("spec", name), f"has {name!r}, and {OURS[name]}", "drop it.")
    yield from _wrong_patch(source)
    yield from _wrong_values(source, source.value, ())


def _wrong_patch(source: Source) -> Iterator[FlowError]:
    patch = (source.value.get("spec") or {}).get("podSpecPatch")
    if patch is None:
        return
    if not isinstance(patch, str) or "{{" in patch or not isinstance(_patch(patch), dict):
        text = "has a podSpecPatch that is no JSON or YAML mapping without '{{'"
        yield _error(source, ("spec", "podSpecPatch"), text, "write the patch as text, all of it constant.")


def _wrong_values(source: Source, value: Any, place: Place) -> Iterator[FlowError]:
    """Yield a problem for each fraction, which no field of a workflow allows, and for each null that removes nothing."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _wrong_values(source, part, (*place, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _wrong_values(source, part, (*place, index))
    elif isinstance(value, float):
        yield _error(source, place, f"has the number {value:g} as {_named(place)}", "put it in quotes, or use a whole number.")
    elif value is None and len(place) > 2 and place[:2] != ("spec", "securityContext"):
        yield _error(source, place, f"has no value for {_named(place)}", "give it a value ({} for an empty mapping), or drop it.")


def _named(place: Place) -> str:
    return repr(next(str(key) for key in reversed(place) if isinstance(key, str)))


def _patch(text: str) -> Any:
    try:
        return read_text(text, "podSpecPatch")[0].value
    except (FlowError, IndexError):
        return None


def _unknown(name: str, known: tuple[str, ...]) -> str:
    return f"has {name!r}, which a Workflow does not have." + suggest(name, sorted(known))


def _error(source: Source, place: Place, what: str, fix: str) -> FlowError:
    end = "" if what.endswith((".", "?")) else "."
    return FlowError(f"The base file {source.file} {what}{end}", where=f"{source.file}:{source.line(place)}", fix=fix)


# merging


def under(document: Block, base: Base) -> Block:
    """Return a document with a base under it.

    Raises FlowError for a template of the base that the program has too.
    """
    spec = document["spec"]
    inner = spec.get("workflowSpec")
    merged = {**spec, "workflowSpec": _spec(inner, base)} if inner else _spec(spec, base)
    if document["kind"] != "Workflow":
        merged = _with_metadata(merged, base)
    return {**document, "metadata": _metadata(document["metadata"], base, cluster="Cluster" in document["kind"]), "spec": merged}


def _metadata(metadata: Block, base: Base, *, cluster: bool) -> Block:
    parts = {name: part for name, part in base.metadata.items() if not (cluster and name == "namespace")}
    return _deep(parts, metadata, first=metadata)


def _with_metadata(spec: Block, base: Base) -> Block:
    """Return a stored document's spec whose workflows have the base's labels and annotations too."""
    known = {name: base.metadata[name] for name in ("labels", "annotations") if base.metadata.get(name)}
    if not known:
        return spec
    metadata = _deep(known, spec.get("workflowMetadata", {}), first=spec.get("workflowMetadata", {}))
    last: Block = {name: spec[name] for name in ("arguments", "workflowSpec", "templates") if name in spec}
    rest = {name: part for name, part in spec.items() if name not in (*last, "workflowMetadata")}
    return {**rest, "workflowMetadata": metadata, **last}


def _spec(spec: Block, base: Base) -> Block:
    merged = {name: part for name, part in spec.items() if name not in ("arguments", "templates")}
    for name, part in base.spec.items():
        if name == "templates":
            continue
        if part is None:
            merged.pop(name, None)
        elif name == "podSpecPatch":
            merged[name] = _patched(merged.get(name, "{}"), part)
        elif name == "securityContext":
            merged[name] = _deep(merged.get(name, {}), part)
        elif name == "workflowMetadata":
            merged[name] = _deep(part, merged.get(name, {}))
        elif name == "volumes" or name in WHOLE or name not in merged:
            merged[name] = part
    last = {"arguments": spec["arguments"]} if "arguments" in spec else {}
    return {**merged, **last, "templates": _templates(spec["templates"], base)}


def _templates(templates: list[Block], base: Base) -> list[Block]:
    """Return the templates; those with a node selector or tolerations get the base's too.

    Argo uses the template's where it has some, else the workflow's: workflowpod.go, addSchedulingConstraints, 4.1.2.
    """
    own = list(base.spec.get("templates") or [])
    taken = {template["name"] for template in templates} & {template.get("name") for template in own}
    if taken:
        names = ", ".join(sorted(taken))
        raise FlowError(f"The base file {base.file} has templates that the program has too: {names}.", fix="rename the base's.")
    selector, tolerations = base.spec.get("nodeSelector") or {}, base.spec.get("tolerations") or []
    made = []
    for template in templates:
        changed = dict(template)
        if "nodeSelector" in template:
            changed["nodeSelector"] = {**selector, **template["nodeSelector"]}
        if "tolerations" in template:
            changed["tolerations"] = [*tolerations, *(item for item in template["tolerations"] if item not in tolerations)]
        made.append(changed)
    return [*made, *own]


def _patched(ours: str, theirs: str) -> str:
    return json.dumps(_deep(json.loads(ours), _patch(theirs)), separators=(",", ":"), ensure_ascii=False)


def _deep(low: Mapping[str, Any], high: Mapping[str, Any], *, first: Mapping[str, Any] | None = None) -> Block:
    """Return two mappings as one: ``high`` overrides, its null removes; lists of named things are merged by name.

    The keys of ``first`` come first.
    """
    keys = dict.fromkeys([*(first or low), *low, *high])
    merged: Block = {}
    for name in keys:
        a, b = low.get(name), high.get(name)
        if name in high and b is None:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            merged[name] = _deep(a, b, first=b if first is high else None)
        elif isinstance(a, list) and isinstance(b, list) and _are_named([*a, *b]):
            merged[name] = _by_name(a, b)
        elif name in high or a is not None:
            merged[name] = b if name in high else a
    return merged


def _are_named(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and "name" in item for item in items)


def _by_name(low: list[Block], high: list[Block]) -> list[Block]:
    known = {item["name"]: item for item in high}
    merged = [_deep(item, known.pop(item["name"], {})) for item in low]
    return [*merged, *known.values()]
