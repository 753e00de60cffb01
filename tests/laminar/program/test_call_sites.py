"""The calls of flows that a program may reach after a line are found in its source."""

from __future__ import annotations

import pytest

from laminar.program.call_sites import call_after

HEAD = "from laminar import Flow\nclass A(Flow): ...\nclass B(Flow): ...\n"

CASES = {
    "nothing follows": ("if a := A():\n    e = a()\n    print(e.finished)  # read\n", None),
    "another call": ("a = A()\ne = a()\nprint(e.finished)  # read\nB()()\n", 7),
    "a call before": ("b = B()\nb()\ne = A()()\nprint(e.finished)  # read\n", None),
    "in one loop": ("a = A()\nfor rate in (1, 2):\n    e = a(rate=rate)\n    print(e.finished)  # read\n", 6),
    "a chain": ("a = A()\ne = a()\nprint(e.finished)  # read\ne.next(flow=B(), linker=link)\n", 7),
    "another object's next": ("a = A()\ne = a()\nprint(e.finished)  # read\nrows.next()\n", None),
    "in a function called later": ("def last():\n    B()()\ne = A()()\nprint(e.finished)  # read\nlast()\n", 5),
    "in a function called before": ("def first():\n    B()()\nfirst()\ne = A()()\nprint(e.finished)  # read\n", None),
    "in a function never called": ("def never():\n    B()()\ne = A()()\nprint(e.finished)  # read\n", None),
    "read in a function": ("def main():\n    e = A()()\n    print(e.finished)  # read\nB()()\nmain()\n", None),
    "read in a function called before": ("def main():\n    e = A()()\n    print(e.finished)  # read\nmain()\nB()()\n", 8),
    "only a reader": ("e = A()()\nprint(e.finished)  # read\nprint(e.layer('X').y)\nmodel(3)\n", None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_call_that_may_follow_is_found(case, tmp_path):
    text, expected = CASES[case]
    file = tmp_path / "program.py"
    file.write_text(HEAD + text)
    line = next(number for number, line in enumerate(file.read_text().splitlines(), 1) if "# read" in line)
    assert call_after(f"{file}:{line}") == (None if expected is None else f"{file}:{expected}")
