"""Check whether a cluster is fit: reachable, Argo's definitions and version, rights, the pods' account, datastore, image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from laminar.compiler.cluster.transport import Transport
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

OLDEST = (3, 7)
"""The oldest Argo that laminar compiles for."""

OK, WARNING, WRONG, UNKNOWN = "ok", "warning", "wrong", "unknown"


@dataclass(frozen=True)
class Finding:
    """One check: how it went (ok, warning, wrong, unknown), what was found, and what to do."""

    check: str
    state: str
    what: str
    fix: str = ""


def check_cluster(transport: Transport, account: str) -> Iterator[Finding]:
    """Yield what is found of a cluster; where it cannot be reached, nothing more follows."""
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
    yield from _rights(transport)
    yield _account(transport, account)


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


def _account(transport: Transport, account: str) -> Finding:
    try:
        found = transport.has_account(account)
    except ClusterError as error:
        return Finding("service account", UNKNOWN, error.what)
    if found is None:
        return Finding("service account", UNKNOWN, f"an Argo server does not show whether {account} exists")
    if not found:
        fix = f"kubectl apply --namespace {transport.namespace} --filename templates/rbac.yaml, or laminar compile --rbac."
        return Finding("service account", WRONG, f"{account}, which pods run as, does not exist in {transport.namespace}", fix)
    return Finding("service account", OK, f"{account} exists")


def check_store(url: str) -> Finding:
    """Return whether a datastore can be written, read and deleted from here; pods have credentials of their own."""
    from laminar.configurations.datastores import open_store

    key, data = "laminar-doctor/probe", b"laminar doctor"
    try:
        store = open_store(url)
        store.put(key, [data])
        read = store.get(key)
        store.delete(key)
    except LaminarError as error:
        return Finding("datastore", WRONG, error.what, error.fix)
    except Exception as error:  # whatever a storage's client raises: this is a check, not a run
        return Finding("datastore", WRONG, f"{type(error).__name__}: {error}", "check the URL and the credentials.")
    if bytes(read) != data:
        return Finding("datastore", WRONG, f"{url} returns something other than what was written", "use another datastore.")
    return Finding("datastore", OK, f"{url} can be written, read and deleted from")


def check_image(images: Iterable[str]) -> Iterator[Finding]:
    """Yield what can be said of images without a registry: whether one is named at all, and whether its tag moves."""
    for image in images:
        tag = image.rpartition("/")[2].partition(":")[2]
        if image == "laminar:latest":
            yield Finding(
                "image", WRONG, "no image is named: pods would run laminar:latest", "pass --image, or set [tool.laminar] image."
            )
        elif "@sha256:" in image:
            yield Finding("image", OK, f"{image} is pinned")
        elif tag in ("", "latest"):
            yield Finding(
                "image", WARNING, f"{image} has a tag that moves: a retry may run other code", "tag each build, or pin a digest."
            )
        else:
            yield Finding("image", OK, f"{image} is named")
