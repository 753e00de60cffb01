"""Open code packages: a program's files in one archive, named by its digest, which a pod checks before it unpacks them.

A package is an uncompressed tar archive with a manifest first: compressors differ from version to version, and the checked
bytes have to be the parsed ones. ``LAMINAR_CODE`` names one as ``<url>/<digest>.tar#sha256=<digest>``.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

from laminar.exceptions import DatastoreError, FlowError

if TYPE_CHECKING:
    from tarfile import TarFile, TarInfo

__all__ = ["MANIFEST", "Code", "is_path", "minor", "reference", "unpack"]

MANIFEST = ".laminar-package.json"
"""First file of a package: its schema, and the Python that its pickled code needs, if it has any."""

SCHEMA = 1

ATTEMPTS = 3
"""How often a package is read whose bytes are not the expected ones: a connection may have broken."""

LONGEST = 255
"""Bytes that one name in a path may have on any system."""

MARK = ".laminar-unpacked"
"""File that marks a folder with a whole package."""


def minor() -> str:
    """Return the minor version of this Python, which pickled code is bound to: ``"3.11"``."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def reference(root: str, digest: str) -> str:
    """Return the value of ``LAMINAR_CODE`` for the package with a digest that is kept below a URL.

    >>> reference("s3://bucket/code/", "ab12")
    's3://bucket/code/ab12.tar#sha256=ab12'
    """
    return f"{root.rstrip('/')}/{digest}.tar#sha256={digest}"


class Code:
    """A package as ``LAMINAR_CODE`` names it, and the scratch folder that it is unpacked to.

    Raises FlowError for a text that names none.
    """

    def __init__(self, text: str) -> None:
        url, _, digest = text.rpartition("#sha256=")
        self.root, _, self.name = url.rpartition("/")
        self.digest = digest
        if not self.root or not self.name or not re.fullmatch("[0-9a-f]{64}", digest):
            raise FlowError(
                f"LAMINAR_CODE is {text!r}, which names no code package.",
                fix="compile the program again: laminar compile --code URL",
            )
        self.folder = scratch()

    def enter(self) -> None:
        """Make the package's files the current folder, fetching and unpacking them unless another process here has.

        Raises FlowError for a package that is absent, not the named one, or unsafe; DatastoreError where it cannot be read.
        """
        mark = os.path.join(self.folder, MARK)
        if not os.path.exists(mark):
            unpack(self.fetch(), self.folder)
            with open(mark, "wb"):
                pass
        os.chdir(self.folder)

    def fetch(self) -> bytes:
        """Return the package's bytes, having checked them."""
        from hashlib import sha256

        from laminar.configurations.datastores import open_store

        store = open_store(self.root)
        for attempt in range(ATTEMPTS):
            try:
                data = bytes(store.get(self.name))
            except FileNotFoundError as error:
                raise FlowError(
                    f"Code package {self.root}/{self.name} does not exist.",
                    fix="upload it: laminar package PROGRAM, or laminar compile --upload.",
                ) from error
            if sha256(data).hexdigest() == self.digest:
                return data
            time.sleep(attempt)
        raise FlowError(
            f"Code package {self.root}/{self.name} is not the one that was compiled: its digest is {sha256(data).hexdigest()}.",
            fix="upload it again: laminar package PROGRAM, or compile the program again.",
        )

    def discard(self) -> None:
        """Remove the scratch folder."""
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)


def scratch() -> str:
    """Return a new folder for temporary files.

    Raises FlowError where none can be made.
    """
    import tempfile

    try:
        return os.path.realpath(tempfile.mkdtemp(prefix="laminar-code-"))
    except OSError as error:
        raise FlowError(
            f"There is no folder to unpack the code package to: {error.strerror or error}.",
            fix="mount a volume that can be written to, and name it with TMPDIR.",
        ) from error


def unpack(data: bytes, folder: str) -> None:
    """Write a package's files below a folder.

    Nothing is written of a package with a link, a device, a path that leaves the folder, or code pickled by another Python.
    Raises FlowError for these.
    """
    import io
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            members = archive.getmembers()
            check_manifest(archive, members)
            check_members(members)
            for member in members[1:]:
                write(archive, member, folder)
    except (tarfile.TarError, UnicodeDecodeError, EOFError) as error:
        raise refused(f"it is no tar archive: {error}") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # another attempt finds the same name
            raise refused(f"a path in it is longer than this system takes: {os.path.basename(str(error.filename))!r}") from error
        raise DatastoreError(
            f"The code package cannot be unpacked to {folder}: {error.strerror or error}.",
            fix="give the pod more scratch space, or name another folder with TMPDIR.",
        ) from error


def check_manifest(archive: TarFile, members: list[TarInfo]) -> None:
    """Raise FlowError for a package of another format, or with code that was pickled by another Python."""
    if not members or members[0].name != MANIFEST or not members[0].isreg():
        raise refused("it has no manifest")
    file = archive.extractfile(members[0])
    try:
        manifest: Any = json.loads(file.read() if file else b"")
        schema, python = manifest["schema"], manifest.get("python")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refused("its manifest cannot be read") from error
    if schema != SCHEMA:
        raise FlowError(
            f"The code package has schema {schema!r}, which this laminar does not know.",
            fix="install in the image the version of laminar that made it.",
        )
    if python is not None and python != minor():
        raise FlowError(
            f"The code package holds code that Python {python} pickled, and this is Python {minor()}.",
            fix=f"take an image with Python {python}, or make the package with Python {minor()}.",
        )


def check_members(members: list[TarInfo]) -> None:
    """Raise FlowError for anything but files, each under its own path below the folder."""
    import tarfile

    seen: set[str] = set()
    for member in members:
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise refused(f"{member.name!r} is {'a link' if member.islnk() or member.issym() else 'no file'}")
        if not is_path(member.name):
            why = "has a name that is too long" if is_long(member.name) else "may lead out of its folder"
            raise refused(f"the path {member.name!r} {why}")
        if member.name in seen or member.name == MARK:
            raise refused(f"the path {member.name!r} is taken twice")
        seen.add(member.name)
    for name in seen:
        while name := name.rpartition("/")[0]:
            if name in seen:
                raise refused(f"{name!r} is a file and a folder")


def is_path(name: str) -> bool:
    """Return whether a name is a plain relative path that can be made, and stays below the folder it is taken from, on any system.

    >>> [is_path(name) for name in ("a/b.py", "/a", "a/../b", "a//b", "C:b", "a" + chr(92) + "b", "", "a/.")]
    [True, False, False, False, False, False, False, False]
    """
    if not name.isprintable() or any(letter in name for letter in ("\\", ":")):
        return False
    return all(part not in ("", ".", "..") for part in name.split("/")) and not is_long(name)


def is_long(name: str) -> bool:
    """Return whether a part of a path is longer than file systems take.

    >>> is_long("a/" + "é" * 127), is_long("a/" + "é" * 128)
    (False, True)
    """
    return any(len(part.encode("utf-8", "surrogatepass")) > LONGEST for part in name.split("/"))


def write(archive: TarFile, member: TarInfo, folder: str) -> None:
    path = os.path.join(folder, member.name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags, 0o755 if member.mode & 0o100 else 0o644), "wb") as file:
        content = archive.extractfile(member)
        file.write(content.read() if content else b"")


def refused(why: str) -> FlowError:
    """Return the error for a package that is not unpacked."""
    return FlowError(f"The code package is refused: {why}.", fix="make it again: laminar package PROGRAM")
