"""State of this process: a session's choice, and whether it is a worker."""

from __future__ import annotations

import os

import pytest

from laminar.program import process_state
from laminar.program.process_state import Session


@pytest.fixture(autouse=True)
def process(monkeypatch):
    monkeypatch.setattr(process_state, "_worker", False)
    monkeypatch.setattr(process_state, "current", None)
    monkeypatch.delenv("LAMINAR_LAYER_NAME", raising=False)
    monkeypatch.setenv(process_state.WORKER, "")


@pytest.mark.parametrize(
    ("session", "specific"),
    [
        (Session(), False),
        (Session(flow="Train"), False),
        (Session(debug=True), False),
        (Session(parameters={"rows": 1}), True),
        (Session(execution="one"), True),
        (Session(resume=True), True),
    ],
)
def test_what_is_said_of_one_execution_makes_a_session_specific(session, specific):
    assert session.is_specific is specific


def test_a_session_without_a_name_selects_every_flow():
    assert Session().selects("Train") and Session(flow="Train").selects("Train")
    assert not Session(flow="Train").selects("Score")


def test_the_session_is_the_one_that_was_started_last():
    session = Session()
    process_state.start(session)
    assert process_state.current is session
    process_state.start(None)
    assert process_state.current is None


def test_a_process_of_a_named_split_is_the_worker_and_its_children_are_not(monkeypatch):
    assert not process_state.is_named_worker()
    monkeypatch.setenv("LAMINAR_LAYER_NAME", "A")
    assert process_state.is_named_worker() and not process_state.is_worker()
    process_state.work()
    assert process_state.is_worker() and not process_state.is_named_worker()
    assert os.environ[process_state.WORKER] == str(os.getpid())
    monkeypatch.setattr(process_state, "_worker", False)  # as in a program that the layer starts
    assert not process_state.is_named_worker()


def test_a_worker_whose_split_no_variable_names_leaves_the_environment_alone():
    process_state.work()
    assert process_state.is_worker() and os.environ[process_state.WORKER] == ""


def test_the_first_folder_is_known_as_long_as_it_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(process_state, "_first_folder", str(tmp_path))
    assert process_state.first_folder() == str(tmp_path)
    monkeypatch.setattr(process_state, "_first_folder", str(tmp_path / "gone"))
    assert process_state.first_folder() is None
    monkeypatch.setattr(process_state, "_first_folder", None)
    assert process_state.first_folder() is None


def test_the_age_grows():
    before = process_state.age()
    assert 0 < before <= process_state.age()
