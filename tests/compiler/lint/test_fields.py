"""Values are compared with the published schema as Go's JSON reader and Argo's custom resource definitions do."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.parts import Part
from laminar.compiler.lint import validate
from laminar.compiler.lint.fields import wrong_value
from laminar.compiler.target import ARGO
from laminar.compiler.yaml.reader import read_text


def codes(kind: object, text: str) -> list[str]:
    (source,) = read_text(f"x: {text}\n", "a.yaml")
    return [finding.code for finding in wrong_value(kind, Part(source, ("x",)))]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("text", ["a", '"1"', "null", "1.2.3"], ["1", "true", "1.5", "[a]", "{a: b}", "no"]),
        ("whole", ["1", "0x10", "2.0", "~"], ['"1"', "1.5", "true", "a", "[1]"]),
        ("number", ["1", "1.5"], ['"1"', "true", "a"]),
        ("truth", ["true", "no", "null"], ['"true"', "1", "a"]),
        ("whole or text", ["1", '"1"', "a", "2.0"], ["1.5", "true", "[1]"]),
        ("any", ["1", "a", "[1]", "{a: 1}"], []),
        (["text"], ["[]", "[a]"], ["a", "{a: b}", "[1]"]),
        ({"": "text"}, ["{}", "{a: b}"], ["a", "[a]", "{a: 1}"]),
        ("@k8s.Toleration", ["{}", "{operator: Exists}"], ["[]", "a", "{operators: Exists}", "{tolerationSeconds: '1'}"]),
    ],
)
def test_value_fits_its_kind_or_not(kind, right, wrong):
    assert [text for text in right if codes(kind, text)] == []
    assert [text for text in wrong if not codes(kind, text)] == []


def test_quotes_are_the_advice_where_they_fix_it():
    (source,) = read_text("a: 1\nb: '2'\nc: 'true'\n", "a.yaml")
    fixes = [
        finding.fix
        for kind, name in (("text", "a"), ("whole", "b"), ("truth", "c"))
        for finding in wrong_value(kind, Part(source, (name,)))
    ]
    assert fixes == ["put it in quotes.", "remove the quotes.", "remove the quotes."]


def test_value_that_is_nearly_a_listed_one_is_an_error_and_another_a_warning():
    assert codes("@k8s.Toleration", "{operator: Exist}") == ["F104"]
    assert codes("@k8s.Toleration", "{operator: exists}") == ["F104"]
    assert codes("@k8s.Toleration", "{operator: Newer}") == ["F105"]
    assert codes("@RetryStrategy", "{retryPolicy: Newer}") == ["F104"]


def test_value_with_a_tag_is_not_judged():
    assert codes("@k8s.Toleration", '{operator: "{{x}}"}') == []
    assert codes("@Backoff", '{duration: "{{x}}"}') == []


OLD = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: a}
spec:
  schedule: "* * * * *"
  workflowSpec: {entrypoint: a, serviceAccountName: a, templates: [{name: a, suspend: {}}]}
"""


@pytest.mark.parametrize(("version", "expected"), [("3.7", []), ("4.0", ["F111", "F109"]), ("4.1", ["F111", "F109"])])
def test_field_that_argo_4_removed_is_right_for_argo_3(version, expected):
    assert [finding.code for finding in validate(read_text(OLD, "a.yaml"), ARGO[version])] == expected
