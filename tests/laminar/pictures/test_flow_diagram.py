"""A picture shows a layer's registration."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.hooks import entry, execution, retry, submission
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry, Secret, Volume
from laminar.exceptions import FlowError
from laminar.pictures import flow_diagram
from laminar.pictures.diagram import Box
from laminar.program.recording import Step


class Shop(Flow):
    """Sell things."""


@Shop.register
class Read(Layer):
    """Read the orders."""

    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=parameters.rows)


@Shop.register(
    foreach=ForEach([Parameter(Read, "rows"), Parameter(Parameters, "days")], batch=4, parallelism=2),
    retry=Retry(attempts=3, delay=2, backoff=3),
    catch=Catch(ValueError, OSError),
    container=Container(
        image="shop:1", cpu=0.5, memory=16_000, gpu=1, env={"A": "b"}, secrets={"KEY": Secret("vault", "key")},
        volumes=[Volume("/data", claim="disk")], timeout=60,
    ),
)  # fmt: skip
class Price(Layer):
    def __call__(self, read: Read, parameters: Parameters) -> None: ...

    @execution
    def watch(self) -> None: ...

    @retry
    def grow(self) -> None: ...


@Shop.register
class Check(Layer):
    def __call__(self, read: Read) -> None: ...

    @entry
    def enough(self, read: Read) -> bool:
        return bool(read.rows)


@Shop.register
class Join(Layer):
    def __call__(self, price: Price, check: Check) -> None: ...

    @submission
    def enlarge(self, check: Check) -> None: ...


@Shop.register
class Ship(Layer):
    def __call__(self, join: Join) -> None: ...


@pytest.fixture(scope="module")
def boxes() -> dict[str, Box]:
    frame = flow_diagram.frame_of(Shop(), {"rows": [1, 2], "days": range(3)})
    assert frame.name == "Shop"
    assert frame.about == "Sell things."
    return {box.name: box for box in frame.boxes}


def details(box: Box) -> dict[str, dict[str, str]]:
    return {title: dict(rows) for title, rows in box.details}


def test_boxes_are_in_graph_order_with_what_they_read(boxes):
    assert list(boxes) == ["Parameters", "Read", "Price", "Check", "Join", "Ship"]
    assert boxes["Price"].needs == ("Read", "Parameters")


def test_a_fan_out_names_its_source_batch_and_parallelism(boxes):
    assert boxes["Price"].lines[0] == "each Read.rows \N{MULTIPLICATION SIGN} days, batch 4, 2 at once"
    assert details(boxes["Price"])["fan-out"] == {
        "iterates over": "Read.rows \N{MULTIPLICATION SIGN} Parameters.days",
        "batch": "4 splits a pod",
        "parallelism": "at most 2 splits at once",
    }
    assert boxes["Price"].splits


def test_a_container_shows_what_was_set(boxes):
    assert boxes["Price"].lines[1] == "0.5 CPU, 16 GB, 1 GPU"
    shown = details(boxes["Price"])["container"]
    assert shown["image"] == "shop:1"
    assert shown["memory"] == "16 GB"
    assert shown["env A"] == "b"
    assert shown["secret KEY"] == "key key of vault"
    assert shown["volume /data"] == "claim disk"
    assert shown["timeout"] == "60"
    assert "node selector" not in shown


def test_retries_and_catches_are_shown(boxes):
    assert boxes["Price"].lines[2] == "3 attempts, catches ValueError, OSError"
    assert details(boxes["Price"])["retry"]["delay"] == "2 s, then 3 times as long"


def test_hooks_are_named_and_say_where_they_are_evaluated(boxes):
    assert boxes["Price"].lines[3] == "execution hook, retry hook"
    assert details(boxes["Price"])["hooks"] == {"execution": "watch", "retry": "grow"}
    assert boxes["Check"].lines[-1] == "entry hook in Read's pod"
    assert details(boxes["Check"])["hooks"] == {"entry": "enough", "evaluated": "in Read's pod"}
    assert details(boxes["Join"])["hooks"]["evaluated"] == "by a gate"


def test_a_layer_below_one_that_may_be_skipped_may_be_skipped(boxes):
    assert [name for name, box in boxes.items() if box.may_skip] == ["Check", "Join", "Ship"]
    assert details(boxes["Ship"])["hooks"] == {"skipped": "when a layer that it reads is skipped"}


def test_the_parameters_show_their_values(boxes):
    assert boxes["Parameters"].lines == ("rows = [1, 2]", "days = range(0, 3)")


def test_a_layer_has_its_source_docstring_and_place(boxes):
    assert boxes["Read"].source.startswith('@Shop.register\nclass Read(Layer):\n    """Read the orders."""\n')
    assert boxes["Read"].source.endswith("self.shard(rows=parameters.rows)")
    assert boxes["Read"].about == "Read the orders."
    assert "test_flow_diagram.py:" in boxes["Read"].where
    assert boxes["Read"].source.splitlines()[0] == Path(__file__).read_text().splitlines()[boxes["Read"].first_line - 1]


def test_a_class_without_a_file_has_no_source():
    assert flow_diagram.source_of(type("Made", (), {})) == ("", 1)


def test_a_layer_of_a_function_has_its_source_without_the_indent():
    class Inside(Layer):
        def __call__(self) -> None: ...

    assert flow_diagram.source_of(Inside)[0].startswith("class Inside(Layer):\n    def __call__")


def test_what_a_name_shows_to_be_a_secret_is_masked():
    class Safe(Flow): ...

    @Safe.register(container=Container(env={"API_TOKEN": "hidden", "LEVEL": "3"}))
    class Open(Layer):
        def __call__(self, parameters: Parameters) -> None: ...

    parameters, layer = flow_diagram.frame_of(Safe(), {"password": "hidden", "rate": 1}).boxes
    assert parameters.lines == ("password = ***", "rate = 1")
    assert "hidden" not in str(parameters.details)
    shown = details(layer)["container"]
    assert (shown["env API_TOKEN"], shown["env LEVEL"]) == ("***", "3")


def test_a_value_whose_repr_raises_is_drawn():
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    box = flow_diagram.frame_of(Shop(), {"rows": Broken(), "days": []}).boxes[0]
    assert box.lines[0] == "rows = <Broken instance>"


def test_a_chain_has_a_frame_for_each_flow_and_numbers_repeated_ones():
    steps = [Step(Shop().execution(), {"rows": [1], "days": [1]}), Step(Shop().execution(), where="shop.py:9")]
    made = flow_diagram.diagram_of(steps)
    assert [frame.name for frame in made.frames] == ["Shop", "Shop-2"]
    assert made.frames[1].link == "linker at shop.py:9"
    assert made.frames[1].boxes[0].lines == ("made by the linker",)


def test_a_flow_that_is_defined_wrongly_is_an_error():
    class Empty(Flow): ...

    with pytest.raises(FlowError, match="has no layers"):
        flow_diagram.frame_of(Empty(), {})
