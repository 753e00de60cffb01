"""Log in: bearer tokens, files of them, and the exec plugins that clouds' kubeconfigs name."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from laminar.compiler.cluster.http_session import Login
from laminar.exceptions import ClusterError

__all__ = ["ExecPlugin", "TokenFile", "basic", "bearer"]

VERSIONS = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
PATIENCE = 60
"""Seconds that a plugin may take: it may wait for its user to log in."""


def bearer(token: str) -> Login:
    """Return a login by a token; one that names its scheme, such as ``Basic ...``, is sent as it is.

    >>> bearer("abc")(False), bearer("Bearer abc")(False), bearer("")(False)
    ('Bearer abc', 'Bearer abc', '')
    """
    token = token.strip()
    value = token if " " in token or not token else f"Bearer {token}"
    return lambda _: value


def basic(user: str, password: str) -> Login:
    """Return a login by name and password."""
    value = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return lambda _: value


@dataclass(frozen=True)
class TokenFile:
    """A login by a file's token, read each time: the kubelet replaces a pod's token before it expires."""

    path: Path

    def __call__(self, rejected: bool) -> str:
        try:
            return bearer(self.path.read_text(encoding="utf-8"))(rejected)
        except OSError as error:
            raise ClusterError(f"The token's file {self.path} cannot be read: {error.strerror}.", status=401) from None


@dataclass
class ExecPlugin:
    """A login by a program that prints an ExecCredential (kubernetes.io, Authentication, client-go credential plugins)."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: str = VERSIONS[0]
    hint: str = ""
    interactive: bool = True
    cluster: Mapping[str, Any] | None = None
    _status: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, read: Mapping[str, Any], cluster: Mapping[str, Any]) -> ExecPlugin:
        """Return the plugin of a kubeconfig's user.

        Raises ClusterError for an unknown version.
        """
        version = str(read.get("apiVersion") or "")
        if version not in VERSIONS:
            raise ClusterError(
                f"The kubeconfig's exec plugin speaks {version!r}.", fix=f"it must be one of: {', '.join(VERSIONS)}.", code=1
            )
        return cls(
            command=str(read.get("command") or ""),
            args=tuple(map(str, read.get("args") or ())),
            env={str(one["name"]): str(one["value"]) for one in read.get("env") or ()},
            version=version,
            hint=str(read.get("installHint") or ""),
            interactive=read.get("interactiveMode") != "Never" and sys.stdin is not None and sys.stdin.isatty(),
            cluster=_public(cluster) if read.get("provideClusterInfo") else None,
        )

    def __call__(self, rejected: bool) -> str:
        return bearer(str(self._credential(anew=rejected).get("token") or ""))(rejected)

    def certificates(self) -> dict[str, str]:
        """Return the client certificate that the plugin prints, under a kubeconfig's names; empty where it prints a token."""
        status = self._credential()
        names = {"client-certificate-data": "clientCertificateData", "client-key-data": "clientKeyData"}
        return {ours: str(status[theirs]) for ours, theirs in names.items() if status.get(theirs)}

    def _credential(self, *, anew: bool = False) -> Mapping[str, Any]:
        if self._status is None or anew or _is_past(str(self._status.get("expirationTimestamp") or "")):
            self._status = self._run()
        return self._status

    def _run(self) -> Mapping[str, Any]:
        spec = {"interactive": self.interactive, **({"cluster": self.cluster} if self.cluster is not None else {})}
        asked = {"apiVersion": self.version, "kind": "ExecCredential", "spec": spec}
        env = {**os.environ, **self.env, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
        try:
            done = subprocess.run(
                [self.command, *self.args],
                env=env,
                stdin=None if self.interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if self.interactive else subprocess.PIPE,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"does not end within {PATIENCE} s" if isinstance(error, subprocess.TimeoutExpired) else "cannot be started"
            raise self._error(why) from None
        if done.returncode:
            raise self._error(f"ended with exit code {done.returncode}{_last(done.stderr)}")
        try:
            status = json.loads(done.stdout)["status"]
            if not (status.get("token") or status.get("clientCertificateData")):
                raise KeyError("token")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._error("prints no ExecCredential with a token or a certificate") from None
        return dict(status)

    def _error(self, why: str) -> ClusterError:
        fix = self.hint.strip().splitlines()[0] if self.hint.strip() else f"run it by hand: {self.command}, and log in."
        return ClusterError(f"The kubeconfig's exec plugin {self.command!r} {why}.", status=401, fix=fix)


def _public(cluster: Mapping[str, Any]) -> dict[str, Any]:
    names: Sequence[str] = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
    return {name: cluster[name] for name in names if cluster.get(name)}


def _last(stderr: bytes | None) -> str:
    """Return the last line that a plugin wrote to stderr, where kubectl shows all of them."""
    lines = (stderr or b"").decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].strip()[:200]}" if lines else ""


def _is_past(timestamp: str) -> bool:
    try:
        return bool(timestamp) and datetime.fromisoformat(timestamp.replace("Z", "+00:00")) <= datetime.now(timezone.utc)
    except ValueError:
        return False
