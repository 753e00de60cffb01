"""Translate a pod to this machine: its command, paths, volumes and variables."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from laminar.compiler.rehearsal.confinement import Bind
from laminar.compiler.rehearsal.pods import Mount, Pod
from laminar.compiler.rehearsal.refusal import Refused
from laminar.program import notebook_replay

__all__ = ["LocalPod", "Site"]

PYTHONS = ("python", "python3")
OWN = "LAMINAR_"
KEPT_LOG = 64 * 1024
SYSTEM = (Path("/proc"), Path("/sys"), Path("/dev"), Path("/bin"), Path("/usr"))


@dataclass(frozen=True)
class LocalPod:
    """Process to start: ``files`` are the output files by output, ``writable`` the folders that it may write to.

    ``binds`` are its volumes, but for those at a path that this machine needs.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    files: Mapping[str, Path]
    log: Path
    writable: tuple[Path, ...] = ()
    binds: tuple[Bind, ...] = ()

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the pod."""
        return {name: path.read_text(encoding="utf-8") for name, path in self.files.items() if path.is_file()}

    def printed(self) -> str:
        """Return the end of the pod's log."""
        data = self.log.read_bytes() if self.log.exists() else b""
        return data[-KEPT_LOG:].decode("utf-8", "replace")


@dataclass(frozen=True)
class Site:
    """This machine, which replaces the cluster.

    Pods work in ``folder`` where their own working folder does not exist here. Volumes are folders of ``scratch``, or those that
    ``volumes`` names: by the volume's name, or by the name of its Secret, ConfigMap or claim. A value of ``LAMINAR_DATASTORE`` is
    replaced by ``datastore``; ``variables`` are values that pods have from Secrets and ConfigMaps.
    """

    folder: Path
    scratch: Path
    datastore: str
    variables: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, Path] = field(default_factory=dict)

    def bring(self, pod: Pod) -> LocalPod:
        """Return a pod as it is started here, after making its volumes.

        Raises Refused for a volume, a variable or a command that this machine does not have.
        """
        own = self.scratch / "pods" / re.sub(r"[^\w.-]", "_", pod.node)
        own.mkdir(parents=True, exist_ok=True)
        moved = {mount.path.rstrip("/"): self._volume(mount, own, pod) for mount in pod.mounts}
        env = self._environment(pod, moved)
        command = [_move(word, moved) for word in pod.command]
        args = [_move(word, moved) for word in pod.args]
        argv = [self._program(command[0], pod), *command[1:], *args]
        for place in range(1, len(argv)):
            if argv[place - 1] == "-c":
                argv[place] = _move_within(argv[place], moved)
        files = {name: Path(_move(path, moved)) for name, path in pod.paths.items()}
        for name, path in files.items():
            if str(path) == pod.paths[name]:
                raise Refused(f"{pod.node}: output {name!r} is a file in no volume: {path}.", fix="mount an emptyDir there.")
        writable = tuple(moved[mount.path.rstrip("/")] for mount in pod.mounts if not _is_read_only(mount))
        cwd = self._cwd(pod, moved)
        binds = tuple(self._binds(pod, moved, cwd))
        return LocalPod(tuple(argv), env, cwd, files, own / "log", (*writable, *self._store()), binds)

    def _binds(self, pod: Pod, moved: Mapping[str, Path], cwd: Path) -> Iterator[Bind]:
        """Yield the volumes at their paths, unless one would hide a folder of the pod: its project, its volumes, its Python."""
        places = [self.folder, self.scratch, cwd, Path(sys.prefix), Path(sys.base_prefix), Path(__file__), *SYSTEM]
        needed = [place.resolve() for place in (*places, *self._store(), *moved.values())]
        for mount in pod.mounts:
            path = mount.path.rstrip("/")
            if not any(place.is_relative_to(path or "/") for place in needed):
                yield Bind(moved[path], path, _is_read_only(mount))

    def _store(self) -> list[Path]:
        """Return the folder of the datastore, made, where it is one of this machine."""
        if "://" in self.datastore:
            return []
        path = Path(self.datastore)
        path.mkdir(parents=True, exist_ok=True)
        return [path]

    def _volume(self, mount: Mount, own: Path, pod: Pod) -> Path:
        kind = next(iter(mount.volume), "nothing")
        name = _object(mount)
        given = self.volumes.get(mount.name, self.volumes.get(name))
        if given is not None:
            path = given.absolute() / mount.sub_path
            if not path.exists():
                raise Refused(f"{pod.node}: {str(path)!r} does not exist, for volume {mount.name!r}.", fix="create it.")
            return path
        if kind == "emptyDir":
            path = own / "volumes" / mount.name / mount.sub_path
        elif kind == "persistentVolumeClaim":
            path = self.scratch / "claims" / name / mount.sub_path
        else:
            what = f"volume {mount.name!r} is the {kind} {name!r}" if name else f"volume {mount.name!r} is a {kind}"
            fix = f"pass a folder with its files: --volume {name or mount.name}=DIR."
            raise Refused(f"{pod.node}: {what}, which this machine does not have.", fix=fix)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _environment(self, pod: Pod, moved: Mapping[str, Path]) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        if "/tmp" in moved:
            env["TMPDIR"] = str(moved["/tmp"])
        for name, value in pod.env:
            if name in self.variables:
                env[name] = self.variables[name]
            elif value is None:
                raise Refused(f"{pod.node}: {name} comes from the cluster.", fix=f"pass its value: --env {name}=VALUE.")
            else:
                env[name] = _move(value, moved)
        if "LAMINAR_DATASTORE" in env:
            env["LAMINAR_DATASTORE"] = self.datastore
        if not any(os.path.basename(word) == notebook_replay.PROGRAM for word in (*pod.command, *pod.args)):
            env.pop("LAMINAR_CODE", None)  # the program is run from its folder; a notebook's is nowhere but in its package
        return env

    def _program(self, word: str, pod: Pod) -> str:
        if word in PYTHONS:
            return sys.executable
        found = shutil.which(word)
        if found is None:
            raise Refused(
                f"{pod.node}: there is no program {word!r} on this machine.",
                fix="install it: pods are run without their images here.",
            )
        return found

    def _cwd(self, pod: Pod, moved: Mapping[str, Path]) -> Path:
        path = Path(_move(pod.workdir, moved)) if pod.workdir else self.folder
        return path if path.is_dir() else self.folder


def _object(mount: Mount) -> str:
    """Return the name of the object that a volume is, empty where it has none."""
    source = next(iter(mount.volume.values()), None)
    if not isinstance(source, dict):
        return ""
    return next((str(source[field]) for field in ("secretName", "claimName", "name") if field in source), "")


def _is_read_only(mount: Mount) -> bool:
    """Return whether a mount is read-only; the kubelet always mounts Secrets and ConfigMaps so."""
    return mount.read_only or bool({"secret", "configMap", "projected"} & set(mount.volume))


def _move(text: str, moved: Mapping[str, Path]) -> str:
    """Return a text that is a path in a volume as the path here."""
    for path in sorted(moved, key=len, reverse=True):
        if text == path or text.startswith(f"{path}/"):
            return f"{moved[path]}{text[len(path) :]}"
    return text


def _move_within(text: str, moved: Mapping[str, Path]) -> str:
    """Return a script with the quoted paths in it moved."""
    for path in sorted(moved, key=len, reverse=True):
        place = str(moved[path])
        text = re.sub(rf"(?<=['\"]){re.escape(path)}(?=[/'\"])", lambda _, place=place: place, text)  # type: ignore[misc]
    return text
