"""Put a program's project into one archive: the same files give the same bytes, and so the same digest, on any machine.

It has the files below the project's folder, except those that ``.gitignore`` files or ``[tool.laminar] exclude`` leave out, those
that no program needs and those with secrets (``ALWAYS``); ``[tool.laminar] include`` adds any of them again.
Patterns are git's.
"""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laminar.compiler.project import Project
from laminar.exceptions import FlowError
from laminar.program import main_module
from laminar.program.code_package import MANIFEST, MARK, SCHEMA, is_path, reference

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["LIMIT", "Package", "archive", "check_place", "check_size", "contents", "is_declared", "package", "upload"]

LIMIT = 50_000_000
"""Bytes that a project's files may have together: every pod reads them."""

MOST = 20_000
"""Files that a project may have."""

NEEDLESS = (
    *(".git/", ".hg/", ".svn/", ".laminar/", "__pycache__/", "*.pyc", "*.swp", ".ds_store", ".ipynb_checkpoints/"),
    *(".venv*", "venv", "node_modules", ".tox/", ".nox/", ".mypy_cache/", ".ruff_cache/", ".pytest_cache/", "*.egg-info/"),
)
"""Files that no program needs."""

SECRET = (
    # keys
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.pkcs12", "*.jks", "*.keystore", "*.keytab", "*.kdbx", "*.ppk"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "!id_*.py", ".ssh/", ".gnupg/", ".password-store/"),
    # passwords and tokens
    *(".env", ".env.*", ".envrc", ".netrc", "_netrc", ".pypirc", ".npmrc", ".git-credentials", ".htpasswd", ".vault-token"),
    *(".pgpass", ".my.cnf", ".mylogin.cnf", "**/.streamlit/secrets.toml"),
    # clouds and clusters
    *(".aws/", ".azure/", ".oci/", "**/.config/gcloud/", ".boto", ".s3cfg", ".passwd-s3fs", ".kube/", "*.kubeconfig"),
    *(
        "credentials.json",
        "application_default_credentials.json",
        "client_secret*.json",
        "service-account*.json",
        "service_account*.json",
    ),
    *("**/.docker/config.json", ".dockercfg", ".databrickscfg", ".kaggle/", "kaggle.json"),
    *(".terraform/", "*.tfstate", "*.tfstate.*", "*.tfvars"),
    # histories of shells
    ".*_history",
)
"""Files that usually hold secrets. Names that a module has as well, such as ``secrets.py``, are not among them."""

ALWAYS = (*NEEDLESS, *SECRET)
"""Files that only ``[tool.laminar] include`` brings into a package, in upper or lower case: a ``.gitignore`` does not."""

UPLOADED, THERE, REPLACED = "uploaded", "already there", "replaced a damaged one"

UNOPENED = frozenset({"dbfs", "ftp", "gist", "github", "jlab", "jupyter", "sftp", "smb", "ssh", "webhdfs"})
"""Kinds of URLs that fsspec opens with options only, such as the server's name; pods have none."""

NAMING = re.compile(rb"LAMINAR_CODE\b.{0,4000}?#sha256=[0-9a-f]{64}", re.DOTALL)
"""A compiled document that names a package. No package contains one: it would change the digest."""

Spec = tuple[str, "GitIgnoreSpec"]
"""Patterns, and the folder that they are relative to."""


@dataclass(frozen=True)
class Package:
    """A project's files in one archive; ``program`` is the program's path in it, ``digest`` the SHA-256 of ``data``."""

    digest: str
    data: bytes
    program: str
    files: tuple[str, ...]

    def at(self, root: str) -> str:
        """Return the value of ``LAMINAR_CODE`` for the package, kept below a URL."""
        return reference(root, self.digest)


def package(program: Path, project: Project, *, without: Collection[Path] = ()) -> Package:
    """Return the package of a program's project; ``without`` names files that are written from it, such as compiled documents.

    Raises FlowError for a program that cannot be read, and where the project is too large, has a link that leaves it, or leaves
    the program itself out.
    """
    main_module.source(os.path.abspath(program))
    name = os.path.relpath(program.resolve(), project.root.resolve()).replace(os.sep, "/")
    return archive(contents(project, without=without, program=name), program=name)


