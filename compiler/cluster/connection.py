"""Choose the transport to the cluster as the argo command line does: a named server, else the kubeconfig, else the pod."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar.compiler.cluster import kubeconfig
from laminar.compiler.cluster.argo_server import ArgoServer
from laminar.compiler.cluster.credentials import bearer
from laminar.compiler.cluster.http_session import Endpoint, HttpSession
from laminar.compiler.cluster.kubernetes_api import KubernetesApi
from laminar.compiler.cluster.transport import Transport
from laminar.exceptions import ClusterError

if TYPE_CHECKING:
    from laminar.compiler.project import Project

__all__ = ["Choice", "connect"]

TRUE = ("1", "t", "true")
FALSE = ("0", "f", "false")
"""Words that Go's strconv.ParseBool accepts, with which the argo command line reads these variables."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The options of the command line that choose the cluster; None where one was not passed."""

    server: str | None = None
    context: str | None = None
    namespace: str | None = None
    authority: str | None = None
    certificate: str | None = None
    private_key: str | None = None
    insecure: bool = False
    timeout: float = 30.0


def connect(choice: Choice, project: Project | None = None, environ: Mapping[str, str] = os.environ) -> Transport:
    """Return the transport to the selected cluster. No request is sent yet.

    A server is the command line's, ARGO_SERVER's or [tool.laminar]'s; ``--context`` on the command line means the kubeconfig.

    Raises ClusterError where nothing names a cluster.
    """
    server = choice.server or (None if choice.context else environ.get("ARGO_SERVER") or (project.server if project else None))
    namespace = choice.namespace or environ.get("ARGO_NAMESPACE") or (project.namespace if project else None)
    if server:
        endpoint = _server(server, choice, environ)
        return ArgoServer(HttpSession(endpoint), namespace or _namespace(environ, choice))
    context = choice.context or (project.context if project else None)
    found = kubeconfig.load(environ, context, timeout=choice.timeout) or kubeconfig.service_account(environ, timeout=choice.timeout)
    if found is None:
        raise ClusterError(
            "No cluster is named: there is no Argo server, no kubeconfig and no service account of a pod.",
            fix="set ARGO_SERVER=host:port, KUBECONFIG, or server in [tool.laminar] of pyproject.toml.",
            code=1,
        )
    endpoint, own = found
    return KubernetesApi(HttpSession(_overridden(endpoint, choice)), namespace or own)


def _namespace(environ: Mapping[str, str], choice: Choice) -> str:
    """Return the namespace of the kubeconfig's current context, which the argo command line uses with a server too."""
    try:
        found = kubeconfig.load(environ, None, timeout=choice.timeout)
    except ClusterError:
        found = None
    return found[1] if found is not None else "default"


def _server(server: str, choice: Choice, environ: Mapping[str, str]) -> Endpoint:
    """Return the endpoint of an Argo server. ARGO_SECURE holds where the address has no scheme; ARGO_HTTP1 always does."""
    secure = _is_true(environ, "ARGO_SECURE", default=True)
    scheme, _, rest = server.rpartition("://")
    url = f"{scheme or ('https' if secure else 'http')}://{rest.rstrip('/')}"
    base = environ.get("ARGO_BASE_HREF", "").strip("/")
    insecure = choice.insecure or _is_true(environ, "ARGO_INSECURE_SKIP_VERIFY", default=False)
    return Endpoint(
        url=f"{url}/{base}" if base else url,
        shown=f"The Argo server {rest.rstrip('/')}",
        verify=False if insecure else _existing(choice.authority, "--certificate-authority") or True,
        certificate=_certificate(choice),
        login=bearer(environ.get("ARGO_TOKEN", "")),
        timeout=choice.timeout,
    )


def _overridden(endpoint: Endpoint, choice: Choice) -> Endpoint:
    from dataclasses import replace

    verify = False if choice.insecure else _existing(choice.authority, "--certificate-authority") or endpoint.verify
    return replace(endpoint, verify=verify, certificate=_certificate(choice) or endpoint.certificate)


def _certificate(choice: Choice) -> tuple[str, str] | None:
    if not choice.certificate and not choice.private_key:
        return None
    certificate, key = _existing(choice.certificate, "--client-certificate"), _existing(choice.private_key, "--client-key")
    if not certificate or not key:
        raise ClusterError(
            "A client certificate needs its key.", fix="pass --client-certificate and --client-key together.", code=2
        )
    return certificate, key


def _existing(path: str | None, option: str) -> str | None:
    if path and not os.path.isfile(path):
        raise ClusterError(f"{option} names {path}, which is no file.", fix="correct the path.", code=2)
    return path


def _is_true(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").lower()
    if value in TRUE or value in FALSE:
        return value in TRUE
    if value:
        raise ClusterError(
            f"{name} is {environ[name]!r}, which is neither true nor false.", fix=f"set {name}=true or false.", code=2
        )
    return default
