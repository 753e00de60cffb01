"""Define how values of a type become bytes, in place of pickling."""

from __future__ import annotations

from typing import IO, Any

__all__ = ["Protocol"]


class Protocol:
    """Convert values of a type to bytes and back: override ``dumps`` and ``loads``, or ``dump`` and ``load`` on a binary file.

    Register it with ``@datastore.protocol(T)``. Stored data names the protocol by ``name``, by default the qualified name of its
    class. Keep the name, and the bytes readable, for as long as there is stored data.

    >>> class Text(Protocol):
    ...     def dumps(self, value):
    ...         return value.encode()
    ...     def loads(self, data):
    ...         return data.decode()
    >>> import io
    >>> Text().load(io.BytesIO(b"one"))
    'one'
    """

    name: str = ""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "name" not in vars(cls):
            cls.name = cls.__qualname__

    def dumps(self, value: Any) -> bytes:
        """Return the bytes of a value."""
        import io

        file = io.BytesIO()
        self.dump(value, file)
        return file.getvalue()

    def loads(self, data: bytes) -> Any:
        """Return the value of the bytes that ``dumps`` or ``dump`` made."""
        import io

        return self.load(io.BytesIO(data))

    def dump(self, value: Any, file: IO[bytes]) -> None:
        """Write the bytes of a value to a binary file."""
        file.write(self.dumps(value))

    def load(self, file: IO[bytes]) -> Any:
        """Return the value read from a binary file."""
        return self.loads(file.read())


def missing_methods(cls: type[Protocol]) -> str:
    """Return which methods a protocol still has to define, "" where it is complete."""
    writes = cls.dumps is not Protocol.dumps or cls.dump is not Protocol.dump
    reads = cls.loads is not Protocol.loads or cls.load is not Protocol.load
    return " and ".join(text for text, there in (("dumps or dump", writes), ("loads or load", reads)) if not there)
