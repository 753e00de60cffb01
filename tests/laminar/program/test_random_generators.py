"""Seeded and unseeded generators, and their states in a forked process."""

from __future__ import annotations

import ast
import os
import random
import re
import sys

import numpy
import pytest

from laminar.program import random_generators
from laminar.program.random_generators import States, reseed


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """Keep the generators of this process as they are, and look at the test's own alone."""
    before, seeded = random.getstate(), random._inst in random_generators._seeded
    monkeypatch.setattr(random_generators, "_found", [])
    monkeypatch.setattr(random_generators, "_kept", None)
    monkeypatch.setattr(random_generators, "_plan", None)
    monkeypatch.setattr(random_generators, "_settled", False)
    monkeypatch.setattr(random_generators, "_early_sources", {})
    yield
    random.setstate(before)
    random_generators._note(random._inst, chosen=seeded)


def test_a_seeded_generator_keeps_its_numbers_and_an_unseeded_one_gets_others():
    chosen, drawn = random.Random(7), random.Random()
    states = chosen.getstate(), drawn.getstate()
    reseed()
    assert chosen.getstate() == states[0] and drawn.getstate() != states[1]


def test_the_shared_generator_keeps_its_numbers_only_where_it_was_seeded():
    random.seed(7)
    state = random.getstate()
    reseed()
    assert random.getstate() == state
    random.seed()
    assert len({random.getstate(), drawn_in_a_fork(), drawn_in_a_fork()}) == 3


def drawn_in_a_fork():
    """Return the state that a forked process starts with."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        reseed()
        os.write(writing, repr(random.getstate()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="ascii") as file:
        state = ast.literal_eval(file.read())
    os.wait()
    return state


def test_a_process_that_forks_many_keeps_the_state_that_its_children_start_with(monkeypatch):
    random.seed(7)
    state = random.getstate()
    random_generators.prepare()
    assert [drawn_in_a_fork() for _ in range(2)] == [state] * 2


def test_a_state_that_was_set_is_a_seed():
    generator = random.Random()
    assert generator in random_generators._unseeded
    generator.setstate(random.Random(1).getstate())
    assert generator in random_generators._seeded and generator not in random_generators._unseeded


@pytest.mark.parametrize(
    ("line", "seeds"),
    [
        ("random.seed(1)", True),
        ("    np.random.seed(1)", True),
        ("pl.seed_everything(1)", True),
        ("torch.random.set_seed(1)", True),
        ("seed(1)", True),
        ("reseed(1)", False),
        ("random.shuffle(rows)", False),
    ],
)
def test_lines_that_seed_are_told_by_their_calls(line, seeds):
    assert bool(re.search(random_generators.SEEDING, line, re.MULTILINE)) is seeds


def test_a_program_that_seeded_before_laminar_is_seen_by_its_text(tmp_path, monkeypatch):
    path = tmp_path / "program.py"
    path.write_text("import random\nrandom.seed(1)\nimport laminar\n")
    random_generators._unseeded.discard(random._inst)
    random_generators._seeded.discard(random._inst)
    for line, seeded in ((1, False), (3, True), (None, True)):
        monkeypatch.setattr(random_generators, "_early_sources", {str(path): line})
        assert random_generators._is_shared_seeded() is seeded


@pytest.mark.parametrize("make", [numpy.random.default_rng, numpy.random.RandomState, numpy.random.PCG64, numpy.random.MT19937])
def test_a_generator_of_numpys_is_seeded_where_the_program_gave_a_seed(make):
    for arguments, seeded in (((), False), ((7,), True)):
        made = make(*arguments)
        assert random_generators._is_seeded(getattr(made, "bit_generator", made)) is seeded


def test_a_drawn_generator_of_numpys_gets_a_new_sequence(monkeypatch):
    drawn, chosen = numpy.random.PCG64(), numpy.random.PCG64(7)
    entropy, state = drawn.seed_seq.entropy, chosen.state
    monkeypatch.setattr(random_generators, "_found", [drawn, chosen])
    reseed()
    assert drawn.seed_seq.entropy != entropy and chosen.state == state


def test_a_seed_of_128_bits_that_the_program_names_is_a_seed(monkeypatch):
    number = 2**127 + 1
    assert not random_generators._is_seeded(numpy.random.PCG64(number))
    monkeypatch.setattr(sys, "argv", ["program.py", f"--seed={number}"])
    assert random_generators._is_seeded(numpy.random.PCG64(number))


def test_states_are_restored_for_seeded_generators_alone(monkeypatch):
    random.seed(7)
    own, drawn, bits = random.Random(1), random.Random(), numpy.random.default_rng(3)
    monkeypatch.setattr(random_generators, "_found", [bits.bit_generator])
    states = States()
    first = random.random(), own.random(), bits.random()
    other = drawn.random()
    states.restore()
    assert (random.random(), own.random(), bits.random()) == first
    assert drawn.random() != other
