"""A kind of slip is found wherever one of Argo's example files has room for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from laminar.compiler.lint import Severity, validate
from laminar.compiler.yaml.reader import read_text
from laminar.exceptions import FlowError

EXAMPLES = Path(__file__).parent.parent.parent / "data/argo/examples"
VERDICTS = dict(line.split("\t")[:2] for line in (EXAMPLES / "argo-lint.tsv").read_text().splitlines())
TEXTS = {name: (EXAMPLES / name).read_text() for name, verdict in VERDICTS.items() if verdict == "0"}

KINDS = {
    # the pattern of what is replaced, and what takes its place
    "a misspelt template": (r"(?<=\btemplate: )([a-z][-\w]*)\b", r"\1x"),
    "a misspelt entrypoint": (r"(?<=entrypoint: )([\w-]+)", r"\1x"),
    "a misspelt exit handler": (r"(?<=onExit: )([\w-]+)", r"\1x"),
    "a misspelt input": (r"(?<=\{\{inputs\.parameters\.)([\w-]+)", r"\1x"),
    "a misspelt input artifact": (r"(?<=\{\{inputs\.artifacts\.)([\w-]+)", r"\1x"),
    "a misspelt step": (r"(?<=\{\{steps\.)([\w-]+)(?=\.)", r"\1x"),
    "a misspelt task": (r"(?<=\{\{tasks\.)([\w-]+)(?=\.)", r"\1x"),
    "a misspelt output": (r"(?<=outputs\.parameters\.)([\w-]+)(?=\}\})", r"\1x"),
    "a misspelt output artifact": (r"(?<=outputs\.artifacts\.)([\w-]+)(?=\}\})", r"\1x"),
    "a misspelt workflow parameter": (r"(?<=\{\{workflow\.parameters\.)([\w-]+)(?=\}\})", r"\1x"),
    "a misspelt member of the workflow": (r"(?<=\{\{workflow\.)(name|uid|status|duration|failures)(?=\}\})", r"\1x"),
    "a misspelt root": (r"(?<=\{\{)(input|step|task|workflo)[sw](?=\.)", r"\1"),
    "a misspelt item": (r"\{\{item\}\}", "{{items}}"),
    "a misspelt wait": (r"(?<=depends: \")([A-Za-z][\w-]*)", r"\1x"),
    "a misspelt dependency": (r"(?<=dependencies: \[)(\s*\"?[A-Za-z][\w-]*)", r"\1x"),
    "a misspelt argument": (r"(?<=\[\{name: )([\w-]+)(?=, value)", r"\1x"),
    "a misspelt volume": (r"(volumeMounts:\s+- name: )([\w-]+)", r"\1\2x"),
    "a misspelt image field": (r"(?m)^(\s+(?:- )?)image:", r"\1imag:"),
    "a misspelt container": (r"(?m)^(\s+)container:", r"\1contianer:"),
    "misspelt steps": (r"(?m)^(\s+)steps:", r"\1stesp:"),
    "a misspelt DAG": (r"(?m)^(\s+)dag:", r"\1dga:"),
    "misspelt arguments": (r"(?m)^(\s+)arguments:", r"\1argumnts:"),
    "misspelt parameters": (r"(?m)^(\s+)parameters:", r"\1paramaters:"),
    "a misspelt source of an artifact": (r"(?m)^(\s+)from: ", r"\1form: "),
    "no image": (r"(?m)^\s+image: .*\n", ""),
    "a command that is a text": (r"(?<=command: )\[.*?\]", "sh"),
    "a quantity with a small letter": (r"(?<=(?:mory|rage): )(\d+)(M|G)i\b", r"\1mi"),
    "a single equals sign": (r"(?<=\.status\}\} )==(?= )", "="),
    "a misspelt phase": (r"(?<=status\}\} [!=]= )Succeeded", "Succeded"),
    "a limit that is a word": (r"(?<=limit: )\"?\d+\"?", "many"),
    "a duration with a space": (r"(?<=[dD]uration: )\"?(\d+)([smh]?)\"?", r'"\1 s"'),
    "another kind": (r"(?m)^kind: Workflow\b", "kind: Workflows"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_slip_is_found_in_a_sample_of_the_examples(kind):
    tried, missed = outcome(kind, most=4)
    assert tried
    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_slip_is_found_in_every_example(kind):
    _, missed = outcome(kind, most=10_000)
    assert missed == []


def outcome(kind: str, *, most: int) -> tuple[int, list[str]]:
    """Return how many slips were tried, at most so many, and those that were not found."""
    tried, missed = 0, []
    for name, text in TEXTS.items():
        before = None
        for line, spoilt in slips(text, kind):
            if tried == most:
                return tried, missed
            before = before if before is not None else found(text)
            tried += 1
            if not found(spoilt) - before:
                missed.append(f"{name}:{line}")
    return tried, missed


def slips(text: str, kind: str) -> Iterator[tuple[int, str]]:
    """Yield at most two slips of a kind in a text; comments, and what another program makes of a manifest, are left alone."""
    pattern, replacement = KINDS[kind]
    if "manifest:" in text or "executorPlugins:" in text:
        return
    matches = [
        match for match in re.finditer(pattern, text) if "#" not in text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    ]
    for match in matches[:2]:
        yield text[: match.start()].count("\n") + 1, text[: match.start()] + match.expand(replacement) + text[match.end() :]


def found(text: str) -> set[tuple[str, str]]:
    """Return the errors and warnings of a text, without their places."""
    try:
        findings = validate(read_text(text, "example.yaml"))
    except FlowError as error:
        return {("", error.what)}
    return {(finding.code, finding.what) for finding in findings if finding.severity >= Severity.WARNING}
