"""The program of docs/howto/types.md runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "howto" / "types.md"
RUN = """
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

if train := Train(datastore=Memory(), executor=Thread()):
    print(train().layer(Sum).total)
"""


def test_the_program_of_the_page_runs(tmp_path):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "main.py").write_text(block + RUN)
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "8\n"), done.stderr
