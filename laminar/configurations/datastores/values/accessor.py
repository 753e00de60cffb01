"""Read many stored elements as one sequence, loading only what is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import index as integer
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import reader
from laminar.configurations.datastores.values.artifact import Artifact, Part, Segment, count_of
from laminar.configurations.datastores.values.prefetch import ahead
from laminar.exceptions import DatastoreError, LaminarError

if TYPE_CHECKING:
    from laminar.configurations.datastores.base import DataStore
    from laminar.configurations.datastores.documents.error_context import Origin
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["Accessor"]

T = TypeVar("T")
Run = tuple[Part, range]
"""Elements of one part that follow one another in a sequence, by their offsets in the part."""

TOGETHER = 256
"""Files fetched at once."""

LARGE = 1 << 26
"""Bytes from which on nothing is fetched before it is asked for: two of them might not fit into memory."""


class Accessor(Sequence[T], Generic[T]):
    """Give the elements of a sharded attribute, or of all splits of a layer, as a list would.

    Elements are loaded when they are looked at; iterating reads each file once, the next while the last is in use, and keeps
    none. A slice is an Accessor again. It equals a list, a tuple or another Accessor of equal elements. Stored as an
    attribute it is stored by reference; within another value, or sent to another process, it becomes a list.

    ``origin`` says in errors whose elements they are: of whom they were read. Slices have it as well; a reference does not, as it
    is an attribute of whoever stored it.
    """

    __slots__ = ("_ends", "_last", "_origin", "_parts", "_positions", "_store")

    def __init__(
        self, store: DataStore, parts: Iterable[Part], positions: range | None = None, origin: Origin | None = None
    ) -> None:
        self._store = store
        self._parts = tuple(parts)
        self._ends = list(accumulate(count_of(part) for part in self._parts))
        self._positions = range(self._ends[-1] if self._ends else 0) if positions is None else positions
        self._last: tuple[int, reader.Opened | None] = (-1, None)
        self._origin = origin

    @property
    def artifact(self) -> Artifact:
        """Reference to the elements, without loading them."""
        return Artifact(parts=tuple(part for run in runs(self._parts, self._ends, self._positions) for part in parts_of(run)))

    @property
    def store(self) -> DataStore:
        """Datastore that the elements are read from."""
        return self._store

    def with_origin(self, origin: Origin) -> Accessor[T]:
        """Return the same elements, whose errors say where they are from."""
        return Accessor(self._store, self._parts, self._positions, origin)

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Accessor[T]: ...
    def __getitem__(self, index: int | slice) -> T | Accessor[T]:
        if isinstance(index, slice):
            return Accessor(self._store, self._parts, self._positions[index], self._origin)
        try:
            position = self._positions[integer(index)]
        except IndexError:
            raise IndexError(f"Accessor index {index} out of range: it has {elements(len(self))}") from None
        number = bisect_right(self._ends, position)
        try:
            value: T = self._element(number, position - (self._ends[number - 1] if number else 0))
        except LaminarError as error:
            self._explain(error, self._parts[number])
            raise
        return value

    def __iter__(self) -> Iterator[T]:
        store, part = self._store, None
        groups = grouped(runs(self._parts, self._ends, self._positions), store.batch)
        try:
            for group, found in ahead(groups, lambda group: fetch(store, group), lambda group: store.ahead and is_worth_it(group)):
                for (part, offsets), data in zip(group, found, strict=True):
                    if isinstance(part, Artifact):
                        yield reader.read_value(store, part, data)
                    else:
                        opened = reader.open_segment(store, part, data)
                        for offset in offsets:
                            yield opened[offset]
                part = None
        except LaminarError as error:
            self._explain(error, part)
            raise

    def _explain(self, error: LaminarError, part: Part | None) -> None:
        """Add to an error of reading where its part is from; one that was fetched with others is known by its address."""
        if self._origin is None:
            return
        address = error.address if isinstance(error, DatastoreError) else ""
        numbers = (number for number, known in enumerate(self._parts) if (known is part if part else known.address == address))
        self._origin.explain(error, self._store, next(numbers, None))

    def __reversed__(self) -> Iterator[T]:
        return iter(self[::-1])

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        if not isinstance(other, (list, tuple, Accessor)):
            return NotImplemented
        return len(self) == len(other) and all(mine is its or mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Accessor({elements(len(self))})"

    def __copy__(self) -> Accessor[T]:
        return self

    def __deepcopy__(self, memo: Any) -> Accessor[T]:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # A reference inside another value's bytes would be unseen by whoever looks for what is still in use.
        return list, (), None, iter(self)

    def _element(self, number: int, offset: int) -> Any:
        """Return an element of a part: the first of a segment by itself, a second one with the segment, as more may follow."""
        part = self._parts[number]
        if isinstance(part, Artifact):
            return reader.read_value(self._store, part)
        last, opened = self._last
        if last != number:
            self._last = (number, None)
            return reader.read_element(self._store, part, offset)
        if opened is None:
            opened = reader.open_segment(self._store, part)
            self._last = (number, opened)
        return opened[offset]


def elements(count: int) -> str:
    """Say how many elements: '1 element', '3 elements'."""
    return f"{count} element{'' if count == 1 else 's'}"


def runs(parts: Sequence[Part], ends: Sequence[int], positions: range) -> Iterator[Run]:
    """Cut a range of positions where it goes from one part into another.

    >>> parts = Segment("a", 3, 0), Segment("b", 3, 0)
    >>> [(part.address, list(offsets)) for part, offsets in runs(parts, [3, 6], range(5, -1, -2))]
    [('b', [2, 0]), ('a', [1])]
    """
    step, taken = positions.step, 0
    while taken < len(positions):
        position = positions[taken]
        number = bisect_right(ends, position)
        begin = ends[number - 1] if number else 0
        room = (ends[number] - 1 - position) // step if step > 0 else (position - begin) // -step
        count = min(room + 1, len(positions) - taken)
        offset = position - begin
        yield parts[number], range(offset, offset + count * step, step)
        taken += count


def parts_of(run: Run) -> Iterator[Part]:
    """Return the parts that refer to a run's elements: one where they lie in a row."""
    part, offsets = run
    if isinstance(part, Artifact):
        yield part
    elif offsets.step == 1:
        yield Segment(part.address, len(offsets), part.size, part.first + offsets[0])
    else:
        for offset in offsets:
            yield Segment(part.address, 1, part.size, part.first + offset)


def grouped(runs: Iterable[Run], limit: int) -> Iterator[list[Run]]:
    """Put runs together whose files are fetched at once, of at most ``limit`` bytes unless a single one has more."""
    group: list[Run] = []
    size = 0
    for run in runs:
        if group and (size + run[0].size > limit or len(group) == TOGETHER):
            yield group
            group, size = [], 0
        group.append(run)
        size += run[0].size
    if group:
        yield group


def fetch(store: DataStore, group: list[Run]) -> list[Buffer | None]:
    """Return the files of a group's parts, None for a part that travels in the document."""
    addresses = [part.address for part, _ in group if part.address is not None]
    found = store.get_many([artifact_key(address) for address in addresses]) if addresses else []
    files = iter([reader.fetch(store, named) if data is None else data for named, data in zip(addresses, found, strict=True)])
    return [next(files) if part.address is not None else None for part, _ in group]


def is_worth_it(group: list[Run]) -> bool:
    """Say whether a group is to be fetched before it is asked for: it has files, and they are not too large."""
    return group[0][0].size <= LARGE and any(part.address is not None for part, _ in group)
