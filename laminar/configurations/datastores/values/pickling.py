"""Pickle values into frames of bytes and back: the pickle stream, followed by the large buffers.

Large buffers are sent out of band (PEP 574, pickle protocol 5), so that an array is written without a copy of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.exceptions import DatastoreError, LaminarError

__all__ = ["dump", "dump_in_band", "load"]

IN_BAND = 1 << 18
"""Buffers (of numpy, pandas) of fewer bytes stay within the stream: a copy costs less than another frame."""


def dump(value: Any) -> list[Buffer]:
    """Return the pickle stream of a value, followed by its large buffers, which are not copied.

    cloudpickle pickles values that pickle rejects (lambdas, local classes). Raises DatastoreError where that fails too.

    >>> load(dump({"a": (1, 2)}))
    {'a': (1, 2)}
    """
    return dumped_by(out_of_band, value)


def dump_in_band(value: Any) -> bytes:
    """Return the pickle of a value as one stream, its large buffers included.

    Raises DatastoreError as ``dump`` does.
    """
    return bytes(dumped_by(in_band, value)[0])


def dumped_by(frames_of: Any, value: Any) -> list[Buffer]:
    """Return the frames that a function makes with pickle, else with cloudpickle."""
    import pickle

    try:
        return list(frames_of(pickle.dumps, value))
    except LaminarError:
        raise  # an Accessor inside the value could not be read
    except Exception as error:
        refused = error
    try:
        import cloudpickle

        return list(frames_of(cloudpickle.dumps, value))
    except LaminarError:
        raise
    except Exception:
        raise DatastoreError(
            f"A value of type {type(value).__name__!r} cannot be pickled: {refused}",
            fix=f"store plain data made of it, or register how it is stored: @datastore.protocol({type(value).__name__}).",
        ) from refused


def in_band(dumps: Any, value: Any) -> list[Buffer]:
    """Return one frame with the whole value."""
    return [dumps(value, protocol=5)]


def out_of_band(dumps: Any, value: Any) -> list[Buffer]:
    """Return the stream of a value and its large buffers."""
    frames: list[Buffer] = []

    def is_in_band(buffer: Any) -> bool:
        try:
            view = buffer.raw()
        except BufferError:  # not contiguous: it cannot be written as it is
            return True
        if view.nbytes < IN_BAND:
            return True
        frames.append(view)
        return False

    stream = dumps(value, protocol=5, buffer_callback=is_in_band)
    return [stream, *frames]


def load(frames: Sequence[Buffer]) -> Any:
    """Return the value of frames that ``dump`` made.

    Its buffers are the frames themselves where those are writable, else copies, so that arrays can be changed in place.
    Raises DatastoreError where one of its classes cannot be imported here.
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
