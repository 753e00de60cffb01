"""Give all tests their fixtures: golden files, a datastore; and decide how much runs (``--all``)."""

from __future__ import annotations

import difflib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from laminar.configurations.datastores import Local

Golden = Callable[[str, Path], None]

HINT = "If the difference is meant: pytest --update-golden, then read the diff."
LONGEST = "test_same_result.py"
"""The file whose few tests run for minutes."""

USED = pytest.StashKey[set[str]]()
"""Golden files that a test has compared, as paths from the root."""

SELECTING = ("keyword", "markexpr", "lf", "deselect", "collectonly", "stepwise", "ignore", "ignore_glob")
"""Options that make a session see less than all tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files that differ")
    parser.addoption("--all", action="store_true", dest="everything", help="run the tests marked slow too")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[USED] = set()
    choose_profile(everything=config.getoption("everything"))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: programs under test would ignore it, too
        signal.signal(signal.SIGINT, signal.default_int_handler)


def choose_profile(*, everything: bool) -> None:
    """Let hypothesis draw few examples while developing, more with --all."""
    from hypothesis import HealthCheck, settings

    # A shared machine is slow now and then: that is no property of the code.
    slow = [HealthCheck.too_slow]
    settings.register_profile("dev", max_examples=10, deadline=None, suppress_health_check=slow)
    settings.register_profile("ci", max_examples=100, deadline=None, suppress_health_check=slow, print_blob=True)
    settings.load_profile("ci" if everything else "dev")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Begun last, it would keep one worker busy while the others have nothing to do.
    items.sort(key=lambda item: item.path.name != LONGEST)
    if not config.getoption("everything"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: runs with --all"))


@pytest.fixture(autouse=True)
def unchanged_process() -> Iterator[None]:
    """Restore what a test made of this process, which others share: a worker, or a session of the command line."""
    from laminar.program import call_log, process_state

    main, calls = sys.modules["__main__"], list(call_log.calls)
    known = (process_state._worker, process_state.current, set(process_state.running))
    variables = {name: value for name, value in os.environ.items() if name.startswith("LAMINAR_")}
    yield
    sys.modules["__main__"], call_log.calls[:] = main, calls
    if (display := sys.modules.get("laminar.local.display")) is not None:
        display._current, display._is_fixed = display.Quiet(), False
    process_state._worker, process_state.current = known[:2]
    process_state.running.clear()
    process_state.running.update(known[2])
    for name in [name for name in os.environ if name.startswith("LAMINAR_") and name not in variables]:
        del os.environ[name]
    os.environ.update(variables)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with the golden file at a path (from the root, if it is relative)."""
    config = request.config
    update = config.getoption("--update-golden")

    def compare(text: str, path: Path) -> None:
        __tracebackhide__ = True
        file = config.rootpath / path
        shown = Path(os.path.relpath(file, config.rootpath)).as_posix()
        config.stash[USED].add(shown)
        data = text.encode()
        known = file.read_bytes() if file.exists() else None
        if known == data:
            return
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            return
        pytest.fail(difference(known, data, shown), pytrace=False)

    return compare


def difference(known: bytes | None, data: bytes, shown: str) -> str:
    """Describe how a golden file differs from the result, down to invisible characters."""
    if known is None:
        return f"{shown} does not exist. It would be:\n\n{data.decode()}\n{HINT}"
    before, after = (text.decode(errors="backslashreplace").splitlines(keepends=True) for text in (known, data))
    lines = [
        line if line.endswith("\n") and "\r" not in line else repr(line)[1:-1] + "\n"
        for line in difflib.unified_diff(before, after, shown, "made by this test")
    ]
    return f"{shown} differs.\n\n{''.join(lines)}\n{HINT}"


@pytest.fixture
def store(tmp_path: Path) -> Local:
    """Return an empty local datastore."""
    from laminar.configurations.datastores import Local

    return Local(str(tmp_path / "store"))


# -- A golden file without a case fails a session of all tests. Workers tell the controller what they compared.


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["goldens"] = sorted(config.stash[USED])
    elif session.exitstatus == pytest.ExitCode.OK and orphans(config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[USED].update(getattr(node, "workeroutput", {}).get("goldens", ()))


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    if exitstatus == pytest.ExitCode.OK:
        for path in orphans(config):
            terminalreporter.write_line(
                f"FAILED {path}: no test compares with this golden file. Remove it, or add its case.", red=True
            )


def orphans(config: pytest.Config) -> list[str]:
    """Return golden files that no test has compared; none if the session did not see all tests."""
    selected = any(config.getoption(name, None) for name in SELECTING) or config.args_source == pytest.Config.ArgsSource.ARGS
    if selected or not config.getoption("everything"):
        return []
    return sorted(set(golden_files(config.rootpath)) - config.stash[USED])


def golden_files(root: Path) -> Iterator[str]:
    """Give all golden files: below tests/golden, and the YAML beside the examples."""
    for path in (*root.glob("tests/golden/**/*"), *root.glob("examples/*.yaml")):
        if path.is_file():
            yield path.relative_to(root).as_posix()
