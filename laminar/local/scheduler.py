"""Drive an execution on this machine: start ready layers, pass splits to the executor, retry, raise the first failure."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from laminar.components.binding import KEPT
from laminar.configurations.executors.base import NotStarted
from laminar.configurations.executors.lanes import InlineLane
from laminar.exceptions import ExecutionError, LaminarError
from laminar.graph import LOST_ATTEMPTS, PARAMETERS
from laminar.local import display, event_loop, interruption, resume_command
from laminar.local.progress import Progress
from laminar.local.session import LocalSession
from laminar.local.work import Attempt, Group, Work
from laminar.program import main_module, process_state
from laminar.worker import fan_out_grid, hook_calls, split
from laminar.worker.job import ExecutionScope
from laminar.worker.split import SplitFailed
from laminar.worker.unfinished_layers import unfinished_layers

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.configurations.executors.lanes import Lane

__all__ = ["drive"]

JITTER = random.SystemRandom()
"""Generator of pauses: the program may have seeded the generator of the module random."""

TICK = 0.1
"""Seconds between two updates of a live display."""


def _is_debugged() -> bool:
    """Return whether the command line requires splits in this process, for a debugger."""
    return process_state.current is not None and process_state.current.debug


def _is_cached() -> bool:
    """Return whether the command line lets layers reuse earlier results."""
    return process_state.current is None or process_state.current.cached


def drive(execution: Execution, dependencies: Mapping[str, Iterable[str]], *, anew: bool) -> None:
    """Run an execution's layers; works inside a running event loop too.

    Raises ExecutionError for the first failure in graph order, with the number of the others.
    """
    driver = Driver(execution, dependencies, anew=anew)
    with interruption.reported(execution):
        if driver.lane.needs_loop and event_loop.is_running():
            event_loop.run_beside(driver.run, driver.stop)
        else:
            driver.run()


class Driver:
    """Hold the state of one run."""

    def __init__(self, execution: Execution, dependencies: Mapping[str, Iterable[str]], *, anew: bool) -> None:
        self.execution = execution
        self.flow = execution.flow
        self.datastore = execution.flow.configuration.datastore
        self.executor = execution.flow.configuration.executor
        self.lane: Lane = InlineLane(self.executor) if _is_debugged() else self.executor.lane(execution)
        self.anew = anew
        nodes = execution.flow.nodes
        edges = {name: set(dependencies[name]) for name in nodes if name in dependencies and name != PARAMETERS}
        self.progress = Progress(nodes, edges, self._before(edges))
        self.queue: deque[Attempt | Work] = deque()
        self.active = 0
        self.delayed: list[tuple[float, int, Attempt]] = []
        self.order = itertools.count()
        self.failures: list[SplitFailed] = []
        self.tuned: dict[str, tuple[bool, bool]] = {}
        self.stopped = False
        self.report = display.current()

    def _before(self, edges: dict[str, set[str]]) -> dict[str, str]:
        """Return how the layers that are not to run have ended; when resuming, drop the finished ones from those to run."""
        ended = {PARAMETERS: "finished"}
        needed = {need for needs in edges.values() for need in needs} | {
            need for name in edges for need in self.flow.nodes[name].needs
        }
        for name in sorted(needed - set(edges) - {PARAMETERS}):
            ended[name] = self.execution.status(name)
        if self.execution.retry:
            left = unfinished_layers(ExecutionScope.of_execution(self.execution), edges)
            for name in [name for name in edges if name not in left]:
                ended[name] = "finished"
                del edges[name]
        return ended

    def run(self) -> None:
        """Run until no layer is left that may run."""
        key = (self.flow.name, self.execution.id or "")
        self.executor.check(self.execution)
        if main_module.is_of_program(type(self.flow)) or display.is_notebook():
            self.report = display.choose(live=self.executor.isolated)  # a thread's prompt is on the terminal itself
        process_state.running.add(key)
        begun = False
        action = "resume" if self.execution.retry else "schedule" if self.anew else "run"
        self.session = LocalSession(self.execution, action, self.report)
        stopped: BaseException | None = None
        try:
            self.lane.open()  # it may fork: before the display shows anything
            begun = True
            self.report.start(self.execution, self.progress.ended)
            if self.execution.retry:
                self._report_changes()
            self._loop()
        except BaseException as error:
            stopped = error
            raise
        finally:
            try:
                self.lane.close()
            finally:
                self.session.close(stopped, (failed.layer for failed in self.failures))
                process_state.running.discard(key)
                if begun:
                    self.report.stop(self.execution, len(self.failures))
        self._raise()

    def stop(self) -> None:
        """Stop the run before its next attempt."""
        self.stopped = True

    def _loop(self) -> None:
        while not self.stopped:
            while names := self.progress.ready():
                for name in names:
                    self._ready(name)
            while self.active < self.lane.slots and (attempts := self._next()):
                self._start(attempts)
            if not self.active and not self.delayed:
                return
            self.lane.wait(self._patience())
            while self.delayed and self.delayed[0][0] <= time.monotonic():
                self.queue.appendleft(heapq.heappop(self.delayed)[2])
            self.report.tick()
            self.session.tick()

    def _patience(self) -> float:
        """Return how long to wait for an end: until a delay is over, the lease is due, or the display has to be drawn again."""
        waits = [self.session.patience()]
        waits += [max(0.0, self.delayed[0][0] - time.monotonic())] if self.delayed else []
        if self.report.is_live or self.lane.needs_loop:
            waits.append(TICK)
        return min(waits)

    def _next(self) -> list[Attempt]:
        """Return the next attempts that may start together; a layer at its parallelism waits."""
        for _ in range(len(self.queue)):
            first = self.queue[0]
            if isinstance(first, Attempt):
                self.queue.popleft()
                return [first]
            if first.parallelism is not None and first.running >= first.parallelism:
                self.queue.rotate(-1)
                continue
            if indices := list(itertools.islice(first.waiting, first.batch)):
                return [Attempt(first, index) for index in indices]
            self.queue.popleft()
        return []

    # layers

    def _ready(self, name: str) -> None:
        """Start a layer whose dependencies have finished, or skip it."""
        if self.progress.is_skipped(name):
            if self.execution.retry or self.anew:
                self._remove(name)
            self.progress.end(name, "skipped")
            self.report.end(name, "skipped")
        elif self.progress.nodes[name].entry:
            if self.execution.retry or self.anew:
                self._forget_skip(name)
            self.queue.append(Attempt(Work(name, 1, iter(()), 1), 0, gate=True))
        else:
            self._begin(name)

    def _remove(self, name: str) -> None:
        assert self.execution.id is not None
        self.datastore.remove(self.flow.name, self.execution.id, name)

    def _forget_skip(self, name: str) -> None:
        assert self.execution.id is not None
        known = self.datastore.load(self.flow.name, self.execution.id, name, 0)
        if self.anew or (known is not None and known.status == "skipped"):
            self._remove(name)

    def _begin(self, name: str) -> None:
        """Queue a layer's splits: all of them, or when resuming those without a document."""
        try:
            splits = fan_out_grid.count(ExecutionScope.of_execution(self.execution), name)
        except LaminarError as error:  # the error is of this layer alone: layers that do not depend on it continue
            self.failures.append(split.uncounted(self.execution.layer(name, index=0, splits=1), error))
            self._ended(name, "failed")
            return
        foreach = self.flow.registrations[name].configuration.foreach
        finished = self._finished(name, splits)
        self.report.begin(name, splits, foreach is not None)
        if splits == 0:
            split.run(self.execution.layer(name, index=0, splits=0))
            self._ended(name, "finished")
            return
        for index in finished:
            self.report.split(name, index=index)
        waiting = (index for index in range(splits) if index not in finished)
        parallelism, batch = (foreach.parallelism, foreach.batch) if foreach is not None else (None, 1)
        work = Work(name, splits, waiting, splits - len(finished), parallelism, batch or 1)
        if work.left:
            self.queue.append(work)
        else:
            self._ended(name, "finished")

    def _finished(self, name: str, splits: int) -> frozenset[int]:
        """Return the splits that are not to run again, after removing outdated documents."""
        assert self.execution.id is not None
        if self.anew:
            self._remove(name)
        if self.anew or not self.execution.retry:
            return frozenset()
        from laminar.configurations.datastores.documents import repository

        records = self.datastore.records(self.flow.name, self.execution.id, name)
        if all(record.splits == splits and record.status == "finished" for record in records.values()):
            missing = set(range(splits)) - set(records)
            if missing and self.flow.registrations[name].configuration.foreach is not None:
                repository.remove_offsets(self.datastore, self.flow.name, self.execution.id, name)
            for index in missing:
                self.datastore.clear_failures(self.flow.name, self.execution.id, name, index)
            return frozenset(records)
        self._remove(name)
        return frozenset()

    def _ended(self, name: str, how: str) -> None:
        self.progress.end(name, how)
        self.report.end(name, how)

    # attempts

    def _start(self, attempts: list[Attempt]) -> None:
        """Begin attempts that one process makes; hooks whose answers the executor needs are called before."""
        work = attempts[0].work
        self.active += 1
        work.running += 1
        group = Group([], len(attempts))
        layers = []
        for attempt in attempts:
            layer = self.execution.layer(work.layer, index=attempt.index, splits=work.splits, attempt=attempt.attempt)
            layer._binding.gate = attempt.gate
            layer._binding.cached = _is_cached() and work.layer not in self.execution.fresh
            try:
                if not attempt.gate and self._is_tuned(layer):
                    split.configure(layer)
            except SplitFailed as failed:
                self._ended_attempt(group, attempt, layer, failed)
                continue
            attempt.started = self.session.begin(layer)
            group.attempts.append(attempt)
            layers.append(layer)
        if layers:
            self.lane.begin(layers, lambda place, result: self._ended_attempt(group, group.attempts[place], layers[place], result))

    def _ended_attempt(self, group: Group, attempt: Attempt, layer: Layer, result: Any) -> None:
        """Handle the end of an attempt, with an answer or an exception."""
        work = attempt.work
        group.left -= 1
        if group.left == 0:
            self.active -= 1
            work.running -= 1
        self.session.end(layer)
        if isinstance(result, NotStarted):
            self.queue.appendleft(attempt)
        elif isinstance(result, SplitFailed):
            blameless = self._is_blameless(attempt, result)
            again = attempt.kills < LOST_ATTEMPTS if blameless else result.retryable
            self.session.failed(layer, result, again=again, started=attempt.started)
            if again:
                self._again(attempt, layer, result, kills=attempt.kills + blameless)
            else:
                self._settle(work, result)
        elif isinstance(result, BaseException):
            raise result
        elif not attempt.gate:
            self._settle(work, None, index=attempt.index, reused=self._reused(attempt, layer, result))
        elif result:
            self._begin(work.layer)
        else:
            self._ended(work.layer, "skipped")

    def _is_blameless(self, attempt: Attempt, failed: SplitFailed) -> bool:
        """Return whether an attempt was ended from outside, or by an outage of the datastore, so that it does not count as one."""
        if failed.blameless:
            return True
        # A container reports only that it may be retried: where all attempts were made, they did not all count.
        attempts = self.flow.registrations[attempt.work.layer].configuration.retry.attempts
        return failed.retryable and attempt.attempt - attempt.kills >= attempts

    def _is_tuned(self, layer: Layer) -> bool:
        """Return whether hooks change the configuration of this attempt, which the executor needs."""
        name = layer.name
        if name not in self.tuned:
            self.tuned[name] = (bool(hook_calls.hooks_for(layer, "submission")), bool(hook_calls.hooks_for(layer, "retry")))
        submission, retry = self.tuned[name]
        return submission or (retry and layer.attempt > 1)

    def _again(self, attempt: Attempt, layer: Layer, failed: SplitFailed, *, kills: int) -> None:
        retry = self.flow.registrations[layer.name].configuration.retry
        delay = retry.pause(attempt.attempt)
        delay += delay * JITTER.uniform(0, retry.jitter)
        self.report.again(layer, failed.what.split(": ", 1)[-1], delay)
        following = Attempt(attempt.work, attempt.index, attempt.attempt + 1, kills, attempt.gate)
        heapq.heappush(self.delayed, (time.monotonic() + delay, next(self.order), following))

    def _reused(self, attempt: Attempt, layer: Layer, result: Any) -> str:
        """Return the execution whose result a split reused; where a container ran, only the document has it."""
        if isinstance(result, split.Outputs) or layer.configuration.cache is None:
            return getattr(result, "reused", "")
        record = self.datastore.load(self.flow.name, self.execution.id or "", layer.name, attempt.index)
        return record.reused.get("execution", "") if record is not None else ""

    def _settle(self, work: Work, failed: SplitFailed | None, *, index: int = 0, reused: str = "") -> None:
        """Count a split that has ended; with the last one the layer ends."""
        work.left -= 1
        if failed is None:
            self.report.split(work.layer, reused, index)
            if reused:
                self.session.reused[work.layer] = None
        else:
            self.report.broken(work.layer)
            work.failures.append(failed)
        if work.left == 0:
            self.failures.extend(sorted(work.failures, key=lambda failed: failed.index or 0))
            self._ended(work.layer, "failed" if work.failures else "finished")

    # the end

    def _raise(self) -> None:
        if not self.failures:
            return
        order = {name: place for place, name in enumerate(self.flow.nodes)}
        first = min(self.failures, key=lambda failed: (order[failed.layer], failed.index or 0))
        others = len(self.failures) - 1
        more = f" ({others} other split{'s' if others > 1 else ''} failed too)" if others else ""
        remote = "\n" + _indent(first.remote) if first.remote else ""
        advice = "" if first.fix.endswith(KEPT) else resume_command.advice(self.execution, first.layer)
        raise ExecutionError(
            f"{first.what}{more}{remote}",
            where=first.where,
            fix=f"{first.fix.removesuffix('.')}; {advice}" if first.fix and advice else first.fix or advice,
            execution=self.execution.id,
            flow=first.flow,
            layer=first.layer,
            index=first.index,
            attempt=first.attempt,
        ) from first.__cause__

    def _report_changes(self) -> None:
        """Print a note with the layers whose source changed since they finished; they do not run again."""
        assert self.execution.id is not None
        changed = []
        for name in self.flow.nodes:
            record = self.datastore.load(self.flow.name, self.execution.id, name, 0) if name != PARAMETERS else None
            source = split.source_digest(self.flow.registrations[name].layer)
            if record is not None and record.status == "finished" and record.source and source and record.source != source:
                changed.append(name)
        if changed:
            self.report.note(f"finished layers whose source changed since are not run again: {', '.join(changed)}")


def _indent(text: str) -> str:
    return "".join(f"  | {line}\n" for line in text.splitlines()).rstrip()
