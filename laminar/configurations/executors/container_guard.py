"""Remove the containers of a run that its process did not remove: one that is killed with SIGKILL can do nothing any more."""

from __future__ import annotations

import subprocess

from laminar.ksuid import ksuid

__all__ = ["LABEL", "ContainerGuard"]

LABEL = "laminar.run"
"""Label of a container: the run that started it."""

SCRIPT = """\
read -r ended && exit 0
for pause in 0 1 2 4; do
    sleep "$pause"
    found=$("$1" ps --all --quiet --filter "label=$2")
    [ -z "$found" ] || "$1" rm --force $found
done
"""
"""End at the line that a run writes when it ends; remove the containers at the end of file, when its process has ended without one.

A client that was starting a container may start it after the first time.
"""


class ContainerGuard:
    """Hold a process that outlives this one, in a new session, and removes the containers with this run's label."""

    def __init__(self, docker: str) -> None:
        """Start the process."""
        self.docker = docker
        self.label = f"{LABEL}={ksuid()}"
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, "sh", docker, self.label],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self, *, remove: bool) -> None:
        """End the process; with ``remove``, first remove the containers that are left."""
        if remove:
            self._remove()
        self.process.communicate(b"ended\n")

    def _remove(self) -> None:
        listed = [self.docker, "ps", "--all", "--quiet", "--filter", f"label={self.label}"]
        found = subprocess.run(listed, capture_output=True, text=True, check=False).stdout.split()
        if found:
            subprocess.run([self.docker, "rm", "--force", *found], capture_output=True, check=False)
