"""Put the commands together and turn every error into one clear message and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from laminar import __version__
from laminar.cli.commands import ClosedPipe, Commands
from laminar.cli.error_report import show
from laminar.exceptions import InternalError, LaminarError

__all__ = ["cli", "main"]

LONGEST = 100
"""Characters of a path that an error shows."""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(__version__, prog_name="laminar")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run flows on this machine, compile them to Argo Workflows, submit and follow them, read their results.

    Exit codes: 0 done, 1 a flow or a program is wrong or has failed, 2 the command line is wrong, 69 a cluster does not
    answer, 70 a mistake of laminar itself, 77 credentials or rights are missing, 124 a --timeout is over, 130 interrupted.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False


def main(argv: list[str] | None = None) -> Any:
    """Run the command line and leave the process with its exit code."""
    try:
        _check(sys.argv[1:] if argv is None else argv)
        leaving = cli.main(args=argv, prog_name="laminar", standalone_mode=False)
        if isinstance(leaving, int):  # click catches its own Exit, and returns the code
            sys.exit(leaving)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except ClosedPipe:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except LaminarError as error:
        show(error)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("LAMINAR_TRACEBACK"):
            raise
        if isinstance(error, OSError) and isinstance(error.filename, str):
            show(_of_file(error.filename, error.strerror or type(error).__name__))
            sys.exit(1)
        show(_mistake(error))
        sys.exit(70)


def _check(words: list[str]) -> None:
    """Raise a usage error for a word that is no text in UTF-8: it can be part of no document, URL or message.

    Python replaces such bytes by surrogates: os.fsdecode, 3.10 to 3.13. Words after "--" are the program's own.
    """
    for word in words[: words.index("--")] if "--" in words else words:
        if "\0" in word or (not word.isascii() and word != word.encode(errors="replace").decode()):
            raise click.UsageError(f"The argument {word!r} is no text in UTF-8. Write it in UTF-8, without NUL characters.")


def _of_file(path: str, problem: str) -> LaminarError:
    """Return the report of a file that the system refuses, such as one whose name is too long: open(2), ENAMETOOLONG."""
    shown = path if len(path) <= LONGEST else path[:LONGEST] + "..."
    return LaminarError(
        f"{shown!r} cannot be used: {problem}.", fix="name a file or folder that exists, and check its permissions."
    )


def _mistake(error: Exception) -> InternalError:
    """Return the report of an error that no command expected."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    return InternalError(
        f"laminar made a mistake: {type(error).__name__}: {error}",
        where=f"{os.path.basename(last.filename)}:{last.lineno}, in {last.name}",
        fix="run it again with LAMINAR_TRACEBACK=1 and report its output.",
    )
