"""Distinguish the random generators that the program seeded from the others, and reseed the latter in a forked process.

A forked process starts with its parent's generators. Where the program chose a seed, that is wanted: each split has the numbers
that it has in a pod, which executes the program again. Where it chose none, each split has to draw others, as pods do.

How a seed is seen: `random.Random` gets wrappers of ``seed`` and ``setstate`` when laminar is imported, as its state does not show
where it came from. A generator of numpy's holds the SeedSequence that it was made of. Its entropy is the program's seed, else
128 bits drawn from the operating system (numpy/random/bit_generator.pyx, SeedSequence.__init__, numpy 2.4); `numpy.random.seed`
leaves None in its place (_legacy_seeding there).
"""

from __future__ import annotations

import functools
import gc
import os
import re
import sys
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any

from laminar.program import source_location

_EARLY = "random" in sys.modules
"""Whether the module `random` was imported before laminar, so that its seeding may have been missed."""

import random  # noqa: E402  after the check whether it is imported

__all__ = ["States", "install", "prepare", "reseed", "shared_states"]

DRAWN_BITS = 96
"""Bits of an entropy from which on it was drawn, unless the program's own code names the number: 2**-32 of 128 bits have fewer."""

SEEDING = r"\brandom\.(seed|setstate)\(|\bseed_everything\(|\bset_seed\(|^\s*seed\("
"""Calls in a program's source that seed the module `random`, for code that ran before laminar was imported."""

_seeded: weakref.WeakSet[random.Random] = weakref.WeakSet()
_unseeded: weakref.WeakSet[random.Random] = weakref.WeakSet()
_early_sources: dict[str, int | None] = {}
"""Files of the user's that ran before laminar was imported, and up to which line."""
_found: list[Any] | None = None
_plan: tuple[bool, list[random.Random], list[Any]] | None = None
"""Plan of `reseed` for each process that this one forks, found once: whether to restore, and the generators to reseed."""


def install() -> None:
    """Record from now on which generators of the module `random` are seeded."""
    seed, setstate = random.Random.seed, random.Random.setstate
    if hasattr(seed, "__wrapped__"):
        return

    def noted_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        seed(self, a, version)
        _note(self, chosen=a is not None)

    def noted_setstate(self: random.Random, state: Any) -> None:
        setstate(self, state)
        _note(self, chosen=True)

    functools.update_wrapper(noted_seed, seed)
    functools.update_wrapper(noted_setstate, setstate)
    random.Random.seed, random.Random.setstate = noted_seed, noted_setstate  # type: ignore[method-assign]
    random.seed, random.setstate = _shared().seed, _shared().setstate
    if _EARLY:
        _early_sources.update(_run_so_far())
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_keep, after_in_child=_note_automatic)


def _shared() -> random.Random:
    """Return the generator that serves the functions of the module `random`."""
    found: random.Random = random._inst
    return found


def _note(generator: random.Random, *, chosen: bool) -> None:
    (_seeded if chosen else _unseeded).add(generator)
    (_unseeded if chosen else _seeded).discard(generator)