def contents(project: Project, *, without: Collection[Path] = (), program: str | None = None) -> dict[str, tuple[bytes, bool]]:
    """Return the content of each of a project's files that a package takes, and whether it is executable.

    Raises FlowError as ``package`` does; ``program`` has to be in it.
    """
    root = project.root.resolve()
    _check_root(root)
    try:
        left_out = {os.path.realpath(path) for path in without}
        paths = islice(_paths(root, project), 10 * MOST)  # packaging a data folder by mistake would take minutes
        files = {path: root / path for path in paths if not left_out or os.path.realpath(root / path) not in left_out}
        _check(root, files, program)
        found = {path: (file.read_bytes(), os.access(file, os.X_OK)) for path, file in files.items()}
    except OSError as error:
        raise unreadable(error.filename or root, error) from error
    return {path: content for path, content in found.items() if not is_compiled(path, content[0])}


def is_declared(root: Path) -> bool:
    """Return whether a folder declares that it is a project; else it is one only because a program is in it."""
    return (root / "pyproject.toml").is_file()


def archive(files: dict[str, tuple[bytes, bool]], *, program: str, python: str | None = None) -> Package:
    """Return the package of these contents, each with whether it may be executed.

    ``python`` names the minor version that pickled code among them needs.
    """
    manifest: dict[str, Any] = {"program": program, "schema": SCHEMA, **({"python": python} if python else {})}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as made:
        add(made, MANIFEST, json.dumps(manifest, sort_keys=True).encode(), executable=False)
        for path in sorted(files):
            add(made, path, files[path][0], executable=files[path][1])
    data = buffer.getvalue()
    return Package(sha256(data).hexdigest(), data, program, tuple(sorted(files)))


def add(made: tarfile.TarFile, path: str, data: bytes, *, executable: bool) -> None:
    """Add a file without facts about this machine: no owner, no time, one of two modes."""
    member = tarfile.TarInfo(path)
    member.size = len(data)
    member.mode = 0o755 if executable else 0o644
    made.addfile(member, io.BytesIO(data))


def check_place(url: str) -> str:
    """Return a URL that packages are kept below.

    Raises FlowError for one that pods cannot reach.
    """
    if (kind := url.partition("://")[0].lower()) in UNOPENED:
        raise FlowError(
            f"Code packages cannot be kept at {url!r}: it takes more than the URL to open one of {kind}://.",
            fix="give a URL such as s3://bucket/code, or the absolute path of a mounted volume.",
        )
    if "#" in url or not (url.startswith("/") or ("://" in url and not url.startswith("memory:"))):
        raise FlowError(
            f"Code packages cannot be kept at {url!r}, which means nothing in a pod.",
            fix="give a URL such as s3://bucket/code, or the absolute path of a mounted volume.",
        )
    return url


def upload(made: Package, root: str) -> str:
    """Keep a package below a URL, and return how: ``UPLOADED``, ``THERE`` or ``REPLACED``.

    An existing file is read: a damaged package has the right name. Raises DatastoreError where it cannot be written.
    """
    from laminar.configurations.datastores import open_store

    store, name = open_store(root), f"{made.digest}.tar"
    try:
        known = sha256(store.get(name)).hexdigest()
    except FileNotFoundError:
        known = ""
    if known == made.digest:
        return THERE
    store.put(name, (made.data,))
    return REPLACED if known else UPLOADED


def unreadable(path: str | Path, error: OSError) -> FlowError:
    """Return the error for a file or folder that cannot be read."""
    return FlowError(
        f"{str(path)!r} cannot be packaged: {error.strerror or error}.",
        fix="correct its permissions, or name it in [tool.laminar] exclude.",
    )


def is_compiled(path: str, data: bytes) -> bool:
    """Return whether a file is a compiled document that names a package."""
    return path.endswith((".yaml", ".yml", ".json")) and NAMING.search(data) is not None


# which files


