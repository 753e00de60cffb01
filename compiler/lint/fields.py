"""Compare a document with the schema of Argo's API: unknown fields, values of a wrong type or form, missing fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from laminar.compiler.argo.documents import Document
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant
from laminar.compiler.lint.formats import is_duration, is_quantity
from laminar.compiler.lint.schema import Kind, Type, types
from laminar.compiler.target import Limits
from laminar.exceptions import nearest

__all__ = ["wrong_fields", "wrong_keys", "wrong_value"]

REPLACED = {"schedule": "schedules", "mutex": "mutexes", "semaphore": "semaphores"}
"""Fields that Argo 4.0 removed, with the lists that replaced them (docs/upgrading.md, 4.0)."""

DURATIONS = {
    ("Backoff", "duration"): True, ("Backoff", "maxDuration"): True, ("Backoff", "cap"): True,
    ("SuspendTemplate", "duration"): True, ("Template", "timeout"): False, ("Template", "pendingTimeout"): False,
    ("Memoize", "maxAge"): False, ("PodGC", "deleteDelayDuration"): False,
}  # fmt: skip
"""Fields that hold a duration, and whether a bare number of seconds is one (Argo's ParseStringToDuration, 4.1.2)."""

ANY_TEXT = {("Parameter", "value"), ("Parameter", "default"), ("Parameter", "enum"), ("ValueFrom", "default")}
"""Fields of Go's type AnyString: Argo reads any plain value; its custom resource definitions have the type string."""

LEAST = {
    ("WorkflowSpec", "parallelism"): 1, ("Template", "parallelism"): 1, ("Artifact", "mode"): 0,
    ("CronWorkflowSpec", "startingDeadlineSeconds"): 0, ("CronWorkflowSpec", "successfulJobsHistoryLimit"): 0,
    ("CronWorkflowSpec", "failedJobsHistoryLimit"): 0, ("Template", "activeDeadlineSeconds"): 0,
    ("WorkflowSpec", "activeDeadlineSeconds"): 0, ("RetryStrategy", "limit"): 0, ("Backoff", "factor"): 0, ("Sequence", "count"): 0,
    ("TTLStrategy", "secondsAfterCompletion"): 0, ("TTLStrategy", "secondsAfterSuccess"): 0,
    ("TTLStrategy", "secondsAfterFailure"): 0,
}  # fmt: skip
"""The smallest number of a field (validate.go and manifests/base/crds/full, 4.1.2); counts and times are never below 0."""

CONTAINERS = ("UserContainer", "ContainerNode")
"""Types of Argo that are a Kubernetes container with some fields more."""

WORDS = {"text": "text", "whole": "a whole number", "number": "a number", "truth": "true or false", "time": "a time as text"}


def wrong_keys(part: Part) -> Iterator[Finding]:
    """Yield the errors of a document as YAML."""
    codes = {"duplicate key": "Y101", "key": "Y102", "tag": "Y103"}
    for problem in part.source.problems:
        found = Part(part.source, problem.place)
        around = found if problem.kind == "tag" else Part(part.source, problem.place[:-1])
        yield Finding(found, codes[problem.kind], f"{_named(around)} {problem.what}.", problem.fix)


def wrong_fields(document: Document, limits: Limits) -> Iterator[Finding]:
    """Yield fields that the API's schema does not have, or has with another type."""
    for name in document.part.names:
        if name != "status":  # the controller writes it
            kind = types()[document.kind].fields.get(name)
            if kind is None:
                yield _unknown(document.part.at(name), document.kind)
            else:
                found = wrong_value(kind, document.part.at(name))
                yield from (finding for finding in found if not (limits.old_fields and _is_old(finding)))


def _is_old(finding: Finding) -> bool:
    """Return whether a finding is about a field that Argo before 4.0 reads, or about the one that replaced it."""
    return finding.code == "F109" or (finding.code == "F111" and "schedule" in finding.part.names)


def wrong_value(kind: Kind, part: Part) -> Iterator[Finding]:
    """Yield the errors in a value of a kind; an empty value counts as none, as Go reads it."""
    value = part.value
    if value is None or kind == "any":
        return
    if isinstance(kind, list):
        yield from _of_list(kind[0], part)
    elif isinstance(kind, dict):
        yield from _of_free_mapping(kind[""], part)
    elif kind.startswith("@"):
        yield from _of_type(kind[1:], part)
    elif not _fits(kind, value):
        quoted = kind == "text" and isinstance(value, bool | int | float)
        fix = "put it in quotes." if quoted else "remove the quotes." if _is_quoted(kind, value) else ""
        if kind == "quantity":
            yield Finding(
                part, "F106", f"{_named(part)} is {_shown(value)}, which is no quantity.", "write for example 500m or 64Mi."
            )
        else:
            yield Finding(part, "F102", f"{_named(part)} is {_shown(value)} and should be {WORDS.get(kind, f'a {kind}')}.", fix)


def _of_list(kind: Kind, part: Part) -> Iterator[Finding]:
    if not isinstance(part.value, list):
        yield Finding(part, "F102", f"{_named(part)} is {_shown(part.value)} and should be a list.", "write '- ' before each item.")
        return
    for item in part.elements():
        yield from wrong_value(kind, item)


def _of_free_mapping(kind: Kind, part: Part) -> Iterator[Finding]:
    if not isinstance(part.value, dict):
        yield Finding(part, "F102", f"{_named(part)} is {_shown(part.value)} and should be a mapping.")
        return
    for name in part.names:
        yield from wrong_value(kind, part.at(name))


def _of_type(name: str, part: Part) -> Iterator[Finding]:
    if not isinstance(part.value, dict):
        yield Finding(part, "F102", f"{_named(part)} is {_shown(part.value)} and should be a mapping.")
        return
    known = types()[name]
    for key in part.names:
        kind = known.fields.get(key)
        if kind is None:
            yield _unknown(part.at(key), name)
        elif (name, key) in ANY_TEXT and (plain := _plain(part.at(key))):
            yield from map(_untyped, plain)
        else:
            yield from wrong_value(kind, part.at(key))
            yield from _wrong_form(name, known, part.at(key))
    for key in known.required:
        if part.at(key).value is None:
            code = "F103" if name.startswith("k8s.") or name in CONTAINERS else "F111"
            yield Finding(part, code, f"{_named(part)} has no {key!r}.", f"add {key}.")


def _wrong_form(name: str, known: Type, part: Part) -> Iterator[Finding]:
    """Yield a value of the right type that the field does not allow."""
    key, value = str(part.place[-1]), part.value
    if isinstance(value, str) and key in known.choices and "{{" not in value:
        yield from _wrong_choice(name, known.choices[key], part)
    if isinstance(value, str) and (name, key) in DURATIONS and not is_duration(value, seconds=DURATIONS[name, key]):
        example = "10s, 2m30s" + (" or 10" if DURATIONS[name, key] else "")
        yield Finding(part, "F107", f"{_named(part)} is {value!r}, which is no duration.", f"write for example {example}.")
    number = value if isinstance(value, int) else int(value) if re.fullmatch(r"-?[0-9]+", str(value)) else None
    least = LEAST.get((name, key))
    if least is not None and number is not None and number < least and not isinstance(value, bool):
        yield Finding(part, "F108", f"{key!r} is {value}.", f"write {least} or a larger number.")


def _wrong_choice(name: str, choices: Any, part: Part) -> Iterator[Finding]:
    value = str(part.value)
    if value in choices or not value:
        return
    listed = ", ".join(choice for choice in choices if choice)
    fix = f"write one of {listed}."
    lower = {choice.lower(): choice for choice in choices}
    close = lower.get(value.lower()) or nearest(value, choices)
    enforced = not name.startswith("k8s.") and part.place[-1] not in ("imagePullPolicy", "dnsPolicy")
    hint = f" Did you mean {close!r}?" if close else ""
    yield Finding(part, "F104" if close or enforced else "F105", f"There is no {part.place[-1]} {value!r}.{hint}", fix)


def _unknown(part: Part, model: str) -> Finding:
    key, known = str(part.place[-1]), list(types()[model].fields)
    model = model.removeprefix("k8s.")
    if REPLACED.get(key) in known:
        return Finding(part, "F109", f"{key!r} was removed in Argo 4.0.", f"write the list {REPLACED[key]}.")
    what = f"{model} has no field {key!r}; Argo's server drops it silently.{meant(key, known)}"
    return Finding(part, "F101", what, "correct the name, or remove it.")


def _plain(part: Part) -> list[Part]:
    """Return the numbers and truths that a value is or lists."""
    return [each for each in (part, *part.elements()) if isinstance(each.value, bool | int | float)]


def _untyped(part: Part) -> Finding:
    return Finding(part, "F110", f"{_named(part)} is {_shown(part.value)}, and a parameter's value is text.", "put it in quotes.")


def _fits(kind: str, value: Any) -> bool:
    """Return whether Go's JSON reader accepts a value for a kind."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind in ("text", "time"):
        return isinstance(value, str)
    if kind == "truth":
        return isinstance(value, bool)
    if kind == "quantity":
        return is_quantity(value)
    integral = isinstance(value, float) and value.is_integer()  # YAML's 2.0 reaches Go as JSON's 2
    if kind == "whole":
        return whole or integral
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return whole or integral or isinstance(value, str)


def _is_quoted(kind: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return bool(re.fullmatch(r"-?[0-9]+", value)) if kind == "whole" else kind == "truth" and value in ("true", "false")


def _named(part: Part) -> str:
    return f"{part.place[-1]!r}" if part.place and isinstance(part.place[-1], str) else "An item" if part.place else "The document"


def _shown(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return kinds.get(type(value)) or (str(value).lower() if isinstance(value, bool) else repr(value))
