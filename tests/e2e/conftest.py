r"""Run flows on a real cluster, one after the other, and print a table of them at the end. Skipped without LAMINAR_E2E.

    LAMINAR_E2E=argo,kubernetes LAMINAR_E2E_IMAGE=registry/laminar:7 LAMINAR_E2E_STORE=s3://bucket/e2e \
        LAMINAR_E2E_CODE=s3://bucket/code ./dev test tests/e2e

What it needs: Argo Workflows 3.7 or later with a cluster of two cores and 16 GB, such as kind or k3s. At most 14 pods run at a
time, each of a tenth of a core. `laminar doctor` checks the rest.

========================  =========================================================================================
variable                  what it is
========================  =========================================================================================
LAMINAR_E2E               the ways to the cluster: ``argo``, ``kubernetes``, or both with a comma
ARGO_SERVER, ARGO_TOKEN   the Argo server, for ``argo``; KUBECONFIG is the way for ``kubernetes``
ARGO_NAMESPACE            the namespace, with the service account of templates/rbac.yaml
LAMINAR_E2E_IMAGE         an image with laminar and scikit-learn (templates/Dockerfile); ``:latest`` would be pulled anew
LAMINAR_E2E_STORE         a datastore that pods and this machine reach
LAMINAR_E2E_CODE          where code packages go, reached by both as well
LAMINAR_E2E_BASE          a base workflow of the site's, with what pods need to reach the store (optional)
LAMINAR_E2E_RESTART       a shell command that restarts the Argo server, or the API server (optional)
LAMINAR_E2E_OUTAGE        a shell command that takes the datastore away for 20 seconds (optional)
LAMINAR_E2E_DRAWN         how many random flows are run on each way (5)
LAMINAR_E2E_SEED          the seed that draws them; a new one where there is none, shown in the table
========================  =========================================================================================
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
HEAD = ("flow", "way", "outcome", "pods", "seconds", "workflow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ways = os.environ.get("LAMINAR_E2E", "")
    server = ("ARGO_SERVER",) if "argo" in ways.split(",") else ()
    missing = [name for name in ("LAMINAR_E2E", *NEEDED, *server) if not os.environ.get(name)]
    for item in items:
        if HERE in Path(item.path).parents:
            item.add_marker(pytest.mark.timeout(3600))
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs a cluster: set {', '.join(missing)}"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "way" in metafunc.fixturenames:
        metafunc.parametrize("way", (os.environ.get("LAMINAR_E2E") or "argo,kubernetes").split(","))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    table = [HEAD, *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(HEAD))]
    terminalreporter.write_sep("=", "flows on the cluster")
    for row in table:
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@dataclass
class Cluster:
    """The command line in a project of its own, on one way to the cluster."""

    way: str
    folder: Path
    rows: list[tuple[str, ...]]
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
        return self.noted(self("submit", program, "-o", "name", *words).stdout.strip())

    def noted(self, name: str) -> str:
        """Return the name of a workflow, which is ended after the test."""
        self.started.append(name)
        return name

    def status(self, name: str) -> dict[str, Any]:
        """Return how a workflow is."""
        found: dict[str, Any] = json.loads(self("status", name, "-o", "json").stdout)
        return found

    def end(self, name: str, label: str, *, phase: str | None = "Succeeded") -> dict[str, Any]:
        """Wait for a workflow's end, note it in the table, and return its status; ``phase`` is the expected one, None for any."""
        began = time.monotonic()
        self("watch", name, code=None)
        status = self.status(name)
        pods = sum(len(split["attempts"]) for layer in status["layers"] for split in layer["splits"])
        self.rows.append((label, self.way, status["phase"], str(pods), f"{time.monotonic() - began:.0f}", name))
        if phase is not None and status["phase"] != phase:
            failed = self("logs", name, "--failed", "--tail", "20", code=None).stdout
            raise AssertionError(f"{self('status', name, code=None).stdout}\n{failed}")
        return status

    def results(self, program: str, execution: str, *words: str) -> dict[str, str]:
        """Return the results of an execution, as text by layer."""
        lines = self("results", program, execution, *words).stdout.splitlines()
        rows = [line.split("\t") for line in lines if "\t" in line and not line.startswith("layer\t")]
        finished = [row[0] for row in rows if row[1].startswith("finished")]
        return {layer: _timeless(self("results", program, execution, layer, *words).stdout) for layer in finished}

    def total(self, program: str, execution: str, layer: str, attribute: str) -> str:
        """Return one value that an execution left, as text."""
        return self("results", program, execution, layer, attribute, "--datastore", store()).stdout.strip()


def _timeless(table: str) -> str:
    """Return the table of a layer's results without the columns that differ from run to run: attempts of lost pods, times."""
    rows = [line.split("\t") for line in table.splitlines()]
    kept = [place for place, name in enumerate(rows[0] if rows else ()) if name not in ("attempt", "took")]
    return "\n".join("\t".join(row[place] for place in kept if place < len(row)) for row in rows)


def store() -> str:
    """Return the datastore that pods and this machine share."""
    return os.environ["LAMINAR_E2E_STORE"]


@pytest.fixture
def cluster(way: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The cluster, for a project whose base workflow keeps pods few; workflows that a test did not end are stopped."""
    given = os.environ.get("LAMINAR_E2E_BASE")
    base = yaml.safe_load(Path(given).read_text(encoding="utf-8")) if given else {}
    base.setdefault("spec", {})["parallelism"] = PODS
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(base))
    settings = {
        "datastore": store(),
        "code": os.environ["LAMINAR_E2E_CODE"],
        "image": os.environ["LAMINAR_E2E_IMAGE"],
        "base": "base.yaml",
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    (tmp_path / "pyproject.toml").write_text("[tool.laminar]\n" + "".join(lines))
    made = Cluster(way, tmp_path, request.config.stash[ROWS])
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
