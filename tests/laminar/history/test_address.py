"""One address names a run everywhere: an id, its short form, a workflow's name, a unique beginning, or latest."""

from __future__ import annotations

import pytest

from laminar import history
from laminar.configurations.datastores import Local, Record
from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, Session, save_execution
from laminar.exceptions import ExecutionError
from laminar.history import address
from laminar.program.file_digest import digest_of

OLD, NEW = "0ujtsYcgvSTl8PAuAdqWYSMnLOv", "0ujtsYcgvSTl8PAuAdqWYSMnLOw"
UID = "8c5a0d3e-6f7b-4b7c-9d2e-0123456789ab"


def add(store: Local, execution: str, flow: str = "Train", **fields: object) -> None:
    store.save(Record(flow=flow, execution=execution, layer="Parameters", started=f"2026-01-01T00:00:0{len(fields)}.000Z"))
    save_execution(store, ExecutionRecord(flow=flow, execution=execution, **fields))  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path):
    store = Local(tmp_path / "store")
    add(store, OLD)
    add(store, NEW)
    add(store, f"{NEW}-2")
    add(store, "nightly-1")
    add(store, "nightly-2")
    add(store, UID, workflow="train-x7k2f")
    add(store, "by-hand", workflow="train-y")
    return store


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (OLD, OLD),
        ("WYSMnLOv", OLD),
        ("YSMnLOv", OLD),
        ("YSMnLOw", NEW),  # and not its second occurrence in the chain
        (f"{NEW}-2", f"{NEW}-2"),
        ("YSMnLOw-2", f"{NEW}-2"),
        ("nightly-1", "nightly-1"),
        ("8c5a", UID),
        ("train-x7k2f", UID),
        ("train-x", UID),
        ("by", "by-hand"),
    ],
)
def test_words_name_a_run(words, found, store):
    run = history.find("Train", words, store)
    assert (run.flow, run.id) == ("Train", found)


@pytest.mark.parametrize("words", ["nightly", "0ujtsYcg", "train-"])
def test_words_that_fit_several_are_an_error_that_lists_them(words, store):
    with pytest.raises(ExecutionError, match=f"Several executions begin with '{words}' in ") as caught:
        history.find("Train", words, store)
    assert "write more of the id; the newest are: " in caught.value.fix


@pytest.mark.parametrize("words", ["nothing", "LOv", "ightly-1"])
def test_words_that_fit_nothing_are_an_error_that_says_what_was_looked_through(words, store):
    with pytest.raises(ExecutionError) as caught:
        history.find("Train", words, store)
    assert f"There is no execution {words!r} in {store.url}" in caught.value.what
    assert "among 7 executions of flow Train" in caught.value.what


def test_an_execution_of_another_folders_store_is_found_there(store, tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    other = Local(tmp_path / ".laminar")
    add(other, "elsewhere")
    monkeypatch.chdir(inner)
    with pytest.raises(ExecutionError) as caught:
        history.find("Train", "elsewhere", store)
    assert caught.value.fix == f"it is in {other.root}: pass --datastore {other.root}"


def test_what_another_place_knows_is_looked_for_last(store):
    shelf = address.FlowShelf("Train", store)
    assert [run.id for run in address.search([shelf], "wf", elsewhere=lambda: ["gone", OLD])] == [OLD]
    assert [run.id for run in address.search([shelf], NEW, elsewhere=lambda: [OLD])] == [NEW]


class TestOfAProgram:
    """Two programs of one folder may have flows of one name."""

    @pytest.fixture
    def programs(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("churn", "fraud", "idle"):
            (tmp_path / f"{name}.py").write_text(f"# {name}")
        return tmp_path

    @pytest.fixture
    def mixed(self, programs):
        store = Local(programs / ".laminar")
        for second, name in enumerate(("churn", "churn", "fraud", "fraud", "churn")):
            id = f"r{second}"
            path = programs / f"{name}.py"
            store.save(Record(flow="Train", execution=id, layer="Parameters", started=f"2026-01-01T00:00:0{second}.000Z"))
            record = ExecutionRecord(flow="Train", execution=id, file=str(path), program=digest_of(str(path)), given=f"{name}.py")
            save_execution(store, record)
        return store

    def test_latest_is_the_newest_of_the_program(self, mixed):
        assert history.find("Train", "latest", mixed).id == "r4"
        assert history.find("Train", "latest", mixed, program="churn.py").id == "r4"
        assert history.find("Train", "latest", mixed, program="fraud.py").id == "r3"

    def test_a_program_without_executions_is_an_error_that_names_the_others(self, mixed):
        with pytest.raises(ExecutionError) as caught:
            history.find("Train", "latest", mixed, program="idle.py")
        assert "There is no execution of idle.py in " in caught.value.what
        assert caught.value.what.endswith("the 5 of flow Train are of churn.py, fraud.py.")

    def test_a_program_that_moved_is_known_by_its_content(self, mixed, programs):
        (programs / "moved.py").write_text("# fraud")
        assert history.find("Train", "latest", mixed, program="moved.py").id == "r3"

    def test_a_run_in_pods_is_known_by_the_end_of_its_path(self, mixed, programs):
        record = ExecutionRecord(
            flow="Train",
            execution="r9",
            file="/laminar/idle.py",
            program="of the image",
            given="idle.py",
            sessions=(Session(id="r9", action="pods"),),
        )
        mixed.save(Record(flow="Train", execution="r9", layer="Parameters", started="2026-01-01T00:00:09.000Z"))
        save_execution(mixed, record)
        assert history.find("Train", "latest", mixed, program=str(programs / "idle.py")).id == "r9"

    def test_the_newest_runs_come_first(self, mixed):
        shelf = address.FlowShelf("Train", mixed)
        assert [run.id for run in address.runs([shelf])] == ["r4", "r3", "r2", "r1", "r0"]
        assert [run.id for run in address.runs([shelf], program="fraud.py")] == ["r3", "r2"]


def test_the_latest_of_several_flows_is_the_one_that_started_last(tmp_path):
    store = Local(tmp_path)
    for flow, second in (("A", 1), ("B", 3), ("C", 2)):
        store.save(Record(flow=flow, execution=f"of-{flow}", layer="Parameters", started=f"2026-01-01T00:00:0{second}.000Z"))
    shelves = [address.FlowShelf(flow, store) for flow in "ABC"]
    assert [run.id for run in address.search(shelves, "latest")] == ["of-B"]
