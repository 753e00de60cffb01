"""Comments and options choose which findings are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.lint import validate
from laminar.compiler.lint.selection import Selection, chosen
from laminar.compiler.yaml.reader import read_text
from laminar.exceptions import FlowError

TEXT = (Path(__file__).parent.parent.parent / "data/argo/examples/dag-diamond.yaml").read_text()
WRONG = TEXT.replace('depends: "B && C"', 'depends: "B && Q"')


def codes(text: str, **selection: tuple[str, ...]) -> list[str]:
    sources = read_text(text, "a.yaml")
    return [finding.code for finding in chosen(validate(sources), sources, Selection(**selection))]


def test_finding_is_reported_without_a_comment():
    assert codes(WRONG) == ["P105", "W102"]


@pytest.mark.parametrize(
    "line",
    [
        'depends: "B && Q"  # laminar: ignore[W102]',
        'depends: "B && Q"  # why so. laminar: ignore[W102]',
        'depends: "B && Q"  #laminar:ignore[C103, W1]',
        '# laminar: ignore[W102]\n        # why\n\n        depends: "B && Q"',
    ],
)
def test_comment_ignores_a_rule_on_its_line_or_the_next(line):
    expected = ["P105", *(["W102"] if "why so" in line else []), *(["K102"] if "C103" in line else [])]
    assert codes(WRONG.replace('depends: "B && Q"', line)) == expected


def test_comment_on_another_line_ignores_nothing_and_is_reported():
    assert codes(WRONG.replace("kind: Workflow\n", "kind: Workflow  # laminar: ignore[W102]\n")) == ["K102", "P105", "W102"]


def test_comment_for_the_file_ignores_a_rule_everywhere():
    assert codes("# laminar: ignore-file[W,P105]\n" + WRONG) == []


def test_comment_with_an_unknown_code_is_reported():
    assert codes("# laminar: ignore-file[W999]\n" + TEXT) == ["K102", "P105"]


def test_comment_for_a_rule_that_is_not_selected_is_not_needless():
    assert codes("# laminar: ignore-file[W102]\n" + TEXT, select=("P", "K")) == ["P105"]


@pytest.mark.parametrize("code", ["", "w102", "Z", "W1020"])
def test_selection_of_what_is_no_code_is_refused(code):
    with pytest.raises(FlowError, match="There is no rule"):
        Selection(select=(code,))
