"""Read the imports of the package, and list its rooms, their floors, arrows that lead upwards, and circles.

python -m tests.support.import_graph    prints the rooms with their arrows and the sizes of files and functions
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "ARROWS",
    "FLOORS",
    "ROOT",
    "Arrow",
    "circles",
    "floor_of",
    "imports",
    "module_edges",
    "modules",
    "past_the_door",
    "room_of",
    "rooms",
    "upward",
]

ROOT = Path(__file__).parents[2]
FOLDERS = ("compiler", "laminar", "templates")

FLOORS: tuple[tuple[str, ...], ...] = (
    # An import may lead to the same room or to a lower floor. Templates import nothing of ours.
    ("laminar.templates",),
    (
        "laminar.exceptions",
        "laminar.settings",
        "laminar.graph",
        "laminar.identifiers",
        "laminar.quantities",
        "laminar.timestamps",
        "laminar.ksuid",
        "laminar.configurations",
        "laminar.configurations.serde",
    ),
    ("laminar.skip_rules",),
    (
        "laminar.configurations.datastores.background_call",
        "laminar.configurations.datastores.byte_storage",
        "laminar.configurations.datastores.key_layout",
    ),
    ("laminar.configurations.datastores.values",),
    ("laminar.configurations.datastores.storage",),
    ("laminar.configurations.datastores.documents",),
    ("laminar.configurations.datastores.base",),
    ("laminar.configurations.datastores.stores",),
    ("laminar.configurations.datastores.open_url",),
    ("laminar.configurations.datastores",),
    ("laminar.program",),
    ("laminar.history",),
    ("laminar.configurations.option_values",),
    ("laminar.configurations.hooks", "laminar.configurations.layers", "laminar.configurations.flows", "laminar.elements"),
    ("laminar.components",),
    ("laminar.worker",),
    ("laminar.pictures",),
    ("laminar.reports",),
    ("laminar.local.stream_copy",),
    ("laminar.configurations.executors.lanes",),
    ("laminar.configurations.executors.base",),
    ("laminar.local.resume_command", "laminar.local.line_buffer"),
    ("laminar.local.run_summary",),
    ("laminar.local.run_lines",),
    ("laminar.local.live_tree", "laminar.local.json_lines"),
    ("laminar.local.notebook_tree",),
    ("laminar.local.display",),
    ("laminar.local.layer_output",),
    ("laminar.local.fork_server",),
    ("laminar.local",),
    ("laminar.configurations.executors", "laminar.configurations.schedulers"),
    ("laminar.runner",),
    ("laminar.runtime",),
    ("laminar",),
    # compiler, on top of laminar and of templates
    ("laminar.compiler.name_patterns",),
    ("laminar.compiler.ir", "laminar.compiler.names", "laminar.compiler.project", "laminar.compiler.recorder"),
    ("laminar.compiler.yaml",),
    ("laminar.compiler.argo",),
    ("laminar.compiler.emit.site_policy",),
    ("laminar.compiler.target",),
    ("laminar.compiler.plan",),
    ("laminar.compiler.passes",),
    ("laminar.compiler.optimizer",),
    ("laminar.compiler.emit",),
    ("laminar.compiler.check", "laminar.compiler.layer_documents"),
    ("laminar.compiler.explainer",),
    ("laminar.compiler.package",),
    ("laminar.compiler.lint", "laminar.compiler.rehearsal"),
    ("laminar.compiler",),
    ("laminar.compiler.cluster",),
    ("laminar.cli",),
    ("laminar.__main__",),
)
"""Rooms and single modules from the lowest floor to the highest; the longest prefix of a module's name decides its room."""


@dataclass(frozen=True)
class Arrow:
    """One import: its target, its module, at its top or inside a function."""

    module: str
    target: str
    line: int
    at_top: bool
    typing_only: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"

    @property
    def package(self) -> str:
        """Top-level package that is imported."""
        return self.target.partition(".")[0]

    def leads_to(self, package: str) -> bool:
        """Return whether a package, or something in it, is imported."""
        return self.target == package or self.target.startswith(package + ".")


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module of ours by its import name."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts if folder == "laminar" else ("laminar", *parts))
            yield name.removesuffix(".__init__"), path


def imports(module: str, path: Path) -> Iterator[Arrow]:
    """Yield the imports of a module, those inside functions and for type checkers included."""
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
    """Yield the absolute names that a statement imports; `from a import b` may mean the module a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    yield from (f"{base}.{alias.name}" for alias in node.names)


MODULES = dict(modules())
ARROWS = tuple(arrow for module, path in MODULES.items() for arrow in imports(module, path))
_FLOOR_OF_ROOM = {room: floor for floor, names in enumerate(FLOORS) for room in names}


def module_of(target: str) -> str | None:
    """Return the module of ours that an import names, None for another package's."""
    while target and target not in MODULES:
        target = target.rpartition(".")[0]
    return target or None


