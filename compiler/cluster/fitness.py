"""Check whether a cluster is fit: reachable, Argo's definitions and version, rights, the pods' account, datastore, image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from laminar.compiler.cluster.transport import Object, Transport
from laminar.exceptions import ClusterError, LaminarError

__all__ = ["RIGHTS", "Finding", "check_cluster", "check_image", "check_store"]

RIGHTS = (
    *((verb, "workflows", "argoproj.io", "") for verb in ("get", "list", "watch", "create", "update", "patch", "delete")),
    *((verb, "workflowtemplates", "argoproj.io", "") for verb in ("get", "list", "create", "patch", "delete")),
    *((verb, "cronworkflows", "argoproj.io", "") for verb in ("get", "list", "create", "patch", "delete")),
    ("list", "pods", "", ""),
    ("delete", "pods", "", ""),
    ("get", "pods", "", "log"),
    ("list", "events", "", ""),
)
"""The rights that commands use, as templates/rbac-people.yaml gives them to laminar-user: verb, resource, group, subresource."""

DEFINED = ("workflows", "workflowtemplates", "cronworkflows", "workflowtaskresults")
"""The kinds of Argo's that a run needs; pods report their outputs as the last one."""

RESULTS = "workflowtaskresults"
TASKS = 200
"""Tasks that a template of Argo's may have (`laminar.compiler.target`)."""

OLDEST = (3, 7)
"""The oldest Argo that laminar compiles for."""

OK, WARNING, WRONG, UNKNOWN = "ok", "warning", "wrong", "unknown"


@dataclass(frozen=True)
class Finding:
    """One check: its status (ok, warning, wrong, unknown), its result, and a fix."""

    check: str
    state: str
    what: str
    fix: str = ""


def check_cluster(transport: Transport, account: str) -> Iterator[Finding]:
    """Yield the findings about a cluster; where it cannot be reached, the first one is the last."""
    try:
        version = transport.version()
    except ClusterError as error:
        yield Finding("reachable", WRONG, error.what, error.fix)
        return
    yield Finding("reachable", OK, f"{transport.shown}, version {version or 'unknown'}, namespace {transport.namespace}")
    yield _argo(transport, version)
    skew = transport.session.skew
    if abs(skew) > 60:
        what = f"the cluster's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
        yield Finding("clock", WARNING, what, "set this machine's clock: S3 refuses requests that are 15 minutes off.")
    yield _definitions(transport)
    yield from _rights(transport)
    yield from _account(transport, account)


def _argo(transport: Transport, version: str) -> Finding:
    """Return whether Argo's definitions are there, and whether its version is known to be too old."""
    try:
        transport.objects("Workflow", limit=1)
    except ClusterError as error:
        if error.status == 404:
            fix = "install Argo Workflows 3.7 or later, or correct the namespace."
            return Finding("argo", WRONG, f"there are no workflows in namespace {transport.namespace}: {error.what}", fix)
        return Finding("argo", WRONG, error.what, error.fix)
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if transport.link("x") and found and (int(found[1]), int(found[2])) < OLDEST and int(found[1]):
        return Finding("argo", WRONG, f"Argo {version} is older than 3.7", "upgrade Argo Workflows to 3.7 or later.")
    return Finding("argo", OK, "workflows can be listed")


def _definitions(transport: Transport) -> Finding:
    """Return whether all of Argo's kinds are there in the version that laminar uses, and which limits their schema sets."""
    try:
        found = {plural: transport.definition(plural) for plural in DEFINED}
    except ClusterError as error:
        if error.status == 404:
            fix = "install the definitions (CRDs) of one release of Argo Workflows, all of them."
            return Finding("definitions", WRONG, f"{error.what}", fix)
        return Finding("definitions", UNKNOWN, error.what)
    known = {plural: definition for plural, definition in found.items() if definition is not None}
    if len(known) < len(found):
        why = "an Argo server does not show them" if transport.link("x") else "you may not read them"
        return Finding("definitions", UNKNOWN, f"{why}; laminar keeps to Argo's limits: {TASKS} tasks a template")
    versions = {plural: _version(definition) for plural, definition in known.items()}
    if missing := [plural for plural, version in versions.items() if version is None]:
        fix = "install the definitions (CRDs) of Argo Workflows 3.7 or later."
        return Finding("definitions", WRONG, f"{', '.join(missing)} are not served as v1alpha1", fix)
    limit = _task_limit(versions["workflows"] or {})
    if limit is None:
        return Finding("definitions", OK, "v1alpha1, the minimal definitions: the API server checks no fields and no limits")
    if limit < TASKS:
        fix = f"install the definitions of Argo Workflows 4.0 or later; laminar makes templates of up to {TASKS} tasks."
        return Finding("definitions", WARNING, f"a template may have {limit} tasks", fix)
    return Finding("definitions", OK, f"v1alpha1, the full definitions: {limit} tasks a template")


def _version(definition: Object) -> Object | None:
    """Return the version v1alpha1 of a definition, None where the server does not serve it."""
    listed = (definition.get("spec") or {}).get("versions") or ()
    return next((one for one in listed if one.get("name") == "v1alpha1" and one.get("served")), None)


