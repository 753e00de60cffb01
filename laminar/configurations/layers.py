"""Configure a layer: its container, its fan-out, its retries and the exceptions that it catches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from laminar.configurations import option_values as values
from laminar.exceptions import OptionError, suggest
from laminar.program import source_location

__all__ = ["Cache", "Catch", "Configuration", "Container", "ForEach", "MutableContainer", "Parameter", "Retry", "Secret", "Volume"]


class Unset(Enum):
    """Distinguish an argument that was not given from one that is None."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "<unset>"


UNSET: Final = Unset.UNSET


@values.explain_arguments
class Catch:
    """Finish a layer although its ``__call__`` raised one of these exceptions (or a subclass).

    The layer keeps the artifacts set so far; no attempt follows; the exception is kept in the split's document.

    Raises OptionError (a TypeError) for anything that is not an exception class.

    >>> Catch(ValueError, KeyError).exceptions
    (<class 'ValueError'>, <class 'KeyError'>)
    """

    __slots__ = ("exceptions",)

    def __init__(self, *exceptions: type[BaseException]) -> None:
        for exception in exceptions or (None,):
            if not (isinstance(exception, type) and issubclass(exception, BaseException)):
                shown = "nothing" if exception is None else values.shown(exception)
                raise OptionError(
                    f"Catch expects exception classes, not {shown}.",
                    where=source_location.caller(),
                    fix="write Catch(ValueError, OSError).",
                )
        self.exceptions = exceptions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catch) and self.exceptions == other.exceptions

    def __hash__(self) -> int:
        return hash(self.exceptions)

    def __repr__(self) -> str:
        return f"Catch({', '.join(exception.__name__ for exception in self.exceptions)})"


@values.explain_arguments
@dataclass(frozen=True)
class Secret:
    """Refer to one key of a Kubernetes Secret; its value is never read by laminar."""

    name: str
    key: str

    def __post_init__(self) -> None:
        for name in ("name", "key"):
            values.text("Secret", name, getattr(self, name), example='Secret(name="database", key="password")')


@values.explain_arguments
@dataclass(frozen=True)
class Volume:
    """Mount one source at a path of the container: exactly one of claim, secret, config_map, host_path, empty_dir.

    ``empty_dir`` is a size in MB (0: no limit).
    """

    mount: str
    claim: str | None = None
    secret: str | None = None
    config_map: str | None = None
    host_path: str | None = None
    empty_dir: int | None = None
    read_only: bool = False
    sub_path: str | None = None

    def __post_init__(self) -> None:
        if sum(getattr(self, kind) is not None for kind in SOURCES) != 1:
            raise OptionError(
                f"Volume expects exactly one of {', '.join(SOURCES[:-1])} and {SOURCES[-1]}.",
                where=source_location.caller(),
                fix='write Volume("/data", claim="data").',
            )
        if not isinstance(self.mount, str) or not self.mount.startswith("/"):
            raise values.rejected("Volume", "mount", self.mount, "an absolute path", 'Volume("/data", claim="data")')
        for name in ("claim", "secret", "config_map", "host_path", "sub_path"):
            values.optional("Volume", name, getattr(self, name))
        if self.empty_dir is not None:
            is_zero = type(self.empty_dir) in (int, float, str) and self.empty_dir in (0, "0")
            size = 0 if is_zero else values.megabytes("Volume", "empty_dir", self.empty_dir)
            object.__setattr__(self, "empty_dir", size)
        values.boolean("Volume", "read_only", self.read_only)

    @property
    def source(self) -> tuple[str, str | int]:
        """Return the source of the mount: its kind, and its name, path or size."""
        return next((kind, value) for kind in SOURCES if (value := getattr(self, kind)) is not None)


SOURCES = ("claim", "secret", "config_map", "host_path", "empty_dir")


