"""The help of each command fits a terminal of 80 columns, examples included."""

from __future__ import annotations

import pytest

from laminar.cli.commands import COMMANDS, command
from laminar.cli.help_text import HelpContext, fitted


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_a_command_fits_80_columns(name):
    context = command(name).make_context(name, [], resilient_parsing=True, terminal_width=80)
    assert isinstance(context, HelpContext)
    assert [line for line in context.get_help().splitlines() if len(line) > 80] == []


def test_a_paragraph_that_fits_and_one_that_click_wraps_stay_as_they_are():
    text = "A sentence  of more than ten.\n\n\b\na  b\nc  d"
    assert fitted(text, 10) == text
