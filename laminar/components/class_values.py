"""Copy mutable class values for each layer instance, so that a change in place is seen and stays with the instance."""

from __future__ import annotations

import copy
from typing import Any

__all__ = ["changed", "own_copy"]

IMMUTABLE = (bool, int, float, complex, str, bytes, type(None), frozenset, range, type)


def own_copy(value: Any) -> Any:
    """Return a copy of a mutable value; the value itself where it cannot change, or cannot be copied.

    >>> rows, text = [], "text"
    >>> own_copy(rows) is rows, own_copy(text) is text
    (False, True)
    """
    if isinstance(value, IMMUTABLE) or (isinstance(value, tuple) and all(isinstance(item, IMMUTABLE) for item in value)):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # a lock, an open file, or another object that cannot be copied
        return value


def changed(before: Any, after: Any) -> bool:
    """Return whether a copy differs from its original.

    >>> changed([1], [1]), changed([1], [1, 2])
    (False, True)
    """
    if before is after:
        return False
    try:
        if bool(before == after):
            return False
    except Exception:  # the truth value of an array is ambiguous
        pass
    import pickle  # imported only where such a value is stored

    try:
        return pickle.dumps(before) != pickle.dumps(after)
    except Exception:  # a value that cannot be pickled cannot be stored
        return False