@values.explain_arguments
@dataclass(frozen=True)
class Container:
    """Describe the pod that runs one split of a layer.

    ``cpu`` counts cores, ``memory`` and ``ephemeral_storage`` are MB (10^6 bytes), ``timeout`` is the seconds of an attempt. Texts
    are converted: Kubernetes quantities such as "500m" and "4Gi", durations such as "1h";
    a timeout may be a timedelta. A ``command`` may be a list of words.
    ``env`` maps names to values, ``secrets`` names to `Secret`. Requests and limits are the same. None means the default.

    Raises OptionError (a TypeError and ValueError) for a value of a wrong type or shape.

    >>> Container(cpu="500m", memory="4Gi", timeout="1h", command=["python", "train.py"]).resources
    {'cpu': 0.5, 'memory': 4295, 'gpu': 0, 'ephemeral_storage': None}
    """

    command: str = "python main.py"
    cpu: float = 1
    image: str = "laminar:latest"
    memory: int = 1500
    workdir: str = "/laminar"
    gpu: int = field(default=0, kw_only=True)
    ephemeral_storage: int | None = field(default=None, kw_only=True)
    env: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    secrets: Mapping[str, Secret] = field(default_factory=dict, kw_only=True)
    volumes: Sequence[Volume] = field(default=(), kw_only=True)
    node_selector: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    tolerations: Sequence[Mapping[str, Any]] = field(default=(), kw_only=True)
    affinity: Mapping[str, Any] | None = field(default=None, kw_only=True)
    service_account: str | None = field(default=None, kw_only=True)
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    annotations: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    priority_class: str | None = field(default=None, kw_only=True)
    timeout: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            default = one.default if one.default_factory is MISSING else one.default_factory()
            made = default if value is None or value is default else CONVERSIONS[one.name](value)
            object.__setattr__(self, one.name, made)

    def __hash__(self) -> int:
        return hash((self.command, self.image, self.workdir, *self.resources.values()))

    @property
    def resources(self) -> dict[str, Any]:
        """Return the container's share of a node: cpu, memory, gpu and ephemeral_storage."""
        return {name: getattr(self, name) for name in RESOURCES}


RESOURCES = ("cpu", "memory", "gpu", "ephemeral_storage")


def _pairs(name: str, example: str) -> Callable[[Any], Any]:
    return lambda value: values.mapping("Container", name, value, example=example)


def _secrets(value: Any) -> dict[str, Secret]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and isinstance(one, Secret) for key, one in value.items()):
        example = 'secrets={"PASSWORD": Secret("database", "password")}'
        raise values.rejected("Container", "secrets", value, "a dict of names and Secret", example)
    return dict(value)


def _affinity(value: Any) -> Mapping[str, Any]:
    found = dict(value) if isinstance(value, Mapping) else None
    if found is None or not values.is_plain(found):
        expected = "a dict of texts, whole numbers, lists and dicts"
        raise values.rejected("Container", "affinity", value, expected, 'affinity={"nodeAffinity": {...}}')
    return found


def _tolerations(value: Any) -> tuple[Mapping[str, Any], ...]:
    example = 'tolerations=[{"key": "gpu", "operator": "Exists"}]'
    found = values.sequence("Container", "tolerations", value, Mapping, example=example)
    given = tuple({name: one for name, one in each.items() if one is not None} for each in found)
    if not all(isinstance(name, str) and isinstance(one, str | int) for each in given for name, one in each.items()):
        raise values.rejected("Container", "tolerations", value, "a list of dicts of texts", example)
    for seconds in (each["tolerationSeconds"] for each in given if "tolerationSeconds" in each):
        values.count("Container", "tolerations tolerationSeconds", seconds)
    return given


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "command": lambda value: values.words("Container", "command", value, example='command="python main.py"'),
    "cpu": lambda value: values.cores("Container", "cpu", value),
    "image": lambda value: values.image("Container", "image", value),
    "memory": lambda value: values.megabytes("Container", "memory", value),
    "workdir": lambda value: values.text("Container", "workdir", value, example='workdir="/laminar"'),
    "gpu": lambda value: values.count("Container", "gpu", value),
    "ephemeral_storage": lambda value: values.megabytes("Container", "ephemeral_storage", value),
    "env": _pairs("env", 'env={"NAME": "value"}'),
    "secrets": _secrets,
    "volumes": lambda value: values.sequence(
        "Container", "volumes", value, Volume, example='volumes=[Volume("/data", claim="data")]'
    ),
    "node_selector": _pairs("node_selector", 'node_selector={"disk": "ssd"}'),
    "tolerations": _tolerations,
    "affinity": _affinity,
    "service_account": lambda value: values.text("Container", "service_account", value),
    "labels": _pairs("labels", 'labels={"team": "data"}'),
    "annotations": _pairs("annotations", 'annotations={"team": "data"}'),
    "priority_class": lambda value: values.text("Container", "priority_class", value),
    "timeout": lambda value: values.seconds("Container", "timeout", value),
}
"""How the value of each field is checked and converted."""


class MutableContainer(Container):
    """Hold the copy of a container that a hook may change: ``self.configuration.container.memory *= 2``."""

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, container: Container) -> MutableContainer:
        """Return a copy of a container, with the mappings and sequences in it."""
        made = cls.__new__(cls)
        for each in fields(Container):
            value = getattr(container, each.name)
            plain = dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, (list, tuple)) else value
            object.__setattr__(made, each.name, copy.deepcopy(plain))
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in Container.__dataclass_fields__:
            known = list(Container.__dataclass_fields__)
            raise AttributeError(f"A container has no field {name!r}.{suggest(name, known)} Its fields are {', '.join(known)}.")
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Container) and self.frozen() == (other.frozen() if isinstance(other, MutableContainer) else other)

    def __repr__(self) -> str:
        return repr(self.frozen())

    def frozen(self) -> Container:
        """Return the container with the changes.

        Raises OptionError for values that no container can have.
        """
        return Container(**{each.name: getattr(self, each.name) for each in fields(Container)})


