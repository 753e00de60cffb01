"""Mark for type checkers, and readers, whether an attribute is read as one element or as all of them.

A layer's annotation can name only one type, but a sharded attribute reads as one element inside a split that iterates over it, and
as an Accessor elsewhere; an attribute of a fan-out is one value where it is set, and an Accessor where all are read. These
functions do not change the value; a wrong assumption is an error.

>>> from laminar import Layer
>>> from laminar.configurations.datastores import Accessor
>>> class Read(Layer):
...     rows: Accessor[str]         # self.shard(rows=...)
>>> class Use(Layer):               # registered with foreach=ForEach([Parameter(Read, "rows")])
...     length: int
...     def __call__(self, read: Read) -> None:
...         self.length = len(one(read.rows))
>>> class Sum(Layer):
...     def __call__(self, use: Use) -> None:
...         self.total = sum(every(use.length))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from laminar.exceptions import LayerError
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.configurations.datastores import Accessor

__all__ = ["every", "one"]

T = TypeVar("T")


def one(value: Accessor[T]) -> T:
    """Return an attribute annotated ``Accessor[T]`` as the one element that it is in this split.

    Raises LayerError where it is the whole Accessor: then no ForEach of the layer iterates over it.

    >>> one("first")
    'first'
    """
    from laminar.configurations.datastores import Accessor as Whole

    found: Any = value
    if isinstance(found, Whole):
        raise LayerError(
            f"This attribute is read whole here, all {len(found)} elements of it.",
            where=source_location.caller(),
            fix="register the layer with foreach=ForEach([Parameter(Layer, 'attribute')]), or iterate over it.",
        )
    return cast(T, found)


def every(value: T) -> Accessor[T]:
    """Return an attribute of a fan-out layer, annotated with the type of one split's value, as the Accessor over all splits.

    A list or tuple, as a test gives it, is returned as it is. Raises LayerError for a single value.

    >>> list(every([1, 2]))
    [1, 2]
    """
    from laminar.configurations.datastores import Accessor as Whole

    found: Any = value
    if not isinstance(found, (Whole, list, tuple)):
        raise LayerError(
            f"This attribute is one value here, of type {type(found).__name__}, not those of all splits.",
            where=source_location.caller(),
            fix="drop every(), or read the attribute of a layer that has a ForEach, outside of its splits.",
        )
    return cast("Accessor[T]", found)
