"""Draw small programs whose layers are cached, edit them, and compute the sources of each split's result."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from laminar.configurations.datastores import DataStore
from laminar.configurations.executors import Thread

_numbers = itertools.count()

HELPERS = ("double", "shift")
GLOBALS = ("RATE", "BASE")
PARAMETERS = ("alpha", "beta")


@dataclass(frozen=True)
class DrawnLayer:
    """One layer: ``constant`` is in its body, ``divisor`` makes results of different inputs equal, ``split`` makes a fan-out."""

    name: str
    needs: tuple[str, ...]
    constant: int
    divisor: int
    helpers: tuple[str, ...]
    globals: tuple[str, ...]
    parameters: tuple[str, ...]
    split: bool
    version: int
    comment: str = ""


@dataclass(frozen=True)
class DrawnProgram:
    """A program: its layers, the numbers in its helper functions and globals, and the parameters that it is called with."""

    layers: tuple[DrawnLayer, ...]
    numbers: tuple[tuple[str, int], ...]
    values: tuple[tuple[str, int], ...]
    items: tuple[int, ...]

    def source(self) -> str:
        """Return the program's text."""
        numbers = dict(self.numbers)
        lines = [
            "from laminar import Flow, Layer, Parameters",
            "from laminar.configurations.layers import Cache, ForEach, Parameter",
            "class Drawn(Flow): ...",
            *(f"{name} = {numbers[name]}" for name in GLOBALS),
            *(f"def {name}(value):\n    return value * {numbers[name]} + 1" for name in HELPERS),
        ]
        for layer in self.layers:
            lines += self._layer(layer)
        return "\n".join(lines)

    def _layer(self, layer: DrawnLayer) -> list[str]:
        foreach = ', foreach=ForEach([Parameter("Parameters", "items")])' if layer.split else ""
        given = [f"read_{need}: {need}" for need in layer.needs]
        reads = [f"total(read_{need}.out)" for need in layer.needs] + [f"p.{name}" for name in layer.parameters]
        reads += [*layer.globals, *(["p.items"] if layer.split else [])]
        value = " + ".join(["int()", *reads, str(layer.constant)])  # a call, which Python does not compute when it compiles
        for helper in layer.helpers:
            value = f"{helper}({value})"
        parameters = ["p: Parameters"] if layer.parameters or layer.split else []
        return [
            f"@Drawn.register(cache=Cache(version={layer.version}){foreach})",
            f"class {layer.name}(Layer):",
            f"    def __call__({', '.join(['self', *parameters, *given])}):",
            "        def total(value):",
            "            return value if isinstance(value, int) else sum(value)",
            f"        # {layer.comment}",
            f"        self.out = ({value}) // {layer.divisor}",
        ]

    def run(self, store: DataStore, folder: Path) -> Any:
        """Execute the program's text as a new module, call its flow, and return the execution."""
        number = next(_numbers)
        module = ModuleType(f"drawn_program_{number}")
        path = folder / f"drawn_program_{number}.py"
        path.write_text(self.source())
        module.__file__ = str(path)
        sys.modules[module.__name__] = module
        try:
            exec(compile(self.source(), str(path), "exec"), module.__dict__)
            flow = module.Drawn(datastore=store, executor=Thread(concurrency=1))
            return flow(**dict(self.values), items=list(self.items))
        finally:
            del sys.modules[module.__name__]

    def made_of(self) -> dict[tuple[str, int], tuple[Any, int]]:
        """Return, by layer and split, the inputs of a result, and the result: a model of the program, without running it."""
        numbers, values = dict(self.numbers), dict(self.values)
        totals: dict[str, int] = {}
        results: dict[str, tuple[int, ...]] = {}
        found: dict[tuple[str, int], tuple[Any, int]] = {}
        for layer in self.layers:
            outs = []
            for index in range(len(self.items) if layer.split else 1):
                item = self.items[index] if layer.split else 0
                inputs = tuple((need, results[need]) for need in layer.needs)
                read = tuple((name, values[name]) for name in layer.parameters)
                used = tuple((name, numbers[name]) for name in (*layer.globals, *layer.helpers))
                plain = dataclasses.replace(layer, comment="")
                value = sum(totals[need] for need in layer.needs) + sum(number for _, number in read)
                value += sum(numbers[name] for name in layer.globals) + item + layer.constant
                for helper in layer.helpers:
                    value = value * numbers[helper] + 1
                outs.append(value // layer.divisor)
                found[layer.name, index] = ((plain, inputs, read, used, item), outs[-1])
            results[layer.name], totals[layer.name] = tuple(outs), sum(outs)
        return found


@st.composite
def programs(draw: st.DrawFn) -> DrawnProgram:
    """Draw a program of one to four layers."""
    layers: list[DrawnLayer] = []
    for number in range(draw(st.integers(1, 4))):
        names = [layer.name for layer in layers]
        layers.append(
            DrawnLayer(
                name=f"L{number}",
                needs=tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else ()),
                constant=draw(st.integers(2, 9)),
                divisor=draw(st.sampled_from((1, 7))),
                helpers=tuple(draw(st.lists(st.sampled_from(HELPERS), unique=True))),
                globals=tuple(draw(st.lists(st.sampled_from(GLOBALS), unique=True))),
                parameters=tuple(draw(st.lists(st.sampled_from(PARAMETERS), unique=True))),
                split=draw(st.booleans()),
                version=draw(st.integers(1, 3)),
            )
        )
    numbers = tuple((name, draw(st.integers(2, 9))) for name in (*HELPERS, *GLOBALS))
    values = tuple((name, draw(st.integers(2, 9))) for name in PARAMETERS)
    return DrawnProgram(tuple(layers), numbers, values, tuple(draw(st.lists(st.integers(2, 9), min_size=1, max_size=3))))


@st.composite
def edits(draw: st.DrawFn, program: DrawnProgram) -> DrawnProgram:
    """Draw a program that differs from another in one thing: a layer, a number that code names, a parameter, the items."""
    kind = draw(st.sampled_from(("layer", "number", "value", "items", "comment")))
    place = draw(st.integers(0, len(program.layers) - 1))
    layer = program.layers[place]
    if kind == "layer":
        field = draw(st.sampled_from(("constant", "version", "divisor")))
        layer = dataclasses.replace(layer, **{field: getattr(layer, field) + draw(st.integers(1, 3))})
    elif kind == "comment":
        layer = dataclasses.replace(layer, comment="another comment")
    elif kind in ("number", "value"):
        pairs = program.numbers if kind == "number" else program.values
        name = draw(st.sampled_from([name for name, _ in pairs]))
        changed = tuple((each, value + (each == name)) for each, value in pairs)
        return dataclasses.replace(program, **{"numbers" if kind == "number" else "values": changed})
    else:
        return dataclasses.replace(program, items=(*program.items[1:], draw(st.integers(2, 9))))
    return dataclasses.replace(program, layers=(*program.layers[:place], layer, *program.layers[place + 1 :]))
