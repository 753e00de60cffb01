"""Declare the options that name a cluster, which all of its commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.options.quantity import Duration

if TYPE_CHECKING:
    from laminar.compiler.cluster.transport import Transport

__all__ = ["Cluster", "cluster_options", "flow_filter", "run_argument", "timeout_option"]

NAMES = ("server", "context", "namespace", "authority", "certificate", "private_key", "insecure", "timeout")


@dataclass(frozen=True)
class Cluster:
    """Options of the command line that choose the cluster."""

    given: tuple[tuple[str, Any], ...]

    @property
    def is_named(self) -> bool:
        """Whether the command line names the cluster or the namespace."""
        given = dict(self.given)
        return any(given.get(name) for name in ("server", "context", "namespace"))

    def connect(self, program: str | None = None) -> Transport:
        """Return the transport to the cluster; the program's project may name it, else the working folder's.

        Raises ClusterError where nothing names one.
        """
        from laminar.compiler import project
        from laminar.compiler.cluster.connection import Choice, connect

        return connect(Choice(**dict(self.given)), project.find(Path(program or Path.cwd() / "none")))


OPTIONS = (
    click.option("--server", metavar="HOST:PORT", help="Use this Argo server.  [default: ARGO_SERVER, [tool.laminar] server]"),
    click.option("--context", metavar="NAME", help="Use this context of the kubeconfig, and no Argo server."),
    click.option("-n", "--namespace", metavar="NAME", help="Look in this namespace.  [default: ARGO_NAMESPACE, the context's]"),
    click.option("--certificate-authority", "authority", metavar="FILE", help="Trust the authorities in this file."),
    click.option("--client-certificate", "certificate", metavar="FILE", help="Authenticate with this certificate."),
    click.option("--client-key", "private_key", metavar="FILE", help="The certificate's key."),
    click.option("--insecure-skip-tls-verify", "insecure", is_flag=True, help="Trust any certificate."),
    click.option(
        "--request-timeout",
        "timeout",
        type=Duration(),
        default=30.0,
        show_default="30s",
        help="Time limit for a response.",
    ),
)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which receives them as one value: ``cluster``."""

    @functools.wraps(command)
    def collecting(**given: Any) -> Any:
        if given["server"] and given["context"]:
            raise click.UsageError("--server is an Argo server, --context a kubeconfig's: pass one of them.")
        cluster = Cluster(tuple((name, given.pop(name)) for name in NAMES))
        return command(cluster=cluster, **given)

    for option in reversed(OPTIONS):
        collecting = option(collecting)
    return collecting


run_argument = click.argument("run", metavar="RUN")
flow_filter = click.option("--flow", metavar="NAME", help="Use the workflows of this flow only.")
timeout_option = click.option("--timeout", "seconds", type=Duration(), help="Stop waiting after this time, with exit code 124.")
