"""Read the logs of a workflow's pods: the output of its layers, without the lines that Argo adds."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Iterator

from laminar.compiler.cluster.follower import follow
from laminar.compiler.cluster.progress import FAILED, Attempt, LayerProgress, Progress, Split, progress
from laminar.compiler.cluster.transport import LogOptions, Transport
from laminar.exceptions import ClusterError
from laminar.history.log_line import LogLine, Selection

__all__ = ["follow_logs", "read_logs", "selected"]

ARGOS = re.compile(r'time=\S+ level=[A-Z]+ msg=.* argo=true(?: |$)|\{.*"argo":\s*true.*\}$')
"""A line that Argo's emissary writes to main's log, as text or as JSON (seen on Argo 4.1.2)."""

STREAMS = 16
"""Pods whose logs are followed at once; others wait until one of them has ended."""

BREAKS = 5
"""Attempts at reading on where a stream breaks before another line."""

NOT_YET = re.compile(r"waiting to start|PodInitializing|ContainerCreating|not available")


Chosen = tuple[LayerProgress, Split, Attempt]


def selected(run: Progress, selection: Selection) -> list[Chosen]:
    """Return the selected attempts, in the order in which they began.

    Raises ClusterError for a layer, a split or an attempt that the workflow does not have.
    """
    layers = [layer for layer in run.layers if selection.layer in (None, layer.name)]
    if not layers:
        names = list(dict.fromkeys(layer.name for layer in run.layers))
        raise ClusterError(
            f"Workflow {run.name} has no layer {selection.layer!r}.",
            fix=f"its layers are: {', '.join(names) or 'none yet'}.",
            code=1,
        )
    found = [
        (layer, split, attempt)
        for layer in layers
        for split in layer.splits
        for attempt in split.attempts
        if selection.index in (None, split.index if split.index is not None else 0)
        if selection.attempt in (None, attempt.number)
        if not selection.failed or attempt.phase in FAILED
    ]
    return sorted(found, key=lambda one: one[2].started or float("inf"))


def read_logs(transport: Transport, run: Progress, selection: Selection) -> Iterator[LogLine]:
    """Yield the lines of the selected attempts, one attempt after the other.

    Raises ClusterError where the logs cannot be read for another reason than that a pod is gone or has not started.
    """
    for chosen in selected(run, selection):
        yield from _whole(transport, run.name, chosen, selection, follow=False)


def _lines(transport: Transport, name: str, chosen: Chosen, selection: Selection, *, follow: bool) -> Iterator[LogLine]:
    layer, split, attempt = chosen
    options = LogOptions(follow=follow, since=selection.since, tail=selection.tail)

    which = (layer.name, split.index, attempt.number, attempt.pod)
    try:
        for stamped in transport.logs(name, attempt.pod, options):
            time, _, text = stamped.partition(" ")
            if not ARGOS.match(text):
                yield LogLine(*which, time, "", text.rstrip("\n"))
    except ClusterError as error:
        if error.status == 404 or "not found" in error.what:
            yield LogLine(*which, "", "", f"the pod of attempt {attempt.number} is gone, and its log with it", note=True)
        elif error.status == 400 and NOT_YET.search(error.what):
            cause = f": {attempt.cause}" if attempt.cause else ""
            yield LogLine(*which, "", "", f"attempt {attempt.number} has not started{cause}", note=True)
        else:
            raise


def follow_logs(
    transport: Transport, name: str, selection: Selection, *, seconds: float | None = None
) -> Iterator[LogLine | Progress]:
    """Yield the lines of the selected attempts as they come, and the run each time that it has changed, until it has ended.

    Raises ClusterError as `follow` does.
    """
    streams = _Streams(transport, name, selection)
    threading.Thread(target=streams.watch, args=(seconds,), daemon=True).start()
    try:
        while (item := streams.out.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        streams.stopped.set()


class _Streams:
    """The logs of a workflow's attempts that are read at once, a thread each, into one queue; None ends it."""

    def __init__(self, transport: Transport, name: str, selection: Selection) -> None:
        self.transport = transport
        self.name = name
        self.selection = selection
        self.out: queue.Queue[LogLine | Progress | Exception | None] = queue.Queue(maxsize=10_000)
        self.stopped = threading.Event()
        self.slots = threading.Semaphore(STREAMS)
        self.seen: set[str] = set()
        self.readers: list[threading.Thread] = []

    def watch(self, seconds: float | None) -> None:
        """Follow the workflow, and start to read each attempt that begins."""
        try:
            for workflow in follow(self.transport, self.name, seconds=seconds):
                run = progress(workflow)
                self.out.put(run)
                for chosen in self._startable(run):
                    self.seen.add(chosen[2].pod)
                    self.readers.append(threading.Thread(target=self._read, args=(chosen,), daemon=True))
                    self.readers[-1].start()
            for reader in self.readers:
                reader.join()
        except Exception as error:
            self.out.put(error)
        self.out.put(None)

    def _read(self, chosen: Chosen) -> None:
        with self.slots:
            if self.stopped.is_set():
                return
            try:
                for line in _whole(self.transport, self.name, chosen, self.selection, follow=True):
                    self.out.put(line)
            except Exception as error:
                self.out.put(error)

    def _startable(self, run: Progress) -> list[Chosen]:
        """Return the attempts that have begun and are not read yet; a layer that does not exist yet may be created later."""
        try:
            found = selected(run, self.selection)
        except ClusterError:
            if run.ended:
                raise
            return []
        return [one for one in found if one[2].pod not in self.seen and one[2].phase not in ("Pending", "")]


def _whole(transport: Transport, name: str, chosen: Chosen, selection: Selection, *, follow: bool) -> Iterator[LogLine]:
    """Yield the lines of an attempt; where the stream breaks, it is read again without those that were yielded before."""
    given, left = 0, BREAKS
    while True:
        place = 0
        try:
            for line in _lines(transport, name, chosen, selection, follow=follow):
                place += 1
                if place > given:
                    yield line
                    given, left = place, BREAKS
            return
        except ClusterError as error:
            left -= 1
            if error.exit_code != 69 or selection.tail is not None or not left:
                raise
