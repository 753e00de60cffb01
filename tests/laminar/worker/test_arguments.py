"""The runner's arguments and the worker variables."""

from __future__ import annotations

import os

import pytest

from laminar.exceptions import FlowError
from laminar.worker.arguments import packaged, read

VARIABLES = {"LAMINAR_FLOW_NAME": "F", "LAMINAR_LAYER_NAME": "L", "LAMINAR_EXECUTION_ID": "one"}


def test_arguments_win_over_variables():
    task = read(["main.py", "--layer", "M", "--index=3", "--splits", "4"], {**VARIABLES, "LAMINAR_LAYER_INDEX": "1"})
    assert (task.job.flow, task.job.layer, task.job.index, task.job.splits) == ("F", "M", 3, 4)


def test_what_nobody_names_has_a_default():
    task = read(["main.py"], VARIABLES)
    assert (task.job.index, task.job.splits, task.job.attempt, task.job.retry, task.batch, task.chain) == (0, 1, 1, False, 1, 1)
    assert (task.datastore, task.parameters, task.outputs) == (None, None, None)


def test_variables_name_the_rest():
    more = {"LAMINAR_LAYER_ATTEMPT": "2", "LAMINAR_EXECUTION_RETRY": "True", "LAMINAR_CHAIN": "3", "LAMINAR_OUTPUTS": "/out"}
    task = read(["main.py", "--batch", "25"], {**VARIABLES, **more})
    assert (task.job.attempt, task.job.retry, task.chain, task.outputs, task.batch) == (2, True, 3, "/out", 25)


def test_options_may_follow_the_program_and_its_own_arguments_stand_after_two_dashes():
    task = read(["--flow", "G", "main.py", "--layer", "M", "--", "--flow", "x", "y"], VARIABLES)
    assert (task.job.flow, task.job.layer) == ("G", "M")
    assert task.program.args == ("--flow", "x", "y")
    assert (task.program.path, task.program.given) == (os.path.abspath("main.py"), "main.py")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["main.py", "--index"], "option --index requires argument"),
        (["main.py", "--index", "--splits", "3"], "one program, not 2"),
        (["main.py", "--index="], "needs --index"),
        (["main.py", "--nothing", "1"], "option --nothing not recognized"),
        (["main.py", "-x"], "option -x not recognized"),
        (["main.py", "--index", "-1"], "'-1', which is no number"),
        (["main.py", "--index", "1_0"], "'1_0', which is no number"),
        (["main.py", "--batch", "many"], "'many', which is no number"),
        (["main.py", "other.py"], "one program, not 2"),
        ([], "one program, not 0"),
    ],
)
def test_wrong_arguments_are_rejected_with_the_usage(arguments, message):
    with pytest.raises(FlowError) as raised:
        read(arguments, VARIABLES)
    assert message in raised.value.what
    assert raised.value.fix.startswith("usage: ")


def test_what_is_missing_is_named():
    with pytest.raises(FlowError, match="needs --execution \\(or LAMINAR_EXECUTION_ID\\)"):
        read(["main.py"], {"LAMINAR_FLOW_NAME": "F", "LAMINAR_LAYER_NAME": "L"})


def test_a_task_without_code_package_stays_as_it_is():
    task = read(["main.py"], VARIABLES)
    assert packaged(task, "") is task


def test_a_program_outside_the_working_folder_is_in_no_code_package():
    with pytest.raises(FlowError, match="no path in a code package"):
        packaged(read(["../main.py"], VARIABLES), "s3://bucket/code.tar.gz#sha256=0")
