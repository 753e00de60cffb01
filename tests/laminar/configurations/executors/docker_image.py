"""Make a Docker image of this machine's own Python and of laminar: tests pull nothing from anywhere."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

import laminar

NAME = "laminar-test-image:latest"


def daemon_answers() -> bool:
    """Say whether there is a Docker client with a daemon behind it."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=20).returncode == 0


def build() -> str:
    """Make the image and return its name."""
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    changes = [f"ENV PATH={python.parent}:/bin", "WORKDIR /laminar"]
    command = ["docker", "import", *(word for change in changes for word in ("--change", change)), "-", NAME]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as docker:
        assert docker.stdin is not None
        with tarfile.open(fileobj=docker.stdin, mode="w|") as archive:
            for source, place in files(python):
                archive.add(source, place, recursive=False)
            link(archive, python.parent / "python", python.name)
            for folder in ("tmp", "laminar"):
                made = tarfile.TarInfo(folder)
                made.type, made.mode = tarfile.DIRTYPE, 0o777
                archive.addfile(made, io.BytesIO())
        docker.stdin.close()
        assert docker.wait() == 0
    return NAME


def link(archive: tarfile.TarFile, place: Path, target: str) -> None:
    made = tarfile.TarInfo(str(place))
    made.type, made.linkname = tarfile.SYMTYPE, target
    archive.addfile(made)


def files(python: Path) -> Iterator[tuple[Path, str]]:
    """Give the files of the image and where they stand in it."""
    standard = Path(sysconfig.get_path("stdlib", vars={"base": sys.base_prefix, "installed_base": sys.base_prefix}))
    yield python.resolve(), str(python)
    extensions = list(standard.glob("lib-dynload/*.so"))
    for library in sorted(libraries([python, *extensions])):
        yield library.resolve(), str(library)
    left_out = {"test", "site-packages", "idlelib", "tkinter", "ensurepip", "lib2to3", "turtledemo", "__pycache__"}
    yield from tree(standard, standard, left_out)
    yield from tree(Path(laminar.__file__).parent, standard / "site-packages" / "laminar", {"__pycache__"})


def tree(folder: Path, place: Path, left_out: set[str]) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not left_out & set(inside.parts) and not inside.parts[0].startswith("config-"):
            yield path, str(place / inside)


def libraries(programs: list[Path]) -> set[Path]:
    """Return the shared libraries that programs need."""
    listed = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    words = (word for line in listed.splitlines() for word in line.split() if not line.endswith(":"))
    return {Path(word) for word in words if word.startswith("/") and ".so" in word}
