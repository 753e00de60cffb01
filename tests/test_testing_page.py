"""Each block of docs/howto/testing.md is a pytest module that passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "howto" / "testing.md"


def test_the_blocks_of_the_page_pass_as_pytest_modules_of_their_own(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 6
    for number, block in enumerate(blocks):
        (tmp_path / f"test_block_{number}.py").write_text(block)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{sum(block.count('def test_') for block in blocks)} passed" in done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