@values.explain_arguments
@dataclass(frozen=True)
class Parameter:
    """Name the attribute of a layer that a ForEach iterates over.

    ``index`` is required for a fan-out layer: its split ``k``, or None for all its splits, flat and in order.
    """

    layer: type[Any] | str
    attribute: str
    index: int | Unset | None = UNSET

    def __post_init__(self) -> None:
        if not (isinstance(self.layer, type) or (isinstance(self.layer, str) and self.layer)):
            raise values.rejected("Parameter", "layer", self.layer, "a class or the name of one", 'Parameter(Read, "rows")')
        if not isinstance(self.attribute, str) or not self.attribute.isidentifier():
            raise values.rejected("Parameter", "attribute", self.attribute, "the name of an attribute", 'Parameter(Read, "rows")')
        if self.index is not None and not isinstance(self.index, Unset):
            object.__setattr__(self, "index", values.count("Parameter", "index", self.index))


@values.explain_arguments
@dataclass(frozen=True)
class ForEach:
    """Split a layer over the grid (cartesian product) of its parameters, the last one fastest.

    ``batch`` splits share one pod on Argo; at most ``parallelism`` splits run at once.
    """

    parameters: Sequence[Parameter]
    batch: int = field(default=1, kw_only=True)
    parallelism: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        example = 'ForEach([Parameter(Read, "rows")])'
        parameters = values.sequence("ForEach", "parameters", self.parameters, Parameter, example=example)
        if not parameters:
            raise values.rejected("ForEach", "parameters", self.parameters, "a list of at least one Parameter", example)
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "batch", values.count("ForEach", "batch", self.batch, least=1))
        if self.parallelism is not None:
            object.__setattr__(self, "parallelism", values.count("ForEach", "parallelism", self.parallelism, least=1))


@values.explain_arguments
@dataclass(frozen=True)
class Cache:
    """Reuse a finished split's result, from any execution of the store, where code and inputs are the same.

    ``version`` is one of the compared values: change it where the code cannot show that results would differ. ``image`` decides
    whether the container's image is compared.

    >>> Cache(version=2), Cache(image=False)
    (Cache(version=2, image=True), Cache(version=None, image=False))
    """

    version: int | str | None = None
    image: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if self.version is not None and (isinstance(self.version, bool) or not isinstance(self.version, (int, str))):
            raise values.rejected("Cache", "version", self.version, "an int or a str", "Cache(version=2)")
        values.boolean("Cache", "image", self.image)


YEAR = 365 * 86_400.0
"""Longest delay, beyond any run's time: a float cannot hold the power of more attempts."""


@values.explain_arguments
@dataclass(frozen=True)
class Retry:
    """Retry a failing split: ``attempts`` attempts in all, after ``delay * backoff**(n-1)`` seconds plus jitter.

    ``jitter`` is the largest share of the delay that is added at random.
    """

    attempts: int = 1
    delay: float = 0.1
    backoff: float = 2.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        # attempts counts all of them, the first one too
        object.__setattr__(self, "attempts", values.count("Retry", "attempts", self.attempts, least=1))
        object.__setattr__(self, "delay", values.seconds("Retry", "delay", self.delay, above=False))
        for name in ("backoff", "jitter"):
            object.__setattr__(self, name, values.number("Retry", name, getattr(self, name)))

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt that failed, without jitter, and a year at most.

        >>> Retry(delay=3).pause(4), Retry(delay=0).pause(2000), Retry().pause(2000) == YEAR
        (24.0, 0.0, True)
        """
        if not self.delay:
            return 0.0
        try:
            return min(self.delay * self.backoff ** (attempt - 1), YEAR)
        except OverflowError:
            return YEAR


@lru_cache(maxsize=1)
def _default_container() -> Container:
    """Return the container of layers that name none: one object for all, as it is immutable."""
    return Container()


@lru_cache(maxsize=1)
def _default_retry() -> Retry:
    return Retry()


@dataclass
class Configuration:
    """Hold the options of a layer's registration.

    Each layer instance has its own copy, so that submission and retry hooks can set ``self.configuration.container``.
    """

    cache: Cache | None = None
    catch: Catch | None = None
    container: Container = field(default_factory=_default_container)
    foreach: ForEach | None = None
    retry: Retry = field(default_factory=_default_retry)
