"""Use the DSL as a typed program does. Type checkers read this file (./dev lint); nobody runs it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from typing_extensions import assert_type

from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations import hooks, serde
from laminar.configurations.datastores import AWS, Accessor, DataStore, Local, Memory
from laminar.configurations.executors import Docker, Executor, Process, Thread
from laminar.configurations.layers import Catch, Configuration, Container, ForEach, Parameter, Retry
from laminar.configurations.schedulers import Argo, Scheduler
from laminar.elements import every, one
from laminar.settings import current


class Train(Flow):
    @hooks.execution
    def timed(self) -> Iterator[None]:
        yield


@Train.register
class Read(Layer):
    rows: Accessor[str]
    title: str = "none"

    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=(str(number) for number in range(3)))


@Train.register(foreach=ForEach([Parameter(Read, "rows")]), retry=Retry(attempts=2), catch=Catch(ValueError, OSError))
class Use(Layer):
    length: int

    def __call__(self, read: Read) -> None:
        row = one(read.rows)
        assert_type(row, str)
        assert_type(read.title, str)
        self.length = len(row) + self.index + self.splits + self.attempt


@Train.register(container=Container(cpu=2, memory=100, env={"A": "b"}, timeout=5))
class Sum(Layer):
    total: int

    @hooks.entry
    def check(self, read: Read) -> bool:
        return read.state.finished

    @hooks.submission
    def size(self) -> None:
        assert_type(self.configuration, Configuration)
        self.configuration.container = replace(self.configuration.container, memory=200)

    @hooks.retry
    def larger(self) -> Generator[None, None, None]:
        yield

    def __call__(self, use: Use, read: Read) -> None:
        lengths = every(use.length)
        assert_type(lengths, Accessor[int])
        assert_type(lengths[0], int)
        assert_type(read.rows[0], str)
        self.total = sum(lengths) + sum(len(row) for row in read.rows)


# The decorators keep what they decorate.
assert_type(Sum, type[Sum])
assert_type(Sum(), Sum)
assert_type(Sum().check(Read()), bool)
checked: Callable[[Sum, Read], bool] = Sum.check

stores: list[DataStore] = [Local(), Memory(), AWS.S3("s3://bucket/prefix")]
executors: list[Executor] = [Thread(concurrency=2), Process(timeout=5), Docker()]
schedulers: list[Scheduler] = [Scheduler(), Argo(schedule="0 * * * *")]

if train := Train(datastore=Local(), executor=Process(concurrency=2)):
    execution = train(rows=[1, 2])
    assert_type(execution, Execution)
    assert_type(execution.layer(Sum), Sum)
    assert_type(execution.layer(Sum(), index=0), Sum)
    assert_type(execution.layer("Sum"), Layer)
    assert_type(train.layer(Use, index=0, splits=2), Use)
    assert_type(execution.layer(Sum).total, int)
    assert_type(execution.id, str | None)
    assert_type(execution.finished, bool)
    assert_type(execution.running, bool)
    assert_type(execution.retry, bool)
    assert_type(execution.flow, Flow)
    assert_type(train.execution("one", retry=True).resume(), Execution)
    assert_type(execution.schedule(dependencies={"Use": {"Read"}}), Execution)
    assert_type(execution.execute(layer=train.layer(Use, index=0, splits=2)), Execution)
    assert_type(execution.parameters(foo="bar"), Execution)
    linked = execution.next(flow=Train(), linker=lambda before: Parameters(total=before.layer(Sum).total))
    assert_type(linked, Execution)
    assert_type(train.dependencies, dict[str, set[str]])
    assert_type(train.registry, dict[str, type[Layer]])
    assert_type(current.layer.index, int | None)

    store = train.configuration.datastore
    assert_type(store.list_executions(flow=train), list[Execution])
    assert_type(store.list_layers(execution=execution), list[Layer])
    assert_type([artifact.name for artifact in store.list_artifacts(layer=execution.layer(Sum))], list[str])

    @store.protocol(complex)
    class Complex(serde.Protocol):
        def dumps(self, value: complex) -> bytes:
            return repr(value).encode()

        def loads(self, data: bytes) -> complex:
            return complex(data.decode())

    assert_type(Complex, type[Complex])
