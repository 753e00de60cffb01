"""The explanation counts the emitted documents: pods by layer, bytes by part, the share of each limit, savings of batches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from laminar.cli.main import cli
from laminar.compiler import optimizer
from laminar.compiler.check import budget
from laminar.compiler.emit import emitter
from laminar.compiler.explainer import Explanation, explain
from laminar.compiler.ir import Factor, Plan
from laminar.compiler.passes.fuse_chains import fuse_chains
from laminar.compiler.target import Target
from laminar.exceptions import FlowError
from tests.support.plans import POD, chain, every, linear, over, plan, pod, task

ROOT = Path(__file__).parent.parent.parent


def explained(made: Plan) -> Explanation:
    return explain(optimizer.optimize(made), Target())


def pods(made: Plan) -> dict[str, str]:
    return {layer if layer != "-" else name: count for _, layer, name, _, count, _ in explained(made).pods}


def limit(made: Plan, what: str) -> tuple[str, ...]:
    (row,) = [row for row in explained(made).limits if row[0] == what]
    return row[1:]


def test_layer_without_fan_out_is_one_pod():
    assert pods(linear(2)) == {"Layer000": "1", "Layer001": "1"}


def test_fan_out_of_a_known_length_is_a_number_of_pods():
    fan_out = over(Factor(layer="Load", attribute="rows", length=12), batch=5)
    assert pods(plan(task("Load"), task("Fit", "Load", fan_out=fan_out)))["Fit"] == "3 = ceil(Load.rows / 5)"


def test_fan_out_over_data_is_told_in_the_programs_names():
    fit = task("Fit", "Load", fan_out=over(("Load", "rows")))
    made = plan(task("Load"), fit, task("Sum", "Fit", "Load", fan_out=over(every("Fit", "scores"), ("Load", "columns"))))
    assert pods(made)["Fit"] == "Load.rows"
    assert pods(made)["Sum"] == "Fit[*].scores x Load.columns"


def test_fan_out_over_parameters_counts_their_values():
    fan_out = over(("Parameters", "rates"), ("Parameters", "n"))
    made = plan(task("Fit", fan_out=fan_out), parameters={"rates": "[1, 2, 3]", "n": "7"})
    assert pods(made)["Fit"] == "3 = Parameters.rates x Parameters.n"


def test_links_are_pods_too():
    assert pods(chain(("A", [task("X")]), ("B", [task("Y")]))) == {"X": "1", "link-2": "1", "Y": "1"}


def test_layers_of_one_name_in_two_flows_are_told_apart():
    made = chain(("A", [task("X")]), ("B", [task("X", fan_out=over(Factor(layer="Parameters", attribute="rows", length=3)))]))
    rows = [(flow, count) for flow, layer, *_, count, _ in explained(made).pods if layer == "X"]
    assert rows == [("A", "1"), ("B", "3 = Parameters.rows")]


def test_loop_in_a_template_of_its_own_is_one_row():
    made = plan(task("Fit", fan_out=over(("Parameters", "rates"), parallelism=2)), parameters={"rates": "[1, 2]"})
    assert pods(made) == {"Fit": "2 = Parameters.rates"}


def test_bytes_of_the_parts_are_those_of_the_document():
    made = linear(20)
    parts = sum(int(size) for _, size in explained(made).parts)
    (document,) = emitter.emit(optimizer.optimize(made), Target())
    whole = len(json.dumps(document, separators=(",", ":")))
    assert abs(parts - whole) < 60
    assert limit(made, "bytes of the document")[0] == str(budget.size(document))


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("templates", ("2", "200", "1.0%")),
        ("tasks of Train", ("50", "200", "25.0%")),
        ("parameters", ("0", "500", "0.0%")),
        ("pods", ("50", "5000", "1.0%")),
    ],
)
def test_share_of_each_limit_is_told(what, row):
    assert limit(linear(50), what) == row


def test_unknown_fan_outs_make_the_number_of_pods_a_least_one():
    made = plan(task("Load"), task("Fit", "Load", fan_out=over(("Load", "rows"))))
    assert limit(made, "pods, at least")[0] == "2"


def test_batch_is_told_where_it_saves_pods():
    made = plan(task("Load"), task("Fit", "Load", fan_out=over(Factor(layer="Load", attribute="rows", length=100))))
    assert explained(made).savings == (("Train", "Fit", "batch=25", "100", "4"),)


def test_batch_is_not_told_where_it_is_used_saves_nothing_or_cannot_be():
    rows = Factor(layer="Load", attribute="rows", length=100)
    for fan_out, own in [
        (over(rows, batch=5), POD),
        (over(rows.but(length=1)), POD),
        (over(rows), pod(command="run")),
    ]:
        made = plan(task("Load"), task("Fit", "Load", fan_out=fan_out, pod=own))
        assert explained(made).savings == ()


def test_fuse_is_told_where_layers_stand_in_a_row():
    made = plan(task("Load"), task("Clean", "Load"), task("Fit", "Clean"), task("Side"))
    assert explained(made).savings == (("Train", "Load+Clean+Fit", "--fuse", "3", "1"),)
    assert explained(fuse_chains(made)).savings == ()


# the command


def compile_explained(program: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["compile", str(program), "--explain", *options])


@pytest.mark.slow
def test_explain_prints_tables_in_place_of_the_document():
    done = compile_explained(ROOT / "examples/train.py")
    assert done.exit_code == 0
    assert "Train\tFit\tFit\tlayer-fit\t4 = Parameters.trees x Parameters.depths\t" in done.stdout
    assert "apiVersion" not in done.stdout


@pytest.mark.slow
def test_explain_counts_the_parameters_of_the_command_line():
    done = compile_explained(ROOT / "examples/train.py", "-p", "trees=[1,2,3]")
    assert "\t6 = Parameters.trees x Parameters.depths\t" in done.stdout


def test_explain_of_what_is_over_a_limit_prints_the_tables_and_names_the_layer(tmp_path):
    program = tmp_path / "large.py"
    program.write_text(
        "from laminar import Flow, Layer\nfrom laminar.configurations.layers import Container\nclass Large(Flow): ...\n"
        + "".join(
            f"@Large.register(container=Container(env={{f'T{{i}}': 'x' * 120_000 for i in range({count})}}))\n"
            f"class L{count}(Layer):\n    def __call__(self) -> None: ...\n"
            for count in (4, 6)
        )
        + "Large()()\n"
    )
    done = compile_explained(program, "--datastore", "s3://bucket/store")
    assert "bytes of the document\t12" in done.stdout
    assert isinstance(done.exception, FlowError)
    assert "layer 'L6' has the largest container" in done.exception.what
    assert done.exception.where.endswith("large.py:8")


def woven(width: int, depth: int) -> Plan:
    """Return rows of layers, each of which needs two neighbours of the row above: neither a series nor branches."""

    def above(row: int, column: int) -> list[str]:
        return [f"L{row - 1}x{(column + step) % width}" for step in (0, 1)] if row else []

    return plan(*(task(f"L{row}x{column}", *above(row, column)) for row in range(depth) for column in range(width)))


def test_layers_that_a_failure_keeps_back_without_need_are_counted_by_part():
    assert explained(linear(500)).kept_back == ()
    rows = explained(woven(50, 8)).kept_back
    assert rows and all(flow == "Train" and part.startswith("part-") and int(count) > 0 for flow, part, count, _ in rows)


def test_explain_prints_what_failures_keep_back(tmp_path):
    source = ["from laminar import Flow, Layer", "class Train(Flow): ..."]
    for _, item in woven(25, 10).tasks():
        reads = "".join(f", {need.lower()}: {need}" for need in item.needs)
        source += ["@Train.register", f"class {item.layer}(Layer):", f"    def __call__(self{reads}) -> None: ..."]
    (tmp_path / "main.py").write_text("\n".join([*source, "if flow := Train():", "    flow()"]))
    done = compile_explained(tmp_path / "main.py", "--datastore", "s3://bucket/store")
    assert done.exit_code == 0, done.output
    assert "layers kept back by failures that they do not need" in done.output
