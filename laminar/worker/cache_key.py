"""Compute the key of a split's result: equal keys stand for splits that cannot have different results.

The key is a digest of the layer's code with all that it reaches in the program's own modules, of the addresses of its inputs, of
its element where it is a fan-out, and of other state that it can read: Python's version, its image and environment,
seeded random generators, the program's arguments. A value that cannot be compared raises NotComparable: the split runs.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components import dependency_inference
from laminar.components.binding import Default, vars_of
from laminar.components.call_signature import unwrap
from laminar.components.layer import Layer
from laminar.configurations.hooks import hooks_of
from laminar.graph import PARAMETERS
from laminar.program import random_generators
from laminar.program.code_digest import NotComparable, Walk
from laminar.program.code_references import attributes_read
from laminar.worker import fan_out_grid

if TYPE_CHECKING:
    from laminar.components.registration import Registration
    from laminar.configurations.datastores import Artifact, Record
    from laminar.configurations.layers import Cache
    from laminar.worker.job import ExecutionScope, SplitJob

__all__ = ["LayerCode", "code_of", "key_of"]

SCHEMA = 1
"""Version of the keys: with another one no earlier result is reused."""

PLACE = ("index", "splits")
"""Names by which code reads the number of its split."""


class LayerCode:
    """Hold the facts that are equal for all splits of a layer: the digest of its code, the inputs that this reads, its environment.

    It is made in the process that forks the splits' processes, so it holds no state that a fork changes.
    """

    def __init__(self, scope: ExecutionScope, layer: str) -> None:
        """Walk the layer's code.

        Raises NotComparable, naming the part that cannot be compared.
        """
        registration = scope.registrations[layer]
        cache = registration.configuration.cache
        assert cache is not None
        self.reads = _reads(scope, registration)
        walk = _walked(scope, registration)
        if "execution" in walk.names or any(name.startswith("LAMINAR_EXECUTION") for name in walk.names):
            raise NotComparable("its code names an attribute 'execution', so that its result may be of one execution only")
        by_variable = any(name.startswith("LAMINAR_LAYER") for name in walk.names)
        self.place = tuple(name for name in PLACE if name in walk.names or by_variable)
        self.classes = _classes_above(scope, layer)
        self.fixed = {
            "schema": SCHEMA,
            "python": [platform.python_implementation(), *sys.version_info[:2]],
            "flow": scope.flow,
            "layer": layer,
            "code": walk.digest,
            "version": _text(cache.version),
            "container": _container(registration, cache, whole="configuration" in walk.names),
            "arguments": sys.argv[1:] if "sys" in walk.modules else None,
        }


def key_of(job: SplitJob, code: LayerCode) -> str:
    """Return the key of a split's result; the layers above it have finished.

    Raises NotComparable where an input cannot be compared.
    """
    axes = fan_out_grid.element_digests(job, job.layer, job.index)
    inputs: dict[str, Any] = {}
    plain = True
    for name in job.nodes[job.layer].needs:
        found, is_plain = _input(job, name, code.reads.get(name, frozenset()), axes.get(name, {}))
        inputs[name] = {"elements": axes.get(name, {}), "rest": found}
        plain = plain and is_plain and all(text.startswith('{"json"') for text in axes.get(name, {}).values())
    parts = {
        **code.fixed,
        "inputs": inputs,
        "random": random_generators.shared_states(),
        "classes": None if plain else code.classes,
        "place": {name: getattr(job, name) for name in code.place},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


# code


def code_of(scope: ExecutionScope, layer: str) -> LayerCode:
    """Return the code of a layer, walked once for an execution in a process.

    Raises NotComparable, each time, where it cannot be compared.
    """
    place = (scope.flow, scope.execution, layer)
    if place not in _codes:
        try:
            _codes[place] = LayerCode(scope, layer)
        except NotComparable as error:
            _codes[place] = error
        except RecursionError:
            _codes[place] = NotComparable("it reaches a value that is nested too deep")
        for old in list(_codes)[:-KEPT]:
            _codes.pop(old, None)
    found = _codes[place]
    if isinstance(found, NotComparable):
        raise found
    return found


KEPT = 1024
"""Layers whose code a process keeps."""

_codes: dict[tuple[str, str, str], LayerCode | NotComparable] = {}


def _functions(scope: ExecutionScope, registration: Registration) -> Iterator[Any]:
    """Yield the functions that run for a layer: its call, its hooks, and the hooks of its flow."""
    layer = registration.layer
    yield vars_of(layer)["__call__"]
    yield from (function for _, function in hooks_of(layer))
    yield from (function for _, function in dependency_inference.applicable_hooks(scope.flow_class, layer, scope.registrations))


def _walked(scope: ExecutionScope, registration: Registration, *, lenient: bool = False) -> Walk:
    """Return the walk of a layer's code: its class, its flow's hooks, methods of the layers that it reads, protocols."""
    walk = Walk(lenient=lenient)
    walk.value(registration.layer)
    for function in _functions(scope, registration):
        walk.value(function)
    for name in scope.nodes[registration.layer.__name__].needs:
        if name != PARAMETERS:
            for cls in scope.registrations[name].layer.__mro__:
                if issubclass(cls, Layer) and cls is not Layer:
                    walk.put("read", name)
                    walk.class_(cls, without=_is_work)
    for kind, protocol in scope.store._protocols.items():
        walk.value((kind, type(protocol)))
    return walk


def _is_work(name: str, value: Any) -> bool:
    """Return whether an attribute of a layer's class is part of the layer's own work, rather than of its interface to others."""
    from laminar.configurations.hooks import MARK

    return name == "__call__" or hasattr(value, MARK)


def _classes_above(scope: ExecutionScope, layer: str) -> str:
    """Return a digest of the own classes that the layers above a layer reach: objects of these may be among its inputs.

    The pickle of an object names its class; the methods are those of the present program.
    """
    edges = {name: node.needs for name, node in scope.nodes.items()}
    found: dict[type, None] = {}
    sources: dict[str, str] = {}
    for name in graph.ancestors(layer, edges):
        if name != PARAMETERS:
            walk = _walked(scope, scope.registrations[name], lenient=True)
            found.update(dict.fromkeys(cls for cls in walk.classes if not issubclass(cls, Layer)))
            sources.update(walk.sources)
    total = Walk(lenient=True)
    for cls in sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__)):
        total.value(cls)
    total.put(json.dumps(sources, sort_keys=True))
    return total.digest


def _reads(scope: ExecutionScope, registration: Registration) -> dict[str, frozenset[str] | None]:
    """Return the attributes that a layer reads of each layer, None where the code does not show them and all of them count."""
    found: dict[str, frozenset[str] | None] = {}
    owner = registration.layer.__name__
    for function in _functions(scope, registration):
        inner = unwrap(function)
        for variable, name in dependency_inference.parameters_of(
            function, scope.registrations, owner=owner, flow=scope.flow
        ).items():
            reads = attributes_read(inner.__code__, variable) if inner is function else None
            if reads is not None and any(_is_computed(scope.registrations[name].layer, each) for each in reads):
                reads = None
            known = found.get(name, frozenset())
            found[name] = None if reads is None or known is None else known | reads
    return found


def _is_computed(layer: type[Layer], attribute: str) -> bool:
    """Return whether an attribute of a layer is code, or one of those of every layer: its inputs are unknown."""
    value = vars_of(layer).get(attribute)
    return value is not None and not isinstance(value, Default)


# environment


def _container(registration: Registration, cache: Cache, *, whole: bool) -> Any:
    container = registration.configuration.container
    if whole:
        return repr(container)
    return [container.image if cache.image else None, sorted(container.env.items())]


def _text(value: Any) -> str:
    return f"{type(value).__name__}:{value!r}"


# inputs


def _input(job: SplitJob, name: str, reads: frozenset[str] | None, elements: Iterable[str]) -> tuple[Any, bool]:
    """Return the inputs of a split from a layer, except its elements, as JSON values, and whether they hold only JSON values."""
    if reads is not None and not reads - set(elements):
        return None, True
    status = job.status(name)
    records = job.store.records(job.flow, job.execution, name) if job.nodes[name].grid is not None else _single(job, name)
    wanted = None if reads is None else reads - set(elements)
    found: list[Any] = []
    plain = True
    for index, record in records.items():
        names = sorted(set(record.artifacts) - set(elements) if wanted is None else wanted & set(record.artifacts))
        for each in names:
            artifact = record.artifacts[each]
            is_plain = _is_plain(artifact)
            plain = plain and (is_plain or name == PARAMETERS)
            text = artifact.to_json() if is_plain or name != PARAMETERS else _digest_of_parameter(job, each, artifact)
            found.append([index, each, hashlib.sha256(text.encode()).hexdigest()])
    return {"status": status, "splits": len(records), "artifacts": found}, plain


def _single(job: SplitJob, name: str) -> dict[int, Record]:
    record = job.document(name)
    return {} if record is None else {0: record}


def _is_plain(artifact: Artifact) -> bool:
    """Return whether a stored value consists of JSON values, which have no code."""
    parts = (artifact,) if artifact.parts is None else artifact.parts
    return all(getattr(part, "json", None) is not None for part in parts)


def _digest_of_parameter(job: SplitJob, name: str, artifact: Artifact) -> str:
    """Return a digest of a parameter that is no JSON value: the code of its classes counts, which no layer need name."""
    if artifact.sharded:
        raise NotComparable(f"parameter {name!r} is a sequence of stored objects, whose classes no layer names")
    walk = Walk()
    walk.value(job.store.read(artifact))
    return walk.digest
