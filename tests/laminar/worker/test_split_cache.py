"""Exactly those results are reused that could not differ."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import Memory
from tests.support.drawn_caches import DrawnProgram, edits, programs


def documents(execution, program: DrawnProgram):
    store = execution.flow.configuration.datastore
    return {
        (layer.name, index): record
        for layer in program.layers
        for index, record in store.records("Drawn", execution.id, layer.name).items()
    }


@given(st.data())
def test_what_is_reused_after_an_edit_is_exactly_what_could_not_differ(data):
    before = data.draw(programs())
    after = data.draw(edits(before))
    with tempfile.TemporaryDirectory() as folder:
        store = Memory()
        first = before.run(store, Path(folder))
        second = documents(after.run(store, Path(folder)), after)
        anew = documents(after.run(Memory(), Path(folder)), after)
    assert not any(record.reused for record in documents(first, before).values() if record.execution != first.id)
    model, known = after.made_of(), {(name, made) for (name, _), (made, _) in before.made_of().items()}
    assert {place: record.artifacts for place, record in second.items()} == {place: r.artifacts for place, r in anew.items()}
    assert {place: int(record.artifacts["out"].json or 0) for place, record in anew.items()} == {
        place: result for place, (_, result) in model.items()
    }
    seen = set(known)
    for (name, index), (made, _) in sorted(model.items(), key=lambda item: item[0]):
        assert bool(second[name, index].reused) == ((name, made) in seen), (name, index)
        seen.add((name, made))