def room_of(module: str) -> str:
    """Return the room of a module: the longest listed prefix of its name."""
    return max((room for room in _FLOOR_OF_ROOM if module == room or module.startswith(room + ".")), key=len)


def floor_of(module: str) -> int:
    """Return the floor of a module, counted from 0 at the bottom."""
    return _FLOOR_OF_ROOM[room_of(module)]


def rooms(arrows: Iterable[Arrow] = ARROWS) -> dict[str, dict[str, int]]:
    """Return for each room the rooms that it imports, with the number of imports."""
    found: dict[str, dict[str, int]] = {room_of(module): {} for module in MODULES}
    for arrow in arrows:
        target = module_of(arrow.target)
        if target is not None and room_of(target) != room_of(arrow.module):
            into = found[room_of(arrow.module)]
            into[room_of(target)] = into.get(room_of(target), 0) + 1
    return found


def upward(arrows: Iterable[Arrow] = ARROWS) -> list[Arrow]:
    """Return the imports that lead to another room on the same floor or a higher one."""
    found = []
    for arrow in arrows:
        target = module_of(arrow.target)
        if target is None or room_of(target) == room_of(arrow.module):
            continue
        if floor_of(target) >= floor_of(arrow.module) and not _is_door(arrow, target):
            found.append(arrow)
    return found


def _is_door(arrow: Arrow, target: str) -> bool:
    """Return whether a plain fact of the package, its version, is imported rather than a public name of a package."""
    return target == "laminar" and arrow.target == "laminar.__version__"


def circles(edges: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Return the circles of a graph, as its strongly connected components of more than one node (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for following in sorted(edges.get(node, ())):
            if following not in index:
                visit(following)
                low[node] = min(low[node], low[following])
            elif following in stack:
                low[node] = min(low[node], index[following])
        if low[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(tuple(sorted(component)))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def module_edges(arrows: Iterable[Arrow] = ARROWS) -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    edges: dict[str, set[str]] = {module: set() for module in MODULES}
    for arrow in arrows:
        target = module_of(arrow.target)
        if target is not None and target != arrow.module:
            edges[arrow.module].add(target)
    return edges


def past_the_door(arrows: Iterable[Arrow] = ARROWS) -> list[Arrow]:
    """Return the imports but those of the package itself, whose names its modules define."""
    return [arrow for arrow in arrows if module_of(arrow.target) != "laminar"]


def _lengths() -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the length of each file and each function, in lines, with its name."""
    files, functions = [], []
    for module, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        files.append((len(text.splitlines()), module))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append(((node.end_lineno or 0) - node.lineno + 1, f"{module}.{node.name}"))
    return sorted(files), sorted(functions)


def _untested() -> list[str]:
    """Return the modules without a test file of their name."""
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    logic = [module for module, path in MODULES.items() if path.name not in ("__init__.py", "__main__.py")]
    return [module for module in logic if f"test_{module.rpartition('.')[2]}.py" not in tests]


def main() -> None:
    """Print the packages with their imports, the violations, and the sizes of files and functions."""
    for room, into in sorted(rooms().items(), key=lambda item: _FLOOR_OF_ROOM[item[0]]):
        members = sum(room_of(module) == room for module in MODULES)
        print(f"{room} ({members}) -> {', '.join(f'{name} {count}' for name, count in sorted(into.items())) or 'nothing'}")
    wrong = upward()
    print(f"\n{len(rooms())} rooms, {sum(map(len, rooms().values()))} arrows between them, {len(wrong)} imports lead upwards")
    for arrow in wrong:
        print(f"  {arrow}")
    found = circles({room: set(into) for room, into in rooms().items()})
    print(f"{len(found)} circles of rooms{''.join(f'; {chr(32).join(circle)}' for circle in found)}")
    inside = circles(module_edges(past_the_door()))
    print(f"{len(inside)} circles of modules{''.join(f'; {chr(32).join(circle)}' for circle in inside)}")
    files, functions = _lengths()
    print(f"files: median {statistics.median(size for size, _ in files):.0f}, largest {files[-1][0]} lines ({files[-1][1]})")
    middle = statistics.median(size for size, _ in functions)
    print(f"functions: median {middle:.0f}, largest {functions[-1][0]} lines ({functions[-1][1]})")
    missing = _untested()
    total = sum(path.name not in ("__init__.py", "__main__.py") for path in MODULES.values())
    print(f"modules with a test file: {total - len(missing)} of {total}; without: {' '.join(missing)}")


if __name__ == "__main__":
    main()
