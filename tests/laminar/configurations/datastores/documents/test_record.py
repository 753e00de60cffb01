"""Test the documents that say how a split ended."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import Artifact, Record
from laminar.configurations.datastores.documents.json_document import add_checksum
from laminar.exceptions import DatastoreError

TEXT = st.text(st.characters(codec="utf-8"))
ARTIFACTS = st.dictionaries(TEXT, st.builds(Artifact, json=st.sampled_from(["1", "1.0", '{"b":1,"a":2}']))) | st.dictionaries(
    TEXT, st.builds(Artifact, data=st.binary(), protocol=TEXT)
)


def small() -> Record:
    return Record(flow="F", execution="e", layer="L", artifacts={"b": Artifact(json='{"y":1,"x":2.0}'), "a": Artifact(json="1")})


@given(
    record=st.builds(
        Record,
        **dict.fromkeys(("flow", "execution", "layer", "started", "finished", "host", "program", "source", "reason"), TEXT),
        **dict.fromkeys(("index", "splits", "attempt"), st.integers(0)),
        **dict.fromkeys(("caught", "caught_traceback"), st.none() | TEXT),
        artifacts=ARTIFACTS,
        status=st.sampled_from(["finished", "skipped"]),
    )
)
def test_a_record_survives_json(record: Record) -> None:
    assert Record.from_json(record.to_json()) == record
    assert list(json.loads(record.to_json())) == sorted(json.loads(record.to_json()))


def test_a_document_is_what_it_has_always_been() -> None:
    assert small().to_json() == (
        '{"artifacts":{"a":{"json":1},"b":{"json":{"y":1,"x":2.0}}},"attempt":1,"caught":null,"caug'
        'ht_traceback":null,"execution":"e","finished":"","flow":"F","host":"","index":0,"layer":"L'
        '","program":"","reason":"","schema":1,"source":"","splits":1,"started":"","status":"finish'
        'ed","sum":"eabf17fc5e8ffd4e"}'
    )


def test_a_document_keeps_the_order_of_a_value() -> None:
    assert Record.from_json(small().to_json()).artifacts["b"].json == '{"y":1,"x":2.0}'


def test_each_flipped_bit_of_a_document_is_detected() -> None:
    data = small().to_json().encode()
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DatastoreError, match=r"Document F/x\.json"):
            Record.from_json(bytes(damaged), key="F/x.json")


def test_a_document_without_the_fields_of_a_record_is_damaged() -> None:
    with pytest.raises(DatastoreError, match=r"Document F/x\.json is damaged: it lacks or garbles 'artifacts'"):
        Record.from_json(add_checksum('{"schema":1}'), key="F/x.json")


@pytest.mark.parametrize("change", [{"index": "0"}, {"status": "done"}, {"artifacts": [1]}, {"artifacts": {"x": {}}}], ids=str)
def test_a_document_with_wrong_fields_is_damaged(change: dict[str, Any]) -> None:
    fields = json.loads(small().to_json())
    del fields["sum"]
    with pytest.raises(DatastoreError, match="is damaged"):
        Record.from_json(add_checksum(json.dumps({**fields, **change})))


def test_a_traceback_with_lone_surrogates_can_be_written() -> None:
    made = Record(flow="F", execution="e", layer="L", caught="ValueError: \ud800")
    assert Record.from_json(made.to_json().encode()).caught == "ValueError: \\ud800"


def test_documents_of_one_layer_share_the_strings_that_are_equal() -> None:
    data = [Record(flow="F", execution="e" * 20, layer="L", index=index, program="p" * 64).to_json().encode() for index in range(2)]
    one, other = (Record.from_json(text) for text in data)
    assert one.execution is other.execution
    assert one.program is other.program


@pytest.mark.parametrize("value", [None, "text", 'a "quoted"\n\\ line', "é\u2028\x7f", "\x00\x1f", 0, -1, 2**70])
def test_each_field_is_written_as_json_writes_it(value):
    text = Record(flow="F", execution="e", layer="L", caught=value, attempt=3).to_json()
    found = json.loads(text)
    assert (found["caught"], found["attempt"], found["schema"]) == (value, 3, 1)
    assert text == json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    assert list(found) == ["artifacts", *sorted(set(found) - {"artifacts", "sum"}), "sum"]
