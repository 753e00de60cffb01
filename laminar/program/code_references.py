"""Read the references of a function from its bytecode: globals with the attributes read of them, imports, and mentioned names.

Code objects name their references exactly. A name that is computed at run time (``getattr`` with a variable) is not seen here.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

__all__ = ["Import", "References", "attributes_read", "references"]

ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "STORE_GLOBAL", "DELETE_GLOBAL"})
SCOPES = frozenset({"locals", "vars", "eval", "exec", "dir", "globals"})
"""Names of builtins by which a function can reach its variables without naming them."""


@dataclass(frozen=True)
class Import:
    """An import statement within a function: the module, its relative level, and the names that ``from`` imports."""

    module: str
    level: int
    names: tuple[str, ...]

    def absolute(self, package: str) -> str:
        """Return the full name of the module, a relative one resolved as Python does in a module of this package.

        >>> Import("tools", 2, ()).absolute("pkg.part"), Import("tools", 0, ()).absolute("pkg")
        ('pkg.tools', 'tools')
        """
        if not self.level:
            return self.module
        parts = package.split(".")
        return f"{'.'.join(parts[: len(parts) - self.level + 1])}.{self.module}".strip(".")


@dataclass(frozen=True)
class References:
    """References of a code object and of those inside it.

    ``globals`` are names with the chain of attributes that follows them, ``names`` all attributes and strings that they mention.
    """

    globals: tuple[tuple[str, tuple[str, ...]], ...]
    imports: tuple[Import, ...]
    names: frozenset[str]


@lru_cache(maxsize=4096)
def references(code: CodeType) -> References:
    """Return the references of a code object, nested functions and classes included.

    >>> found = references(compile("import_path = helpers.rows.read(3)", "", "exec"))
    >>> found.globals, sorted(found.names)
    ((('helpers', ('rows', 'read')),), ['helpers', 'import_path', 'read', 'rows'])
    """
    chains: dict[tuple[str, tuple[str, ...]], None] = {}
    imports: dict[Import, None] = {}
    names: set[str] = set()
    for inner in _codes(code):
        names.update(inner.co_names)
        names.update(_texts(inner.co_consts))
        instructions = _instructions(inner)
        for place, instruction in enumerate(instructions):
            if instruction.opname in GLOBALS:
                chains[instruction.argval, _chain(instructions, place)] = None
            elif instruction.opname == "IMPORT_NAME":
                imports[_import(instructions, place)] = None
    return References(tuple(chains), tuple(imports), frozenset(names))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _texts(constants: tuple[object, ...]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from _texts(constant)


def _instructions(code: CodeType) -> list[dis.Instruction]:
    return [each for each in dis.get_instructions(code) if each.opname not in ("EXTENDED_ARG", "NOP", "PUSH_NULL")]


def _chain(instructions: list[dis.Instruction], place: int) -> tuple[str, ...]:
    """Return the attributes that are read one after the other, after an instruction."""
    found = []
    for following in instructions[place + 1 :]:
        if following.opname not in ATTRIBUTES:
            break
        found.append(following.argval)
    return tuple(found)


def _import(instructions: list[dis.Instruction], place: int) -> Import:
    """Return an import: its level and its names are the two values on the stack (Python's library reference, module dis)."""
    level, names = (each.argval for each in instructions[place - 2 : place])
    return Import(instructions[place].argval, level, tuple(names or ()))


def attributes_read(code: CodeType, variable: str) -> frozenset[str] | None:
    """Return the attributes that code reads of one of its variables, None where it uses the variable in any other way.

    >>> code = (lambda rows, rates: [rows.first + rate for rate in rates]).__code__
    >>> sorted(attributes_read(code, "rows")), attributes_read(code, "rates")
    (['first'], None)
    """
    if SCOPES.intersection(code.co_names):
        return None
    found: set[str] = set()
    instructions = _instructions(code)
    for place, instruction in enumerate(instructions):
        if not _concerns(instruction, variable):
            continue
        chain = _chain(instructions, place)
        if instruction.opname in ("MAKE_CELL", "LOAD_CLOSURE") or _builds_closure(code, instruction, variable):
            continue
        if not _loads(instruction, variable) or not chain:
            return None
        found.add(chain[0])
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and variable in constant.co_freevars:
            inner = attributes_read(constant, variable)
            if inner is None:
                return None
            found |= inner
    return frozenset(found)


def _loads(instruction: dis.Instruction, variable: str) -> bool:
    """Return whether an instruction leaves a variable on top of the stack and changes none of that name."""
    if isinstance(instruction.argval, tuple):  # STORE_FAST_LOAD_FAST, LOAD_FAST_LOAD_FAST: the second name is on top
        first, second = instruction.argval
        return instruction.opname.endswith("_LOAD_FAST") and second == variable and first != variable
    return instruction.opname.startswith("LOAD_")


def _concerns(instruction: dis.Instruction, variable: str) -> bool:
    """Return whether an instruction is about a variable; some name two of them (LOAD_FAST_LOAD_FAST, Python 3.13)."""
    value = instruction.argval
    if instruction.opcode not in LOCAL_CODES and not (isinstance(value, tuple) and "_FAST" in instruction.opname):
        return False
    return value == variable or (isinstance(value, tuple) and variable in value)


LOCAL_CODES = frozenset((*dis.haslocal, *dis.hasfree))


def _builds_closure(code: CodeType, instruction: dis.Instruction, variable: str) -> bool:
    """Return whether an instruction only passes a variable's cell to an inner function.

    LOAD_FAST does that since Python 3.13 (Python's library reference, module dis, LOAD_CLOSURE).
    """
    return variable in (*code.co_cellvars, *code.co_freevars) and instruction.opname == "LOAD_FAST"
