"""Stamps of documents: which code made them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from laminar import Layer
from laminar.worker.document_stamp import Stamp, source_digest

CLASS = """
from laminar import Layer

class Fit(Layer):
    # what is above
    def __call__(self) -> None:
        if True:
            self.model = 1
        self.score = 2

    attribute = 3

    def other(self):
        return 1
"""


def digest(folder: Path, text: str) -> str:
    path = folder / f"made{len(list(folder.iterdir()))}.py"
    path.write_text(textwrap.dedent(text))
    space: dict[str, type[Layer]] = {"__name__": "made"}  # type: ignore[dict-item]
    exec(compile(path.read_text(), str(path), "exec"), space)
    return source_digest(space["Fit"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# what is above", "# another comment"),
        ("self.score = 2", "self.score = 2  # why"),
        ("self.score = 2", "\n        self.score   =   2"),
        ("attribute = 3", "attribute = 4"),  # it is no function: what follows a function is not digested with it
        ("class Fit", "x = 1\n\nclass Fit"),
    ],
)
def test_what_is_no_code_of_a_function_does_not_change_a_digest(tmp_path, old, new):
    assert digest(tmp_path, CLASS) == digest(tmp_path, CLASS.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.model = 1", "self.model = 2"),
        ("        self.score", "            self.score"),  # into the block of the if
        ("return 1", "return 2"),
        ("def other", "def another"),
        ("def other(self)", "def other(self, more=1)"),
    ],
)
def test_a_change_of_any_function_changes_the_digest(tmp_path, old, new):
    assert digest(tmp_path, CLASS) != digest(tmp_path, CLASS.replace(old, new))


def test_a_layer_without_source_has_a_digest():
    space: dict[str, object] = {}
    exec("def call(self): ...", space)
    made = type("Made", (Layer,), {"__call__": space["call"]})
    assert len(source_digest(made)) == 64


def test_a_record_has_the_stamps_times_and_source():
    class Fit(Layer): ...

    stamp = Stamp(Fit)
    record = stamp.record("Train", "one", "Fit", index=1, splits=2, attempt=1)
    assert (record.started, record.source, record.status) == (stamp.started, stamp.source, "finished")
    assert record.started <= record.finished
