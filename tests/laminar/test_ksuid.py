"""Test the ids of executions."""

from __future__ import annotations

import time

import pytest

from laminar.ksuid import EPOCH, ksuid, seconds_of


def test_an_id_keeps_the_second_in_which_it_was_made():
    before = int(time.time())
    assert before <= (seconds_of(ksuid()) or 0) <= int(time.time())


def test_ids_of_later_seconds_sort_behind(monkeypatch):
    made = []
    for second in (EPOCH, EPOCH + 61, EPOCH + 62, 1_800_000_000, 2_500_000_000):
        monkeypatch.setattr(time, "time", lambda second=second: second)
        made.append(ksuid())
    assert sorted(made) == made
    assert {len(execution) for execution in made} == {27}


@pytest.mark.parametrize("identifier", ["", "nightly", "0ujtsYcgvSTl8PAuAdqWYSMnLO", "0ujtsYcgvSTl8PAuAdqWYSMnLO-", "é" * 27])
def test_an_id_that_is_no_ksuid_has_no_second(identifier):
    assert seconds_of(identifier) is None
