"""Record the flows of a program that is executed, and schedule nothing.

While recording, guards (``if flow := Train():``) are true, ``flow(...)`` records a chain, ``.next(...)`` adds a step to it. The
first read of a result ends it, as there is none yet. A compiler, a fork server and a pod all record in this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from laminar.exceptions import FlowError
from laminar.program import process_state, source_location
from laminar.program.call_log import Call
from laminar.program.main_module import Program

if TYPE_CHECKING:
    from laminar.program.remaining_code import Remainder

__all__ = ["Chain", "Recording", "Step", "Target", "active", "first_read", "read", "recorded", "unnoticed"]


@dataclass
class Step:
    """One flow of a chain: its parameters, and for all but the first the linker that makes them.

    ``action`` is the requested action: ``run``, ``resume``, ``schedule`` (with ``dependencies``) or ``execute`` (with
    ``layer``). ``from_layer`` names a layer from which on a resumed execution runs again.
    ``execution``, ``layer`` and ``flow`` are objects of `laminar.components`, which this package does not import.
    """

    LOCATION_FIELD: ClassVar = "where"

    execution: Any
    parameters: dict[str, Any] = field(default_factory=dict)
    linker: Callable[[Any], Any] | None = None
    action: str = "run"
    dependencies: Mapping[str, set[str]] | None = None
    layer: Any = None
    from_layer: str | None = None
    where: str = ""

    @property
    def flow(self) -> Any:
        """Flow of the step."""
        return self.execution.flow


@dataclass
class Chain:
    """Executions joined by ``.next``, in order."""

    steps: list[Step]

    @property
    def first(self) -> Step:
        """Step that the chain starts with."""
        return self.steps[0]


@dataclass(frozen=True)
class Target:
    """The end of a recording: as soon as a flow was called or linked to and there are so many chains.

    With ``steps`` it ends when the last of these chains has so many.

    With ``before``, which another process has executed, the calls that come first are those: they have their executions, whose
    results can be read, or raise their errors again. It ends at the call of the flow after them.
    """

    flow: str
    chain: int = 1
    steps: int | None = None
    before: tuple[Call, ...] | None = None


@dataclass
class Recording:
    """The observed actions of a program.

    ``lines`` are the user's lines that called, linked or read a flow, ``remainder`` is the code after the first call.
    ``flows`` are the flow objects that were called, linked to or tested by a guard; ``classes`` the flow classes defined
    meanwhile; ``ended`` is the result that was read and the place, if a read ended the recording.
    """

    program: Program | None = None
    chains: list[Chain] = field(default_factory=list)
    flows: list[Any] = field(default_factory=list)
    classes: list[type[Any]] = field(default_factory=list)
    ended: tuple[str, str] | None = None
    target: Target | None = None
    lines: set[tuple[str, int]] = field(default_factory=set)
    remainder: Remainder | None = None
    until: tuple[str, int] | None = None
    on_end: Callable[[], None] | None = None
    last: Step | None = None
    repeated: int = 0

    def start(self, step: Step) -> None:
        """Record the first step of a chain."""
        self.see(step.flow)
        self.chains.append(Chain([step]))
        self._stop_at_target(step)
        self._stop_where_all_is_known(1)

    def _stop_at_target(self, step: Step) -> None:
        """End the recording if its target has just been recorded."""
        self.last, target = step, self.target
        if target is None or self._repeats(step, target):
            return
        if target.before is not None:
            found = step.flow.name == target.flow
        elif target.steps is None:
            found = len(self.chains) >= target.chain and self.called(target.flow) is not None
        else:
            found = len(self.chains) >= target.chain and len(self.chains[target.chain - 1].steps) >= target.steps
        if found:
            self.end()

    def _repeats(self, step: Step, target: Target) -> bool:
        """Bind a call to the execution that it had in the process of the program's start, if it came before the target."""
        if target.before is None or self.repeated >= len(target.before):
            return False
        call = target.before[self.repeated]
        if call.flow != step.flow.name:  # it calls others here: nothing is known of them
            return False
        self.repeated += 1
        step.execution.id = call.execution
        step.execution.origin = step.execution.origin or call.execution
        if call.error:
            import pickle  # only here, as in call_log

            raise pickle.loads(call.error)
        return True

    def knows(self) -> bool:
        """Return whether all flows that were called so far have results."""
        steps = sum(len(chain.steps) for chain in self.chains)
        return (
            bool(self.target is not None and self.target.before)
            and steps == self.repeated
            and all(step.execution.id is not None for chain in self.chains for step in chain.steps)
        )

    def end(self) -> NoReturn:
        """End the recording here: by `on_end`, which does not return where it continues from here, else by an exception."""
        if self.on_end is not None:
            import threading  # imported only here: a program without threads does not need it

            if threading.current_thread() is threading.main_thread():
                self.on_end()
        raise _Ended

    def follow(self, execution: Any, step: Step) -> None:
        """Record a step after the one that made an execution."""
        self.see(step.flow)
        for chain in self.chains:
            if chain.steps[-1].execution is execution:
                chain.steps.append(step)
                self._stop_at_target(step)
                self._stop_where_all_is_known(len(chain.steps))
                return
        raise FlowError(
            "next() follows an execution that was not called.",
            where=source_location.caller(),
            fix="chain flows as flow(...).next(flow=..., linker=...).",
        )

    def _stop_where_all_is_known(self, steps: int) -> None:
        """End after a call where nothing that the program would still execute concerns flows."""
        if self.program is None or self.target is not None:
            return
        from laminar.program import remaining_code

        self.note_line()
        rest = remaining_code.remainder(source_location.outside(), steps)
        self.remainder = self.remainder or rest
        if not rest.concerns_flows:
            frame = source_location.outside()
            self.until = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else None
            raise _Ended

    def note_line(self) -> None:
        """Record the lines that are being executed: they call, link or read a flow."""
        frame = source_location.outside()
        while frame is not None:
            self.lines.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back

    @property
    def side_effects(self) -> list[str]:
        """Places of the lines that were executed after the first call though they call, link and read no flow."""
        return self.remainder.executed(self.lines, self.until) if self.remainder is not None else []

    def see(self, flow: Any) -> None:
        """Record a flow object, once."""
        self.note_line()
        if not any(seen is flow for seen in self.flows):
            self.flows.append(flow)

    def find(self, name: str) -> Any:
        """Return the flow of a name: of a chain rather than of a guard."""
        called = self.called(name)
        return called if called is not None else next((flow for flow in self.flows if flow.name == name), None)

    def called(self, name: str) -> Any:
        """Return the flow of a name that was called or linked to, None where none was."""
        return next((step.flow for chain in self.chains for step in chain.steps if step.flow.name == name), None)


