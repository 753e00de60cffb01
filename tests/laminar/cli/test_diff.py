"""``laminar diff``: changes between programs, files and deployed objects, by meaning."""

from __future__ import annotations

import json

import pytest

STORE = ("--datastore", "s3://b/p")

CHANGES = [
    (
        "train:1",
        "train:2",
        [
            "~ Train.Read image: train:1 -> train:2",
            "~ Train.Fit image: train:1 -> train:2",
            "~ Train.Best image: train:1 -> train:2",
        ],
    ),
    ("count=3", "count=4", ["~ parameter count: 3 -> 4"]),
    (
        'Container(image="train:1"), foreach',
        'Container(image="train:1", cpu=2, memory=4000), foreach',
        ["~ Train.Fit resources: cpu 1, memory 1500M -> cpu 2, memory 4000M"],
    ),
    ("class Best(Layer)", "class Top(Layer)", ["~ Train.Best is now Top"]),
    ("class Read(Layer)", "class Load(Layer)", None),
    ("self.shard(rows=", "self.shard(lines=", None),
    ("count=3", "count=3)\n    print(1", []),
]


@pytest.mark.parametrize(("old", "new", "lines"), CHANGES)
def test_each_kind_of_change_is_a_line(shell, old, new, lines):
    text = (shell.folder / "train.py").read_text()
    changed = text.replace(old, new).replace("read: Read", "read: Load" if "Load" in new else "read: Read")
    changed = changed.replace('Parameter(Read, "rows")', 'Parameter(Load, "rows")') if "Load" in new else changed
    changed = changed.replace('"rows"', '"lines"').replace("read.rows", "read.lines") if "lines" in new else changed
    (shell.folder / "changed.py").write_text(changed)
    done = shell("diff", "train.py", "changed.py", *STORE)
    if lines is None:
        lines = ["~ Train.Read is now Load"] if "Load" in new else ["~ Train.Fit fan-out: Read.rows -> Read.lines"]
    assert done.out.splitlines() == (lines or ["no difference"]), done.err
    assert done.code == (1 if lines else 0)


def test_layers_that_are_new_or_gone(shell):
    text = (shell.folder / "train.py").read_text()
    check = '@Train.register(container=Container(image="x:9"))\nclass Check(Layer):\n'
    check += "    def __call__(self, best: Best) -> None: ...\n\n"
    more = f"{check}if flow"
    (shell.folder / "more.py").write_text(text.replace("if flow", more))
    assert shell("diff", "train.py", "more.py", *STORE).out == "+ Train.Check\n"
    assert shell("diff", "more.py", "train.py", *STORE).out == "- Train.Check\n"


def test_what_is_deployed_is_compared_with_the_program(shell):
    shell("deploy", "train.py", *STORE, "--no-lint", "--schedule", "0 4 * * *")
    assert shell("diff", "cron/train", "train.py", *STORE).out.splitlines()[0] == "~ schedules: 0 4 * * * -> none"
    shell("deploy", "train.py", *STORE, "--no-lint")
    assert shell("diff", "template/train", "train.py", *STORE).code == 0


def test_the_path_of_the_program_is_one_line(shell):
    shell("deploy", "train.py", *STORE, "--no-lint")
    (shell.folder / "moved.py").write_text((shell.folder / "train.py").read_text())
    assert shell("diff", "template/train", "moved.py", *STORE).out == "~ program: train.py -> moved.py\n"


def test_files_are_compared_and_the_output_is_json_or_markdown(shell):
    (shell.folder / "a.yaml").write_text(shell("compile", "train.py", *STORE).out)
    (shell.folder / "b.yaml").write_text(shell("compile", "train.py", *STORE).out.replace("train:1", "train:2"))
    assert shell("diff", "a.yaml", "a.yaml").code == 0
    [first, *_] = json.loads(shell("diff", "a.yaml", "b.yaml", "-o", "json").out)
    assert first == {"kind": "changed", "flow": "Train", "layer": "Read", "field": "image", "before": "train:1", "after": "train:2"}
    table = shell("diff", "a.yaml", "b.yaml", "-o", "markdown").out
    assert "| `changed` | `Train.Read` | `image` | `train:1` | `train:2` |" in table


@pytest.mark.parametrize("words", [("gone.yaml", "train.py"), ("template/gone", "train.py"), ("train.py", "gone.py")])
def test_what_cannot_be_compared_exits_2(shell, words):
    assert shell("diff", *words, *STORE).code == 2
