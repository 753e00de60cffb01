"""Check the contents of pods: images, commands, volumes, variables, names, patches, the service account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from laminar.compiler.argo.documents import POD, Document, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import constant
from laminar.compiler.lint.fields import wrong_value
from laminar.compiler.lint.finding import Finding, meant
from laminar.compiler.lint.formats import is_image
from laminar.compiler.yaml.reader import Source, read_text
from laminar.exceptions import FlowError

__all__ = ["wrong_pods"]

RESERVED = re.compile(r"(wait|init|supervisor|artifact-plugin-.*)\Z")
"""Names of Argo's own containers (workflow/common/common.go, 4.1.2)."""


def wrong_pods(document: Document) -> Iterator[Finding]:
    """Yield reasons why pods cannot start, or cannot report their outputs."""
    yield from _no_account(document)
    yield from _wrong_patch(document.spec.at("podSpecPatch"))
    yield from _wrong_pod_resources(document.spec.at("podResources"))
    for template in document.bodies:
        yield from _wrong_patch(template.part.at("podSpecPatch"))
        yield from _wrong_pod_resources(template.part.at("podResources"))
        yield from _wrong_main(document, template)
        yield from _wrong_set(template)
        yield from _wrong_owner(template)
        for container in _containers(template):
            yield from _wrong_container(document, template, container)


def _no_account(document: Document) -> Iterator[Finding]:
    pods = [template for template in document.templates if set(template.works) & set(POD)]
    if not document.is_started or {"serviceAccountName", "workflowTemplateRef"} & set(document.spec.names):
        return
    for template in pods:
        if "serviceAccountName" not in template.part.names:
            what = "Pods run as the namespace's default service account, which may report nothing."
            fix = "set serviceAccountName to one that may create and patch workflowtaskresults."
            yield Finding(document.spec, "P105", what, fix)
            return


def _containers(template: Template) -> list[Part]:
    found = [template.part.at(kind) for kind in POD if kind in template.part.names]
    for kind in ("sidecars", "initContainers"):
        found += template.part.at(kind).items()
    return found + template.part.at("containerSet", "containers").items()


def _wrong_main(document: Document, template: Template) -> Iterator[Finding]:
    for kind in POD:
        part, defaults = template.part.at(kind), document.spec.at("templateDefaults", kind)
        if kind not in template.part.names:
            continue
        if not part.text("image") and not defaults.text("image"):
            yield Finding(part, "P101", f"The {kind} of template {template.name!r} has no image.", "name one.")
        if not part.at("command").value and not defaults.at("command").value:
            what = f"The {kind} of template {template.name!r} has no command: Argo has to query the image's registry for it."
            yield Finding(part, "P103", what, "write the command.")


def _wrong_container(document: Document, template: Template, part: Part) -> Iterator[Finding]:
    image, name = part.text("image"), part.text("name")
    if not image and part.place[-1] not in POD:
        yield Finding(part, "P101", f"Container {name!r} of template {template.name!r} has no image.", "name one.")
    if image and not is_image(image):
        what = f"The image {image!r} is no reference to an image."
        yield Finding(part.at("image"), "P102", what, "write [host/]name[:tag][@digest], the name in lower case.")
    if name and RESERVED.match(name):
        yield Finding(part.at("name"), "P110", f"A container cannot be called {name!r}: Argo has one of that name.", "rename it.")
    yield from _twice_in_environment(part.at("env"))
    yield from _twice_mounted(template, part)
    if part.text("mirrorVolumeMounts") or part.at("mirrorVolumeMounts").value:
        return
    known = {item.text("name") for owner in (template.part, document.spec) for item in owner.at("volumes").items()}
    known |= {item.text("name") for item in document.spec.at("templateDefaults", "volumes").items()}
    known |= {item.text("metadata", "name") for item in document.spec.at("volumeClaimTemplates").items()}
    for mount in part.at("volumeMounts").items():
        if mount.text("name") not in known and not any("{{" in name for name in (*known, mount.text("name"))):
            what = f"There is no volume {mount.text('name')!r} to mount.{meant(mount.text('name'), known)}"
            yield Finding(mount, "P104", what, "add it to the template's volumes.")


def _twice_in_environment(part: Part) -> Iterator[Finding]:
    seen: set[str] = set()
    for variable in part.items():
        name = variable.text("name")
        if name in seen:
            yield Finding(variable, "N103", f"The variable {name} is set twice.", "remove one.")
        seen.add(name)