class _Ended(BaseException):
    """End a recording; private, and no Exception, so that a program's own handlers let it through."""


_active: Recording | None = None
_first_read = ""


def first_read() -> str:
    """Return where this process read a result first, outside any recording; "" where it has read none.

    A pod that records the program ends there: no pod finds flows that are called later.
    """
    return _first_read


def active() -> Recording | None:
    """Return the recording under way in this process, if any."""
    return _active


def read(what: str) -> None:
    """Record that a result is read: ends a recording under way."""
    global _first_read
    if _active is not None:
        if _active.knows():
            return
        _end(_active, what)
    if not _first_read and not process_state.running:  # a layer or a linker reads existing results
        _first_read = source_location.caller()


@contextmanager
def unnoticed() -> Iterator[None]:
    """Forget the reads inside: a linker is no line that a recording executes."""
    global _first_read
    before = _first_read
    try:
        yield
    finally:
        _first_read = before


def _end(recording: Recording, what: str) -> NoReturn:
    if recording.ended is None:
        recording.ended = (what, source_location.caller())
        recording.note_line()
        frame = source_location.outside()
        recording.until = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else None
    recording.end()


@contextmanager
def recorded(recording: Recording) -> Iterator[Recording]:
    """Record the calls and reads inside."""
    global _active
    before, _active = _active, recording
    try:
        yield recording
    except _Ended:
        pass
    finally:
        _active = before
