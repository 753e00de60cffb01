"""Damaged, truncated and missing data: errors name its owner, and their advice works."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations.datastores import DataStore, Local, Memory
from laminar.configurations.datastores.key_layout import artifact_key, document_key
from laminar.configurations.datastores.values.file_format import parse
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import DatastoreError, ExecutionError


class Train(Flow): ...


@Train.register
class Make(Layer):
    rows: Any
    plain: str

    def __call__(self) -> None:
        self.shard(rows=(str(number) * 3000 for number in range(5)))
        self.plain = "x" * 9000


@Train.register(foreach=ForEach([Parameter(Make, "rows")]))
class Each(Layer):
    out: Any
    many: Any

    def __call__(self, make: Make) -> None:
        self.out = make.rows * 2
        self.shard(many=(make.rows + str(number) for number in range(3 * (self.index != 1))))


@Train.register
class Join(Layer):
    total: int

    def __call__(self, make: Make, each: Each) -> None:
        self.total = sum(map(len, each.out)) + len(make.plain)


TOTAL = 5 * 6000 + 9000

MADE = "Make.{} of flow 'Train', execution 'one'"
THIRD = "Each.{} of flow 'Train', execution 'one', split 3 of 5"


def flip(store: DataStore, key: str) -> None:
    """Flip a bit in each element of a file."""
    data = bytearray(store.get(key))
    for position in range(len(data) // 4, len(data), 500):
        data[position] ^= 1
    store.put(key, [data])


def truncate(store: DataStore, key: str) -> None:
    data = bytes(store.get(key))
    store.put(key, [data[: len(data) // 4]])


DAMAGES = {"damaged": flip, "truncated": truncate, "missing": lambda store, key: store.delete(key)}
"""Kinds of damage to a file."""

damages = pytest.mark.parametrize("damage", list(DAMAGES))


@pytest.fixture(params=[Memory, Local])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DataStore:
    """Return a store of each kind."""
    made: DataStore = request.param(*([str(tmp_path / "store")] if request.param is Local else []))
    return made


def ran(store: DataStore, executor: Any = Thread) -> Execution:
    return Train(datastore=store, executor=executor(concurrency=2))(execution="one")


def address_of(store: DataStore, layer: str, index: int, attribute: str) -> str:
    record = store.load("Train", "one", layer, index)
    assert record is not None
    artifact = record.artifacts[attribute]
    address = artifact.address or artifact.parts[0].address  # type: ignore[index]
    assert address is not None
    return address


def harm(store: DataStore, damage: str, layer: str, index: int, attribute: str) -> str:
    """Do something to the file of an attribute, and return its address."""
    address = address_of(store, layer, index, attribute)
    DAMAGES[damage](store, artifact_key(address))
    return address


def obey(store: DataStore, fix: str) -> None:
    """Delete exactly the files that an error names."""
    advice = re.match(r"restore (\S+) from a copy, or delete (it and )?(\S+) below (\S+) and resume the execution", fix)
    assert advice is not None, fix
    file, too, document, root = advice.groups()
    assert root == store.root
    for key in [document, *([file] if too else [])]:
        assert store.exists(key), f"{key} is not there to be deleted"
        store.delete(key)


READS: dict[str, tuple[Callable[[Execution], Any], tuple[str, int, str], str]] = {
    "plain": (lambda one: one.layer(Make).plain, ("Make", 0, "plain"), MADE),
    "shard": (lambda one: list(one.layer(Make).rows), ("Make", 0, "rows"), MADE),
    "shard, an element": (lambda one: one.layer(Make).rows[2], ("Make", 0, "rows"), MADE),
    "shard, a slice": (lambda one: list(one.layer(Make).rows[1:][::-2]), ("Make", 0, "rows"), MADE),
    "fan-out": (lambda one: list(one.layer(Each).out), ("Each", 3, "out"), THIRD),
    "fan-out, an element": (lambda one: one.layer(Each).out[3], ("Each", 3, "out"), THIRD),
    "fan-out, a slice": (lambda one: list(one.layer(Each).out[2:4]), ("Each", 3, "out"), THIRD),
    "fan-out of shards": (lambda one: list(one.layer(Each).many), ("Each", 3, "many"), THIRD),
    "fan-out of shards, an element": (lambda one: one.layer(Each).many[-4], ("Each", 3, "many"), THIRD),
    "split": (lambda one: one.layer(Each, index=3).out, ("Each", 3, "out"), THIRD),
    "split, its shard": (lambda one: list(one.layer(Each, index=3).many), ("Each", 3, "many"), THIRD),
}
"""Ways to read an attribute, the layer with its file, and its name in errors."""


@damages
@pytest.mark.parametrize("read", list(READS))
def test_reading_says_flow_layer_split_attribute_and_address(store, damage, read):
    read, named, place = READS[read]
    execution = ran(store)
    address = harm(store, damage, *named)
    with pytest.raises(DatastoreError, match=f"Artifact {address} is ") as raised:
        read(execution.flow.execution("one"))
    assert raised.value.where == place.format(named[2])
    assert raised.value.address == address
    assert document_key("Train", "one", *named[:2]) in raised.value.fix


FAILING: dict[str, tuple[tuple[str, int, str], tuple[str, int], str]] = {
    "plain": (("Make", 0, "plain"), ("Join", 0), MADE),
    "fan-out": (("Each", 3, "out"), ("Join", 0), THIRD),
    "element of a shard": (("Make", 0, "rows"), ("Each", 2), MADE),
}
"""The layer whose file is damaged, the split that reads it, and the name of the data in its error."""


def resumed(execution: Execution, damage: str, named: tuple[str, int, str], reader: tuple[str, int]) -> tuple[str, ExecutionError]:
    """Run a split again whose data was damaged meanwhile; return the address of the data and the error."""
    store = execution.flow.configuration.datastore
    store.delete(document_key("Train", "one", *reader))
    store.delete(document_key("Train", "one", "Join", 0))
    address = harm(store, damage, *named)
    with pytest.raises(ExecutionError) as raised:
        execution.flow.execution("one").resume()
    return address, raised.value


def check(error: ExecutionError, address: str, place: str) -> None:
    first, *rest = str(error).splitlines()
    assert f"DatastoreError: Artifact {address} is " in first
    assert rest[-2].startswith("  at: ") and rest[-2].endswith(f"; {place}"), rest[-2]
    assert rest[-1].startswith("  fix: ") and address in rest[-1]


@damages
@pytest.mark.parametrize("failing", list(FAILING))
def test_a_run_says_it_and_resumes_once_its_advice_was_followed(store, damage, failing):
    named, reader, place = FAILING[failing]
    execution = ran(store)
    address, error = resumed(execution, damage, named, reader)
    check(error, address, place.format(named[2]))
    with pytest.raises(ExecutionError):
        execution.flow.execution("one").resume()  # nothing has changed
    obey(store, error.fix)
    again = execution.flow.execution("one").resume()
    assert again.layer(Join).total == TOTAL
    assert list(again.layer(Each).out) == [str(number) * 6000 for number in range(5)]
    assert list(again.layer(Make).rows) == [str(number) * 3000 for number in range(5)]


@pytest.mark.slow
@damages
@pytest.mark.parametrize("failing", list(FAILING))
def test_a_run_in_processes_says_it(tmp_path, damage, failing):
    named, reader, place = FAILING[failing]
    address, error = resumed(ran(Local(str(tmp_path)), Process), damage, named, reader)
    check(error, address, place.format(named[2]))
    assert isinstance(error.__cause__, DatastoreError)


# the command line

PROGRAM = """\
import sys
from laminar import Flow, Layer
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register
class Make(Layer):
    def __call__(self) -> None:
        self.shard(rows=(str(number) * 3000 for number in range(5)))

