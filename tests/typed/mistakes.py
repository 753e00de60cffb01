"""Make mistakes that type checkers find: each ignored line is one, and an ignore that is not needed is an error itself."""

from __future__ import annotations

from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations.datastores import Accessor
from laminar.configurations.layers import ForEach, Retry
from laminar.elements import every, one


class Train(Flow): ...


class Read(Layer):
    rows: Accessor[str]
    total: int


Train.register(Read, retry=Retry())  # type: ignore[call-overload]
Train.register(retry=3)  # type: ignore[call-overload]
Train.register(retires=Retry())  # type: ignore[call-overload]
ForEach(["rows"])  # type: ignore[list-item]
Train(Read)  # type: ignore[call-arg,arg-type]
Train()(execution=3)  # type: ignore[arg-type]


def read(execution: Execution, layer: Read) -> None:
    wrong: int = one(layer.rows)  # type: ignore[assignment]
    single: int = every(layer.total)  # type: ignore[assignment]
    other: Train = execution.layer(Read)  # type: ignore[assignment]
    execution.next(flow=Train(), linker=lambda before: {"total": 1})  # type: ignore[arg-type,return-value]
    execution.next(Train(), lambda before: Parameters())  # type: ignore[call-arg]
    print(wrong, single, other)
