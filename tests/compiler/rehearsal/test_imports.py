"""Rehearsal, linter and the reader of Argo's language share nothing with the emitter that they judge."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.test_layering import ARROWS, Arrow

ROOM = "laminar.compiler"
ALLOWED = {
    f"{ROOM}.argo": (f"{ROOM}.argo", f"{ROOM}.yaml.reader", "laminar.exceptions"),
    f"{ROOM}.rehearsal": (
        *(f"{ROOM}.rehearsal", f"{ROOM}.argo", f"{ROOM}.yaml.reader", "laminar.exceptions"),
        *("laminar.runner", "laminar.program.notebook_replay", "laminar.program.interpreter_exit"),  # what a pod runs
    ),
}
EMITTER = (f"{ROOM}.emit", f"{ROOM}.passes", f"{ROOM}.yaml.writer", "laminar.templates")


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def arrows(room: str) -> list[Arrow]:
    return [arrow for arrow in ARROWS if within(arrow.module, room) and arrow.package == "laminar"]


@pytest.mark.parametrize("room", ALLOWED)
def test_a_reader_of_argos_language_imports_only_rooms_that_read(room):
    assert any(arrow.leads_to("laminar.compiler.argo") for arrow in arrows(room))
    assert [str(arrow) for arrow in arrows(room) if not any(arrow.leads_to(target) for target in ALLOWED[room])] == []


@pytest.mark.parametrize("room", EMITTER)
def test_the_emitter_does_not_import_the_readers_of_argos_language(room):
    assert [str(arrow) for arrow in arrows(room) if any(arrow.leads_to(target) for target in ALLOWED)] == []


def test_linter_and_rehearsal_read_tags_and_depends_with_the_same_reader():
    for name in ("tags", "depends"):
        readers = {arrow.module.split(".")[2] for arrow in ARROWS if arrow.leads_to(f"{ROOM}.argo.{name}")}
        assert readers == {"lint", "rehearsal"}


def test_a_fresh_interpreter_loads_no_emitter_for_a_rehearsal():
    code = "import sys, laminar.compiler.rehearsal.processes; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith((*EMITTER[:2], "laminar.templates", "hera", "pydantic"))] == []
