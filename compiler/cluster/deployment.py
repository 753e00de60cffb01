"""Deploy templates and schedules: create or update the objects of a program, and none of another program."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laminar.compiler.cluster.comparison import Change, compare, describe
from laminar.compiler.cluster.transport import Object, Transport
from laminar.exceptions import ClusterError, raise_all

__all__ = ["SHORT", "Step", "apply", "owned", "owner_of", "plan_deployment", "stale"]

OWNER = "laminar/owner"
SHORT = {"WorkflowTemplate": "template", "ClusterWorkflowTemplate": "cluster-template", "CronWorkflow": "cron"}
"""Kinds that are deployed, by the names that commands have for them."""


@dataclass(frozen=True)
class Step:
    """One object to deploy: the document, the deployed one, and their differences."""

    document: Object
    deployed: Object | None
    changes: tuple[Change, ...]

    @property
    def shown(self) -> str:
        """The object as commands name it."""
        return f"{SHORT[self.document['kind']]}/{self.document['metadata']['name']}"


def owner_of(program: str, root: Path) -> str:
    """Return the owner of a program's objects: its path in its project, after the project's folder.

    >>> owner_of("/srv/churn/flows/train.py", Path("/srv/churn"))
    'churn/flows/train.py'
    """
    path = Path(program).resolve()
    inside = path.relative_to(root.resolve()) if path.is_relative_to(root.resolve()) else Path(path.name)
    return f"{root.resolve().name}/{inside.as_posix()}"


def _label(owner: str) -> str:
    """Return an owner as a label's value: at most 63 of letters, digits, `-`, `_`, `.`; a digest keeps different ones apart."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", ".", owner).strip("-_.")
    return plain if plain.replace(".", "/") == owner.replace(".", "/") and len(plain) <= 63 else _digest(plain, owner)


def _digest(plain: str, owner: str) -> str:
    return f"{plain[-46:].strip('-_.')}.{hashlib.sha256(owner.encode()).hexdigest()[:12]}"


def owned(document: Mapping[str, Any], owner: str) -> Object:
    """Return a document with its owner in a label and, whole, in an annotation."""
    made: Object = copy.deepcopy(dict(document))
    metadata = made["metadata"]
    metadata["labels"] = {**metadata.get("labels", {}), OWNER: _label(owner)}
    metadata["annotations"] = {**metadata.get("annotations", {}), OWNER: owner}
    return made


def plan_deployment(transport: Transport, documents: Sequence[Mapping[str, Any]], owner: str, *, force: bool = False) -> list[Step]:
    """Return the changes of a deployment.

    Raises ClusterError, before anything is changed, for each object that another program owns, unless ``force`` replaces its owner.
    """
    steps, problems = [], []
    for document in documents:
        made = owned(document, owner)
        there = _deployed(transport, made)
        step = Step(made, there, tuple(compare(describe(there), describe(made))) if there is not None else ())
        theirs = str(((there or {}).get("metadata", {}).get("annotations") or {}).get(OWNER) or "")
        if there is not None and theirs != owner and not force:
            whose = f"{theirs} owns it" if theirs else "laminar deploy has not created it"
            problems.append(
                ClusterError(f"{step.shown} is deployed, and {whose}.", fix="--force replaces it; --name avoids it.", code=1)
            )
        steps.append(step)
    raise_all(problems)
    return steps


def _deployed(transport: Transport, document: Object) -> Object | None:
    try:
        return transport.get(document["kind"], document["metadata"]["name"])
    except ClusterError as error:
        if error.status != 404:
            raise
        return None


def apply(transport: Transport, step: Step, *, force: bool = False, dry_run: bool = False) -> None:
    """Create or update one object.

    Raises ClusterError, also where another manager owns a field and ``force`` is false.
    """
    try:
        transport.apply(step.document, force=force, dry_run=dry_run)
    except ClusterError as error:
        if error.status == 409 and not force:
            error.fix = "another manager owns these fields: --force replaces them."
        raise


def stale(transport: Transport, documents: Sequence[Mapping[str, Any]], owner: str) -> list[tuple[str, str]]:
    """Return kind and name of the objects that a program owns and no longer has.

    Kinds that the credentials must not list are left out.
    """
    kept = {(document["kind"], document["metadata"]["name"]) for document in documents}
    found = []
    for kind in SHORT:
        try:
            there = transport.objects(kind, labels=f"{OWNER}={_label(owner)}")
        except ClusterError as error:
            if error.status not in (403, 404):
                raise
            continue
        found += [(kind, str(one["metadata"]["name"])) for one in there if (kind, one["metadata"]["name"]) not in kept]
    return found
