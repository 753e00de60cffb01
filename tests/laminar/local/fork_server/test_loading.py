"""Programs that a server in a new process loads, and the flows of its requests."""

from __future__ import annotations

import os
import pickle
import sys

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Local
from laminar.exceptions import ExecutionError
from laminar.local.fork_server import loading
from laminar.local.fork_server.loading import Loaded
from laminar.local.fork_server.messages import Load, Request
from laminar.program import pickle_by_value
from laminar.program.main_module import Program
from laminar.worker.job import Job


class Pickled(Flow): ...


@Pickled.register
class A(Layer):
    def __call__(self) -> None: ...


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """Restore the state that a loaded program changes in this process; ignore threads of pytest."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(loading, "unsafe_reason", lambda: None)
    monkeypatch.chdir(os.getcwd())


def request(flow: str, url: str = "", datastore: bytes = b"") -> Request:
    return Request(1, (Job(flow, "one", "A"),), None, url, datastore)


def program(tmp_path, text: str) -> Load:
    path = tmp_path / "program.py"
    path.write_text(text)
    return Load((), "Train", 60, str(tmp_path), Program(str(path)))


TRAIN = """\
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class A(Layer):
    def __call__(self) -> None: ...
"""


def test_a_flow_by_value_is_loaded_with_the_path_of_the_first_process(tmp_path):
    flow = Pickled(datastore=Local(str(tmp_path)))
    loaded = Loaded(Load(("/first", *sys.path), "Pickled", 60, None, flow=pickle_by_value.dumps(flow)))
    assert loaded.load() == ("ready", True)
    assert sys.path[0] == "/first"
    assert loaded.flow(request("Pickled", flow.configuration.datastore.url)).name == "Pickled"


def test_a_program_is_loaded_up_to_the_call_of_its_flow_in_its_folder(tmp_path):
    loaded = Loaded(program(tmp_path, f"{TRAIN}Train()()\nraise RuntimeError('after the call')\n"))
    assert loaded.load() == ("ready", True)
    assert os.getcwd() == str(tmp_path)
    flow = loaded.recording.find("Train")
    assert loaded.flow(request("Train", flow.configuration.datastore.url)) is flow


def test_a_flow_whose_call_a_read_keeps_away_is_made_of_its_class(tmp_path):
    text = f"{TRAIN}class First(Flow): ...\n@First.register\nclass B(A): ...\nif First()().finished:\n    Train()()\n"
    loaded = Loaded(program(tmp_path, text))
    assert loaded.load() == ("ready", True)
    store = Local(str(tmp_path))
    made = loaded.flow(request("Train", store.url, pickle.dumps(store)))
    assert made.name == "Train" and loaded.flow(request("Train", store.url)) is made


def test_a_flow_that_is_not_there_is_not_known_and_a_request_of_it_fails(tmp_path):
    loaded = Loaded(program(tmp_path, TRAIN.replace("Train", "Other") + "Other()()\n"))
    assert loaded.load() == ("ready", False)
    with pytest.raises(ExecutionError, match="does not define flow 'Train' when it is executed again"):
        loaded.flow(request("Train"))


def test_an_error_of_the_program_is_the_answer(tmp_path):
    what, error = Loaded(program(tmp_path, "1 / 0\n")).load()
    assert what == "failed" and "ZeroDivisionError" in str(pickle.loads(error))


@pytest.mark.parametrize("reason", [None, "it runs threads"])
def test_requests_get_interpreters_of_their_own_where_the_loaded_program_cannot_be_forked(reason, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "unsafe_reason", lambda: reason)
    monkeypatch.setattr(loading.threading, "active_count", lambda: 1)
    loaded = Loaded(Load(tuple(sys.path), "Pickled", 60, None, flow=pickle_by_value.dumps(Pickled(datastore=Local(str(tmp_path))))))
    loaded.load()
    assert loaded.is_spawning is (reason is not None)


def test_the_command_starts_this_interpreter_with_this_path():
    words = loading.command("3", "2")
    assert words[0] == sys.executable and words[-3:-1] == ["3", "2"]
    assert eval(words[-1]) == sys.path
    compile(words[words.index("-c") + 1], "boot", "exec")
