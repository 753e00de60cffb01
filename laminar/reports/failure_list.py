"""Show failures: each of them once, with its splits, its traceback and its last lines of output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from laminar.pictures.page import text
from laminar.quantities import counted, duration

if TYPE_CHECKING:
    from laminar.history import Attempt, Run

__all__ = ["draw", "grouped"]

SHOWN, SPLITS = 30, 12
"""Different failures of a run that are shown, and splits that are named of each."""

Logs = Mapping[tuple[str, int, int], str]
"""The last lines that attempts wrote, by layer, split and attempt."""


def grouped(failures: Sequence[Attempt]) -> list[list[Attempt]]:
    """Return failures with those of one layer and one message together, in the order of the layers."""
    found: dict[tuple[str, str, str], list[Attempt]] = {}
    for one in failures:
        found.setdefault((one.layer, one.how, one.message), []).append(one)
    return list(found.values())


def draw(run: Run, logs: Logs) -> str:
    """Return the failures of a run as HTML, empty where nothing failed."""
    groups = grouped(run.failures)
    parts = [_failure(run, group, logs) for group in groups[:SHOWN]]
    if len(groups) > SHOWN:
        parts.append(f'<p class="quiet">and {len(groups) - SHOWN} more kinds of failures</p>')
    return "".join(parts)


def _failure(run: Run, group: Sequence[Attempt], logs: Logs) -> str:
    first = group[0]
    fans_out = any(layer.name == first.layer and layer.fan_out for layer in run.layers)
    facts = [f"attempt {first.number}", f"{first.how} after {duration(first.seconds)}"]
    facts += [f"on {first.host}"] if first.host else []
    facts += [f"at {first.where}"] if first.where else []
    body = f'<p class="quiet">{text(", ".join(facts))}</p>'
    if fans_out:
        named = ", ".join(str(one.index) for one in group[:SPLITS])
        more = f" and {len(group) - SPLITS:,} more" if len(group) > SPLITS else ""
        body += f"<p>{counted(len(group), 'split')}: {named}{more}</p>"
    body += f"<p>fix: {text(first.fix)}</p>" if first.fix else ""
    body += _unfolding("Traceback", first.traceback, is_open=True)
    with_log = next((one for one in group if (one.layer, one.index, one.number) in logs), None)
    if with_log is not None:
        of = f" of split {with_log.index}" if fans_out else ""
        body += _unfolding(f"Output{of}", logs[with_log.layer, with_log.index, with_log.number])
    title = f"{text(first.layer)}: {text(first.message or first.how)}"
    return f'<article class="failure"><h3>{title}</h3>{body}</article>'


def _unfolding(title: str, body: str, *, is_open: bool = False) -> str:
    if not body:
        return ""
    return f"<details{' open' if is_open else ''}><summary>{text(title)}</summary><pre>{text(body)}</pre></details>"


def attempts_table(run: Run, most: int = 200) -> str:
    """Return a table of the attempts that did not finish, and those after them, as HTML; empty where there is none."""
    odd = [one for one in run.attempts if one.how not in ("finished", "skipped") or one.number > 1]
    if not odd:
        return ""
    rows = "".join(_row(run, one) for one in odd[:most])
    more = f'<p class="quiet">and {len(odd) - most:,} more</p>' if len(odd) > most else ""
    head = "".join(f"<th>{name}</th>" for name in ("layer", "split", "attempt", "how", "started", "took", "message"))
    return f'<table class="data"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}'


def _row(run: Run, one: Attempt) -> str:
    cells = list(_cells(run, one))
    return "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in cells) + "</tr>"


def _cells(run: Run, one: Attempt) -> Iterator[str]:
    yield from (one.layer, str(one.index), str(one.number), one.how, one.started.partition(".")[0].replace("T", " "))
    yield duration(one.seconds) if one.ended else ""
    yield one.message[:200]
