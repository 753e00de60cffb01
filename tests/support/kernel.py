"""Run cells in a real kernel, as a notebook does: python tests/support/kernel.py FOLDER < cells, a JSON list of their sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_cells(folder: Path, *cells: str, **variables: str) -> list[str]:
    """Return the output of each cell, or raise AssertionError with the traceback of one that failed."""
    own = {name: str(folder.parent / "jupyter") for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    done = subprocess.run(
        [sys.executable, __file__, str(folder)],
        input=json.dumps(cells),
        env={**os.environ, **own, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def main(folder: str, cells: list[str]) -> list[str]:
    """Run cells in a new kernel and return the output of each; exit with the traceback of the first that fails."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=folder)
    client = manager.client()
    client.start_channels()
    printed = []
    try:
        client.wait_for_ready(timeout=60)
        for cell in cells:
            said: list[str] = []

            def note(message: dict[str, Any], said: list[str] = said) -> None:
                said.append(message["content"].get("text", "") if message["msg_type"] == "stream" else "")

            content = client.execute_interactive(cell, output_hook=note, timeout=100)["content"]
            if content["status"] != "ok":
                sys.exit("\n".join([*said, *content["traceback"]]))
            printed.append("".join(said))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return printed


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.load(sys.stdin))))
