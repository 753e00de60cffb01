"""Stamp a split's document with its time, its machine and the digests of its code."""

from __future__ import annotations

import hashlib
import inspect
import linecache
import os
import tokenize
from functools import cache, lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from laminar.configurations.datastores.documents.record import Record
from laminar.program import main_module
from laminar.program.file_digest import digest_of
from laminar.timestamps import now

if TYPE_CHECKING:
    from laminar.components.layer import Layer
    from laminar.worker.job import SplitJob

__all__ = ["Stamp", "prepare", "source_digest"]

BLOCKS = {tokenize.INDENT: "{", tokenize.DEDENT: "}"}
"""Marks of a digest for the borders of a block, however far it is indented."""


class Stamp:
    """Hold the time, the machine and the digests of code of a document."""

    def __init__(self, layer: type[Layer]) -> None:
        self.started = now()
        self.source = source_digest(layer)

    def record(self, flow: str, execution: str, layer: str, **fields: Any) -> Record:
        """Return a document that is finished now."""
        return Record(
            flow=flow,
            execution=execution,
            layer=layer,
            started=self.started,
            finished=now(),
            host=host(),
            program=program_digest(),
            source=self.source,
            **fields,
        )

    def split_record(self, job: SplitJob, **fields: Any) -> Record:
        """Return the document of a job's split, finished now."""
        place = {"index": job.index, "splits": job.splits, "attempt": job.attempt}
        return self.record(job.flow, job.execution, job.layer, **place, **fields)


def prepare(layer: type[Layer]) -> None:
    """Find once the values that the documents of all splits of a layer share; forked processes inherit them."""
    source_digest(layer)
    program_digest()
    host()


@cache
def host() -> str:
    """Return the name of this machine."""
    return os.uname().nodename


@lru_cache(maxsize=1)
def program_digest() -> str:
    """Return the SHA-256 of the program's file, empty where there is none or it cannot be read any more."""
    program = main_module.current()
    return "" if program is None else digest_of(program.path)


def source_digest(layer: type[Layer]) -> str:
    """Return the SHA-256 of the source of a layer's own functions, empty where there is no source.

    Comments and layout are ignored. A change of another function of the class, or of the code around it, does not
    change the part that one function has in it.
    """
    if layer not in _digests:
        digest = hashlib.sha256()
        for name, value in sorted(vars(layer).items()):
            code = getattr(value, "__code__", None)
            if isinstance(code, CodeType):
                digest.update(f"{name}\n{function_source(code)}".encode())
        _digests[layer] = digest.hexdigest()
    return _digests[layer]


_digests: dict[type[Layer], str] = {}


def function_source(code: CodeType) -> str:
    """Return the tokens of one function, without comments and layout.

    `inspect.getsource` parses the whole file for a class, which would cost more than a layer's start; `inspect.getblock` reads the
    lines of the one function.
    """
    lines = inspect.getblock(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    try:
        tokens = list(tokenize.generate_tokens(iter(lines).__next__))
    except (tokenize.TokenError, IndentationError, StopIteration, SyntaxError):
        return "".join(lines)
    return " ".join(BLOCKS.get(token.type, token.string) for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL))
