"""Dependencies of tasks: the grammar of ``depends``, and when it is met."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.depends import STATUSES, Wait, WaitError, depends, waits


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_can_be_waited_for(status):
    assert waits(f"A.{status}") == [Wait("A", status)]
    assert depends(f"A.{status}").met({"A": [status]})


@pytest.mark.parametrize("text", ["A", "A && B", "A||B", "!A", "(A || B) && !C.Failed", "a-1&&b_2", "((A))", "! ( A )"])
def test_depends_that_argo_accepts_are_read(text):
    assert waits(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A B", "has 'B' where an operator belongs"),
        ("A &&", "ends where a name belongs"),
        ("&& A", "has '&&' where a name belongs"),
        ("A & B", "has '& B' at character 3, which is no name and no operator"),
        ("(A", "has a '(' that is not closed"),
        ("(A B)", "has 'B' where an operator belongs"),
        ("A)", "has a ')' without '('"),
        ("A.Done", "waits for the status 'Done'"),
        ("A, B", "has ', B' at character 2"),
        ("A and B", "has 'and' where an operator belongs"),
        ("!", "ends where a name belongs"),
        ("()", "has ')' where a name belongs"),
        ("A || || B", "has '||' where a name belongs"),
        ("Ä", "has 'Ä' at character 1"),
        ("", "ends where a name belongs"),
    ],
)
def test_depends_that_argo_rejects_are_errors(text, problem):
    with pytest.raises(WaitError) as caught:
        waits(text)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("A", True),
        ("F", False),
        ("S", True),
        ("O", False),
        ("F.Failed || A && F", True),
        ("(F.Failed || A) && F", False),
        ("!F && !(O || F)", True),
    ],
)
def test_a_bare_name_is_met_by_succeeded_and_skipped_and_signs_bind_as_in_argo(text, met):
    assert depends(text).met({"A": ["Succeeded"], "F": ["Failed"], "S": ["Skipped"], "O": ["Omitted"]}) is met


def test_names_are_listed_once_in_their_order():
    assert depends("B && A.Failed || B.Skipped").names == ("B", "A")
