"""Opening code packages: rejected ones, and that nothing is run or written before it was checked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from laminar.compiler.package import project_archive
from laminar.exceptions import DatastoreError, FlowError
from laminar.program import code_package
from laminar.program.code_package import MANIFEST, unpack

PROGRAM = """\
import os
from pathlib import Path

from laminar import Flow, Layer
from lib.rows import ROWS

print("this program ran", file=__import__("sys").stderr)

class Train(Flow): ...

@Train.register
class Make(Layer):
    def __call__(self) -> None:
        self.rows = ROWS
        self.text = Path("data/words.txt").read_text()
        self.kept = "LAMINAR_CODE" in os.environ
        if os.environ.get("CRASH"):
            os.kill(os.getpid(), 11)

if flow := Train():
    flow()
"""


def member(name: str, type: bytes = tarfile.REGTYPE, data: bytes = b"x", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.size = type, len(data) if type == tarfile.REGTYPE else 0
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def tar(*members: tuple[tarfile.TarInfo, bytes], manifest: Any = None) -> bytes:
    text = json.dumps({"schema": 1} if manifest is None else manifest).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for info, data in (member(MANIFEST, data=text), *members):
            made.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def everything_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_files_are_unpacked_with_their_modes(tmp_path):
    made = project_archive.archive({"a/b.py": (b"1", False), "bin/é": (b"2", True)}, program="a/b.py")
    unpack(made.data, str(tmp_path))
    assert (tmp_path / "a/b.py").read_bytes() == b"1"
    assert stat.S_IMODE((tmp_path / "bin/é").stat().st_mode) & 0o111
    assert not stat.S_IMODE((tmp_path / "a/b.py").stat().st_mode) & 0o111


@pytest.mark.parametrize(
    "bad",
    [
        member("../escaped.py"),
        member("/tmp/escaped.py"),
        member("a/../../escaped.py"),
        member("a\\..\\escaped.py"),
        member("C:escaped.py"),
        member("a/./b"),
        member("link", tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("link", tarfile.LNKTYPE, linkname="good.py"),
        member("pipe", tarfile.FIFOTYPE),
        member("device", tarfile.CHRTYPE),
        member("folder", tarfile.DIRTYPE),
        member("good.py"),
        member("good.py/inside"),
        member(code_package.MARK),
        member("a/" + "x" * 256),
    ],
    ids=lambda bad: f"{bad[0].name[:20]} {bad[0].type!r}",
)
def test_a_package_with_a_link_or_a_path_that_leaves_it_is_refused_and_nothing_of_it_is_written(tmp_path, bad):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(FlowError, match="The code package is refused"):
        unpack(tar(member("good.py"), bad), str(folder))
    assert everything_below(tmp_path) == ["folder"]


@pytest.mark.parametrize("data", [b"", b"no tar", tar(member("a"))[:600], tar(manifest=[]), tar(manifest={})], ids=range(5))
def test_what_is_no_package_is_refused(tmp_path, data):
    with pytest.raises(FlowError, match="The code package is refused"):
        unpack(data, str(tmp_path))
    assert everything_below(tmp_path) == []


def test_a_package_without_a_manifest_is_refused(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        made.addfile(member("main.py")[0], io.BytesIO(b"x"))
    with pytest.raises(FlowError, match="it has no manifest"):
        unpack(buffer.getvalue(), str(tmp_path))


def test_a_package_of_a_newer_format_names_its_schema(tmp_path):
    with pytest.raises(FlowError, match="has schema 2"):
        unpack(tar(member("a"), manifest={"schema": 2}), str(tmp_path))


def test_code_that_another_python_pickled_is_refused_and_that_of_this_one_is_not(tmp_path):
    with pytest.raises(FlowError, match=r"Python 3\.1 pickled") as error:
        unpack(tar(member("a"), manifest={"schema": 1, "python": "3.1"}), str(tmp_path))
    assert "3.1" in error.value.fix
    assert everything_below(tmp_path) == []
    unpack(tar(member("a"), manifest={"schema": 1, "python": code_package.minor()}), str(tmp_path))
    assert everything_below(tmp_path) == ["a"]


def test_a_path_that_is_longer_than_this_system_takes_is_no_lack_of_room(tmp_path):
    with pytest.raises(FlowError, match="longer than this system takes"):
        unpack(tar(member("/".join(["x" * 200] * 30))), str(tmp_path))


def test_no_room_to_unpack_is_no_fault_of_the_program(tmp_path):
    with pytest.raises(DatastoreError, match="cannot be unpacked to"):
        unpack(tar(member("a")), "/proc/nowhere")


@pytest.mark.parametrize(
    "text", ["", "s3://b/x.tar", "#sha256=" + "0" * 64, "s3://b/x.tar#sha256=0", "s3://b/x.tar#sha256=" + "G" * 64]
)
def test_a_variable_that_names_no_package_is_an_error(text):
    with pytest.raises(FlowError, match="names no code package"):
        code_package.Code(text)


# the runner with a package


@pytest.fixture
def pod(tmp_path: Path):
    """Run Make of a packaged program in a folder that has no program, as a pod does."""
    project, store = tmp_path / "project", tmp_path / "code"
    for path, text in {
        "flows/main.py": PROGRAM,
        "flows/lib/rows.py": "ROWS = 3\n",
        "data/words.txt": "one two",
        "pyproject.toml": "",
    }.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    for folder in ("image", "scratch"):
        (tmp_path / folder).mkdir()

    def run(
        code: str | None = None, program: str = "flows/main.py", *, upload: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        from laminar.compiler import project as projects

        made = project_archive.package(project / "flows/main.py", projects.find(project / "flows/main.py"))
        if upload:
            project_archive.upload(made, str(store))
        return subprocess.run(
            [sys.executable, "-m", "laminar.runner", program, "--flow", "Train", "--layer", "Make"],
            cwd=tmp_path / "image",
            env={
                **os.environ,
                "LAMINAR_EXECUTION_ID": "e",
                "LAMINAR_DATASTORE": str(tmp_path / "store"),
                "LAMINAR_CODE": made.at(str(store)) if code is None else code,
                "TMPDIR": str(tmp_path / "scratch"),
                **variables,
            },
            capture_output=True,
            text=True,
        )

    return run


def test_a_pod_runs_the_program_of_its_package_in_the_packages_folder(pod, tmp_path, store):
    ended = pod()
    assert (ended.returncode, ended.stderr) == (0, "this program ran\n")
    record = store.load("Train", "e", "Make", 0)
    assert {name: store.read(artifact) for name, artifact in record.artifacts.items()} == {
        "rows": 3,
        "text": "one two",
        "kept": False,
    }
    assert everything_below(tmp_path / "scratch") == []
    assert everything_below(tmp_path / "image") == []


@pytest.mark.slow
def test_a_package_that_is_not_the_one_compiled_is_not_run_until_the_advised_command_has_mended_it(pod, tmp_path):
    pod()
    (file,) = (tmp_path / "code").glob("*.tar")
    data = file.read_bytes().replace(b"ROWS = 3", b"ROWS = 4")
    file.write_bytes(data)
    ended = pod(upload=False, LAMINAR_EXECUTION_ID="other")
    assert ended.returncode == 78
    assert "is not the one that was compiled" in ended.stderr
    assert hashlib.sha256(data).hexdigest() in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert "this program ran" not in ended.stderr
    assert "laminar package PROGRAM" in ended.stderr
    command = [sys.executable, "-m", "laminar", "package", "flows/main.py", "--code", str(tmp_path / "code")]
    mended = subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True, check=True)
    assert mended.stderr.startswith("replaced a damaged one: ")
    assert pod(upload=False, LAMINAR_EXECUTION_ID="other").returncode == 0


def test_a_package_that_was_never_uploaded_says_how_to_upload_it(pod, tmp_path):
    ended = pod(code_package.reference(str(tmp_path / "code"), "0" * 64))
    assert ended.returncode == 78
    assert "does not exist" in ended.stderr
    assert "laminar package" in ended.stderr


@pytest.mark.parametrize(
    "bad", [member("x", tarfile.SYMTYPE, linkname="/etc"), member("../x"), member("x" * 300)], ids=["link", "outside", "long"]
)
def test_an_unsafe_package_is_not_run_though_its_digest_is_right(pod, tmp_path, bad):
    data = tar(member("flows/main.py", data=PROGRAM.encode()), bad)
    digest = hashlib.sha256(data).hexdigest()
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / f"{digest}.tar").write_bytes(data)
    ended = pod(code_package.reference(str(tmp_path / "code"), digest))
    assert ended.returncode == 78
    assert "refused" in ended.stderr
    assert "this program ran" not in ended.stderr


def test_code_pickled_by_another_python_ends_as_a_pod_that_cannot_run(pod, tmp_path):
    data = tar(member("flows/main.py", data=PROGRAM.encode()), manifest={"schema": 1, "python": "3.1"})
    digest = hashlib.sha256(data).hexdigest()
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / f"{digest}.tar").write_bytes(data)
    ended = pod(code_package.reference(str(tmp_path / "code"), digest))
    assert ended.returncode == 78
    assert "Python 3.1" in ended.stderr


def test_a_layer_that_crashes_in_a_package_is_counted_as_anywhere_else(pod):
    ended = pod(CRASH="1")
    assert ended.returncode == 70
    assert "ended by SIGSEGV" in ended.stderr


def test_no_scratch_folder_is_an_error_that_names_tmpdir(pod, monkeypatch):
    def refuse(**_: Any) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(FlowError, match="Read-only file system") as error:
        code_package.Code("s3://b/x.tar#sha256=" + "0" * 64)
    assert "TMPDIR" in error.value.fix