@Train.register(foreach=ForEach([Parameter(Make, "rows")]))
class Each(Layer):
    def __call__(self, make: Make) -> None:
        self.out = make.rows * 2

@Train.register
class Join(Layer):
    def __call__(self, each: Each) -> None:
        self.total = sum(map(len, each.out))
        sys.exit("not yet") if "--fail" in sys.argv else None

if train := Train():
    train()
"""


@pytest.mark.slow
@damages
def test_the_last_lines_of_the_command_line_say_it_and_what_they_advise_works(tmp_path, damage):
    (tmp_path / "train.py").write_text(PROGRAM)
    store = Local(str(tmp_path / ".laminar"))

    def laminar(*words: str) -> tuple[int, list[str], list[str]]:
        done = subprocess.run([sys.executable, "-m", "laminar", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    assert laminar("run", "train.py", "--execution", "one", "--", "--fail")[0] == 1
    address = harm(store, damage, "Each", 3, "out")
    code, _, shown = laminar("run", "train.py", "--resume", "one")
    assert code == 1
    assert shown[-2] == f"  at: train.py:20, in __call__; {THIRD.format('out')}"
    assert address in shown[-1]
    assert shown[-1].endswith("; resume with: laminar run train.py --resume one")
    for more in ((), ("--index", "3")):
        code, _, listed = laminar("results", "train.py", "one", "Each", "out", *more)
        assert (code, listed[1]) == (1, f"  at: {THIRD.format('out')}")
        assert f"DatastoreError: Artifact {address} is " in listed[0]
    obey(store, shown[-1].removeprefix("  fix: "))
    assert laminar("run", "train.py", "--resume", "one")[0] == 0
    assert laminar("results", "train.py", "one", "Join", "total")[:2] == (0, ["30000"])


# data of others, and of nobody yet


class Last(Flow): ...


@Last.register
class Pass(Layer):
    rows: Any

    def __call__(self, parameters: Parameters) -> None:
        self.rows = parameters.rows


def test_data_that_was_passed_on_is_its_readers_and_the_advice_says_so(store):
    first = ran(store)
    last = Last(datastore=store, executor=Thread())
    second = first.next(flow=last, linker=lambda one: Parameters(rows=one.layer(Make).rows))
    harm(store, "missing", "Make", 0, "rows")
    with pytest.raises(DatastoreError) as raised:
        list(second.layer(Pass).rows)
    assert raised.value.where == "Pass.rows of flow 'Last', execution 'one'"
    assert raised.value.fix.endswith("; where Pass only passes it on, also delete the document of the layer that made it.")
    with pytest.raises(DatastoreError) as raised:
        list(second.layer(Parameters).rows)
    assert raised.value.where == "Parameters.rows of flow 'Last', execution 'one'"
    assert raised.value.fix.endswith("from a copy, or start a new execution with these parameters.")


def test_a_damaged_parameter_that_a_fan_out_goes_over_is_named(store):
    class Wide(Flow): ...

    @Wide.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class Use(Layer):
        def __call__(self) -> None: ...

    execution = Wide(datastore=store, executor=Thread()).execution("one").parameters(rows=["x" * 3000] * 3)
    record = store.load("Wide", "one", "Parameters", 0)
    assert record is not None
    store.delete(f"artifacts/{record.artifacts['rows'].address}")
    with pytest.raises(ExecutionError) as raised:
        execution.resume()
    assert raised.value.where.endswith("; Parameters.rows of flow 'Wide', execution 'one'")


def test_a_layer_that_reads_what_it_has_just_stored_is_named(store):
    class Own(Flow): ...

    @Own.register
    class Write(Layer):
        rows: Any

        def __call__(self) -> None:
            self.shard(rows=(str(number) * 3000 for number in range(5)))
            store.delete("artifacts")
            list(self.rows)

    with pytest.raises(ExecutionError) as raised:
        Own(datastore=store, executor=Thread())(execution="one")
    assert raised.value.where.endswith("; Write.rows of flow 'Own', execution 'one'")


def wrapped(make: Make) -> None:
    try:
        list(make.rows)
    except DatastoreError as error:
        raise RuntimeError("no rows") from error


@pytest.mark.parametrize("do", [wrapped, lambda make: {"rows": make.rows}], ids=["wrapped", "stored in another value"])
def test_the_data_is_named_where_the_error_is_another_that_it_caused(store, do):
    class Two(Flow): ...

    class Read(Layer):
        def __call__(self) -> None:
            self.shard(rows=(str(number) * 3000 for number in range(5)))

    class Use(Layer):
        def __call__(self, read: Read) -> None:
            store.delete("artifacts")
            self.value = do(read)

    Use.__call__.__annotations__["read"] = Read
    Two.register(Read)
    Two.register(Use)
    with pytest.raises(ExecutionError) as raised:
        Two(datastore=store, executor=Thread())(execution="one")
    assert raised.value.where.endswith("Read.rows of flow 'Two', execution 'one'")
    assert "Two/executions/one/Read/0.json" in raised.value.fix


def test_an_error_that_is_its_own_cause_ends_the_run(store):
    class Odd(Flow): ...

    @Odd.register
    class Use(Layer):
        def __call__(self) -> None:
            error = RuntimeError("odd")
            raise error from error

    with pytest.raises(ExecutionError, match="RuntimeError: odd"):
        Odd(datastore=store, executor=Thread())(execution="one")


# documents


def test_the_document_of_another_split_is_refused(store):
    execution = ran(store)
    keys = [document_key("Train", "one", "Each", index) for index in range(2)]
    store.put(keys[1], [bytes(store.get(keys[0]))])
    says = f"Document {keys[1]} is damaged: it is that of split 0 of layer 'Each' of flow 'Train', execution 'one'"
    for read in (
        lambda: store.load("Train", "one", "Each", 1),
        lambda: store.records("Train", "one", "Each"),
        lambda: execution.flow.execution("one").layer(Each).out,
        lambda: execution.flow.execution("one").layer(Each, index=1).out,
    ):
        with pytest.raises(DatastoreError, match=says) as raised:
            read()
        assert raised.value.where in ("", "Each.out of flow 'Train', execution 'one'")
        assert raised.value.fix == "delete it and resume the execution, so that its split runs again."
    assert raised.value.where
    assert store.load("Train", "one", "Each", 0) is not None
    store.delete(keys[1])
    store.delete(document_key("Train", "one", "Join", 0))
    assert execution.flow.execution("one").resume().layer(Join).total == TOTAL


@pytest.mark.parametrize("other", [("Other", "one", "Each"), ("Train", "two", "Each"), ("Train", "one", "Make")], ids=str)
def test_the_document_of_another_flow_execution_or_layer_is_refused(store, other):
    ran(store)
    store.put(document_key(*other, 0), [bytes(store.get(document_key("Train", "one", "Join", 0)))])
    for read in (lambda: store.load(*other, 0), lambda: store.records(*other)):
        with pytest.raises(DatastoreError, match="is damaged: it is that of split 0 of layer 'Join' of flow 'Train'"):
            read()


def test_a_damaged_document_of_the_parameters_is_not_to_be_deleted(store):
    ran(store)
    key = document_key("Train", "one", "Parameters", 0)
    truncate(store, key)
    with pytest.raises(DatastoreError, match="restore it from a copy, or start a new execution with these parameters"):
        store.load("Train", "one", "Parameters", 0)


def test_where_elements_are_is_found_anew_when_a_split_runs_again(store):
    count = [2]

    class Grow(Flow): ...

    @Grow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class Part(Layer):
        values: Any

        def __call__(self, parameters: Parameters) -> None:
            self.shard(values=[f"{parameters.rows}{number}" for number in range(count[0])])

    @Grow.register(foreach=ForEach([Parameter(Part, "values", index=None)]))
    class Deep(Layer):
        value: Any

        def __call__(self, part: Part) -> None:
            self.value = part.values

    execution = Grow(datastore=store, executor=Thread())(execution="one", rows=["a", "b"])
    assert list(execution.layer(Deep).value) == ["a0", "a1", "b0", "b1"]
    count[0] = 3
    for layer in ("Part", "Deep"):
        store.delete(document_key("Grow", "one", layer, 0))
    again = execution.flow.execution("one").resume()
    assert list(again.layer(Deep).value) == ["a0", "a1", "a2", "b0", "b1"]


# bits


@pytest.mark.parametrize("size", [300_000, 1_300_000])  # digested by SHA-256 and by BLAKE3
def test_every_flipped_bit_of_an_array_is_detected_also_of_the_padding(tmp_path, size):
    store, chance = Local(str(tmp_path)), random.Random(size)
    artifact = store.write(np.arange(size // 8))
    assert artifact.address is not None
    path = tmp_path / "artifacts" / artifact.address
    whole = path.read_bytes()
    head = parse(whole, artifact.address)
    assert not isinstance(head, int)
    gap = range(head.offsets[0] + head.lengths[0], head.offsets[1])
    assert len(head.lengths) == 2 and len(whole) > size and len(gap) > 0
    bits = [chance.randrange(len(whole) * 8) for _ in range(1000)]
    bits += [byte * 8 + chance.randrange(8) for byte in (*range(8), *gap, *range(len(whole) - 8, len(whole)))]
    path.chmod(0o600)
    with open(path, "r+b", buffering=0) as file:
        for bit in bits:
            byte = whole[bit // 8]
            os.pwrite(file.fileno(), bytes([byte ^ 1 << bit % 8]), bit // 8)
            with pytest.raises(DatastoreError, match=f"Artifact {artifact.address} "):
                store.read(artifact)
            os.pwrite(file.fileno(), bytes([byte]), bit // 8)
    assert (store.read(artifact) == np.arange(size // 8)).all()