def _run_so_far() -> Iterator[tuple[str, int | None]]:
    """Yield the user's files that have run, with the line that those that are running have reached."""
    running: dict[str, int] = {}
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        running.setdefault(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    for path in _user_files():
        yield path, running.get(path)


# forked processes

_kept: Any = None
_automatic: Any = None
_settled = False
"""Whether this process forks many and draws no numbers itself: the state that it kept stays the one to restore."""


def _keep() -> None:
    """Keep the state of the module `random` before a fork: Python seeds it again in the child (Lib/random.py, at its end)."""
    global _kept
    if _settled:
        return
    state = random.getstate()
    if state != _automatic:  # else this process was forked itself, and nothing drew from the generator that Python seeded
        _kept = state


def _note_automatic() -> None:
    global _automatic
    if not _settled:
        _automatic = random.getstate()


def prepare() -> None:
    """Find numpy's generators and the state to restore once, in a process that is about to fork many.

    Each takes about as long as a fork. The process draws no numbers from then on.
    """
    global _found, _plan, _settled
    _found = list(_numpy_generators())
    _keep()
    _plan = _unchosen()
    _settled = True


def reseed() -> None:
    """Reseed a forked process, so that its numbers differ from its parent's, where the program chose no seed."""
    restored, others, numpy = _unchosen() if _plan is None else _plan
    if restored and _kept is not None:  # else Python has seeded it again (Lib/random.py, at its end)
        random.setstate(_kept)
    for generator in others:
        generator.seed()
    for generator in numpy:
        _renew(generator)


def _unchosen() -> tuple[bool, list[random.Random], list[Any]]:
    """Return whether the program seeded the module `random`, and the other generators that it did not seed: Python's, numpy's."""
    known = _numpy_generators() if _found is None else _found
    others = [each for each in _unseeded if each is not _shared()]
    return _is_shared_seeded(), others, [each for each in known if not _is_seeded(each)]


def _is_shared_seeded() -> bool:
    if _shared() in _seeded or _shared() in _unseeded:
        return _shared() in _seeded
    texts = (_source(path).splitlines()[:line] for path, line in _early_sources.items())
    return any(re.search(SEEDING, "\n".join(lines), re.MULTILINE) for lines in texts)


def _numpy_generators() -> Iterator[Any]:
    """Yield the objects of numpy's that hold a state: bit generators, and the older RandomState around one."""
    module = sys.modules.get("numpy.random")
    if module is not None:
        kinds = (module.BitGenerator, module.RandomState)
        yield from (each for each in gc.get_objects() if isinstance(each, kinds))


def _bits(generator: Any) -> Any:
    return getattr(generator, "_bit_generator", generator)


def _is_seeded(generator: Any) -> bool:
    """Return whether the program chose the seed, or the state, of a generator of numpy's."""
    bits = _bits(generator)
    sequence: Any = getattr(bits, "seed_seq", None)
    entropy = getattr(sequence, "entropy", None)
    if type(entropy) is not int or entropy.bit_length() <= DRAWN_BITS or entropy in _constants():
        return True
    state = bits.state.get("state")
    if not isinstance(state, dict) or "inc" not in state:
        return False
    # The stream `inc` of a PCG64 never changes: one that differs from its sequence's was set by the program.
    return bool(type(bits)(type(sequence)(entropy, spawn_key=sequence.spawn_key)).state["state"]["inc"] != state["inc"])


def _renew(generator: Any) -> None:
    """Set a generator of numpy's to a new sequence, from which others can be spawned as well."""
    bits = _bits(generator)
    sequence = type(bits.seed_seq)()
    bits.__setstate__((type(bits)(sequence).state, sequence))
    if bits is not generator:  # a RandomState keeps the second of each pair of normal numbers
        generator.set_state({**generator.get_state(legacy=False), "has_gauss": 0, "gauss": 0.0})


# seeds in the program's source


def _user_files() -> Iterator[str]:
    """Yield the files of the modules that are neither laminar's, nor Python's, nor installed."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and source_location.is_users(path) and "-packages" not in path:
            yield path


def _source(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _constants() -> frozenset[int]:
    """Return the large integers that the program, its arguments and its environment name: a seed of 128 bits may be one."""
    found = {int(word) for text in (*sys.argv, *os.environ.values()) for word in re.findall(r"\d{29,}", text)}
    return frozenset(found).union(*map(_large_integers, _user_files()))


@functools.lru_cache(maxsize=4096)
def _large_integers(path: str) -> frozenset[int]:
    """Return the large integers in a source, which is read once: each split of a fan-out looks."""
    words = re.findall(r"\b(?:0[xX][0-9a-fA-F_]{25,}|[1-9][0-9_]{28,})", _source(path))
    return frozenset(int(word.replace("_", ""), 0) for word in words)


# state that a result may depend on


def shared_states() -> list[str]:
    """Return digests of the states of the generators that all code shares, where the program seeded them.

    They are those of the module `random`, of numpy and of torch.
    torch draws from a fixed seed where the program chose none (torch/csrc, default_rng_seed_val).
    """
    from hashlib import sha256

    states: list[object] = [random.getstate()] if _is_shared_seeded() else []
    numpy = getattr(sys.modules.get("numpy.random"), "mtrand", None)
    if numpy is not None and _is_seeded(numpy._rand):
        states.append([str(item) if isinstance(item, (int, float, str)) else item.tobytes() for item in numpy._rand.get_state()])
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        states.append(bytes(torch.get_rng_state().numpy()))
    return [sha256(repr(state).encode()).hexdigest() for state in states]


# several splits in one process


class States:
    """Hold the states of the seeded generators, so that each split of a batch starts with those of the program."""

    def __init__(self) -> None:
        self.shared = random.getstate() if _is_shared_seeded() else None
        self.others = [(each, each.getstate()) for each in _seeded if each is not _shared()]
        # Objects frozen before a fork (gc.freeze) are no longer in gc.get_objects: Python's library reference, module gc.
        numpy = {id(each): each for each in (*(_found or ()), *_numpy_generators())}
        self.numpy = [(each, _state(each)) for each in numpy.values() if _is_seeded(each)]

    def restore(self) -> None:
        """Set the generators back to these states."""
        if self.shared is not None:
            random.setstate(self.shared)
        for generator, state in self.others:
            generator.setstate(state)
        for generator, state in self.numpy:
            if _bits(generator) is generator:
                generator.state = state
            else:
                generator.set_state(state)


def _state(generator: Any) -> Any:
    return generator.state if _bits(generator) is generator else generator.get_state(legacy=False)
