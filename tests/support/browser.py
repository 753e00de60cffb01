"""Drive Debian's chromium without a display: open a page, call scripts, press keys, and record the page's log and requests.

The browser is driven through a pipe, by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/): with
--remote-debugging-pipe it reads commands from file descriptor 3 and writes answers to 4, each JSON with a zero byte at its end.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["CHROMIUM", "Page", "browser"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""Path of the browser, None where it is not installed."""

OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --remote-debugging-pipe"
).split()

LIMIT = 60.0
"""Seconds that one answer may take."""


class Page:
    """One page of a browser. ``errors`` are what it logged as errors, ``requests`` the addresses that it requested."""

    def __init__(self, sending: int, receiving: int) -> None:
        self.sending, self.receiving = sending, receiving
        self.number = 0
        self.rest = b""
        self.session: str | None = None
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.loaded = False
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def open(self, path: Path | str, *, width: int = 1200, height: int = 800, dark: bool = False, hash: str = "") -> None:
        """Open a file, and wait until it is loaded."""
        self.errors.clear()
        self.requests.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.loaded = False
        self.call("Page.navigate", url=f"file://{path}{hash}")
        limit = time.monotonic() + LIMIT
        while not self.loaded:
            self._receive(limit)

    def run(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Press the mouse on the middle of the first element that a selector finds."""
        x, y = self.run(
            f"(e=>{{const r=e.getBoundingClientRect();return [r.x+r.width/2,r.y+r.height/2]}})"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def wheel(self, x: float, y: float, down: float) -> None:
        """Turn the mouse's wheel at a place."""
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=down)

    def type(self, text: str) -> None:
        """Type a text into the focused element."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key, such as Enter."""
        code = {"Enter": 13, "Escape": 27}.get(key, 0)
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, path: Path | str, *, whole: bool = False) -> None:
        """Write the page as a PNG; ``whole`` includes what is below the window."""
        made = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(made["data"]))

    @property
    def foreign(self) -> list[str]:
        """Requests of anything but the page itself and data in it."""
        return [url for url in self.requests if not url.startswith(("file://", "data:", "about:"))]

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.sending, json.dumps(message).encode() + b"\0")
        limit = time.monotonic() + LIMIT
        while True:
            found = self._receive(limit)
            if found.get("id") == number:
                if "error" in found:
                    raise AssertionError(f"{method}: {found['error']}")
                return found["result"]

    def _receive(self, limit: float) -> dict[str, Any]:
        """Return the next message, after recording its report."""
        while b"\0" not in self.rest:
            if not select.select([self.receiving], [], [], max(0.0, limit - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.receiving, 1 << 20)
            if not part:
                raise EOFError("the browser has ended")
            self.rest += part
        line, _, self.rest = self.rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        self._note(found.get("method", ""), found.get("params", {}))
        return found

    def _note(self, method: str, given: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(given["exceptionDetails"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning", "assert"):
            self.errors.append(str(given["args"]))


@contextmanager
def browser() -> Iterator[Page]:
    """Yield a page of a browser with a new profile, and end the browser."""
    assert CHROMIUM is not None
    commands, sending = os.pipe()
    receiving, answers = os.pipe()
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        # the shell puts the pipes where the browser expects them
        line = f'exec "$@" 3<&{commands} 4>&{answers}'
        words = ["bash", "-c", line, "bash", CHROMIUM, *OPTIONS, f"--user-data-dir={profile}"]
        started = subprocess.Popen(words, pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        try:
            yield Page(sending, receiving)
        finally:
            os.close(sending)
            os.close(receiving)
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
