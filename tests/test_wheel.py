"""Build a wheel, install it where nothing of this repository can be seen, and use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {"laminar": "laminar", "compiler": "laminar/compiler", "templates": "laminar/templates"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command as a user would, without this repository's paths and variables; return its output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LAMINAR", "PYTEST", "COV"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy: building leaves files in the folder it is done in."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in FLOORS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = ("pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, source)
    run(sys.executable, "-m", *build, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Install the wheel into an empty environment that sees the dependencies, but no editable install; return its bin."""
    folder = wheel.parent / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=wheel.parent)
    python = folder / "bin" / "python"
    install = ("pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", *install, cwd=wheel.parent)
    # A .pth line adds a folder without reading that folder's own .pth files, where editable installs live.
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=wheel.parent).strip())
    paths = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    (site / "dependencies.pth").write_text("\n".join(paths) + "\n")
    return folder / "bin"


def test_the_wheel_holds_every_module_and_data_file_and_nothing_else(wheel):
    expected = {
        f"{target}/{path.relative_to(ROOT / floor).as_posix()}"
        for floor, target in FLOORS.items()
        for path in (ROOT / floor).rglob("*")
        if path.suffix in (".py", ".yaml", ".template", ".css", ".js") or path.name in ("py.typed", "Dockerfile", "schema.json")
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


def test_the_wheel_says_its_license_and_its_command(wheel):
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "laminar = laminar.cli:main" in archive.read(entry_points).decode()
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_the_wheel_has_the_version_of_the_package(wheel, installed):
    assert (
        wheel.name.split("-")[1]
        == run(installed / "python", "-c", "import laminar; print(laminar.__version__)", cwd=wheel.parent).strip()
    )


def test_every_part_is_imported_from_the_installed_package(installed, tmp_path):
    program = "import json, laminar, laminar.compiler, laminar.templates, sys\n" + (
        "print(json.dumps([m.__file__ for m in (laminar, laminar.compiler, laminar.templates)]))"
    )
    environment = str(installed.parent.resolve())
    for file in json.loads(run(installed / "python", "-c", program, cwd=tmp_path)):
        assert str(Path(file).resolve()).startswith(environment)


def test_no_package_called_compiler_or_templates_is_installed(installed, tmp_path):
    program = "import importlib.util as u; print(u.find_spec('compiler'), u.find_spec('templates'))"
    assert run(installed / "python", "-c", program, cwd=tmp_path).split() == ["None", "None"]


def test_a_users_own_compiler_and_templates_do_not_collide(installed, tmp_path):
    (tmp_path / "compiler.py").write_text("")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "__init__.py").write_text("")
    program = "import compiler, templates, laminar.compiler.ir, laminar.templates; print(compiler.__file__)"
    assert str(tmp_path) in run(installed / "python", "-c", program, cwd=tmp_path)


def test_the_command_helps(installed, tmp_path):
    assert "compile" in run(installed / "laminar", "--help", cwd=tmp_path)


def test_an_example_compiles(installed, tmp_path):
    program = shutil.copy(ROOT / "examples" / "wordcount.py", tmp_path)
    text = run(installed / "laminar", "compile", program, "--datastore", "s3://bucket/prefix", cwd=tmp_path)
    assert "kind: Workflow" in text
    assert "s3://bucket/prefix" in text
