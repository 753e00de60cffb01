"""Read the flows and layers of a program from its source, without executing it.

Objects that are built while the program runs (layers made in a loop, a class made by ``type``) are not seen: then an outline is
not ``complete``.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from laminar.exceptions import FlowError
from laminar.program import attribute_docs, main_module
from laminar.program.source_location import shorten

__all__ = ["FlowOutline", "LayerOutline", "Outline", "ParameterOutline", "read"]

FLOWS = ("laminar.Flow", "laminar.components.Flow", "laminar.components.flow.Flow")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class LayerOutline:
    """A layer as its class is written: the annotations of its methods, whether it is a fan-out, whether it has an entry hook."""

    name: str
    needs: tuple[str, ...] = ()
    fan_out: bool = False
    entry: bool = False


@dataclass(frozen=True)
class ParameterOutline:
    """A parameter as a flow's class declares it: ``rate: float = 0.1``, and the docstring below it."""

    name: str
    written: str
    is_required: bool
    help: str = ""


@dataclass
class FlowOutline:
    """A flow as its class is written: the flows it inherits from, its own layers, the datastore of each place that makes it.

    ``declared`` are the parameters that its own class declares.

    ``resolved`` is False if the source registers layers in a way that only executing it resolves.
    """

    name: str
    place: str = ""
    bases: tuple[FlowOutline, ...] = ()
    own: dict[str, LayerOutline] = field(default_factory=dict)
    declared: dict[str, ParameterOutline] = field(default_factory=dict)
    datastores: list[ast.expr | None] = field(default_factory=list)
    resolved: bool = True

    @property
    def layers(self) -> dict[str, LayerOutline]:
        """Layers of the flow by name, inherited ones first."""
        found: dict[str, LayerOutline] = {}
        for base in self.bases:
            found.update(base.layers)
        return {**found, **self.own}

    @property
    def parameters(self) -> dict[str, ParameterOutline]:
        """Parameters that the flow declares by name, inherited ones first."""
        found: dict[str, ParameterOutline] = {}
        for base in self.bases:
            found.update(base.parameters)
        return {**found, **self.declared}

    @property
    def complete(self) -> bool:
        """Whether these are all layers of the flow."""
        return self.resolved and all(base.complete for base in self.bases)


@dataclass
class Outline:
    """A program's source: its syntax tree, the meaning of its names, its flows by the name that the file gives them."""

    path: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    flows: dict[str, FlowOutline] = field(default_factory=dict)

    def dotted(self, expression: ast.expr) -> str:
        """Return the dotted name of an expression with imported names resolved, "" where it is no name."""
        if isinstance(expression, ast.Name):
            return self.imports.get(expression.id, expression.id)
        if isinstance(expression, ast.Attribute):
            before = self.dotted(expression.value)
            return f"{before}.{expression.attr}" if before else ""
        return ""

    def flow_of(self, expression: ast.expr) -> FlowOutline | None:
        """Return the flow whose class an expression names."""
        return self.flows.get(ast.unparse(expression)) if isinstance(expression, ast.Name | ast.Attribute) else None


def read(path: str) -> Outline:
    """Return the outline of a program's file.

    Raises FlowError where the file cannot be read or is not Python.
    """
    return _read(os.path.abspath(path), {})


def _read(path: str, known: dict[str, Outline]) -> Outline:
    tree = main_module.compiled(path, flags=ast.PyCF_ONLY_AST)
    outline = known[path] = Outline(path, tree)
    _note_names(outline)
    _note_imported_flows(outline, known)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            _note_flow(outline, node)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            _note_layer(outline, node)
        elif isinstance(node, ast.Call):
            _note_call(outline, node)
    return outline


