"""Turn values into frames of bytes and back: the pickle stream, then the large buffers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from laminar.exceptions import DatastoreError, LaminarError

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["dump", "load"]

IN_BAND = 1 << 18
"""Buffers (numpy's, pandas') of fewer bytes stay within the stream: a copy costs less than a frame of their own."""


def dump(value: Any) -> list[Buffer]:
    """Return the pickle stream of a value, followed by its large buffers, which are not copied.

    What pickle refuses (lambdas, local classes) is tried with cloudpickle. Raises DatastoreError where that can't either.

    >>> load(dump({"a": (1, 2)}))
    {'a': (1, 2)}
    """
    import pickle

    try:
        return frames_by(pickle.dumps, value)
    except LaminarError:
        raise  # an Accessor inside the value could not be read
    except Exception as error:
        refused = error
    try:
        import cloudpickle

        return frames_by(cloudpickle.dumps, value)
    except LaminarError:
        raise
    except Exception:
        raise DatastoreError(
            f"A value of type {type(value).__name__!r} cannot be pickled: {refused}",
            fix=f"store plain data made of it, or say how it is stored with @datastore.protocol({type(value).__name__}).",
        ) from refused


def frames_by(dumps: Any, value: Any) -> list[Buffer]:
    frames: list[Buffer] = []

    def is_in_band(buffer: Any) -> bool:
        try:
            view = buffer.raw()
        except BufferError:  # not contiguous: nothing that could be written as it is
            return True
        if view.nbytes < IN_BAND:
            return True
        frames.append(view)
        return False

    stream = dumps(value, protocol=5, buffer_callback=is_in_band)
    return [stream, *frames]


def load(frames: Sequence[Buffer]) -> Any:
    """Return the value of frames that ``dump`` made.

    Its buffers are the frames themselves where those can be written to, else copies, so that arrays can be changed in place.
    Raises DatastoreError where a class of it cannot be imported here.
    """
    import pickle

    buffers = [bytearray(frame) if memoryview(frame).readonly else frame for frame in frames[1:]]
    try:
        return pickle.loads(frames[0], buffers=buffers)
    except Exception as error:
        raise DatastoreError(
            f"A stored value cannot be unpickled: {type(error).__name__}: {error}",
            fix="read it with the program that stored it, and with its packages installed.",
        ) from error
