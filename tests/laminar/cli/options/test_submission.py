"""The options of a start reach a command as three values."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from laminar.cli.options.submission import (
    Compiling,
    Following,
    Naming,
    compiling_options,
    following_options,
    naming_options,
)

MADE = []


@click.command()
@naming_options
@compiling_options
@following_options
def start(**given):
    MADE.append(given)


def given(*words):
    MADE.clear()
    done = CliRunner().invoke(start, words)
    return MADE[0] if MADE else done.output


def test_nothing_given_is_nothing_said():
    found = given()
    assert found == {"naming": Naming(), "compiling": Compiling(), "following": Following()}
    assert not found["following"] and found["compiling"].target.kind == "workflow"


def test_each_option_has_its_place():
    words = "--name a --label b=c --priority 3 --key d --datastore s3://e --image f --fuse --base g --no-lint --wait --timeout 2h"
    found = given(*words.split())
    assert found["naming"] == Naming("a", (("b", "c"),), 3, "d")
    assert found["compiling"] == Compiling("s3://e", None, "f", fuse=True, base="g", no_lint=True)
    assert found["following"] == Following(wait=True, seconds=7200.0) and found["compiling"].target.fuse


@pytest.mark.parametrize(
    ("words", "message"), [(["--watch", "--wait"], "in three ways"), (["--timeout", "5m"], "is how long to follow")]
)
def test_following_in_two_ways_or_for_no_reason_is_an_error(words, message):
    assert message in given(*words)
