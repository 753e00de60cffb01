"""Pickle values into frames of bytes and back: the pickle stream, followed by the large buffers.

Large buffers are sent out of band (PEP 574, pickle protocol 5), so that an array is written without a copy of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

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
        return list(frames_of(_dumps_by_value, value))
    except LaminarError:
        raise
    except Exception:
        raise DatastoreError(
            f"A value of type {type(value).__name__!r} cannot be pickled: {refused}",
            fix=f"store plain data made of it, or register how it is stored: @datastore.protocol({type(value).__name__}).",
        ) from refused


def _dumps_by_value(value: Any, **options: Any) -> bytes:
    """Return the pickle of a value that cloudpickle makes, of the same kind as the value.

    cloudpickle makes bytes of a memoryview, and a StringIO of an open text file (cloudpickle/cloudpickle.py, 3.1,
    _memoryview_reduce and _file_reduce). A layer below would meet another type than the one that was set.
    """
    import io
    from collections import ChainMap

    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table: ClassVar[Any] = ChainMap(
            {memoryview: _reduced_view, io.TextIOWrapper: _reduced_file}, cloudpickle.Pickler.dispatch_table
        )

    with io.BytesIO() as stream:
        Pickler(stream, **options).dump(value)
        return stream.getvalue()


def _reduced_view(view: memoryview) -> tuple[Any, ...]:
    """Return how a memoryview is made again: of its bytes, then with its format and shape."""
    data = bytes(view) if view.readonly else bytearray(view)
    if view.format == "B" and view.ndim == 1:
        return memoryview, (data,)
    import operator  # what is stored names the standard library only: a reader needs nothing of this module

    shape = view.shape if view.ndim != 1 else None  # cast() rejects a length of 0 in a shape
    words = (view.format, shape) if shape is not None else (view.format,)
    memoryview(data).cast(*words)  # raises for a format that cannot be made again
    return operator.methodcaller("cast", *words), (memoryview(data),)


def _reduced_file(file: Any) -> Any:
    """Return how a standard stream is found again; raise TypeError for any other file, as pickle does for a binary one."""
    import sys

    for name in ("stdout", "stderr"):
        if file is getattr(sys, name):
            return getattr, (sys, name)
    raise TypeError(f"cannot pickle {type(file).__name__!r} object")


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
