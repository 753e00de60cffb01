"""``laminar lint`` finds, reports and exits as its options say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from laminar.cli.main import cli
from laminar.compiler.lint.rules import RULES

ROOT = Path(__file__).parent.parent.parent.parent
EXAMPLES = ROOT / "tests/data/argo/examples"
LINEAR = ROOT / "tests/golden/compiler/linear.yaml"


def lint(*args: object) -> Result:
    return CliRunner().invoke(cli, ["lint", *map(str, args)])


def test_lint_exits_with_0_where_nothing_is_found():
    done = lint(ROOT / "tests/golden/compiler/linear.yaml", ROOT / "tests/golden/compiler/cron.yaml")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "2 files: nothing found\n"


def test_lint_exits_with_1_and_prints_findings(tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text((ROOT / "tests/golden/compiler/linear.yaml").read_text().replace("depends: Load", "depends: Laod"))
    done = lint(file)
    assert done.exit_code == 1
    assert f"{file}:" in done.stdout
    assert "waits for 'Laod'" in done.stdout
    assert done.stderr == "1 file: 1 error\n"


def test_lint_checks_what_a_program_compiles_to():
    done = lint(ROOT / "examples/wordcount.py")
    assert (done.exit_code, done.stdout) == (0, "")


def test_lint_reads_what_comes_through_a_pipe():
    text = (ROOT / "tests/golden/compiler/linear.yaml").read_text().replace("depends: Load", "depends: Laod")
    done = CliRunner().invoke(cli, ["lint", "-"], input=text)
    assert done.exit_code == 1
    assert done.stdout.startswith("standard input:")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n"])
def test_lint_of_nothing_is_an_error(tmp_path, text):
    file = tmp_path / "empty.yaml"
    file.write_text(text)
    for done in (lint(file), CliRunner().invoke(cli, ["lint", "-"], input=text)):
        assert done.exit_code == 1
        assert "holds no document" in str(done.exception)


def test_lint_counts_notes_and_shows_them_where_asked():
    file = ROOT / "templates/rbac.yaml"
    hidden, shown = lint(file), lint(file, "--notes")
    assert (hidden.exit_code, hidden.stdout) == (0, "")
    assert hidden.stderr == "1 file: nothing found (3 notes, shown by --notes)\n"
    assert "note[K101] Documents of kind 'RoleBinding' are not checked." in shown.stdout


def test_file_that_is_no_yaml_is_an_error_with_its_line_and_does_not_hide_others(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("a: 1\nb: [\n")
    done = lint(file, spoilt(tmp_path))
    assert done.exit_code == 1
    assert f"{file}:3: error[Y104]" in done.stdout
    assert "waits for 'Laod'" in done.stdout


def test_file_that_does_not_exist_is_named():
    done = lint("nowhere.yaml")
    assert "nowhere.yaml cannot be read" in str(done.exception)


# which files


def spoilt(folder: Path) -> Path:
    """Write a workflow with one mistake: line 18 waits for a task that does not exist."""
    file = folder / "wrong.yaml"
    file.write_text(LINEAR.read_text().replace("depends: Load", "depends: Laod"))
    return file


def test_folder_means_the_files_in_it_that_concern_argo(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / ".hidden").mkdir()
    spoilt(tmp_path / "deep")
    spoilt(tmp_path / ".hidden")
    (tmp_path / "compose.yaml").write_text("services: [\n")
    done = lint(tmp_path)
    assert done.stdout.count("waits for 'Laod'") == 1
    assert done.stderr == "1 file: 1 error\n"


def test_pattern_means_the_files_that_match(tmp_path):
    (tmp_path / "deep").mkdir()
    spoilt(tmp_path / "deep")
    assert lint(tmp_path / "**/*.yaml").stderr == "1 file: 1 error\n"


@pytest.mark.parametrize("name", ["", "*.yaml"])
def test_folder_or_pattern_without_files_is_an_error(tmp_path, name):
    assert "holds no workflow file" in str(lint(tmp_path / name).exception)


def test_workflow_without_a_service_account_has_a_warning_and_passes():
    done = lint(EXAMPLES / "hello-world.yaml")
    assert done.exit_code == 0
    assert "warning[P105]" in done.stdout
    assert done.stderr == "1 file: 1 warning\n"


# which findings


def test_select_and_ignore_choose_rules_by_the_beginning_of_their_codes(tmp_path):
    file = spoilt(tmp_path)
    assert lint(file, "--select", "W").exit_code == 1
    assert lint(file, "--select", "C,R").exit_code == 0
    assert lint(file, "--ignore", "W102").exit_code == 0
    assert lint(file, "--select", "W", "--ignore", "W1").exit_code == 0


def test_unknown_rule_is_refused_with_the_one_that_may_be_meant():
    assert "There is no rule 'W10Z'. Did you mean 'W10" in str(lint(LINEAR, "--select", "W10Z").exception)


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("note", 1)])
def test_fail_on_decides_from_which_severity_on_lint_fails(level, code):
    assert lint(EXAMPLES / "hello-world.yaml", "--fail-on", level).exit_code == code


def test_note_alone_fails_only_where_asked():
    file = ROOT / "templates/rbac.yaml"
    assert [lint(file, "--fail-on", level).exit_code for level in ("error", "warning", "note")] == [0, 0, 1]


# how they are written


def test_json_lists_findings_with_their_places(tmp_path):
    file = spoilt(tmp_path)
    done = lint(file, "--format", "json")
    told = json.loads(done.stdout)
    (finding,) = told["findings"]
    assert told["counts"] == {"error": 1, "warning": 0, "note": 0}
    assert (finding["file"], finding["line"], finding["code"], finding["severity"]) == (str(file), 18, "W102", "error")
    assert (finding["template"], finding["task"], finding["field"]) == ("Train", "Fit", "depends")


def test_json_of_nothing_is_an_empty_list():
    assert json.loads(lint(LINEAR, "--format", "json").stdout)["findings"] == []


def test_github_annotations_have_file_and_line_and_no_line_break(tmp_path):
    file = spoilt(tmp_path)
    (line,) = lint(file, "--format", "github").stdout.splitlines()
    assert line.startswith(f"::error file={file},line=18,title=W102::Task 'Fit' waits for 'Laod'")


def test_sarif_names_the_rules_that_its_results_break(tmp_path):
    log = json.loads(lint(spoilt(tmp_path), "--format", "sarif").stdout)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert (log["version"], result["ruleId"], result["level"]) == ("2.1.0", "W102", "error")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "W102"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 18}


def test_machine_formats_leave_standard_output_to_the_format(tmp_path):
    for output in ("json", "sarif"):
        json.loads(lint(spoilt(tmp_path), EXAMPLES / "hello-world.yaml", "--format", output).stdout)


@pytest.mark.parametrize("code", ["W102", "P105"])
def test_explain_prints_a_rule(code):
    done = lint("--explain", code)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{code}: {RULES[code].title}")
    assert "argo lint --offline" in done.stdout


def test_explain_of_an_unknown_rule_is_refused():
    assert "There is no rule 'Q1'" in str(lint("--explain", "Q1").exception)


@pytest.mark.parametrize("code", [0, 1])
def test_argos_own_lint_runs_where_it_is_installed(tmp_path, monkeypatch, code):
    argo = tmp_path / "bin/argo"
    argo.parent.mkdir()
    argo.write_text(f'#!/bin/sh\necho "argo was given $*"\nexit {code}\n')
    argo.chmod(0o755)
    monkeypatch.setenv("PATH", str(argo.parent), prepend=os.pathsep)
    done = lint(ROOT / "tests/golden/compiler/linear.yaml")
    assert done.exit_code == code
    assert ("argo was given lint --offline --no-color" in done.stdout) == bool(code)
