"""How an error of a program reads as one line."""

from __future__ import annotations

import pytest

from laminar.exceptions import LaminarError
from laminar.program.error_text import line


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def noted() -> Exception:
    error = ValueError("no rows")
    error.__notes__ = ["a note"]  # what add_note sets, from Python 3.11 on
    return error


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError("no rows"), "ValueError: no rows"),
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError(), "ValueError"),
        (noted(), "ValueError: no rows"),
        (SyntaxError("bad", ("prog.py", 3, 1, "x = (", 3, 2)), "SyntaxError: bad (prog.py, line 3)"),
        (Unprintable(), f"{__name__}.Unprintable: <exception str() failed>"),
        (LaminarError("What.", where="a.py:1", fix="do."), "LaminarError: What."),
    ],
)
def test_an_error_is_its_class_and_its_message_on_each_version_of_python(error, shown):
    assert line(error) == shown
