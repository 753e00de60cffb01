"""Time ``laminar lint``: one file, and all of Argo's own examples.

python tests/bench/linting.py [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "data/argo/examples"


def took(*files: Path) -> float:
    """Return the seconds of one whole command."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "laminar", "lint", *map(str, files)], capture_output=True, check=False)
    return time.perf_counter() - start


def main() -> None:
    """Print medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    count = len(list(EXAMPLES.rglob("*.yaml")))
    for what, files in (("1 file", [EXAMPLES / "hello-world.yaml"]), (f"{count} files", [EXAMPLES])):
        print(f"lint {what}: {statistics.median(took(*files) for _ in range(runs)):.2f} s")


if __name__ == "__main__":
    main()
