"""Check the arrows between the three floors, in the sources and in a running interpreter."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("compiler", "laminar", "templates")

HEAVY = {
    *("hera", "pydantic", "s3fs", "fsspec", "botocore", "aiobotocore", "rich", "click", "cloudpickle"),
    *("numpy", "pandas", "yaml", "ruamel", "blake3", "zstandard", "docker"),
    *("asyncio", "multiprocessing", "email", "http", "logging"),
}
"""What only a function that needs it may import: a pod pays for the rest at each start."""

COMPILER_HEAVY = {"hera", "s3fs", "fsspec", "botocore", "aiobotocore", "rich", "asyncio", "numpy", "yaml", "ruamel"}
"""What a plain compile does without."""


@dataclass(frozen=True)
class Arrow:
    """One import: of what, in which module, at its top or inside a function."""

    module: str
    target: str
    line: int
    at_top: bool
    typing_only: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]

    def leads_to(self, package: str) -> bool:
        return self.target == package or self.target.startswith(package + ".")


def modules() -> Iterator[tuple[str, Path]]:
    """Give every module of ours by its import name."""
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts if floor == "laminar" else ("laminar", *parts))
            yield name.removesuffix(".__init__"), path


def imports(module: str, path: Path) -> Iterator[Arrow]:
    """Give the imports of a module."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(node: ast.AST, at_top: bool, typing_only: bool) -> Iterator[Arrow]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in targets(node, package):
                yield Arrow(module, target, node.lineno, at_top, typing_only)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from walk(child, at_top, True)
            for child in node.orelse:
                yield from walk(child, at_top, typing_only)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from walk(child, at_top and not inside, typing_only)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True, False)


def targets(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    """Give the absolute names of what a statement imports; `from a import b` may mean the module a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    yield from (f"{base}.{alias.name}" for alias in node.names)


ARROWS = tuple(arrow for module, path in modules() for arrow in imports(module, path))


def wrong(floor: str, *forbidden: str) -> list[str]:
    """Return the imports of a floor's modules that lead where they must not."""
    return [str(arrow) for arrow in floor_arrows(floor) if any(arrow.leads_to(package) for package in forbidden)]


def floor_arrows(floor: str) -> Iterator[Arrow]:
    for arrow in ARROWS:
        if floor_of(arrow.module) == floor:
            yield arrow


def floor_of(module: str) -> str:
    second = module.split(".")[1] if "." in module else ""
    return second if second in ("cli", "compiler", "templates") else "laminar"


def test_every_floor_has_modules_whose_imports_are_seen():
    assert {floor_of(arrow.module) for arrow in ARROWS} == {"cli", "compiler", "laminar", "templates"}


def test_laminar_never_imports_the_compiler_or_the_command_line():
    # `python -m laminar` is the command line.
    found = wrong("laminar", "laminar.compiler", "laminar.cli")
    assert [arrow for arrow in found if not arrow.startswith("laminar.__main__:")] == []


def test_laminar_imports_templates_inside_functions_at_most():
    assert [str(arrow) for arrow in floor_arrows("laminar") if arrow.at_top and arrow.leads_to("laminar.templates")] == []


def test_laminar_imports_nothing_heavy_at_import_time():
    found = [arrow for arrow in floor_arrows("laminar") if arrow.at_top and not arrow.typing_only and arrow.package in HEAVY]
    assert [str(arrow) for arrow in found if arrow.module != "laminar.__main__"] == []


def test_the_command_line_imports_compiler_and_templates_inside_commands_only():
    found = [arrow for arrow in floor_arrows("cli") if arrow.at_top and not arrow.typing_only]
    assert [str(arrow) for arrow in found if arrow.leads_to("laminar.compiler") or arrow.leads_to("laminar.templates")] == []


def test_the_compiler_never_imports_the_command_line():
    assert wrong("compiler", "laminar.cli") == []


def test_the_compiler_imports_nothing_at_import_time_that_a_plain_compile_does_without():
    found = [arrow for arrow in floor_arrows("compiler") if arrow.at_top and not arrow.typing_only]
    assert [str(arrow) for arrow in found if arrow.package in COMPILER_HEAVY] == []


def test_templates_import_nothing_of_ours_but_templates():
    found = [arrow for arrow in floor_arrows("templates") if arrow.package in ("laminar", "compiler", "templates")]
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


def test_no_module_that_a_pod_may_load_loads_anything_heavy():
    names = [name for name, _ in modules() if floor_of(name) in ("laminar", "templates") and name != "laminar.__main__"]
    assert loaded_by(*names) & HEAVY == set()


def test_the_compiler_loads_nothing_that_a_plain_compile_does_without():
    names = [name for name, _ in modules() if floor_of(name) == "compiler"]
    assert loaded_by(*names) & COMPILER_HEAVY == set()