def _twice_mounted(template: Template, part: Part) -> Iterator[Finding]:
    """Yield a path where two volumes or artifacts are mounted (validate.go, validateLeaf, 4.1.2)."""
    seen: dict[str, str] = {}
    artifacts = template.part.at("inputs", "artifacts").items() if part.place[-1] in POD else []
    mounts = [(mount, "mountPath", "volume") for mount in part.at("volumeMounts").items()]
    for mount, field, what in [*mounts, *((artifact, "path", "artifact") for artifact in artifacts)]:
        path, name = mount.text(field), f"{what} {mount.text('name')!r}"
        if path and path in seen:
            yield Finding(mount.at(field), "P106", f"{path!r} holds {seen[path]} and {name}.", "use two paths.")
        seen.setdefault(path, name)


def _wrong_set(template: Template) -> Iterator[Finding]:
    """Yield a container set without containers, or without one called main that holds inputs and outputs."""
    part = template.part.at("containerSet")
    if "containerSet" not in template.part.names:
        return
    names = [item.text("name") for item in part.at("containers").items()]
    if not names:
        yield Finding(part, "P113", f"The containerSet of template {template.name!r} has no containers.", "add some.")
    elif "main" not in names and (template.input_artifacts or template.outputs or template.output_artifacts):
        what = f"The containerSet of template {template.name!r} has inputs or outputs, and no container called main."
        yield Finding(part, "P113", what, "call one of them main.")
    for item in part.at("containers").items():
        for name in _listed(item.at("dependencies")):
            if name not in names:
                what = f"Container {item.text('name')!r} waits for {name!r}, which is no container.{meant(name, names)}"
                yield Finding(item.at("dependencies"), "P113", what, "name a container of this set.")


def _listed(part: Part) -> Sequence[str]:
    return [str(item.value) for item in part.elements()]


def _wrong_owner(template: Template) -> Iterator[Finding]:
    """Yield fields that belong to templates of another kind (validate.go, 4.1.2)."""
    if not template.works:
        return
    calls = template.works[0] in ("dag", "steps")
    wrong = ("activeDeadlineSeconds", "timeout", "pendingTimeout") if calls else ("parallelism",)
    if template.works[0] not in (*POD, "containerSet", "resource", "data"):
        wrong += ("resourceClaims", *(() if calls else ("podResources",)))
    for name in wrong:
        if template.part.at(name).value is not None:
            whose = "steps and DAGs" if name == "parallelism" else "templates that run a pod"
            yield Finding(template.part.at(name), "P112", f"{name!r} is a field of {whose}.", "remove it, or move it.")


def _wrong_pod_resources(part: Part) -> Iterator[Finding]:
    """Yield resources that a pod as a whole cannot have (validate.go, validatePodResources, 4.1.2)."""
    if part.at("claims").value:
        yield Finding(part.at("claims"), "F104", "podResources cannot have claims.", "write resourceClaims.")
    for kind in ("limits", "requests"):
        for name in part.at(kind).names:
            if name not in ("cpu", "memory") and not name.startswith("hugepages-"):
                fix = "write cpu, memory or hugepages-SIZE; others belong to a container."
                yield Finding(part.at(kind, name), "F104", f"A pod as a whole has no resource {name!r}.", fix)


# patches


def _wrong_patch(part: Part) -> Iterator[Finding]:
    if not isinstance(part.value, str):
        return
    text = constant(part.value, "1").strip()
    if text == "1":
        return
    try:
        sources = read_text(text, "podSpecPatch")
    except FlowError as error:
        what = f"The podSpecPatch is neither JSON nor YAML: {error.what.partition(': ')[2]}"
        yield Finding(part, "P107", what, "correct it.")
        return
    if len(sources) != 1 or not isinstance(sources[0].value, dict):
        yield Finding(part, "P107", "The podSpecPatch is no mapping.", "write the part of a pod's spec that it changes.")
        return
    yield from _wrong_patch_fields(part, sources[0], tagged="{{" in part.value)


def _wrong_patch_fields(part: Part, source: Source, *, tagged: bool) -> Iterator[Finding]:
    """Yield the keys and values that a pod's spec does not have; the value of a tag is unknown, only the keys are known."""
    for found in wrong_value("@k8s.PodSpec", Part(Source(source.file, source.number, _plain(source.value), source.lines))):
        if found.code == "F103" or (tagged and found.code != "F101"):
            continue
        what = found.what.replace("; Argo's server drops it silently", "")
        yield Finding(part, "P107", f"In the podSpecPatch, at {found.part.field}: {what}", found.fix)


def _plain(value: object) -> object:
    """Return a patch without the directives of a strategic merge (``$patch``, ``$retainKeys``)."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if not str(key).startswith("$")}
    return [_plain(item) for item in value] if isinstance(value, list) else value
