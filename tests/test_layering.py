"""Check the arrows between floors and rooms, in the sources and in a running interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support import import_graph
from tests.support.import_graph import ARROWS, MODULES, ROOT, Arrow, imports

HEAVY = {
    *("hera", "pydantic", "s3fs", "fsspec", "botocore", "aiobotocore", "rich", "click", "cloudpickle"),
    *("numpy", "pandas", "yaml", "ruamel", "blake3", "zstandard", "docker"),
    *("asyncio", "multiprocessing", "email", "http", "logging"),
}
"""Packages that only functions may import: imports at the top slow down each start of a pod."""

COMPILER_HEAVY = {"hera", "s3fs", "fsspec", "botocore", "aiobotocore", "rich", "asyncio", "numpy", "yaml", "ruamel"}
"""Packages that a plain compile does not import."""


def wrong(folder: str, *forbidden: str) -> list[str]:
    """Return the imports of a folder's modules that lead where they must not."""
    return [str(arrow) for arrow in folder_arrows(folder) if any(arrow.leads_to(package) for package in forbidden)]


def folder_arrows(folder: str) -> Iterator[Arrow]:
    for arrow in ARROWS:
        if folder_of(arrow.module) == folder:
            yield arrow


def folder_of(module: str) -> str:
    """Return which of the three folders, or the command line, a module belongs to."""
    second = module.split(".")[1] if "." in module else ""
    return second if second in ("cli", "compiler", "templates") else "laminar"


def test_every_folder_has_modules_whose_imports_are_seen():
    assert {folder_of(arrow.module) for arrow in ARROWS} == {"cli", "compiler", "laminar", "templates"}


def test_no_import_leads_to_a_higher_floor():
    assert [str(arrow) for arrow in import_graph.upward() if not arrow.module.startswith(UNFINISHED)] == []


UNFINISHED = "laminar.configurations.datastores."
"""Rooms whose modules still import each other in circles."""


def test_every_listed_room_exists():
    listed = {room for floor in import_graph.FLOORS for room in floor} - {"laminar.compiler.cluster"}
    assert listed - {import_graph.room_of(module) for module in MODULES} == set()


def test_an_import_that_leads_upwards_is_found_lazy_and_typing_ones_included():
    made = [Arrow("laminar.graph", "laminar.components.flow.Flow", 1, at_top=False, typing_only=True)]
    assert import_graph.upward(made) == made
    assert import_graph.upward([Arrow("laminar.components.flow", "laminar.graph.order", 1, at_top=True, typing_only=False)]) == []


def test_circles_are_found():
    assert import_graph.circles({"A": {"B"}, "B": {"C"}, "C": {"A"}, "D": {"A"}}) == [("A", "B", "C")]


CIRCULAR = {
    "laminar.components": "the classes of the language name each other in annotations, as layers do flows and executions both",
}
"""Rooms that may hold a circle of modules, with the reason."""


def test_no_modules_import_each_other_in_a_circle():
    found = import_graph.circles(import_graph.module_edges(import_graph.past_the_door()))
    assert [circle for circle in found if {import_graph.room_of(module) for module in circle} - set(CIRCULAR)] == []


def test_the_classes_of_the_language_import_each_other_for_type_checkers_or_inside_functions_only():
    arrows = [arrow for arrow in import_graph.past_the_door() if arrow.at_top and not arrow.typing_only]
    found = import_graph.circles(import_graph.module_edges(arrows))
    assert found == []


def test_laminar_never_imports_the_compiler_or_the_command_line():
    # `python -m laminar` is the command line.
    found = wrong("laminar", "laminar.compiler", "laminar.cli")
    assert [arrow for arrow in found if not arrow.startswith("laminar.__main__:")] == []


def test_laminar_imports_templates_inside_functions_at_most():
    assert [str(arrow) for arrow in folder_arrows("laminar") if arrow.at_top and arrow.leads_to("laminar.templates")] == []


def test_laminar_imports_nothing_heavy_at_import_time():
    found = [arrow for arrow in folder_arrows("laminar") if arrow.at_top and not arrow.typing_only and arrow.package in HEAVY]
    assert [str(arrow) for arrow in found if arrow.module != "laminar.__main__"] == []


def test_the_command_line_imports_compiler_and_templates_inside_commands_only():
    found = [arrow for arrow in folder_arrows("cli") if arrow.at_top and not arrow.typing_only]
    assert [str(arrow) for arrow in found if arrow.leads_to("laminar.compiler") or arrow.leads_to("laminar.templates")] == []


def test_the_compiler_never_imports_the_command_line():
    assert wrong("compiler", "laminar.cli") == []


def test_the_compiler_imports_nothing_at_import_time_that_a_plain_compile_does_without():
    found = [arrow for arrow in folder_arrows("compiler") if arrow.at_top and not arrow.typing_only]
    assert [str(arrow) for arrow in found if arrow.package in COMPILER_HEAVY] == []


def test_templates_import_nothing_of_ours_but_templates():
    found = [arrow for arrow in folder_arrows("templates") if arrow.package in ("laminar", "compiler", "templates")]
    assert [str(arrow) for arrow in found if not arrow.leads_to("laminar.templates")] == []


def test_nothing_imports_compiler_or_templates_as_top_level_packages():
    tests = [arrow for path in (ROOT / "tests").rglob("*.py") for arrow in imports(f"tests.{path.stem}", path)]
    assert [str(arrow) for arrow in (*ARROWS, *tests) if arrow.package in ("compiler", "templates")] == []


def loaded_by(*names: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter loads for these imports."""
    program = (
        "import sys; before = set(sys.modules)\n"
        "import importlib\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["laminar", "laminar.runner"])
def test_a_fresh_interpreter_loads_nothing_heavy_for(name):
    assert loaded_by(name) & HEAVY == set()


def test_importing_laminar_loads_nothing_that_only_running_a_flow_needs():
    program = (
        "import sys, laminar\n"
        "from laminar.program import random_generators\n"
        "assert not random_generators._EARLY, 'something imports random before: seeds of the program cannot be seen'\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    later = ("laminar.configurations.datastores", "laminar.history", "laminar.local", "laminar.worker", "asyncio", "subprocess")
    assert [name for name in done.stdout.split() if name.startswith(later)] == []


def test_no_module_that_a_pod_may_load_loads_anything_heavy():
    names = [name for name in MODULES if folder_of(name) in ("laminar", "templates") and name != "laminar.__main__"]
    assert loaded_by(*names) & HEAVY == set()


def test_the_compiler_loads_nothing_that_a_plain_compile_does_without():
    names = [name for name in MODULES if folder_of(name) == "compiler"]
    assert loaded_by(*names) & COMPILER_HEAVY == set()
