"""Errors: how they read, join, travel and exit."""

from __future__ import annotations

import copy
import pickle

import pytest

from laminar import exceptions
from laminar.exceptions import (
    ArtifactError,
    ClusterError,
    DatastoreError,
    ExecutionError,
    FlowError,
    LaminarError,
    OptionError,
    SchedulerError,
    located,
    raise_all,
    suggest,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FlowError("What."), "What."),
        (FlowError("What.", where="a.py:1"), "What.\n  at: a.py:1"),
        (FlowError("What.", fix="do."), "What.\n  fix: do."),
        (FlowError("What.", where="a.py:1", fix="do."), "What.\n  at: a.py:1\n  fix: do."),
    ],
)
def test_an_error_shows_what_where_and_how_to_fix_it(error, text):
    assert str(error) == text


@pytest.mark.parametrize(
    ("kind", "bases"),
    [(OptionError, (FlowError, TypeError, ValueError)), (ArtifactError, (exceptions.LayerError, AttributeError))],
)
def test_errors_are_those_of_python_too_where_callers_expect_them(kind, bases):
    assert issubclass(kind, bases) and all(issubclass(kind, base) for base in bases)


def test_every_public_error_is_a_laminar_error():
    found = [getattr(exceptions, name) for name in exceptions.__all__ if name.endswith("Error")]
    assert len(found) == 10 and all(issubclass(kind, LaminarError) for kind in found)


@pytest.mark.parametrize(
    "error",
    [
        OptionError("What.", where="a.py:1", fix="do."),
        ExecutionError("What.", execution="one", flow="F", layer="L", index=2, attempt=3),
        DatastoreError("What.", address="s3://x"),
        ClusterError("What.", status=403, lost=True),
    ],
)
@pytest.mark.parametrize("carry", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_keeps_all_that_it_says_between_processes(error, carry):
    error.problems = (FlowError("Single."),)
    carried = carry(error)
    assert type(carried) is type(error) and str(carried) == str(error) == "Single."
    assert {**vars(carried), "problems": ()} == {**vars(error), "problems": ()}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (0, None, 69),
        (408, None, 69),
        (429, None, 69),
        (500, None, 69),
        (503, None, 69),
        (401, None, 77),
        (403, None, 77),
        (400, None, 1),
        (404, None, 1),
        (499, None, 1),
        (503, 3, 3),
        (404, 0, 0),
    ],
)
def test_the_exit_code_of_a_cluster_error_follows_its_status(status, code, expected):
    assert ClusterError("What.", status=status, code=code).exit_code == expected


def test_a_place_is_added_where_none_is_named():
    with pytest.raises(FlowError) as outer, located("outer"), located("inner"):
        raise FlowError("What.")
    assert outer.value.where == "inner"
    with pytest.raises(FlowError) as named, located("outer"):
        raise FlowError("What.", where="own")
    assert named.value.where == "own"
    with pytest.raises(KeyError), located("outer"):
        raise KeyError("other errors pass")


def test_no_problem_raises_nothing_and_one_is_raised_itself():
    raise_all([])
    single = SchedulerError("Single.", fix="do.")
    with pytest.raises(SchedulerError) as raised:
        raise_all(iter([single]))
    assert raised.value is single


def test_several_problems_are_one_error_of_the_first_ones_kind():
    problems = [SchedulerError("One.", fix="do."), FlowError("Two.", where="a.py:1")]
    with pytest.raises(SchedulerError) as raised:
        raise_all(problems)
    assert raised.value.problems == tuple(problems)
    assert str(raised.value) == "One.\n  fix: do.\n\nTwo.\n  at: a.py:1"


@pytest.mark.parametrize(
    ("word", "known", "cutoff", "question"),
    [
        ("retires", ["retry", "catch"], 0.6, " Did you mean 'retry'?"),
        ("x", ["retry", "catch"], 0.6, ""),
        ("retires", ["retry", "catch"], 0.9, ""),
        ("retry", [], 0.6, ""),
    ],
)
def test_the_closest_known_word_is_suggested(word, known, cutoff, question):
    assert suggest(word, iter(known), cutoff=cutoff) == question
