"""Add to errors the owner of missing or damaged data, and how to compute it again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.key_layout import artifact_key, document_key
from laminar.exceptions import DatastoreError, LaminarError
from laminar.graph import PARAMETERS

__all__ = ["Origin"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Name the attribute whose data is read; used only when reading fails.

    ``splits`` is how many splits the layer has, None where it is no fan-out. ``indexes`` are the splits that contributed. Of
    several, ``ends`` is the number of parts that each and those before it contributed. ``passed`` marks a layer that may have got
    the data from another one.
    """

    flow: str
    execution: str
    layer: str
    attribute: str
    splits: int | None = None
    indexes: Sequence[int] = (0,)
    ends: Sequence[int] = ()
    passed: bool = False

    def split_of(self, part: int | None) -> int | None:
        """Return the split that a part is of, None where that is unknown.

        >>> Origin(flow="F", execution="e", layer="L", attribute="a", indexes=(0, 2), ends=(3, 5)).split_of(3)
        2
        """
        if len(self.indexes) == 1:
            return self.indexes[0]
        return None if part is None or not self.ends else self.indexes[bisect_right(self.ends, part)]

    def place(self, split: int | None) -> str:
        """Return a description of the data of a split.

        >>> Origin(flow="F", execution="e", layer="L", attribute="a", splits=8).place(3)
        "L.a of flow 'F', execution 'e', split 3 of 8"
        """
        which = "" if self.splits is None or split is None else f", split {split} of {self.splits}"
        return f"{self.layer}.{self.attribute} of flow {self.flow!r}, execution {self.execution!r}{which}"

    def explain(self, error: LaminarError, storage: ByteStorage, part: int | None = None) -> None:
        """Add to a read error the data that it is about and how to compute it again, unless the error has a place already."""
        if error.where:
            return
        split = self.split_of(part)
        error.where = self.place(split)
        if isinstance(error, DatastoreError) and error.address and split is not None:
            error.fix = self.recovery(error, storage, split)

    def recovery(self, error: DatastoreError, storage: ByteStorage, split: int) -> str:
        """Return how to compute the data of a split again; its document must be deleted, as a finished split does not run again."""
        file = artifact_key(error.address)
        if self.layer == PARAMETERS:  # the caller of the flow passed them: resuming does not compute them again
            return f"restore {file} from a copy, or start a new execution with these parameters."
        document = document_key(self.flow, self.execution, self.layer, split)
        # A damaged file of the right size has to be deleted, too: a writer renews a file of the right size instead of writing it.
        what = document if isinstance(error.__cause__, FileNotFoundError) else f"it and {document}"
        which = self.layer if self.splits is None else f"split {split} of {self.layer}"
        passed = (
            f"; where {self.layer} only passes it on, also delete the document of the layer that made it" if self.passed else ""
        )
        return (
            f"restore {file} from a copy, or delete {what} below {storage.root} and resume the execution,"
            f" so that {which} makes it again{passed}."
        )

    @contextmanager
    def explaining(self, storage: ByteStorage) -> Iterator[None]:
        """Explain the errors of reading that are raised inside."""
        try:
            yield
        except LaminarError as error:
            self.explain(error, storage)
            raise
