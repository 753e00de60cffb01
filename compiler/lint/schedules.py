"""Check when a CronWorkflow starts."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler.argo.documents import Document
from laminar.compiler.check.cron import timezone_problem, wrong_cron
from laminar.compiler.lint.finding import Finding

__all__ = ["wrong_schedule"]


def wrong_schedule(document: Document) -> Iterator[Finding]:
    """Yield the errors in the times at which a CronWorkflow starts."""
    if document.kind != "CronWorkflow":
        return
    spec = document.part.at("spec")
    schedules = spec.at("schedules")
    listed = schedules.value if isinstance(schedules.value, list) else []
    if not listed and "schedule" not in spec.names:
        yield Finding(schedules, "S101", "The CronWorkflow has no schedule.", "add one.")
    for index, text in enumerate(listed):
        if isinstance(text, str) and (problem := wrong_cron(text)):
            yield Finding(schedules.at(index), "S102", f"The schedule {text!r} is wrong: {problem}.", "correct it.")
    zone = spec.at("timezone")
    if isinstance(zone.value, str) and (problem := timezone_problem(zone.value)):
        yield Finding(zone, "S103", problem[0].upper() + problem[1:], "use a name such as Europe/Berlin or UTC.")
