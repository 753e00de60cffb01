"""Read many stored elements as one sequence, loading an element when it is accessed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from operator import index as integer
from typing import Any, Generic, Protocol, TypeVar, overload

from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import reader
from laminar.configurations.datastores.values.artifact import Artifact, Part, Segment, count_of
from laminar.configurations.datastores.values.open_segments import OpenSegment
from laminar.configurations.datastores.values.prefetch import prefetched
from laminar.configurations.datastores.values.protocol_registry import TypedStorage
from laminar.exceptions import DatastoreError, LaminarError

__all__ = ["Accessor", "ErrorContext"]

T = TypeVar("T")
Run = tuple[Part, range]
"""Consecutive elements of a sequence that lie in one part, by their offsets in the part."""

MAX_FILES = 256
"""Files that are fetched at once."""

SHOWN, SHOWN_LENGTH = 5, 200
"""Elements that a notebook shows, and characters of each."""

MAX_PREFETCH = 1 << 26
"""Size of a file from which on it is not prefetched: two of them might not fit into memory."""


class ErrorContext(Protocol):
    """A context that adds to a read error the owner of the elements, and how to compute them again."""

    def explain(self, error: LaminarError, store: ByteStorage, part: int | None = None, /) -> None:
        """Add to an error the facts about a part of the elements."""


class Accessor(Sequence[T], Generic[T]):
    """Present the elements of a sharded attribute, or of all splits of a layer, as a sequence.

    Elements are loaded when they are accessed. Iterating reads each file once, the next one while the last is in use, and keeps
    none. A slice is an Accessor again. It equals a list, a tuple or another Accessor of equal elements. Stored as an
    attribute it is stored by reference; within another value, or sent to another process, it becomes a list.

    ``origin`` adds the owner of the elements to errors. Slices keep it; a stored reference does not, as it is an attribute of
    the layer that stored it.
    """

    __slots__ = ("_ends", "_last", "_origin", "_parts", "_positions", "_store")

    def __init__(
        self, store: TypedStorage, parts: Iterable[Part], positions: range | None = None, origin: ErrorContext | None = None
    ) -> None:
        self._store = store
        self._parts = tuple(parts)
        self._ends = list(accumulate(count_of(part) for part in self._parts))
        self._positions = range(self._ends[-1] if self._ends else 0) if positions is None else positions
        self._last: tuple[int, OpenSegment | None] = (-1, None)
        self._origin = origin

    @property
    def artifact(self) -> Artifact:
        """Reference to the elements, without loading them."""
        return Artifact(parts=tuple(part for run in runs(self._parts, self._ends, self._positions) for part in parts_of(run)))

    @property
    def store(self) -> TypedStorage:
        """Datastore that the elements are read from."""
        return self._store

    def with_origin(self, origin: ErrorContext) -> Accessor[T]:
        """Return the same elements with a context that explains errors of reading them."""
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
        groups = grouped(runs(self._parts, self._ends, self._positions), store.batch_bytes)
        try:
            for group, found in prefetched(groups, partial(fetch, store), partial(is_worthwhile, store)):
                for (part, offsets), data in zip(group, found, strict=True):
                    if isinstance(part, Artifact):
                        yield reader.read_value(store, part, data)
                    else:
                        opened = reader.open_segment(store, part, data)
                        for offset in offsets:
                            yield reader.read_frame(store, opened, opened.number_of(part, offset))
                part = None
        except LaminarError as error:
            self._explain(error, part)
            raise

    def _explain(self, error: LaminarError, part: Part | None) -> None:
        """Add the owner of the part to a read error; a part that was fetched with others is found by its address."""
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

    def _repr_html_(self) -> str:
        """Return the number of elements and the first of them, as a notebook shows them."""
        import reprlib
        from html import escape

        short = reprlib.Repr()
        short.maxstring = short.maxother = SHOWN_LENGTH
        rows = "".join(f"<li><code>{escape(short.repr(element))}</code></li>" for element in self[:SHOWN])
        more = f"<div>and {len(self) - SHOWN} more</div>" if len(self) > SHOWN else ""
        return f'<div><b>Accessor</b>, {elements(len(self))}<ol start="0">{rows}</ol>{more}</div>'

    def __copy__(self) -> Accessor[T]:
        return self

    def __deepcopy__(self, memo: Any) -> Accessor[T]:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Garbage collection would not see a reference inside the bytes of another value.
        return list, (), None, iter(self)

    def _element(self, number: int, offset: int) -> Any:
        """Return an element of a part. The second one of a segment loads the whole segment, as more may follow."""
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
        return reader.read_frame(self._store, opened, opened.number_of(part, offset))


def elements(count: int) -> str:
    """Return a number of elements in words.

    >>> elements(1), elements(3)
    ('1 element', '3 elements')
    """
    return f"{count} element{'' if count == 1 else 's'}"


def runs(parts: Sequence[Part], ends: Sequence[int], positions: range) -> Iterator[Run]:
    """Cut a range of positions where it passes from one part to another.

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
    """Return the parts that refer to a run's elements: one where they are adjacent."""
    part, offsets = run
    if isinstance(part, Artifact):
        yield part
    elif offsets.step == 1:
        yield Segment(part.address, len(offsets), part.size, part.first + offsets[0])
    else:
        for offset in offsets:
            yield Segment(part.address, 1, part.size, part.first + offset)


def grouped(runs: Iterable[Run], limit: int) -> Iterator[list[Run]]:
    """Group runs whose files are fetched at once, of at most ``limit`` bytes unless a single one is larger."""
    group: list[Run] = []
    size = 0
    for run in runs:
        if group and (size + run[0].size > limit or len(group) == MAX_FILES):
            yield group
            group, size = [], 0
        group.append(run)
        size += run[0].size
    if group:
        yield group


def fetch(store: TypedStorage, group: list[Run]) -> list[Buffer | None]:
    """Return the files of a group's parts, None for a part that is inside the document."""
    addresses = [part.address for part, _ in group if part.address is not None]
    found = store.get_many([artifact_key(address) for address in addresses]) if addresses else []
    files = iter([reader.fetch(store, address) if data is None else data for address, data in zip(addresses, found, strict=True)])
    return [next(files) if part.address is not None else None for part, _ in group]


def is_worthwhile(store: TypedStorage, group: list[Run]) -> bool:
    """Return whether a group is prefetched: the storage becomes faster by it, and its files are not too large."""
    return store.overlaps_reads and group[0][0].size <= MAX_PREFETCH and any(part.address is not None for part, _ in group)
