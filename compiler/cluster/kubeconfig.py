"""Read kubeconfig files and a pod's service account as kubectl and client-go do, without either."""

from __future__ import annotations

import atexit
import base64
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from laminar.compiler.cluster.credentials import ExecPlugin, TokenFile, basic, bearer
from laminar.compiler.cluster.http_session import Endpoint, Login
from laminar.exceptions import ClusterError

__all__ = ["SERVICE_ACCOUNT", "load", "service_account"]

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT = "~/.kube/config"
LISTS = {"clusters": "cluster", "contexts": "context", "users": "user"}
FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def load(environ: Mapping[str, str], context: str | None, *, timeout: float) -> tuple[Endpoint, str] | None:
    """Return the endpoint of a context, the current one by default, and its namespace; None where there is no kubeconfig.

    Several files in KUBECONFIG are merged as kubectl merges them: the first file that has a name, or a current context, wins
    (kubernetes.io, Organizing Cluster Access Using kubeconfig Files).

    Raises ClusterError for files that cannot be read, and for contexts, clusters and users that do not exist.
    """
    listed = environ.get("KUBECONFIG", "")
    paths = [Path(path).expanduser() for path in (listed.split(os.pathsep) if listed else [DEFAULT]) if path]
    found = [path for path in paths if path.is_file()]
    if not found:
        if listed and context is None:
            raise ClusterError(f"KUBECONFIG names {listed}, which does not exist.", fix="correct KUBECONFIG.", code=1)
        if context is not None:
            raise ClusterError(f"There is no kubeconfig to find context {context!r} in.", fix="set KUBECONFIG.", code=1)
        return None
    merged = _merge(found)
    name = context or merged["current-context"]
    if not name:
        return None if not merged["clusters"] else _raise_no_context(merged)
    return _endpoint(merged, str(name), " and ".join(map(str, found)), timeout)


def service_account(environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT, *, timeout: float) -> tuple[Endpoint, str] | None:
    """Return the endpoint that a pod's service account gives access to, and the pod's namespace; None outside a pod."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (folder / "token").is_file():
        return None
    shown = f"[{host}]" if ":" in host else host
    space = folder / "namespace"
    endpoint = Endpoint(
        url=f"https://{shown}:{port}",
        shown="The Kubernetes API (service account)",
        verify=str(folder / "ca.crt"),
        login=TokenFile(folder / "token"),
        timeout=timeout,
    )
    return endpoint, space.read_text(encoding="utf-8").strip() if space.is_file() else "default"


def _merge(paths: list[Path]) -> dict[str, Any]:
    import yaml

    merged: dict[str, Any] = {"current-context": "", **{name: {} for name in LISTS}}
    for path in paths:
        try:
            read = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            current, lists = read.get("current-context"), {name: read.get(name) or [] for name in LISTS}
            entries = {name: {entry["name"]: entry.get(key) or {} for entry in lists[name]} for name, key in LISTS.items()}
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError):
            raise ClusterError(
                f"{path} is no kubeconfig that can be read.", fix="correct the file, or KUBECONFIG.", code=1
            ) from None
        merged["current-context"] = merged["current-context"] or current or ""
        for name, found in entries.items():
            for key, entry in found.items():
                merged[name].setdefault(key, {**entry, **_absolute(entry, path.parent)})
    return merged


def _absolute(entry: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return an entry's files as paths from the root: in a kubeconfig they start at its folder."""
    return {
        name: str(folder / Path(entry[name]).expanduser()) for name in FILES if isinstance(entry.get(name), str) and entry[name]
    }


def _raise_no_context(merged: Mapping[str, Any]) -> Any:
    raise ClusterError(
        "The kubeconfig has no current context.", fix=f"pass --context: {', '.join(merged['contexts']) or 'it has none'}.", code=1
    )


def _entry(merged: Mapping[str, Any], kind: str, name: str, source: str) -> dict[str, Any]:
    if name not in merged[kind]:
        raise ClusterError(
            f"The kubeconfig has no {LISTS[kind]} {name!r}.",
            where=source,
            fix=f"it has: {', '.join(merged[kind]) or 'none'}.",
            code=1,
        )
    found: dict[str, Any] = merged[kind][name]
    return found


def _endpoint(merged: Mapping[str, Any], name: str, source: str, timeout: float) -> tuple[Endpoint, str]:
    context = _entry(merged, "contexts", name, source)
    cluster = _entry(merged, "clusters", str(context.get("cluster") or ""), source)
    user = _entry(merged, "users", str(context["user"]), source) if context.get("user") else {}
    plugin = ExecPlugin.of(user["exec"], cluster) if user.get("exec") else None
    given = {**user, **(plugin.certificates() if plugin is not None else {})}
    verify: str | bool = _file(cluster, "certificate-authority") or not cluster.get("insecure-skip-tls-verify", False)
    certificate, key = _file(given, "client-certificate"), _file(given, "client-key")
    endpoint = Endpoint(
        url=str(cluster.get("server") or "http://localhost:8080"),
        shown=f"The Kubernetes API (context {name})",
        verify=False if cluster.get("insecure-skip-tls-verify") else verify,
        certificate=(certificate, key) if certificate and key else None,
        proxy=str(cluster.get("proxy-url") or ""),
        server_name=str(cluster.get("tls-server-name") or ""),
        login=plugin if plugin is not None else _login(user, source),
        timeout=timeout,
    )
    return endpoint, str(context.get("namespace") or "default")


def _login(user: Mapping[str, Any], source: str) -> Login:
    if user.get("tokenFile"):
        return TokenFile(Path(user["tokenFile"]))
    if user.get("token"):
        return bearer(str(user["token"]))
    if user.get("username") and user.get("password"):
        return basic(str(user["username"]), str(user["password"]))
    if user.get("auth-provider"):
        raise ClusterError(
            "The kubeconfig's user has an auth-provider, which Kubernetes 1.26 removed.",
            where=source,
            fix="use the cloud's exec plugin instead, such as gke-gcloud-auth-plugin.",
            code=1,
        )
    return bearer("")


def _file(entry: Mapping[str, Any], name: str) -> str:
    """Return the file of a certificate or key; data in the kubeconfig itself goes to a file that is removed at exit."""
    data = entry.get(f"{name}-data")
    if not data:
        return str(entry.get(name) or "")
    try:
        content = str(data).encode() if "-----" in str(data) else base64.b64decode(data, validate=True)
    except ValueError:
        raise ClusterError(f"The kubeconfig's {name}-data is not base64.", fix="correct the kubeconfig.", code=1) from None
    descriptor, path = tempfile.mkstemp(prefix="laminar-", suffix=".pem")  # readable by this user alone
    atexit.register(_remove, path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return path


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)
