"""Configure a layer: its container, its fan-out, its retries and what it catches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

__all__ = ["Catch", "Configuration", "Container", "ForEach", "Parameter", "Retry", "Secret", "Volume"]


class Unset(Enum):
    """Tell an argument that was not given from one that is None."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "<unset>"


UNSET: Final = Unset.UNSET


class Catch:
    """Let a layer finish although its ``__call__`` raised one of these exceptions (or a subclass).

    The layer keeps the artifacts set so far; nothing is tried again; the exception is kept in the split's document.

    Raises TypeError for anything that is not an exception class.

    >>> Catch(ValueError, KeyError).exceptions
    (<class 'ValueError'>, <class 'KeyError'>)
    """

    __slots__ = ("exceptions",)

    def __init__(self, *exceptions: type[BaseException]) -> None:
        for exception in exceptions:
            if not (isinstance(exception, type) and issubclass(exception, BaseException)):
                raise TypeError(f"Catch takes exception classes, not {exception!r}")
        if not exceptions:
            raise TypeError("Catch takes at least one exception class, such as Catch(ValueError)")
        self.exceptions = exceptions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catch) and self.exceptions == other.exceptions

    def __hash__(self) -> int:
        return hash(self.exceptions)

    def __repr__(self) -> str:
        return f"Catch({', '.join(exception.__name__ for exception in self.exceptions)})"


@dataclass(frozen=True)
class Secret:
    """Refer to one key of a Kubernetes Secret; its value is never read by laminar."""

    name: str
    key: str


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
            raise TypeError(f"Volume takes exactly one of {', '.join(SOURCES[:-1])} and {SOURCES[-1]}")
        if not self.mount.startswith("/"):
            raise ValueError(f"Volume mount must be an absolute path, not {self.mount!r}")

    @property
    def source(self) -> tuple[str, str | int]:
        """Return what is mounted: the kind of source, and its name, path or size."""
        return next((kind, value) for kind in SOURCES if (value := getattr(self, kind)) is not None)


SOURCES = ("claim", "secret", "config_map", "host_path", "empty_dir")


@dataclass(frozen=True)
class Container:
    """Describe the pod that runs one split of a layer.

    ``cpu`` counts cores, ``memory`` and ``ephemeral_storage`` are MB (10^6 bytes), ``timeout`` is seconds an attempt,
    ``env`` maps names to values, ``secrets`` names to `Secret`. Requests and limits are the same.
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
        for name in ("env", "node_selector", "labels", "annotations"):
            object.__setattr__(self, name, {str(key): str(value) for key, value in getattr(self, name).items()})
        for name in ("volumes", "tolerations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.command.strip():
            raise ValueError("Container command must not be empty")
        if not self.image.strip():
            raise ValueError("Container image must not be empty")
        if self.cpu <= 0 or self.memory <= 0:
            raise ValueError(f"Container cpu and memory must be positive, not cpu={self.cpu}, memory={self.memory}")
        if self.gpu < 0:
            raise ValueError(f"Container gpu must not be negative, not {self.gpu}")
        if self.timeout is not None and self.timeout <= 0:
            raise ValueError(f"Container timeout must be positive seconds, not {self.timeout}")

    def __hash__(self) -> int:
        return hash((self.command, self.image, self.workdir, *self.resources.values()))

    @property
    def resources(self) -> dict[str, Any]:
        """Return what the container takes of a node: cpu, memory, gpu and ephemeral_storage."""
        return {name: getattr(self, name) for name in RESOURCES}


RESOURCES = ("cpu", "memory", "gpu", "ephemeral_storage")


@dataclass(frozen=True)
class Parameter:
    """Name the attribute of a layer that a ForEach goes over.

    ``index`` must be said over a fan-out layer: its split ``k``, or None for all its splits, flat and in order.
    """

    layer: type[Any] | str
    attribute: str
    index: int | Unset | None = UNSET


@dataclass(frozen=True)
class ForEach:
    """Split a layer over the grid (cartesian product) of its parameters, the last one fastest.

    ``batch`` splits share one pod on Argo; at most ``parallelism`` splits run at once.
    """

    parameters: Sequence[Parameter]
    batch: int = field(default=1, kw_only=True)
    parallelism: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        parameters = tuple(self.parameters)
        if not parameters or not all(isinstance(parameter, Parameter) for parameter in parameters):
            raise TypeError("ForEach takes parameters=[Parameter(layer=..., attribute=...), ...], at least one")
        if self.batch < 1:
            raise ValueError(f"ForEach batch must be at least 1, not {self.batch}")
        if self.parallelism is not None and self.parallelism < 1:
            raise ValueError(f"ForEach parallelism must be at least 1, not {self.parallelism}")
        object.__setattr__(self, "parameters", parameters)


@dataclass(frozen=True)
class Retry:
    """Try a failing split again: ``attempts`` tries in all, after ``delay * backoff**(n-1)`` seconds plus jitter.

    ``jitter`` is the largest share of the delay that is added at random.
    """

    attempts: int = 1
    delay: float = 0.1
    backoff: float = 2.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"Retry attempts must be at least 1 (it counts all tries), not {self.attempts}")
        if self.delay < 0 or self.backoff < 0 or self.jitter < 0:
            raise ValueError("Retry delay, backoff and jitter must not be negative")


@dataclass
class Configuration:
    """Hold what a layer was registered with.

    Each layer instance has a copy of its own, so that submission and retry hooks can set ``self.configuration.container``.
    """

    catch: Catch | None = None
    container: Container = field(default_factory=Container)
    foreach: ForEach | None = None
    retry: Retry = field(default_factory=Retry)
