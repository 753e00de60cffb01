"""The pictures of the documentation show what the examples are now; ``./dev pictures`` draws them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import pictures

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda program: program.stem)
def test_the_picture_of_an_example_is_not_stale(program):
    known = (pictures.FOLDER / f"{program.stem}.svg").read_text(encoding="utf-8")
    assert pictures.outline(known) == pictures.outline(pictures.drawn(program)), "draw it again: ./dev pictures"


def test_every_picture_is_of_an_example():
    assert {path.stem for path in pictures.FOLDER.glob("*.svg")} == {program.stem for program in EXAMPLES}
