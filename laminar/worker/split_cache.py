"""Reuse the result of a finished split with the same key, and keep results for later splits."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from laminar.exceptions import LaminarError
from laminar.program import random_generators
from laminar.worker import run_notes
from laminar.worker.document_stamp import Stamp

if TYPE_CHECKING:
    from laminar.components.layer import Layer
    from laminar.configurations.datastores import DataStore, Record
    from laminar.worker.job import ExecutionScope, SplitJob

__all__ = ["VARIABLE", "is_read", "keep", "key", "prepare", "take"]

VARIABLE = "LAMINAR_CACHE"
"""Variable that is ``off`` where layers run although the cache has their results."""


def is_read() -> bool:
    """Return whether results may be reused in this process."""
    return os.environ.get(VARIABLE, "").strip().lower() not in ("off", "no", "false", "0")


def prepare(scope: ExecutionScope, layer: str) -> None:
    """Walk a layer's code, in a process that is about to be forked for its splits."""
    if scope.registrations[layer].configuration.cache is not None:
        from laminar.configurations.datastores.documents import cache_index  # noqa: F401  imported for the splits
        from laminar.worker import cache_key

        with contextlib.suppress(Exception):  # a split raises it again, and reports it
            cache_key.code_of(scope, layer)
            random_generators.shared_states()  # the sources that name seeds are read once


def key(layer: Layer, job: SplitJob) -> str:
    """Return the key of a split's result, empty where the layer has no cache or its result cannot be compared."""
    if job.registration.configuration.cache is None or not job.splits:
        return ""
    from laminar.program.code_digest import NotComparable
    from laminar.worker import cache_key

    try:
        return cache_key.key_of(job, cache_key.code_of(job, job.layer))
    except NotComparable as error:
        run_notes.not_cached(layer, str(error))
    except LaminarError:
        pass  # an input cannot be read: the layer raises that error itself
    except Exception as error:  # an error of an object's own reduction: the layer runs in any case
        run_notes.not_cached(layer, f"{type(error).__name__}: {error}")
    return ""


def take(job: SplitJob, key: str) -> Record | None:
    """Write a split's document with the result of an earlier split that has the same key; return None where there is none."""
    if not is_read() or not job.cached:
        return None
    from laminar.configurations.datastores.documents import cache_index

    found = cache_index.find(job.store, key)
    if found is None:
        return None
    origin = dict(found.reused) or {
        "execution": found.execution,
        "index": found.index,
        "started": found.started,
        "finished": found.finished,
    }
    record = Stamp(job.registration.layer).split_record(
        job,
        artifacts=found.artifacts,
        key=key,
        reused=origin,
    )
    job.store.save(record)
    cache_index.add(job.store, record, found)
    run_notes.reused(job, str(origin["execution"]))
    return record


def keep(store: DataStore, record: Record) -> None:
    """Write the key of a finished split into the cache, if it has one."""
    if record.key:
        from laminar.configurations.datastores.documents import cache_index

        cache_index.add(store, record)
