"""Define the errors that laminar raises, in the user's terms.

The tree::

    LaminarError
    |-- FlowError          a flow, a layer's registration or a program is defined wrongly
    |   `-- OptionError    an option that does not exist, or has a wrong value (a TypeError and a ValueError too)
    |-- LayerError         a layer does something it must not do while it runs
    |   `-- ArtifactError  an attribute that is read isn't there (an AttributeError too)
    |-- ExecutionError     a layer failed, or an execution cannot be started
    |-- SchedulerError     the requested graph cannot run
    |-- DatastoreError     stored data is missing or damaged
    |-- ClusterError       a cluster rejects a request, or does not answer
    `-- InternalError      a mistake of laminar itself
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "ArtifactError",
    "ClusterError",
    "DatastoreError",
    "ExecutionError",
    "FlowError",
    "InternalError",
    "LaminarError",
    "LayerError",
    "OptionError",
    "SchedulerError",
    "located",
    "nearest",
    "raise_all",
    "suggest",
]


class LaminarError(Exception):
    """Report an error, its place, and how to fix it.

    ``what`` is one or more whole sentences, ``where`` a place such as ``"flow.py:31, Train.__call__(clean: Clean)"``,
    ``fix`` an imperative. Several errors found together are one error whose ``problems`` are the single ones.

    >>> print(FlowError("Flow 'A' has no layers.", where="flow.py:3", fix="register one."))
    Flow 'A' has no layers.
      at: flow.py:3
      fix: register one.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix
        self.problems: tuple[LaminarError, ...] = ()

    def __str__(self) -> str:
        if self.problems:
            return "\n\n".join(str(problem) for problem in self.problems)
        lines = [self.what]
        if self.where:
            lines.append(f"  at: {self.where}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(cls: type[LaminarError], args: tuple[Any, ...], state: dict[str, Any]) -> LaminarError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class FlowError(LaminarError):
    """A flow, a layer's registration or a program is defined wrongly."""


class OptionError(FlowError, TypeError, ValueError):
    """An option that does not exist, or whose value is of a wrong type or shape (a TypeError and a ValueError too)."""


class LayerError(LaminarError):
    """A layer does something it must not do while it runs."""


class ArtifactError(LayerError, AttributeError):
    """An attribute that is read isn't there: the layer was skipped, is unfinished or never set it."""


class ExecutionError(LaminarError):
    """A layer failed, or an execution cannot be started.

    ``flow``, ``layer``, ``index`` and ``attempt`` name the split that failed, where one did.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        fix: str = "",
        execution: str | None = None,
        flow: str = "",
        layer: str = "",
        index: int | None = None,
        attempt: int | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.execution = execution
        self.flow = flow
        self.layer = layer
        self.index = index
        self.attempt = attempt


class SchedulerError(LaminarError):
    """The requested graph cannot run."""


class DatastoreError(LaminarError):
    """Stored data is missing or damaged; ``address`` is that of the artifact, where it is one.

    ``transient`` means neither, as far as is known: the storage is out of reach, and a later attempt may succeed.
    """

    transient: bool = False

    def __init__(self, what: str, *, where: str = "", fix: str = "", address: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.address = address


class ClusterError(LaminarError):
    """A cluster rejects a request, or does not answer; ``status`` is the HTTP status, 0 where there was no answer.

    ``lost`` means that the request may have been carried out: the connection ended before its answer came. The exit code follows
    sysexits.h: 69 (EX_UNAVAILABLE) where a later attempt may succeed, 77 (EX_NOPERM) for missing credentials or rights.

    >>> ClusterError("The server is busy.", status=429).exit_code, ClusterError("Forbidden.", status=403).exit_code
    (69, 77)
    """

    def __init__(
        self, what: str, *, where: str = "", fix: str = "", status: int = 0, lost: bool = False, code: int | None = None
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.status = status
        self.lost = lost
        transient = status in (0, 408, 429) or status >= 500
        self.exit_code = code if code is not None else 77 if status in (401, 403) else 69 if transient else 1


class InternalError(LaminarError):
    """A mistake of laminar itself; please report it."""


@contextmanager
def located(where: str) -> Iterator[None]:
    """Add a place to the errors raised inside that do not name one yet.

    >>> with located("flow.py:3"):
    ...     raise FlowError("Flow 'A' has no layers.")
    Traceback (most recent call last):
    laminar.exceptions.FlowError: Flow 'A' has no layers.
      at: flow.py:3
    """
    try:
        yield
    except LaminarError as error:
        if not error.where:
            error.where = where
        raise


def raise_all(problems: Iterable[LaminarError]) -> None:
    """Raise every problem at once, and nothing where there is none."""
    found = tuple(problems)
    if not found:
        return None
    if len(found) == 1:
        raise found[0]
    error = type(found[0])(found[0].what)
    error.problems = found
    raise error


def suggest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return a question for an unknown word: which known one is closest, or an empty text where none is close.

    >>> suggest("retires", ["retry", "catch"])
    " Did you mean 'retry'?"
    >>> suggest("x", ["retry", "catch"])
    ''
    """
    near = nearest(word, known, cutoff=cutoff)
    return f" Did you mean {near!r}?" if near else ""


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the known word that is closest to an unknown one, or an empty text where none is close.

    >>> nearest("retires", ["retry", "catch"])
    'retry'
    """
    import difflib  # imported only here: most programs have no misspelt word

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")
