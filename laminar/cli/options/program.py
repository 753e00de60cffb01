"""Declare how a command names the program that it executes: PROGRAM or -m, its arguments after --, -p and --flow."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.options import completions
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.program.main_module import Program

    ParamType = click.ParamType[tuple[str, str]]
else:
    ParamType = click.ParamType

__all__ = [
    "DOCUMENTS",
    "Assignment",
    "ProgramChoice",
    "ProgramCommand",
    "choose_chain",
    "module_file",
    "program_arguments",
    "program_options",
]

ARGUMENTS = "laminar.arguments"
"""Key of the words after -- in the context of a command."""

WORDS = "laminar.words"
"""Key of the words before --, as they were typed."""

DOCUMENTS = (".yaml", ".yml", ".json")


class Assignment(ParamType):
    """``NAME=VALUE``, as a pair of texts."""

    def __init__(self, value: str = "VALUE") -> None:
        self.name = f"NAME={value}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the name and the value's text."""
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is not {self.name}.", param, ctx)
        return name, text


@dataclass(frozen=True)
class ProgramChoice:
    """A program on the command line: its file, the module's name with -m, its arguments, and the values of -p and --flow.

    ``given`` is the file as it was typed. ``assignments`` are names of parameters with the texts that replace them.
    """

    given: str
    module: str | None = None
    args: tuple[str, ...] = ()
    assignments: tuple[tuple[str, str], ...] = ()
    flow: str | None = None

    @property
    def path(self) -> str:
        """Absolute path of the program's file."""
        return os.path.abspath(self.given)

    @property
    def words(self) -> tuple[str, ...]:
        """Words that name the program on a command line, without its arguments."""
        return ("-m", self.module) if self.module is not None else (self.given,)

    @property
    def is_document(self) -> bool:
        """Whether the file is a YAML or JSON document, or standard input, rather than a program."""
        return self.module is None and (self.given == "-" or self.given.lower().endswith(DOCUMENTS))

    @property
    def values(self) -> dict[str, Any]:
        """Parameters with the texts that replace their values."""
        from laminar.components.parameter_text import ParameterText

        return {name: ParameterText(text) for name, text in self.assignments}

    def program(self) -> Program:
        """Return the program to execute."""
        from laminar.program.main_module import Program

        if self.module is None:
            return Program(self.path, self.args, given=self.given)
        package = self.module if os.path.basename(self.given) == "__main__.py" else self.module.rpartition(".")[0]
        return Program(self.path, self.args, package=package)


