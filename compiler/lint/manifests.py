"""Check the objects of resource templates: their manifests, with the workflows and pods in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from laminar.compiler.argo.documents import KINDS, Document
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import constant
from laminar.compiler.lint.fields import wrong_value
from laminar.compiler.lint.finding import Finding
from laminar.compiler.lint.formats import is_image
from laminar.compiler.yaml.reader import Source, read_text
from laminar.exceptions import FlowError

__all__ = ["certain", "nested_sources", "wrong_manifests"]

PODS: Mapping[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("Job", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), ("spec", "template", "spec")),
}
"""Where a kind of Kubernetes holds the spec of its pods."""

MADE = ("create", "apply", "replace")
"""The actions whose manifest is a whole object; a patch has a part of one."""

CERTAIN = re.compile(r"F101|C10[1-4]|D10|N101|W10")
"""Rules that hold in a workflow inside a manifest for all values of its tags."""


def wrong_manifests(document: Document) -> Iterator[Finding]:
    """Yield manifests that cannot be read, or that every cluster rejects."""
    for template in document.bodies:
        part = template.part.at("resource")
        if "resource" in template.part.names and part.text("action") not in ("get", "delete"):
            yield from _wrong_manifest(template.name, part)


def _wrong_manifest(name: str, part: Part) -> Iterator[Finding]:
    manifests = [field for field in ("manifest", "manifestFrom") if part.at(field).value]
    if len(manifests) != 1:
        what = "both manifest and manifestFrom" if manifests else "no manifest"
        yield Finding(part, "P111", f"The resource of template {name!r} has {what}.", "write one of them.")
    try:
        sources = _sources(part)
    except FlowError as error:
        yield Finding(part.at("manifest"), "P111", f"The manifest is no YAML: {error.what.partition(': ')[2]}", "correct it.")
        return
    for source in sources if part.text("action") in MADE else ():
        whole = Part(source)
        for field in ("apiVersion", "kind"):
            if isinstance(source.value, dict) and field not in source.value:
                yield Finding(part.at("manifest"), "P111", f"The manifest has no {field}.", f"add {field}.")
        yield from _wrong_pod(whole.at(*PODS.get(whole.text("kind"), ())), tagged="{{" in part.text("manifest"))


def _wrong_pod(part: Part, *, tagged: bool) -> Iterator[Finding]:
    if part.place:
        found = wrong_value("@k8s.PodSpec", part)
        yield from (finding for finding in found if not tagged or finding.code in ("F101", "F103"))
        for container in (*part.at("containers").items(), *part.at("initContainers").items()):
            image = container.at("image")
            if not image.value:
                yield Finding(container, "P101", f"Container {container.text('name')!r} has no image.", "name one.")
            elif isinstance(image.value, str) and not is_image(image.value):
                yield Finding(image, "P102", f"The image {image.value!r} is no reference to an image.", "correct it.")


def nested_sources(document: Document) -> Iterator[Source]:
    """Yield Argo's documents inside the manifests of a document."""
    for template in document.bodies:
        part = template.part.at("resource")
        if part.text("action") in MADE:
            try:
                sources = _sources(part)
            except FlowError:
                continue
            yield from (source for source in sources if Part(source).text("kind") in KINDS)


def certain(finding: Finding) -> bool:
    """Return whether a finding in a workflow inside a manifest holds for all values of its tags."""
    return CERTAIN.match(finding.code) is not None


def _sources(part: Part) -> list[Source]:
    """Return the documents of a manifest, with their lines in the file around it."""
    manifest = part.at("manifest")
    text = constant(manifest.text(), "x")
    if text.strip() == "x":
        return []
    outer = manifest.source
    return [
        replace(
            source,
            file=outer.file,
            number=outer.number,
            lines={place: line + manifest.line for place, line in source.lines.items()},
        )
        for source in read_text(text, "manifest")
    ]
