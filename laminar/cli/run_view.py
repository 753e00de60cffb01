"""Draw a run of the cluster: its layers with bars and causes, as a tree on a terminal and as lines of changes elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from laminar.quantities import duration

if TYPE_CHECKING:
    from rich.text import Text

    from laminar.compiler.cluster.progress import LayerProgress, Progress, Split

__all__ = ["changes", "failure", "tree"]

STYLES = {
    "Succeeded": "green",
    "Running": "cyan",
    "Pending": "yellow",
    "Failed": "bold red",
    "Error": "bold red",
    "Skipped": "dim",
    "Omitted": "dim",
    "Waiting": "dim",
}
WORDS = {"Omitted": "not run", "Error": "failed"}
BAR = 10
CAUSES = 5
"""Causes that a layer names; the splits of the others are a count."""

RANGES = 3
"""Ranges of splits that a cause names."""

HIDDEN = ("Succeeded", "Waiting", "Skipped", "Omitted")
"""Layers that a tree counts instead of naming where the terminal is too small: first those that succeeded."""


def tree(run: Progress, now: float, *, width: int, height: int | None = None) -> list[Text]:
    """Return a run as lines of at most ``width`` characters; with ``height``, layers that succeeded are counted."""
    from rich.text import Text

    now = math.floor(now)  # the cluster's times are whole seconds
    lines = [Text(_head(run, now), style="bold", no_wrap=True)]
    lines.append(Text(f"  execution {run.execution}", style="dim"))
    if run.message:
        lines.append(Text(f"  {run.message}", style=STYLES.get(run.phase, "")))
    hidden = _hidden(run.layers, height - len(lines) if height is not None else None)
    shown = [layer for layer in run.layers if id(layer) not in {id(one) for one in hidden}]
    longest = min(max((len(layer.name) for layer in shown), default=0), max(12, width // 3))
    times = max((len(_took(layer, now)) for layer in shown), default=0)
    flow = ""
    several = len({layer.flow for layer in run.layers if layer.flow}) > 1
    for layer in shown:
        if several and layer.flow not in ("", flow):
            flow = layer.flow
            lines.append(Text(f"  {flow}", style="bold"))
        lines.append(_row(layer, now, longest, times))
        lines += [Text(f"      {line}", style=STYLES["Failed"] if bad else STYLES["Pending"]) for line, bad in _causes(layer)]
    lines += [Text(f"  {line}", style="dim") for line in _counted(hidden)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _head(run: Progress, now: float) -> str:
    pods = run.pods
    time = duration((run.finished or now) - run.started) if run.started else ""
    state = "Suspended" if run.suspended and not run.ended else run.phase
    counted = f"{len(pods)} pod{'' if len(pods) == 1 else 's'}"
    return ", ".join(filter(None, (f"{run.name}: {state.lower()}", time, counted)))


def _took(layer: LayerProgress, now: float) -> str:
    """Return how long a layer took, or has taken; "" for one that has not started."""
    end = layer.finished if layer.phase in ("Succeeded", "Failed", "Error") else now
    return duration(end - layer.started) if layer.started and end else ""


def _row(layer: LayerProgress, now: float, longest: int, times: int) -> Text:
    from rich.text import Text

    name = layer.name if len(layer.name) <= longest else f"{layer.name[: longest - 1]}…"
    word = WORDS.get(layer.phase, layer.phase.lower())
    text = Text(f"  {name:<{longest}}  ")
    text.append(f"{word:<9}", style=STYLES.get(layer.phase, ""))
    text.append(f"  {_took(layer, now):>{times}}")
    if layer.fans_out and layer.splits:
        text.append(f"  {_bar(layer)}")
    elif layer.message:
        text.append(f"  {layer.message}")
    elif layer.splits and len(layer.splits[0].attempts) > 1:
        text.append(f"  attempt {layer.splits[0].attempts[-1].number}")
    text.rstrip()
    return text


def _bar(layer: LayerProgress) -> str:
    """Return a fan-out as a bar of its ended splits, and counts of those that have not succeeded."""
    total, done = len(layer.splits), layer.count("Succeeded")
    full = math.floor(BAR * done / total) if total else BAR
    counts = [
        f"{layer.count(*phases)} {word}"
        for word, phases in (("failed", ("Failed", "Error")), ("running", ("Running",)), ("pending", ("Pending",)))
        if layer.count(*phases)
    ]
    return f"[{'#' * full}{'-' * (BAR - full)}] {done}/{total}" + (f", {', '.join(counts)}" if counts else "")


def _causes(layer: LayerProgress) -> Iterator[tuple[str, bool]]:
    """Yield a line for splits that failed, were retried or wait for one reason, and whether it is a failure."""
    groups: dict[tuple[str, bool], list[int | None]] = {}
    for split in layer.splits:
        if text := _cause(split):
            groups.setdefault((text, split.phase in ("Failed", "Error")), []).append(split.index)
    ordered = sorted(groups.items(), key=lambda group: not group[0][1])
    for (text, bad), indexes in ordered[:CAUSES]:
        yield f"{_ranges(indexes)}{text}", bad
    if left := sum(len(indexes) for _, indexes in ordered[CAUSES:]):
        yield f"and {left} more", False


def _ranges(indexes: Sequence[int | None]) -> str:
    """Return splits in brackets, some of them where they are many; "" for a layer with only one.

    >>> _ranges([0, 1, 2, 5]), _ranges([None]), _ranges([0, 2, 4, 6, 8])
    ('[0-2, 5] ', '', '[0, 2, 4, and 2 more] ')
    """
    runs: list[list[int]] = []
    for index in (index for index in indexes if index is not None):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:RANGES]]
    left = sum(len(run) for run in runs[RANGES:])
    return f"[{', '.join([*shown, *([f'and {left} more'] if left else [])])}] " if runs else ""


def _cause(split: Split) -> str:
    if not split.attempts:
        return ""
    last = split.attempts[-1]
    number = f"attempt {last.number}: " if last.number > 1 else ""
    if split.phase in ("Failed", "Error"):
        return f"{number}{last.cause or 'failed'}"
    if last.phase in ("Failed", "Error"):
        return f"attempt {last.number}: {last.cause or 'failed'}; another one follows"
    if split.phase == "Pending" and last.cause not in ("", "starting"):
        return f"{number}{last.cause}"
    earlier = [one for one in split.attempts[:-1] if one.cause]
    if split.phase != "Succeeded" and earlier:
        return f"attempt {earlier[-1].number}: {earlier[-1].cause}; attempt {last.number} is {last.phase.lower()}"
    return ""


def failure(run: Progress) -> str:
    """Return the failure of a run, as one line: the first split that did, its cause, and how many others there are.

    It is Argo's own message where no layer failed.
    """
    failed = [(layer, split) for layer in run.layers for split in layer.splits if split.phase in ("Failed", "Error")]
    if not failed:
        return run.message
    layer, split = failed[0]
    where = layer.name if split.index is None else f"{layer.name}[{split.index}]"
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"{where}, {f'attempt {split.attempts[-1].number}: ' if split.attempts else ''}{split.cause or 'failed'}{more}"


def _hidden(layers: Sequence[LayerProgress], height: int | None) -> list[LayerProgress]:
    """Return the layers that do not fit on the terminal, of each kind the first ones."""
    if height is None:
        return []
    rows = {id(layer): 1 + sum(1 for _ in _causes(layer)) for layer in layers}
    flows = len({layer.flow for layer in layers})
    need = sum(rows.values()) + (flows if flows > 1 else 0)
    hidden: list[LayerProgress] = []
    for phase in HIDDEN:
        of_phase = [layer for layer in layers if layer.phase == phase]
        for layer in of_phase if phase != "Waiting" else reversed(of_phase):
            if need + len({one.phase for one in hidden}) <= height:
                return hidden
            hidden.append(layer)
            need -= rows[id(layer)]
    return hidden


def _counted(hidden: Sequence[LayerProgress]) -> Iterator[str]:
    for phase in HIDDEN:
        count = sum(layer.phase == phase for layer in hidden)
        if count:
            yield f"and {count} layer{'' if count == 1 else 's'} {WORDS.get(phase, phase.lower())}"


def changes(before: Progress | None, after: Progress) -> Iterator[str]:
    """Yield a line for each change between two states of a run."""
    known = {(layer.flow, layer.name): layer for layer in before.layers} if before is not None else {}
    if before is None or (before.phase != after.phase and not after.ended):
        yield f"{after.name}: {after.phase.lower()}" + (f", execution {after.execution}" if before is None else "")
    if before is not None and before.suspended != after.suspended:
        yield f"{after.name}: {'suspended' if after.suspended else 'resumed'}"
    for layer in after.layers:
        yield from _layer_changes(known.get((layer.flow, layer.name)), layer)
    if after.ended and (before is None or before.phase != after.phase):
        time = duration(after.finished - after.started) if after.finished and after.started else ""
        yield f"{after.name}: {after.phase.lower()}{f' after {time}' if time else ''}" + (
            f": {after.message}" if after.message else ""
        )


def _layer_changes(before: LayerProgress | None, after: LayerProgress) -> Iterator[str]:
    was = before.phase if before is not None else "Waiting"
    splits = {split.index: split for split in before.splits} if before is not None else {}
    for split in after.splits:
        yield from _split_changes(after, splits.get(split.index), split)
    if after.phase == was or after.phase in ("Waiting", "Pending"):
        return
    word = WORDS.get(after.phase, after.phase.lower())
    ended = after.fans_out and after.splits and after.phase != "Running"  # until then Argo may not have made all of them
    count = f" ({len(after.splits)} split{'' if len(after.splits) == 1 else 's'})" if ended else ""
    time = duration(after.finished - after.started) if after.phase == "Succeeded" and after.finished and after.started else ""
    yield f"  {after.name} {word}{count}{f' in {time}' if time else ''}{f': {after.message}' if after.message else ''}"


def _split_changes(layer: LayerProgress, before: Split | None, after: Split) -> Iterator[str]:
    where = layer.name if after.index is None else f"{layer.name}[{after.index}]"
    known = {one.number: one for one in before.attempts} if before is not None else {}
    for attempt in after.attempts:
        old = known.get(attempt.number)
        if attempt.phase in ("Failed", "Error") and (old is None or old.phase != attempt.phase):
            yield f"  {where} failed at attempt {attempt.number}: {attempt.cause or 'no reason given'}"
        elif attempt.phase == "Pending" and attempt.cause not in ("", "starting") and (old is None or old.cause != attempt.cause):
            yield f"  {where} waits: {attempt.cause}"
