"""A file is current if nothing of it differs but where layers are in the program."""

from __future__ import annotations

import pytest

from laminar.compiler.yaml import writer
from laminar.compiler.yaml.comparison import is_current
from laminar.compiler.yaml.writer import Noted


def document(*, lines: str = "3", script: str = "# listen:80\nrun\n", tail: str = "- a\n# b:1\n- c\n") -> str:
    return writer.dump(made(lines=lines, script=script, tail=tail))


def made(*, lines: str = "3", script: str = "# listen:80\nrun\n", tail: str = "- a\n# b:1\n- c\n") -> tuple[dict[str, object]]:
    fit, save = Noted(name="Fit", args=[script]), Noted(name="Save", args=[tail])
    fit.note, save.note = f"Fit: train.py:{lines}", f"Save: train.py:{lines}0"
    return ({"tasks": [fit, save], "end": "x"},)


def current(known: str) -> bool:
    return is_current(known, document(), writer.dump(made(), notes=False))


def test_what_the_writer_writes_is_current():
    assert current(document())


def test_layers_that_moved_leave_a_file_current():
    assert current(document(lines="77"))


def test_a_file_without_the_comments_is_current():
    assert current(writer.dump(made(), notes=False))


@pytest.mark.parametrize("script", ["# listen:90\nrun\n", "run\n", "# listen:80\n# listen:80\nrun\n", "# listen:80\nrun\n# x:1\n"])
def test_a_line_of_a_text_that_looks_like_a_comment_is_compared(script):
    assert not current(document(script=script))


def test_a_line_of_a_text_that_stands_before_a_dash_is_compared():
    assert not current(document(tail="# z:9\n- a\n# b:1\n- c\n"))
    assert not current(document(tail="- a\n# b:2\n- c\n"))


@pytest.mark.parametrize("place", range(document().count("\n")))
def test_a_line_that_is_left_out_or_added_anywhere_but_for_a_comment_is_found(place):
    lines = document().splitlines(True)
    is_comment = "train.py" in lines[place]
    assert current("".join(lines[:place] + lines[place + 1 :])) == is_comment
    assert not current("".join([*lines[:place], "other: 1\n", *lines[place:]]))


def test_a_text_cut_short_or_continued_is_not_current():
    assert not current(document()[:-5])
    assert not current(document() + "# x: y.py:1\n")