class ProgramCommand(click.Command):
    """A command that passes the words after -- to the program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words before --, and keep those after it for the program."""
        place = args.index("--") if "--" in args else len(args)
        ctx.meta[WORDS] = tuple(args[:place])
        ctx.meta[ARGUMENTS] = tuple(args[place + 1 :])
        if ctx.resilient_parsing and place and args[place - 1].startswith("-"):  # a completion: the value is typed next
            place -= 1
        try:
            return super().parse_args(ctx, args[:place])
        except click.UsageError as error:
            if "unexpected extra argument" in error.message:
                advice = "Arguments of the program follow --, as in: PROGRAM -- ARGS"
                raise click.UsageError(f"{error.message}. {advice}", ctx) from error
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the parameters of the program that the command line names: of ``laminar run train.py --help``."""
        from laminar.cli.options import parameter_help

        super().format_epilog(ctx, formatter)
        words = ctx.meta.get(WORDS, ())
        modules = [module_file(after) for word, after in itertools.pairwise(words) if word == "-m"]
        for path in [*modules, *(word for word in words if word.endswith(".py") and os.path.isfile(word))][:1]:
            parameter_help.write(path, formatter)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the pieces of the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- ARGS]"]


def program_arguments() -> tuple[str, ...]:
    """Return the words after -- of the command that is being called."""
    words: tuple[str, ...] = click.get_current_context().meta.get(ARGUMENTS, ())
    return words


OPTIONS = (
    click.option("-m", "module", metavar="MODULE", help="Execute a module, as python -m does, instead of a file."),
    click.option(
        "-p",
        "--parameter",
        "assignments",
        type=Assignment(),
        multiple=True,
        shell_complete=completions.parameters,
        help="Replace a parameter of the flow. VALUE has the type of the value that it replaces. Repeatable.",
    ),
    click.option(
        "--flow",
        metavar="NAME",
        shell_complete=completions.flow_names,
        help="Select a flow by name if the program calls several.",
    ),
)


def program_options(
    *, metavar: str = "PROGRAM", several: bool = False, required: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a program's argument and options to a command, and pass them as one value: ``chosen``.

    With ``several`` the command accepts any number of files, and ``chosen`` is a tuple. Without a required program ``given`` is "".
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def collect(files: Any, module: str | None, **given: Any) -> Any:
            named = tuple(files) if several else () if files is None else (files,)
            common = {name: given.pop(name) for name in ("assignments", "flow")}
            common["args"] = program_arguments()
            choices = [ProgramChoice(file, **common) for file in named]
            if module is not None:
                choices.append(ProgramChoice(module_file(module), module, **common))
            if not choices and not required:
                choices.append(ProgramChoice("", **common))
            _check_count(choices, metavar, several, given.get("resume"))
            return command(chosen=tuple(choices) if several else choices[0], **given)

        for option in reversed(OPTIONS):
            collect = option(collect)
        argument = click.argument("files", metavar=metavar, nargs=-1 if several else 1, required=False, type=click.Path())
        return argument(collect)

    return decorate


def _check_count(choices: Sequence[ProgramChoice], metavar: str, several: bool, resume: str | None) -> None:
    """Raise a usage error for no program, and for two where a command executes one.

    ``resume`` is an option whose value may be left out, so that it may have consumed the program.
    """
    if not choices and not several:
        consumed = f" (--resume used {resume!r} as an id: pass it after PROGRAM)" if resume and resume != "latest" else ""
        raise click.UsageError(f"Missing argument '{metavar}'.{consumed}")
    if len(choices) > 1 and not several:
        raise click.UsageError(f"{metavar} and -m MODULE each name a program. Pass one of them.")


def module_file(name: str) -> str:
    """Return the path of a module's file, or of a package's ``__main__.py``, without importing anything.

    Modules are searched as ``python -m`` does: in the current folder, then on ``sys.path``.

    Raises FlowError for a module that does not exist or has no source.
    """
    import sys
    from importlib.machinery import PathFinder

    places: Sequence[str] | None = [os.getcwd(), *sys.path]
    parts = name.split(".")
    spec = None
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), places) if places is not None else None
        places = spec.submodule_search_locations if spec is not None else None
    if spec is not None and places is not None:
        spec = PathFinder.find_spec(f"{name}.__main__", places)
    origin = spec.origin if spec is not None else None
    if origin is None or not origin.endswith(".py"):
        raise FlowError(
            f"There is no module {name!r} to execute.",
            fix="pass -m a module's name, such as pkg.train, from the folder that holds pkg; or pass the path of a file.",
        )
    return os.path.relpath(origin) if origin.startswith(os.getcwd() + os.sep) else origin


def choose_chain(chains: Sequence[Sequence[str]], flow: str | None, *, need: bool) -> int | None:
    """Return the position of the selected chain, by the name of its first flow, or None for all of them.

    Raises FlowError where none or several fit and one is needed.
    """
    firsts = [chain[0] for chain in chains]
    shown = ", ".join(dict.fromkeys(firsts)) or "none"
    if flow is None:
        if need and len(firsts) > 1:
            raise FlowError(f"The program calls several flows: {shown}.", fix=f"pass --flow {firsts[0]}, or another of them.")
        return 0 if len(firsts) == 1 else None
    fitting = [place for place, name in enumerate(firsts) if name == flow]
    if not fitting:
        raise FlowError(f"The program calls no flow {flow!r} first in a chain.", fix=f"pass one of: {shown}.")
    if len(fitting) > 1:
        raise FlowError(
            f"The program calls flow {flow!r} {len(fitting)} times.",
            fix="call it once, or move the other calls to another program.",
        )
    return fitting[0]
