"""An error is printed once for each of its problems, its kind first."""

from __future__ import annotations

from laminar.cli.error_report import show
from laminar.exceptions import DatastoreError, FlowError, raise_all


def test_an_error_has_its_kind_first_and_its_fix_below(capsys):
    show(DatastoreError("The file is gone.", fix="write it again."))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == "DatastoreError: The file is gone."
    assert "write it again." in err.splitlines()[1]


def test_several_problems_are_printed_one_after_the_other(capsys):
    try:
        raise_all([FlowError("First.", fix="a."), FlowError("Second.", fix="b.")])
    except FlowError as error:
        show(error)
    kinds = [line for line in capsys.readouterr().err.splitlines() if line.startswith("FlowError: ")]
    assert kinds == ["FlowError: First.", "FlowError: Second."]
