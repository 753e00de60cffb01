"""``laminar completion``: print the script with which a shell completes commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command(short_help="Print a shell's completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a shell's completion script.

    \b
    bash:  eval "$(laminar completion bash)"      in ~/.bashrc
    zsh:   eval "$(laminar completion zsh)"       in ~/.zshrc
    fish:  laminar completion fish | source       in ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "laminar", "_LAMINAR_COMPLETE").source())
