"""Expressions are read as Argo reads them, and impossible ones are found."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.documents import Library
from laminar.compiler.lint.expressions import short, wrong_expression
from laminar.compiler.lint.scope import Scope
from laminar.compiler.target import Limits
from laminar.compiler.yaml.reader import read_text

TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - {name: A, template: pod}
      - {name: B, depends: A, template: pod, withSequence: {count: "COUNT"}}
  - {name: pod, retryStrategy: {limit: "1"}, container: {image: i, args: ["POD"]}}
"""


def codes(text: str, *, place: str = "args", own: tuple[str, ...] = ()) -> list[str]:
    library = Library.of(read_text(TEXT, "a.yaml"))
    [document] = library.documents
    main, pod = document.by_name["main"], document.by_name["pod"]
    outer = Scope(document, library, Limits())
    if place == "args":
        part, scope = pod.part.at("container", "args", 0), outer.inside(pod, {})
    else:
        inner = outer.inside(main, {"A": set(), "B": {"A"}})
        task = inner.siblings["B"]
        part, scope = task.part.at("withSequence", "count"), inner.before(task, {"A"})
    return [finding.code for finding in wrong_expression(part, text, scope, own=own)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("workflow.name + '1'", []),
        ("1 +", ["X101"]),
        ("'{{workflow.name}}' +", ["K101"]),
        ("nothing(1)", ["X102"]),
        ("len()", ["X102"]),
        ("nil", ["X103"]),
        ("workflow.name == 'x' ? 'y' : nil", ["X103"]),
        ("lastRetry.exitCode > 1", ["X104"]),
        ("1 < lastRetry.exitCode", ["X104"]),
        ("asInt(lastRetry.exitCode) > 1", []),
        ("lastRetry.exitCode == '1'", []),
        ("lastRetry.status == 'Failed'", []),
        ("lastRetry.status == 'failed'", ["X107"]),
        ("'Fail' != lastRetry.status", ["X107"]),
        ("lastRetry.status in ['Error', 'Broken']", ["X107"]),
        ("let x = 1; string(x)", []),
        ("unknown", ["R101"]),
        ("inputs.parameters.x", ["R105"]),
    ],
)
def test_mistakes_of_an_expression_are_found(text, found):
    assert codes(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3", []),
        ("0", []),
        ("'3'", []),
        ("-1", ["I103"]),
        ("1.5", ["I103"]),
        ("true", ["I103"]),
        ("'three'", ["I103"]),
        ("int(tasks.A.outputs.result)", []),
    ],
)
def test_a_count_that_is_known_is_a_whole_number(text, found):
    assert codes(text, place="count") == found


def test_let_beside_item_is_found_in_a_task_only():
    assert "X106" in codes("let x = 1; string(x) + item", place="count")
    assert "X106" not in codes("let x = 1; string(x) + item")


def test_a_fields_own_names_are_known_there():
    assert codes("own.name == 'x'", own=("own",)) == []


@pytest.mark.parametrize(("size", "shown"), [(80, 80), (81, 80)])
def test_a_long_text_is_shortened_in_a_message(size, shown):
    assert len(short("a" * size)) == shown + 2
    assert short("a" * size).endswith("...'") == (size > 80)