def _task_limit(version: Object) -> int | None:
    """Return how many tasks a DAG may have: the full definitions limit it, the minimal ones have no such fields."""
    found: Any = version.get("schema") or {}
    for step in ("openAPIV3Schema", "properties", "spec", "properties", "templates", "items", "properties", "dag", "properties"):
        found = found.get(step) or {}
    limit = (found.get("tasks") or {}).get("maxItems")
    return int(limit) if limit is not None else None


def _rights(transport: Transport) -> Iterator[Finding]:
    try:
        found = [(right, transport.may(right[0], right[1], right[2], right[3])) for right in RIGHTS]
    except ClusterError as error:
        yield Finding("rights", UNKNOWN, f"rights cannot be reviewed: {error.what}")
        return
    if any(allowed is None for _, allowed in found):
        yield Finding("rights", UNKNOWN, "an Argo server does not show rights; reading workflows works")
        return
    missing = [f"{verb} {resource}{f'/{sub}' if sub else ''}" for (verb, resource, _, sub), allowed in found if not allowed]
    if missing:
        yield Finding(
            "rights", WRONG, f"missing: {', '.join(missing)}", "request the role laminar-user of templates/rbac-people.yaml."
        )
    else:
        yield Finding("rights", OK, f"all {len(RIGHTS)} rights that commands use")


def _account(transport: Transport, account: str) -> Iterator[Finding]:
    """Yield whether the pods' service account exists, and whether it may report results to Argo."""
    fix = (
        f"kubectl apply --namespace {transport.namespace} --filename templates/rbac.yaml, which laminar compile --rbac writes too."
    )
    try:
        found = transport.has_account(account)
        missing = [verb for verb in ("create", "patch") if transport.account_may(account, verb, RESULTS) is False]
        known = transport.account_may(account, "create", RESULTS) is not None
    except ClusterError as error:
        yield Finding("service account", UNKNOWN, error.what)
        return
    if found is None:
        yield Finding("service account", UNKNOWN, f"an Argo server does not show whether {account} exists")
    elif not found:
        yield Finding("service account", WRONG, f"{account}, which pods run as, does not exist in {transport.namespace}", fix)
    elif missing:
        yield Finding("service account", WRONG, f"{account} may not {' and '.join(missing)} {RESULTS}", fix)
    elif not known:
        try_it = f"kubectl auth can-i create {RESULTS}.argoproj.io --as system:serviceaccount:{transport.namespace}:{account}"
        yield Finding("service account", OK, f"{account} exists; you may not review its rights", f"an administrator can: {try_it}")
    else:
        yield Finding("service account", OK, f"{account} exists and may report results to Argo")


def check_store(url: str) -> Finding:
    """Return whether a datastore can be written, read and deleted from here; pods have other credentials."""
    from laminar.configurations.datastores import open_store

    key, data = "laminar-doctor/probe", b"laminar doctor"
    try:
        store = open_store(url)
        store.put(key, [data])
        read = store.get(key)
        store.delete(key)
    except LaminarError as error:
        return Finding("datastore", WRONG, error.what, error.fix)
    except Exception as error:  # a storage's client may raise any exception: this is a check, not a run
        return Finding("datastore", WRONG, f"{type(error).__name__}: {error}", "check the URL and the credentials.")
    if bytes(read) != data:
        return Finding("datastore", WRONG, f"{url} returns other bytes than were written", "use another datastore.")
    return Finding("datastore", OK, f"{url} can be written, read and deleted from")


def check_image(images: Iterable[str], pods: Sequence[Object] | None = None) -> Iterator[Finding]:
    """Yield for each image whether one is named, whether its tag can change, and whether a node has pulled it before.

    ``pods`` are pods of the namespace, None where they cannot be seen.
    """
    for image in images:
        tag = image.rpartition("/")[2].partition(":")[2]
        pulled, state = _pulled(image, pods)
        if image == "laminar:latest":
            fix = "pass --image, or set [tool.laminar] image."
            yield Finding("image", WRONG, "no image is named: pods would run laminar:latest", fix)
        elif state == WRONG:
            yield Finding(
                "image", WRONG, f"{image}: {pulled}", "correct its name, push it, or name the registry's imagePullSecrets."
            )
        elif "@sha256:" in image:
            yield Finding("image", OK, f"{image} is pinned{pulled}")
        elif tag in ("", "latest"):
            fix = "tag each build, or pin a digest."
            yield Finding("image", WARNING, f"{image} has a tag that moves: a retry may run other code{pulled}", fix)
        else:
            yield Finding("image", OK, f"{image} is named{pulled}")


def _pulled(image: str, pods: Sequence[Object] | None) -> tuple[str, str]:
    """Return the status of an image in the pods: a node has pulled it, or could not.

    A container's status has the image's id once it was pulled: Kubernetes, core/v1 ContainerStatus.
    """
    failed = ""
    for pod in pods or ():
        names = {one["name"] for one in pod["spec"].get("containers") or () if one.get("image") == image}
        for status in (pod.get("status") or {}).get("containerStatuses") or ():
            if status.get("name") not in names:
                continue
            if status.get("imageID"):
                return f", and was pulled before: by pod {pod['metadata']['name']}", OK
            reason = ((status.get("state") or {}).get("waiting") or {}).get("reason", "")
            if "Image" in reason:
                failed = f"pod {pod['metadata']['name']} cannot pull it ({reason})"
    if failed:
        return failed, WRONG
    return ("; no pod of the namespace has pulled it yet" if pods is not None else ""), UNKNOWN
