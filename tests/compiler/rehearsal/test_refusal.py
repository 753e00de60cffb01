"""An error of laminar ends a rehearsal; a message of Argo's ends a node."""

from __future__ import annotations

from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.exceptions import LaminarError


def test_a_refusal_ends_the_command_with_its_place_and_its_fix():
    error = Refused("The template has a plugin.", where="a.yaml:3", fix="leave it out.")
    assert isinstance(error, LaminarError)
    assert error.exit_code == 1
    assert [part in str(error) for part in ("The template has a plugin.", "a.yaml:3", "leave it out.")] == [True] * 3


def test_a_nodes_error_keeps_what_argo_does_not_show_apart():
    error = NodeError("failed to evaluate", detail="x is missing")
    assert (str(error), error.detail) == ("failed to evaluate", "x is missing")
    assert not isinstance(error, LaminarError)
