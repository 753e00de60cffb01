"""Code packages: which files are taken, and that the same files give the same bytes."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from laminar.compiler import project
from laminar.compiler.package import project_archive
from laminar.compiler.package.project_archive import Package, package
from laminar.configurations.datastores import open_store
from laminar.exceptions import FlowError
from laminar.program import code_package


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(folder, "pyproject.toml", "[tool.laminar]\n")
    write(folder, "main.py", "print()\n")
    return folder


def write(folder: Path, path: str, text: str = "x") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def made(root: Path, program: str = "main.py", **options: list[Path]) -> Package:
    return package(root / program, project.find(root / program), **options)


def taken(root: Path) -> set[str]:
    return set(made(root).files) - {"pyproject.toml", "main.py", ".gitignore"}


def settle(root: Path, text: str) -> None:
    write(root, "pyproject.toml", f"[tool.laminar]\n{text}\n")


def test_a_package_holds_the_files_of_the_projects_folder(root):
    write(root, "lib/rows.py", "ROWS = 1\n")
    write(root, "flows/train.py")
    found = made(root, "flows/train.py")
    assert found.program == "flows/train.py"
    assert found.files == ("flows/train.py", "lib/rows.py", "main.py", "pyproject.toml")
    with tarfile.open(fileobj=io.BytesIO(found.data)) as archive:
        file = archive.extractfile("lib/rows.py")
        assert file is not None
        assert file.read() == b"ROWS = 1\n"


def test_without_a_project_file_the_programs_folder_is_the_project(tmp_path):
    write(tmp_path, "flows/train.py")
    write(tmp_path, "flows/lib.py")
    write(tmp_path, "other.py")
    assert made(tmp_path, "flows/train.py").files == ("lib.py", "train.py")


def test_the_same_files_give_the_same_bytes_whenever_and_wherever_they_lie(root, tmp_path):
    write(root, "lib/é.py", "1")
    first = made(root)
    other = tmp_path / "elsewhere" / "copy"
    for path in reversed(first.files):
        os.utime(write(other, path, (root / path).read_text()), (1, time.time()))
    assert made(other).data == first.data


def test_the_digest_of_a_package_is_pinned(tmp_path):
    write(tmp_path, "main.py", "print()\n").chmod(0o644)
    tool = write(tmp_path, "bin/tool", "#!/bin/sh\n")
    tool.chmod(0o755)
    assert made(tmp_path).digest == "8f9f223690e4053ad41eee673b56157187eca50e6cc28eff65a1baf8cdbabc82"


def test_a_changed_byte_or_mode_changes_the_digest(root):
    digests = {made(root).digest}
    write(root, "main.py", "print(1)\n")
    digests.add(made(root).digest)
    (root / "main.py").chmod(0o755)
    digests.add(made(root).digest)
    assert len(digests) == 3


def test_gitignore_files_count_as_git_reads_them(root):
    files = [
        "a.log",
        "keep.log",
        "build/out.py",
        "src/build/out.py",
        "src/a.log",
        "src/sub/data.csv",
        "sub/data.csv",
        "top/x",
        "src/top/x",
    ]
    for path in files:
        write(root, path)
    write(root, ".gitignore", "*.log\n!keep.log\nbuild/\n/top\n")
    write(root, "src/.gitignore", "!a.log\nsub/*.csv\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True)
    assert set(made(root).files) == set(listed.stdout.split())
    assert taken(root) == {"keep.log", "src/a.log", "src/.gitignore", "sub/data.csv", "src/top/x"}


def test_settings_leave_out_and_bring_back(root):
    for path in ("data/big.csv", "data/small.csv", "notes.md", "ignored.py", "ignored/deep/x.py"):
        write(root, path)
    write(root, ".gitignore", "ignored*\n")
    settle(root, 'exclude = ["data/*", "*.md"]\ninclude = ["data/small.csv", "ignored.py", "ignored/deep/x.py"]')
    assert taken(root) == {"data/small.csv", "ignored.py", "ignored/deep/x.py"}


def test_caches_environments_and_secrets_are_left_out_without_being_named(root):
    for path in (".git/config", "__pycache__/a.pyc", ".venv/lib.py", ".laminar/artifacts/a", ".env", ".aws/credentials", "key.pem"):
        write(root, path)
    write(root, ".github/x.yml")
    assert taken(root) == {".github/x.yml"}
    settle(root, 'include = [".env"]')
    assert taken(root) == {".github/x.yml", ".env"}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "server.key",
            "Server.KEY",
            "a/b.p12",
            "id_rsa",
            "id_ecdsa_sk",
            ".gnupg/secring.gpg",
            ".git-credentials",
            ".pgpass",
            ".npmrc",
        ),
        *(".my.cnf", ".kube/config", ".docker/config.json", "home/.docker/config.json", ".config/gcloud/x.db", ".azure/token.json"),
        *(".boto", ".s3cfg", "application_default_credentials.json", "credentials.json", ".bash_history", "a/.python_history"),
        *("terraform.tfstate", "terraform.tfstate.backup", ".terraform/x", ".htpasswd", "service-account-1.json"),
    ],
)
def test_keys_and_credentials_are_left_out_until_include_names_them(root, path):
    write(root, path)
    assert taken(root) == set()
    settle(root, f'include = ["{path}"]')
    assert taken(root) == {path}


def test_names_that_programs_have_are_no_secrets(root):
    paths = {
        "credentials.py",
        "secrets.py",
        "keys/model.py",
        "id_rsa_reader.py",
        "price_history/a.csv",
        ".docker/Dockerfile",
        "key.json",
    }
    for path in paths:
        write(root, path)
    assert taken(root) == paths


def test_a_gitignore_that_takes_a_folder_back_takes_no_secrets_back(root):
    write(root, ".gitignore", "/*\n!/pyproject.toml\n!/main.py\n!/app/\n")
    write(root, "app/rows.py")
    write(root, "app/.env")
    assert taken(root) == {"app/rows.py"}


def test_the_page_on_security_lists_what_is_left_out():
    page = (Path(__file__).parents[3] / "docs" / "operations" / "security.md").read_text(encoding="utf-8")
    for pattern in project_archive.SECRET:
        assert f"`{pattern.lstrip('!').removeprefix('**/')}`" in page


def test_a_pattern_that_means_nothing_is_an_error(root):
    write(root, ".gitignore", "!\n")
    with pytest.raises(FlowError, match="Invalid git pattern: '!'"):
        made(root)


def test_compiled_documents_are_part_of_no_package_as_they_name_its_digest(root):
    before = made(root).digest
    write(root, "main.yaml", f"env:\n- {{name: LAMINAR_CODE, value: 's3://b/{before}.tar#sha256={before}'}}\n")
    assert made(root).digest == before
    output = write(root, "out.yaml", "")
    assert made(root, without=[output]).digest == before
    assert made(root).digest != before


def test_a_link_to_a_file_of_the_project_is_taken_as_the_file(root):
    write(root, "lib.py", "1")
    (root / "link.py").symlink_to("lib.py")
    with tarfile.open(fileobj=io.BytesIO(made(root).data)) as archive:
        assert archive.getmember("link.py").isreg()


@pytest.mark.parametrize("target", ["../outside.py", "nowhere.py", "lib", "/etc/passwd", "link.py"])
def test_a_link_that_leads_to_no_file_of_the_project_is_an_error_naming_it(root, target):
    write(root.parent, "outside.py")
    write(root, "lib/a.py")
    (root / "link.py").symlink_to(target)
    with pytest.raises(FlowError, match=r"'link.py' is a link to .*, which is no file of the project") as error:
        made(root)
    assert "exclude" in error.value.fix
    settle(root, 'exclude = ["link.py"]')
    assert taken(root) == {"lib/a.py"}


@pytest.mark.parametrize("target", [".env", "data/big.csv"])
def test_a_link_to_a_file_that_is_left_out_is_an_error_that_says_so(root, target):
    write(root, target)
    settle(root, 'exclude = ["data/"]')
    (root / "public.txt").symlink_to(target)
    with pytest.raises(FlowError, match=f"'public.txt' is a link to '{target}', which is left out of the package") as error:
        made(root)
    assert "exclude" in error.value.fix
    settle(root, f'include = ["{target}"]')
    assert taken(root) == {"public.txt", target}


def test_no_package_takes_a_whole_machine_or_a_home_folder(root, monkeypatch):
    with pytest.raises(FlowError, match="all files of this machine"):
        project_archive.contents(project.Project(Path("/")))
    monkeypatch.setenv("HOME", str(root))
    assert made(root).files == ("main.py", "pyproject.toml")
    (root / "pyproject.toml").unlink()
    with pytest.raises(FlowError, match="is your home folder") as error:
        made(root)
    assert "pyproject.toml" in error.value.fix


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
@pytest.mark.parametrize("path", ["secret.txt", ".gitignore", "folder", "pyproject.toml"])
def test_what_may_not_be_read_is_an_error_that_names_it(root, path):
    file = write(root, "folder/a.txt").parent if path == "folder" else write(root, path)
    file.chmod(0)
    with pytest.raises(FlowError, match=f"{path}'? cannot be (packaged|read): Permission denied"):
        made(root, without=[root / "out.yaml"])
    file.chmod(0o700)


def test_a_name_that_is_too_long_for_a_pod_is_an_error(root, monkeypatch):
    monkeypatch.setattr(code_package, "LONGEST", 20)  # this machine takes no name of more than 255 bytes either
    write(root, "é" * 11)
    with pytest.raises(FlowError, match="cannot be packaged"):
        made(root)


def test_a_project_that_is_too_large_is_an_error_that_lists_its_largest_parts(root, monkeypatch):
    monkeypatch.setattr(project_archive, "LIMIT", 5_000_000)
    write(root, "data/one.csv", "x" * 4_000_000)
    write(root, "data/two.csv", "x" * 2_000_000)
    write(root, "model.bin", "x" * 500_000)
    with pytest.raises(FlowError, match=r"has 7 MB of files, more than the 5 MB .* data/ 6.0 MB, model.bin 0.5 MB") as error:
        made(root)
    assert ".gitignore" in error.value.fix


def test_a_project_of_too_many_files_is_an_error(root, monkeypatch):
    monkeypatch.setattr(project_archive, "MOST", 5)
    for number in range(6):
        write(root, f"many/{number}.txt")
    with pytest.raises(FlowError, match=r"has 8 files, more than the 5 .* many/ 6"):
        made(root)


def test_a_program_that_its_own_package_leaves_out_is_an_error(root):
    write(root, ".gitignore", "main.py\n")
    with pytest.raises(FlowError, match=r"Program 'main.py' is no part of its own code package"):
        made(root)


def test_a_name_that_another_system_could_misread_is_an_error(root):
    write(root, "a\\b.py")
    with pytest.raises(FlowError, match="cannot be packaged"):
        made(root)


@pytest.mark.parametrize("text", ['include = "a"', "exclude = [1]"])
def test_patterns_that_are_no_list_of_texts_are_an_error(root, text):
    settle(root, text)
    with pytest.raises(FlowError, match="must be a list of patterns"):
        project.find(root / "main.py")


@pytest.mark.parametrize("name", ["nowhere.py", "."])
def test_a_program_that_cannot_be_read_is_an_error_that_says_so(root, name):
    with pytest.raises(FlowError, match="cannot be read"):
        made(root, name)


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give an empty place for packages: a folder, or one in a bucket."""
    if request.param == "local":
        yield str(tmp_path / "code")
        return
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("s3").create_bucket(Bucket="packages")
    yield "s3://packages/code"
    server.stop()


@pytest.mark.slow
def test_uploading_again_writes_nothing_unless_what_is_there_is_damaged(root, place):
    found, store = made(root), open_store(place)
    name = f"{found.digest}.tar"
    assert project_archive.upload(found, place) == project_archive.UPLOADED
    assert project_archive.upload(found, place) == project_archive.THERE
    damaged = bytearray(found.data)
    damaged[700] ^= 1
    for data in (bytes(damaged), found.data[:-1], b""):
        store.put(name, (data,))
        assert project_archive.upload(found, place) == project_archive.REPLACED
        assert bytes(store.get(name)) == found.data


@pytest.mark.parametrize("url", ["ftp://host/code", "sftp://host/code"])
def test_a_place_that_takes_more_than_a_url_is_an_error_before_it_is_opened(url):
    with pytest.raises(FlowError, match="more than the URL"):
        project_archive.check_place(url)
