"""Find the workflow of an address: a name, an execution's id, a unique beginning of either, or ``latest``."""

from __future__ import annotations

from collections.abc import Sequence

from laminar.compiler.cluster.progress import execution_of
from laminar.compiler.cluster.transport import Object, Transport
from laminar.exceptions import ClusterError

__all__ = ["LATEST", "find"]

LATEST = "latest"
SHOWN = 5


def find(transport: Transport, words: str, *, flow: str | None = None) -> str:
    """Return the name of the selected workflow. ``flow`` restricts `latest` and beginnings to the workflows of one flow.

    Raises ClusterError where nothing, or several, fit, with the places that were searched.
    """
    if words != LATEST:
        try:
            return str(transport.get("Workflow", words)["metadata"]["name"])
        except ClusterError as error:
            if error.status != 404:
                raise
    found = transport.objects("Workflow", labels=f"laminar/flow={flow}" if flow else "laminar/flow" if words == LATEST else "")
    where = f"namespace {transport.namespace} of {transport.shown[0].lower()}{transport.shown[1:]}"
    if words == LATEST:
        if not found:
            raise _unknown(f"There is no workflow{f' of flow {flow}' if flow else ''} in {where}.", found)
        return str(max(found, key=_age)["metadata"]["name"])
    fitting = [one for one in found if _fits(one, words)]
    exact = [one for one in fitting if execution_of(one) == words]
    fitting = exact if len(exact) == 1 else fitting
    if not fitting:
        raise _unknown(f"No workflow and no execution begins with {words!r} among {len(found)} in {where}.", found)
    if len(fitting) > 1:
        names = sorted(str(one["metadata"]["name"]) for one in fitting)
        raise ClusterError(
            f"{words!r} fits {len(names)} workflows in {where}: {_some(names)}.", fix="write more of the name.", code=1
        )
    return str(fitting[0]["metadata"]["name"])


def _fits(workflow: Object, words: str) -> bool:
    metadata = workflow["metadata"]
    return any(str(text).startswith(words) for text in (metadata["name"], metadata.get("uid", ""), execution_of(workflow)))


def _age(workflow: Object) -> tuple[str, str]:
    return str(workflow["metadata"].get("creationTimestamp", "")), str(workflow["metadata"]["name"])


def _unknown(what: str, found: Sequence[Object]) -> ClusterError:
    newest = [str(one["metadata"]["name"]) for one in sorted(found, key=_age, reverse=True)]
    fix = f"the newest are: {_some(newest)}." if newest else "submit one: laminar submit PROGRAM"
    return ClusterError(what, fix=fix, code=1)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
