"""Documents of a file are read and linted before a cluster sees them."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.cli.cluster_documents import check, escaped, of_file
from laminar.exceptions import FlowError

RIGHT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a}
spec:
  entrypoint: main
  serviceAccountName: runner
  templates: [{name: main, container: {image: "i:1", command: [c]}}]
"""


def test_a_file_and_standard_input_give_the_same_documents(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text(RIGHT, encoding="utf-8-sig")
    monkeypatch.setattr("sys.stdin", io.StringIO(RIGHT))
    file, piped = of_file(str(tmp_path / "a.yaml")), of_file("-")
    assert file.documents == piped.documents
    assert (file.text, piped.shown, len(file.documents)) == (RIGHT, "standard input", 1)
    file.send_code()


@pytest.mark.parametrize(("content", "words"), [(None, "does not exist"), (b"\xff\xfe\xff", "cannot be read")])
def test_a_file_that_cannot_be_read_is_an_error(content, words, tmp_path):
    if content is not None:
        (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(FlowError, match=words):
        of_file(str(tmp_path / "a.yaml"))


def test_all_findings_are_raised_at_once(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(RIGHT)
    check(of_file(str(file)))
    file.write_text(RIGHT.replace("entrypoint: main", "entrypoint: mian").replace("serviceAccountName", "serviceAcountName"))
    with pytest.raises(FlowError) as caught:
        check(of_file(str(file)))
    assert "mian" in str(caught.value)
    assert "serviceAcountName" in str(caught.value)
    assert len(caught.value.problems) >= 2


@given(st.text() | st.sampled_from(["{{x}}", '"{{x}}"', "3", '{"a": "{{{{"}']), st.booleans())
def test_a_parameters_value_survives_without_a_tag_where_it_is_json(text, json_only):
    sent = escaped(text, json_only=json_only)
    try:
        value = json.loads(text)
    except ValueError:
        assert (json.loads(sent) if json_only else sent) == text
    else:
        assert json.loads(sent) == value or value != value
        assert "{{" not in sent
    if json_only:
        assert "{{" not in sent
