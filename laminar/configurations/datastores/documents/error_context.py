"""Say in errors whose stored data is missing or damaged, and how it is made again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar.configurations.datastores.key_layout import artifact_key, document_key
from laminar.exceptions import DatastoreError, LaminarError
from laminar.graph import PARAMETERS

if TYPE_CHECKING:
    from laminar.configurations.datastores.base import DataStore

__all__ = ["Origin"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Name the attribute that stored data is of, as its reader asked for it; looked at only when something goes wrong.

    ``splits`` is how many splits the layer has, None where it is no fan-out. ``indexes`` are those that contributed, and ``ends``
    says, of several, how many parts each and those before it did. ``passed`` says that the layer may have the data from another.
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
        """Return the split that a part is of, None where that can't be told.

        >>> Origin(flow="F", execution="e", layer="L", attribute="a", indexes=(0, 2), ends=(3, 5)).split_of(3)
        2
        """
        if len(self.indexes) == 1:
            return self.indexes[0]
        return None if part is None or not self.ends else self.indexes[bisect_right(self.ends, part)]

    def place(self, split: int | None) -> str:
        """Return the words for the data of a split.

        >>> Origin(flow="F", execution="e", layer="L", attribute="a", splits=8).place(3)
        "L.a of flow 'F', execution 'e', split 3 of 8"
        """
        which = "" if self.splits is None or split is None else f", split {split} of {self.splits}"
        return f"{self.layer}.{self.attribute} of flow {self.flow!r}, execution {self.execution!r}{which}"

    def explain(self, error: LaminarError, store: DataStore, part: int | None = None) -> None:
        """Add to an error of reading, unless it names a place already, which data that was and how it is made again."""
        if error.where:
            return
        split = self.split_of(part)
        error.where = self.place(split)
        if isinstance(error, DatastoreError) and error.address and split is not None:
            error.fix = self.mending(error, store, split)

    def mending(self, error: DatastoreError, store: DataStore, split: int) -> str:
        """Return how the data of a split is made again: it is not while its document says that it is there."""
        file = artifact_key(error.address)
        if self.layer == PARAMETERS:  # they came from whoever called the flow: resuming does not make them again
            return f"restore {file} from a copy, or start a new execution with these parameters."
        document = document_key(self.flow, self.execution, self.layer, split)
        # A damaged file of the right size would be taken for what is to be written.
        what = document if isinstance(error.__cause__, FileNotFoundError) else f"it and {document}"
        which = self.layer if self.splits is None else f"split {split} of {self.layer}"
        passed = (
            f"; where {self.layer} only passes it on, delete the document of the layer that made it, too" if self.passed else ""
        )
        return (
            f"restore {file} from a copy, or delete {what} below {store.root} and resume the execution,"
            f" so that {which} makes it again{passed}."
        )

    @contextmanager
    def reading(self, store: DataStore) -> Iterator[None]:
        """Explain the errors raised inside."""
        try:
            yield
        except LaminarError as error:
            self.explain(error, store)
            raise
