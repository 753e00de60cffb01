"""Return why a pod waits or failed, in a few words: from the messages of Argo, the kubelet and the scheduler."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["cause", "pod_cause"]

CODES = {
    "64": "Argo's own container lost the API server (exit code 64)",
    "70": "failed for good (exit code 70)",
    "75": "failed, may be retried (exit code 75)",
    "78": "cannot run (exit code 78)",
    "128": "the container cannot start (exit code 128)",
    "137": "killed (exit code 137)",
    "143": "terminated (exit code 143)",
}
"""Exit codes: laminar's runner (70, 75, 78), Argo (64), the container runtime (128), signals 9 and 15."""

MESSAGES = (
    (r"OOMKilled", "out of memory (OOMKilled)"),
    (r"specified deadline", "timed out"),
    (r"[Ee]victed|low on resource", "evicted{}"),
    (r"pod deleted|[Pp]od was deleted", "the pod was deleted"),
    (r"ImagePullBackOff|ErrImagePull|InvalidImageName|ImageInspectError|ErrImageNeverPull", "the image cannot be pulled{}"),
    (r"CreateContainerConfigError|CreateContainerError", "the container cannot be created{}"),
    (r"exceeded quota", "the namespace's quota is used up{}"),
    (r"Unschedulable|FailedScheduling|nodes are available", "no node fits{}"),
    (r"FailedMount|FailedAttachVolume", "a volume cannot be mounted{}"),
    (r"workflow shutdown with strategy", "stopped"),
    (r"PodInitializing|ContainerCreating", "starting"),
    (r"depends condition not met", "something above failed"),
    (r"empty params", "nothing to run"),
    (r"^when '.*Skipped.*' evaluated false", "a layer that it reads was skipped"),
    (r"^when 'false' evaluated false", "its condition is false"),
)
"""Patterns of messages, and their meaning; ``{}`` is the rest of the message."""

SUMMARIES = ("No more retries left", "retryStrategy.expression evaluated to false", "Max duration limit exceeded")
"""Messages of Retry nodes without a cause: the last attempt has it."""


def cause(message: str, code: str = "") -> str:
    """Return the meaning of a node's message, "" where it has none.

    >>> cause("main: OOMKilled (exit code 137)", "137"), cause("main: Error (exit code 70)", "70")
    ('out of memory (OOMKilled)', 'failed for good (exit code 70)')
    >>> cause("Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.")
    'no node fits: 0/3 nodes are available: 3 Insufficient cpu'
    """
    if not message or message.startswith(SUMMARIES):
        return CODES.get(code, f"exit code {code}") if code not in ("", "0") else ""
    for pattern, meaning in MESSAGES:
        if re.search(pattern, message):
            return meaning.format(_rest(message)) if "{}" in meaning else meaning
    found = re.search(r"exit code (-?[0-9]+)", message)
    code = found[1] if found else code
    if found and code in CODES:
        return CODES[code]
    return _short(message)


def _rest(message: str) -> str:
    """Return the rest of a message after its reason, with a colon before it."""
    text = re.sub(r"^(?:main: )?[A-Z][A-Za-z]+(?: \(exit code -?[0-9]+\))?(?::\s*|$)", "", message.strip())
    return f": {_short(text)}" if text else ""


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= 160 else f"{text[:157]}..."


def pod_cause(pod: Mapping[str, Any], warnings: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return why a pod waits or failed, from its status and its events; "" where they have no reason."""
    status = pod.get("status") or {}
    if status.get("reason") == "Evicted":
        return cause(f"Evicted: {status.get('message', '')}")
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        state = container.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            return cause(f"{waiting['reason']}: {waiting.get('message', '')}")
        if container.get("name") == "main" and terminated.get("reason") == "OOMKilled":
            return cause("OOMKilled")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return cause(f"{condition.get('reason', 'Unschedulable')}: {condition.get('message', '')}")
    if status.get("phase") == "Pending" and warnings:
        last = max(warnings, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
        return cause(f"{last.get('reason', '')}: {last.get('message', '')}")
    return ""
