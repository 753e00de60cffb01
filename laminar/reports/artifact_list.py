"""Show a layer's results: its artifacts with their sizes and a preview of each, and the cards that it added to the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laminar.components.report_cards import ARTIFACT
from laminar.pictures.page import text
from laminar.quantities import counted, size
from laminar.reports import cards
from laminar.reports.value_preview import preview

if TYPE_CHECKING:
    from laminar.configurations.datastores import Artifact, DataStore, Record

__all__ = ["Budget", "draw"]

ELEMENTS = 3
"""Elements of a sharded artifact, or splits of a fan-out, that are shown."""


@dataclass
class Budget:
    """The rest of a report's budget: values, and their bytes. ``largest`` is the most bytes of one value."""

    values: int = 400
    bytes: int = 64_000_000
    largest: int = 8_000_000

    def allows(self, size: int) -> bool:
        """Return whether a value of this size is read, and subtract it."""
        if size > self.largest or self.values <= 0 or size > self.bytes:
            return False
        self.values -= 1
        self.bytes -= size
        return True


def draw(store: DataStore, records: Mapping[int, Record], budget: Budget) -> str:
    """Return a layer's artifacts and cards as HTML."""
    names = sorted({name for record in records.values() for name in record.artifacts if name != ARTIFACT})
    rows = "".join(_row(store, name, records, budget) for name in names)
    table = f'<table class="artifacts">{rows}</table>' if rows else ""
    return _cards(store, records, budget) + table


def _row(store: DataStore, name: str, records: Mapping[int, Record], budget: Budget) -> str:
    found = {index: record.artifacts[name] for index, record in records.items() if name in record.artifacts}
    total = size(sum(one.size for one in found.values()))
    if len(records) > 1:
        measure = f"{counted(len(found), 'split')}, {total}"
        shown = "".join(
            f'<div class="element"><span class="quiet">[{index}]</span> {_value(store, found[index], budget)}</div>'
            for index in sorted(found)[:ELEMENTS]
        )
    else:
        (artifact,) = found.values()
        measure = f"{counted(artifact.length, 'element')}, {total}" if artifact.sharded else total
        shown = _value(store, artifact, budget)
    return f'<tr><th>{text(name)}</th><td class="quiet size">{measure}</td><td>{shown}</td></tr>'


def _value(store: DataStore, artifact: Artifact, budget: Budget) -> str:
    """Return a value as HTML; of a sharded one its first elements."""
    if artifact.sharded:
        count = min(ELEMENTS, artifact.length)
        sizes = artifact.size // max(artifact.length, 1)
        shown = [_read(lambda place=place: store.element(artifact, place), sizes, budget) for place in range(count)]
        more = f'<div class="quiet">and {counted(artifact.length - count, "element")} more</div>' if artifact.length > count else ""
        return "".join(f'<div class="element">{one}</div>' for one in shown) + more
    return _read(lambda: store.read(artifact), artifact.size, budget)


def _read(read: Any, size: int, budget: Budget) -> str:
    if not budget.allows(size):
        return '<span class="quiet">not shown: it is large, or the report is</span>'
    try:
        value = read()
    except Exception as error:  # damaged, of a class of the program, or of a package that is not installed
        said = (str(error).splitlines() or [type(error).__name__])[0][:200]
        return f'<span class="quiet">cannot be read here: {text(said)}</span>'
    return preview(value)


def _cards(store: DataStore, records: Mapping[int, Record], budget: Budget) -> str:
    """Return the cards that splits added to the report, those of the first splits of a fan-out."""
    parts: list[str] = []
    with_cards = [index for index in sorted(records) if ARTIFACT in records[index].artifacts]
    for index in with_cards[:ELEMENTS]:
        artifact = records[index].artifacts[ARTIFACT]
        if not budget.allows(artifact.size):
            continue
        title = f'<div class="quiet">split {index}</div>' if len(records) > 1 else ""
        parts.append(title + cards.drawn(store.read(artifact)))
    if len(with_cards) > ELEMENTS:
        parts.append(f'<div class="quiet">and those of {counted(len(with_cards) - ELEMENTS, "split")} more</div>')
    return f'<div class="cards">{"".join(parts)}</div>' if parts else ""
