"""Programs: every process that loads one executes it as `python PROGRAM` does; recording; serde and classes in workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """\
import os, sys
from dataclasses import dataclass

import helper
from laminar import Flow, Layer, Parameters
from laminar.configurations import serde
from laminar.configurations.datastores import DataStore, Local
from laminar.configurations.layers import ForEach, Parameter
from laminar.settings import current

store = Local(".laminar")

@dataclass
class Point:
    x: int

@store.protocol(Point)
class Points(serde.Protocol):
    def dumps(self, value):
        return f"point {value.x}".encode()

    def loads(self, data):
        return type("Loaded", (Point,), {})(int(data.split()[1]))

class Sub(Point): ...

@dataclass
class Plain:
    y: int

class Train(Flow): ...

@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.seen = (__name__, sys.argv, sys.path[0], os.getcwd(), helper.VALUE)
        self.point, self.sub, self.plain = Point(1), Sub(2), Plain(3)
        self.shard(points=[Point(4), Point(5)])

@Train.register(foreach=ForEach([Parameter(Read, "points")]))
class Use(Layer):
    def __call__(self, read: Read) -> None:
        self.total = read.point.x + read.sub.x + read.plain.y + read.points.x
        self.kinds = [type(value).__name__ for value in (read.point, read.sub, read.plain, read.points)]

class Count(Flow): ...

@Count.register
class End(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.n = parameters.n
        self.ids = (current.execution.id, os.environ["LAMINAR_EXECUTION_ID"], os.environ["LAMINAR_FLOW_NAME"])

if train := Train(datastore=store):
    first = train(execution="one")
    try:
        second = first.next(flow=Count(), linker=lambda e: Parameters(n=list(e.layer(Use).total)))
        third = second.next(flow=Count(), linker=lambda e: Parameters(n=sum(e.layer(End).n)))
        fourth = third.next(flow=Count(), linker=lambda e: Parameters(n=e.layer(End).n + 1))
        seen = first.layer(Read).seen
    except Exception as error:
        print("caught", error)
        raise
    print(seen == ("__main__", sys.argv, sys.path[0], os.getcwd(), 7), sys.argv[1:])
    print(list(first.layer(Use).total), list(first.layer(Use).kinds)[0], isinstance(first.layer(Read).plain, Plain))
    print(fourth.layer(End).n, [e.layer(End).ids for e in (second, third, fourth)])
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "main.py").write_text(PROGRAM)
    (folder / "code" / "helper.py").write_text("VALUE = 7\n")
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_workers_execute_the_program_as_python_does_and_share_its_classes_and_protocols(tmp_path):
    done = run(tmp_path, "code/main.py", "a", "--b")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "True ['a', '--b']"
    assert lines[1] == "[10, 11] ['Loaded', 'Loaded', 'Plain', 'Loaded'] True"
    ids = [("one", "one", "Count"), ("one-2", "one-2", "Count"), ("one-3", "one-3", "Count")]
    assert lines[2] == f"22 {ids}"


def test_a_protocols_bytes_are_what_is_stored_and_digested(tmp_path):
    import hashlib

    assert run(tmp_path, "code/main.py").returncode == 0
    stored = [path for path in (tmp_path / ".laminar").rglob("*") if path.is_file()]
    assert any(b"point 1" in path.read_bytes() or b"cG9pbnQgMQ" in path.read_bytes() for path in stored)
    assert hashlib.sha256(b"").hexdigest() not in {path.name for path in stored}


def test_resume_works_from_a_new_process_and_notes_layers_whose_source_changed(tmp_path):
    program = """\
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class A(Layer):
    def __call__(self) -> None:
        self.value = 1
@Train.register
class B(Layer):
    def __call__(self, a: A) -> None:
        if {fails}:
            raise ValueError
        self.value = a.value + 1
if flow := Train():
    execution = {call}
    print(execution.layer(B).value, execution.retry, execution.finished, execution.running)
"""
    path = tmp_path / "main.py"
    path.write_text(program.format(fails=True, call='flow(execution="one")'))
    done = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Layer 'B' of flow 'Train' failed" in done.stderr
    changed = program.format(fails=False, call='flow.execution("one").resume()').replace("self.value = 1", "self.value = 100")
    path.write_text(changed)
    done = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "2 True True False\n"), done.stderr
    assert done.stderr.count("finished layers whose source changed since are not run again: A\n") == 1


def test_a_datastore_of_the_users_own_is_used_in_workers_with_its_options(tmp_path):
    program = """\
import os
from laminar import Flow, Layer
from laminar.configurations.datastores import Local

class Shouting(Local):
    def put(self, key, chunks):
        with open("puts", "a") as file:
            file.write(f"{os.getpid()} {key}\\n")
        super().put(key, chunks)

class Train(Flow): ...
@Train.register
class A(Layer):
    def __call__(self) -> None:
        self.value = bytes(100_000)
if flow := Train(datastore=Shouting("data")):
    print(len(flow(execution="one").layer(A).value), os.getpid())
"""
    (tmp_path / "main.py").write_text(program)
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pid = done.stdout.split()[1]
    puts = [line.split() for line in (tmp_path / "puts").read_text().splitlines()]
    by_key = {key: writer for writer, key in puts}
    assert by_key["Train/executions/one/Parameters/0.json"] == pid
    assert by_key["Train/executions/one/A/0.json"] != pid
