"""Test examples/branches.py: a layer alone, its hook, and the whole flow in this process.

pytest examples/tests
"""

import sys
from pathlib import Path

import pytest

from laminar import Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

sys.path.insert(0, str(Path(__file__).parents[1]))
from branches import Publish, Reject, Release, Report, Score


@pytest.fixture
def release() -> Release:
    return Release(datastore=Memory(), executor=Thread())


def test_a_layer_alone() -> None:
    reject = Reject()
    reject(Score(score=0.5), Parameters(minimum=0.8))
    assert reject.text == "a score of 0.5 is too low: 0.8 is needed"


@pytest.mark.parametrize(("minimum", "good"), [(0.9, True), (0.91, False)])
def test_a_hook_alone(minimum: float, good: bool) -> None:
    score, parameters = Score(score=0.9), Parameters(minimum=minimum)
    assert Publish().is_good(score, parameters) is good
    assert Reject().is_bad(score, parameters) is not good


@pytest.mark.parametrize(("minimum", "taken", "other"), [(0.8, Publish, Reject), (0.99, Reject, Publish)])
def test_the_flow_takes_one_branch(release: Release, minimum: float, taken: type, other: type) -> None:
    execution = release(minimum=minimum)
    assert execution.finished
    assert execution.layer(Report).text == execution.layer(taken).text
    assert not execution.layer(other).state.finished