def _paths(root: Path, project: Project) -> Iterator[str]:
    """Yield the paths of a project's files, relative to its root."""
    exclude, include = spec(project.exclude), spec(project.include)
    always = spec(ALWAYS)

    def left_out(path: str, ignored: list[Spec]) -> bool:
        if verdict(always, path.lower()):
            return True
        if (said := verdict(exclude, path)) is not None:
            return said
        for folder, patterns in reversed(ignored):
            if (said := verdict(patterns, path[len(folder) :])) is not None:
                return said
        return False

    def walk(folder: str, ignored: list[Spec], out: bool) -> Iterator[str]:
        entries = listed(root / folder)
        if not out and any(entry.name == ".gitignore" and entry.is_file() for entry in entries):
            lines = (root / folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
            ignored = [*ignored, (folder, spec(lines))]
        for entry in entries:
            path = folder + entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            skipped = out or left_out(path + "/" if is_folder else path, ignored)
            if is_folder:
                if entry.name != ".git" and (not skipped or project.include):
                    yield from walk(path + "/", ignored, skipped)
            elif not skipped or verdict(include, path):
                yield path

    yield from walk("", [], False)


def listed(folder: Path) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, by name."""
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def spec(lines: Collection[str]) -> GitIgnoreSpec:
    """Return patterns as git reads them.

    Raises FlowError for an invalid one.
    """
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise FlowError(f"Files to leave out: {error}.", fix="correct it in .gitignore or [tool.laminar].") from error


def verdict(patterns: GitIgnoreSpec, path: str) -> bool | None:
    """Return whether patterns match a path (a folder's ends with ``/``), None where no pattern decides."""
    return patterns.check_file(path).include


# errors


def _check_root(root: Path) -> None:
    """Raise FlowError for a folder that is no project: it holds far more than a program's files."""
    if root == Path(root.anchor):
        raise FlowError(
            f"The project's folder is {str(root)!r}, so that a package would take all files of this machine.",
            fix="move the program and its files to a separate folder.",
        )
    if str(root) == os.path.realpath(os.path.expanduser("~")) and not is_declared(root):
        raise FlowError(
            f"The project's folder is your home folder, {str(root)!r}, so that a package would take all your files.",
            fix="move the program and its files to a separate folder, or put a pyproject.toml there, which may be empty.",
        )


def _check(root: Path, files: dict[str, Path], program: str | None) -> None:
    """Raise FlowError for a project that cannot be packaged."""
    if program is not None and program not in files:
        raise FlowError(
            f"Program {program!r} is no part of its own code package.",
            fix="name it in [tool.laminar] include, or take it off .gitignore and exclude.",
        )
    for path, file in files.items():
        if not is_path(path) or path in (MANIFEST, MARK) or not is_utf8(path):
            raise FlowError(f"A file called {path!r} cannot be packaged.", fix="rename it, or name it in [tool.laminar] exclude.")
        if file.is_symlink():
            _check_link(root, path, files)
        elif not file.is_file():
            raise FlowError(f"{path!r} is no file and no folder.", fix="name it in [tool.laminar] exclude.")
    check_size(root, {path: file.stat().st_size for path, file in files.items()})


def _check_link(root: Path, path: str, files: dict[str, Path]) -> None:
    """Raise FlowError for a link to anything but a file that the package takes as well."""
    link = root / path
    target = Path(os.path.realpath(link))
    if not (link.is_file() and target.is_relative_to(root)):
        raise FlowError(
            f"{path!r} is a link to {os.readlink(link)!r}, which is no file of the project.",
            fix="copy its target, or name it in [tool.laminar] exclude.",
        )
    if (name := target.relative_to(root).as_posix()) not in files:
        raise FlowError(
            f"{path!r} is a link to {name!r}, which is left out of the package.",
            fix=f"name {path!r} in [tool.laminar] exclude, or {name!r} in include if the package may hold it.",
        )


def is_utf8(path: str) -> bool:
    """Return whether a path is text on any system."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_size(root: Path, sizes: dict[str, int]) -> None:
    """Raise FlowError for more than a package may hold, naming the largest files or folders."""
    total = sum(sizes.values())
    if total <= LIMIT and len(sizes) <= MOST:
        return
    parts: dict[str, int] = {}
    for path, size in sizes.items():
        first = path.split("/")[0] + ("/" if "/" in path else "")
        parts[first] = parts.get(first, 0) + (size if total > LIMIT else 1)
    largest = sorted(parts.items(), key=lambda item: (-item[1], item[0]))[:4]
    if total > LIMIT:
        what = f"has {total / 1e6:.0f} MB of files, more than the {LIMIT / 1e6:.0f} MB that a code package takes"
        shown = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in largest)
    else:
        what = f"has {len(sizes)} files, more than the {MOST} that a code package takes"
        shown = ", ".join(f"{name} {count}" for name, count in largest)
    raise FlowError(
        f"The project in {root} {what}. The largest are: {shown}.",
        fix="leave out unneeded files in .gitignore or [tool.laminar] exclude; data belongs in a datastore or the image.",
    )
