"""Find the datastore that all pods of a chain can reach."""

from __future__ import annotations

from laminar.configurations.datastores import Local, open_store
from laminar.exceptions import FlowError
from laminar.graph import PARAMETERS
from laminar.program.recording import Chain

__all__ = ["datastore_url"]


def datastore_url(chain: Chain, given: str | None) -> str:
    """Return the URL of the datastore that a chain's pods share: the one that is given, else the flows' own.

    Raises FlowError for one that pods cannot reach.
    """
    if given is not None:
        _check_url(given, chain)
        return given
    stores = {step.flow.configuration.datastore.url: step for step in chain.steps}
    if len(stores) > 1:
        raise FlowError(
            f"The flows of the chain keep their data in different places: {', '.join(sorted(stores))}.",
            where=chain.first.where,
            fix="give all of them one datastore, or pass --datastore URL.",
        )
    step = chain.first
    store = step.flow.configuration.datastore
    if not store.shared:
        raise FlowError(
            f"Flow {step.flow.name!r} keeps its data in the memory of one process, which pods cannot share.",
            where=step.where,
            fix="pass --datastore URL, set datastore in [tool.laminar] of pyproject.toml, or give the flow another datastore.",
        )
    if isinstance(store, Local):
        if store.relative:
            raise FlowError(
                f"Flow {step.flow.name!r} keeps its data in a folder given as a relative path, which pods cannot share.",
                where=step.where,
                fix="pass --datastore URL, set datastore in [tool.laminar] of pyproject.toml, or give the flow another datastore.",
            )
        _check_mounted(store.root, chain)
    url: str = store.url
    return url


def _check_url(url: str, chain: Chain) -> None:
    if "://" not in url and not url.startswith("/"):
        raise FlowError(
            f"Datastore {url!r} is a relative path, which means nothing in a pod.",
            where=chain.first.where,
            fix="pass a URL such as s3://bucket/prefix, or the absolute path of a mounted volume.",
        )
    store = open_store(url)
    if not store.shared:
        raise FlowError(f"Datastore {url!r} is in one process, which pods cannot share.", fix="pass another URL.")
    if isinstance(store, Local):
        _check_mounted(store.root, chain)


def _check_mounted(root: str, chain: Chain) -> None:
    """Raise FlowError for layers in whose container no shared volume is mounted at a local store's folder."""
    missing: dict[str, str] = {}
    for step in chain.steps:
        for name, registration in step.flow.registrations.items():
            volumes = registration.configuration.container.volumes
            shared = [volume for volume in volumes if volume.claim or volume.host_path]
            if name != PARAMETERS and not any(_below(root, volume.mount) for volume in shared):
                missing.setdefault(name, registration.where)
    if missing:
        names = ", ".join(missing)
        raise FlowError(
            f"The datastore is the folder {root!r}, and no shared volume is mounted there in the container of: {names}.",
            where=next(iter(missing.values())),
            fix=f'add Container(volumes=[Volume(mount={root!r}, claim="...")]) to each, or use an object store.',
        )


def _below(path: str, folder: str) -> bool:
    return (path.rstrip("/") + "/").startswith(folder.rstrip("/") + "/")