def _note_names(outline: Outline) -> None:
    """Resolve the names of a file: imports, classes, and names that are assigned once."""
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(outline.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                outline.imports[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                outline.imports[alias.asname or alias.name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.ClassDef):
            outline.classes[node.name] = node
        for name, value in _assignments(node):
            assigned.setdefault(name, []).append(value)
    outline.constants = {name: values[0] for name, values in assigned.items() if len(values) == 1}


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((target.id, node.value) for target in targets if isinstance(target, ast.Name))


def _note_imported_flows(outline: Outline, known: dict[str, Outline]) -> None:
    """Add the flows that a file imports from files beside it."""
    for alias, target in list(outline.imports.items()):
        if target in FLOWS or target.partition(".")[0] == "laminar":
            continue
        module, _, name = target.rpartition(".")
        for file, inner in ((_module_file(outline.path, target), None), (_module_file(outline.path, module), name)):
            if file is None or (file in known and not known[file].flows):
                continue
            other = known.get(file) or _read_or_none(file, known)
            for own, flow in (other.flows if other is not None else {}).items():
                if inner is None:
                    outline.flows.setdefault(f"{alias}.{own}", flow)
                elif own == inner:
                    outline.flows.setdefault(alias, flow)


def _read_or_none(file: str, known: dict[str, Outline]) -> Outline | None:
    try:
        return _read(file, known)
    except FlowError:
        return None


def _module_file(path: str, module: str) -> str | None:
    """Return the file of a module beside the program, None where there is none."""
    name = module.lstrip(".")
    folder = os.path.dirname(path)
    for _ in range(len(module) - len(name) - 1):
        folder = os.path.dirname(folder)
    base = os.path.join(folder, *name.split(".")) if name else folder
    return next((file for file in (f"{base}.py", os.path.join(base, "__init__.py")) if os.path.isfile(file)), None)


def _note_flow(outline: Outline, node: ast.ClassDef) -> None:
    """Add a class if it is derived from Flow."""
    bases = tuple(flow for base in node.bases if (flow := outline.flow_of(base)) is not None)
    if node.name not in outline.flows and (bases or any(outline.dotted(base) in FLOWS for base in node.bases)):
        declared = {each.name: each for each in _declared(node)}
        outline.flows[node.name] = FlowOutline(node.name, f"{shorten(outline.path)}:{node.lineno}", bases, declared=declared)


def _declared(node: ast.ClassDef) -> Iterator[ParameterOutline]:
    """Yield the annotated attributes of a flow's class, except private ones and class variables."""
    texts = attribute_docs.of_body(node)
    for child in node.body:
        if not (isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name)) or child.target.id.startswith("_"):
            continue
        kind = child.annotation.value if isinstance(child.annotation, ast.Subscript) else child.annotation
        if _last(kind) != "ClassVar":
            yield ParameterOutline(child.target.id, ast.unparse(child), child.value is None, texts.get(child.target.id, ""))


def _note_layer(outline: Outline, node: ast.ClassDef) -> None:
    """Add a class as a layer to the flows that its decorators register it on."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        register = call.func if call is not None else decorator
        flow = _registering(outline, register)
        if flow is not None:
            flow.own[node.name] = _layer(outline, node, call)


def _registering(outline: Outline, expression: ast.expr) -> FlowOutline | None:
    """Return the flow whose ``register`` an expression is."""
    is_register = isinstance(expression, ast.Attribute) and expression.attr == "register"
    return outline.flow_of(expression.value) if is_register and isinstance(expression, ast.Attribute) else None


def _note_call(outline: Outline, call: ast.Call) -> None:
    """Add a call that makes a flow, or that registers a layer by other means than a decorator."""
    if (made := outline.flow_of(call.func)) is not None:
        made.datastores.append(next((keyword.value for keyword in call.keywords if keyword.arg == "datastore"), None))
        return
    inner = call.func if isinstance(call.func, ast.Call) else call
    flow = _registering(outline, inner.func)
    if flow is None or _decorates(outline, call):
        return
    if len(call.args) == 1 and isinstance(call.args[0], ast.Name) and call.args[0].id in {*outline.classes, *outline.imports}:
        name = call.args[0].id
        node = outline.classes.get(name)
        flow.own[name] = _layer(outline, node, inner) if node is not None else LayerOutline(name, fan_out=_is_fan_out(inner))
    elif inner is call.func or call.args:
        flow.resolved = False


def _decorates(outline: Outline, call: ast.Call) -> bool:
    return any(call in node.decorator_list for node in outline.classes.values())


def _layer(outline: Outline, node: ast.ClassDef, call: ast.Call | None) -> LayerOutline:
    methods = _methods(outline, node)
    hooks = [method for method in methods.values() if any(_last(decorator) in HOOKS for decorator in method.decorator_list)]
    call_method = methods.get("__call__")
    needs = [need for method in (*([call_method] if call_method else []), *hooks) for need in _annotated(method)]
    entry = any(_last(decorator) == "entry" for method in hooks for decorator in method.decorator_list)
    return LayerOutline(node.name, tuple(dict.fromkeys([*needs, *_axes(call)])), _is_fan_out(call), entry)


HOOKS = ("entry", "execution", "retry", "submission")


def _methods(outline: Outline, node: ast.ClassDef) -> dict[str, Function]:
    """Return the methods of a class and of those of its bases that the file defines."""
    found: dict[str, Function] = {}
    for base in node.bases:
        inherited = outline.classes.get(base.id) if isinstance(base, ast.Name) else None
        if inherited is not None and inherited is not node:
            found.update(_methods(outline, inherited))
    found.update((child.name, child) for child in node.body if isinstance(child, Function))
    return found


def _annotated(method: Function) -> Iterator[str]:
    arguments = method.args.posonlyargs + method.args.args
    for argument in arguments[1:]:
        if argument.annotation is not None and (name := _last(argument.annotation)):
            yield name


def _last(expression: ast.expr) -> str:
    """Return the last part of a dotted name, given as code or as a string."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return expression.value.rpartition(".")[2].strip()
    if isinstance(expression, ast.Call):
        return _last(expression.func)
    return expression.attr if isinstance(expression, ast.Attribute) else expression.id if isinstance(expression, ast.Name) else ""


def _is_fan_out(call: ast.Call | None) -> bool:
    return call is not None and any(keyword.arg == "foreach" for keyword in call.keywords)


def _axes(call: ast.Call | None) -> Iterator[str]:
    """Yield the layers that the ForEach of a registration names."""
    for keyword in call.keywords if call is not None else ():
        for node in ast.walk(keyword.value) if keyword.arg == "foreach" else ():
            if isinstance(node, ast.Call) and _last(node.func) == "Parameter":
                given = [*node.args[:1], *(inner.value for inner in node.keywords if inner.arg == "layer")]
                yield from (name for expression in given if (name := _last(expression)))
