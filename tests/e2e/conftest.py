"""Run flows on a real cluster, skipped without LAMINAR_E2E; print a table at the end.

LAMINAR_E2E names the ways to the cluster, ``argo``, ``kubernetes`` or both with a comma. The cluster is that of ARGO_SERVER and
KUBECONFIG. LAMINAR_E2E_STORE is a datastore that pods and this machine reach, LAMINAR_E2E_CODE where code packages go,
LAMINAR_E2E_IMAGE an image with laminar and the examples' packages, LAMINAR_E2E_BASE a base workflow of the site's (credentials, an
endpoint). LAMINAR_E2E_RESTART and LAMINAR_E2E_OUTAGE are shell commands: one restarts the Argo server, the other takes the
datastore away for 20 seconds. LAMINAR_E2E_DRAWN is how many random flows are run (5).

    LAMINAR_E2E=argo,kubernetes LAMINAR_E2E_STORE=s3://bucket/e2e ... ./dev test tests/e2e
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

PODS = 14
"""Pods at a time: two cores and 16 GB have to do."""

ROWS = pytest.StashKey[list[tuple[str, ...]]]()
HERE = Path(__file__).parent
NEEDED = ("LAMINAR_E2E_STORE", "LAMINAR_E2E_CODE", "LAMINAR_E2E_IMAGE")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = [name for name in ("LAMINAR_E2E", *NEEDED) if not os.environ.get(name)]
    for item in items:
        if HERE in Path(item.path).parents:
            item.add_marker(pytest.mark.timeout(1800))
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs a cluster: set {', '.join(missing)}"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "way" in metafunc.fixturenames:
        metafunc.parametrize("way", os.environ.get("LAMINAR_E2E", "argo,kubernetes").split(","))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    table = [("flow", "way", "outcome", "pods", "seconds", "workflow"), *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    terminalreporter.write_sep("=", "flows on the cluster")
    for row in table:
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@dataclass
class Cluster:
    """The command line in a folder of its own, on one way to the cluster."""

    way: str
    folder: Path
    rows: list[tuple[str, ...]]
    base: Path
    started: list[str] = field(default_factory=list)

    def __call__(self, *words: str, code: int | None = 0, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
        """Run a command; ``code`` is the exit code that is expected, None for any."""
        env = dict(os.environ)
        if self.way == "kubernetes":
            env.pop("ARGO_SERVER", None)
        command = [sys.executable, "-m", "laminar", *words]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=timeout, check=False)
        assert code in (None, done.returncode), f"laminar {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done

    def submit(self, program: str, *words: str) -> str:
        """Start a program's flow and return the workflow's name."""
        options = ["--datastore", store(), "--code", os.environ["LAMINAR_E2E_CODE"], "--image", os.environ["LAMINAR_E2E_IMAGE"]]
        name = self("submit", program, *options, "--base", str(self.base), "-o", "name", *words).stdout.strip()
        self.started.append(name)
        return name

    def end(self, name: str, program: str, *, phase: str = "Succeeded") -> dict[str, Any]:
        """Wait for a workflow's end, note it in the table, and return its status."""
        began = time.monotonic()
        self("watch", name, code=None)
        status: dict[str, Any] = json.loads(self("status", name, "-o", "json").stdout)
        pods = sum(len(split["attempts"]) for layer in status["layers"] for split in layer["splits"])
        row = (Path(program).stem, self.way, status["phase"], str(pods), f"{time.monotonic() - began:.0f}", name)
        self.rows.append(row)
        failed = self("logs", name, "--failed", "--tail", "20", code=None).stdout if status["phase"] != phase else ""
        assert status["phase"] == phase, f"{self('status', name, code=None).stdout}\n{failed}"
        return status

    def results(self, program: str, execution: str, datastore: str) -> dict[str, str]:
        """Return what an execution left, as text by layer."""
        lines = self("results", program, execution, "--datastore", datastore).stdout.splitlines()
        layers = {line.split("\t")[0]: line.split("\t")[1] for line in lines if "\t" in line and not line.startswith("layer\t")}
        return {
            layer: self("results", program, execution, layer, "--datastore", datastore, code=None).stdout
            for layer, state in layers.items()
            if state == "finished"
        }


def store() -> str:
    """Return the datastore that pods and this machine share."""
    return os.environ["LAMINAR_E2E_STORE"]


@pytest.fixture
def cluster(way: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The cluster, with a base workflow that keeps pods few; what a test leaves running is stopped."""
    given = os.environ.get("LAMINAR_E2E_BASE")
    base = yaml.safe_load(Path(given).read_text(encoding="utf-8")) if given else {}
    base.setdefault("spec", {})["parallelism"] = PODS
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(base))
    made = Cluster(way, tmp_path, request.config.stash[ROWS], tmp_path / "base.yaml")
    yield made
    for name in made.started:
        made("terminate", name, code=None)


@pytest.fixture
def disturb() -> Callable[[str], None]:
    """Run the site's command for a disturbance, or skip where there is none."""

    def run(variable: str) -> None:
        command = os.environ.get(variable)
        if not command:
            pytest.skip(f"set {variable} to the command for it")
        subprocess.run(command, shell=True, check=True, timeout=300)

    return run
