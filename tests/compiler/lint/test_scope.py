"""A text knows the tasks that have ended where it stands."""

from __future__ import annotations

from laminar.compiler.argo.documents import Library, Template
from laminar.compiler.argo.parts import Part
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
      - {name: A, template: row}
      - {name: B, depends: A, inline: {container: {image: i}}}
  - name: row
    steps: [[{name: one, template: pod}], [{name: two, template: pod}]]
  - name: pod
    container: {image: i}
    metrics: {prometheus: [{name: m, help: h, counter: {value: "1"}}]}
"""


def scope() -> tuple[Scope, dict[str, Template]]:
    library = Library.of(read_text(TEXT, "a.yaml"))
    [document] = library.documents
    return Scope(document, library, Limits()), document.by_name


def test_a_templates_own_fields_know_all_its_tasks_that_can_end():
    outer, templates = scope()
    inner = outer.inside(templates["main"], {"A": set(), "B": {"A"}})
    assert (set(inner.siblings), inner.ended, inner.task) == ({"A", "B"}, {"A", "B"}, None)
    assert outer.inside(templates["main"], {"A": set()}).ended == {"A"}


def test_a_task_knows_what_it_waits_for_and_its_hooks_the_task_too():
    outer, templates = scope()
    inner = outer.inside(templates["main"], {"A": set(), "B": {"A"}})
    before = inner.before(inner.siblings["B"], {"A"})
    assert (before.ended, before.after().ended) == ({"A"}, {"A", "B"})
    assert inner.after() == inner


def test_only_an_inline_template_has_a_scope_around_it():
    outer, templates = scope()
    inner = outer.inside(templates["main"], {"A": set(), "B": {"A"}})
    assert inner.outer is None
    task = inner.siblings["B"]
    before = inner.before(task, {"A"})
    assert task.inline is not None
    inline = before.inside(task.inline, {})
    assert (inline.outer, inline.ended, inline.works) == (before, frozenset(), ["container"])


def test_what_a_template_does_decides_how_its_calls_are_referred_to():
    outer, templates = scope()
    kinds = {name: outer.inside(template, {}) for name, template in templates.items()}
    assert {name: (one.is_step, one.works) for name, one in kinds.items()} == {
        "main": (False, ["dag"]),
        "row": (True, ["steps"]),
        "pod": (False, ["container"]),
    }
    assert (outer.is_step, outer.works) == (False, [])


def test_a_metric_is_found_by_its_place():
    outer, templates = scope()
    part: Part = templates["pod"].part
    assert outer.is_metric(part.at("metrics", "prometheus", 0, "counter", "value"))
    assert not outer.is_metric(part.at("container", "image"))
