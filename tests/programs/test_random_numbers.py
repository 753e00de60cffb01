"""Random numbers of layers: those that the program seeded, else others in each split; forked, spawned, in batches and in pods."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """\
import random
import numpy as np
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

SEEDS

class Draw(Flow): ...

@Draw.register(foreach=ForEach([Parameter(Parameters, "trials")], batch=BATCH))
class Trial(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.drawn = (random.random(), float(np.random.normal()), own.random(), float(rng.normal()), float(old.normal()))
"""
CALL = """\

if flow := Draw():
    import json
    print(json.dumps(list(flow(trials=[1, 2, 3, 4]).layer(Trial).drawn)))
"""
SPAWNED = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
UNSEEDED = "own = random.Random(); rng = np.random.default_rng(); old = np.random.RandomState()"
SEEDED = (
    "random.seed(1); np.random.seed(2); own = random.Random(3); old = np.random.RandomState(5)\n"
    "rng = np.random.default_rng(122807528840384100672342137672332424406)"  # as numpy's guide advises
)
MIXED = "np.random.seed(2); own = random.Random(3); rng = np.random.default_rng(); old = np.random.RandomState()"


def drawn(folder: Path, seeds: str, *, batch: int = 1, head: str = "") -> list[list[float]]:
    """Return the numbers of each split of a run, by kind of generator."""
    (folder / "main.py").write_text(head + HEAD.replace("SEEDS", seeds).replace("BATCH", str(batch)) + CALL)
    done = subprocess.run([sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [list(column) for column in zip(*json.loads(done.stdout.splitlines()[-1]), strict=True)]


def different(columns: list[list[float]]) -> list[int]:
    return [len(set(column)) for column in columns]


@pytest.mark.parametrize("head", ["", pytest.param(SPAWNED, marks=pytest.mark.slow)], ids=["forked", "spawned"])
def test_each_split_draws_others_where_the_program_chose_no_seed(tmp_path, head):
    assert different(drawn(tmp_path, UNSEEDED, head=head)) == [4, 4, 4, 4, 4]


def test_each_split_has_the_seeded_numbers_forked_spawned_and_in_a_batch(tmp_path):
    alone = drawn(tmp_path, SEEDED)
    assert different(alone) == [1, 1, 1, 1, 1]
    assert drawn(tmp_path, SEEDED, head=SPAWNED) == alone
    assert drawn(tmp_path, SEEDED, batch=2) == alone


def test_a_generator_without_seed_draws_others_beside_seeded_ones(tmp_path):
    assert different(drawn(tmp_path, MIXED)) == [4, 1, 1, 4, 4]


def test_a_seed_that_was_chosen_before_laminar_was_imported_counts(tmp_path):
    head = "import random\nrandom.seed(7)\n"
    assert different(drawn(tmp_path, UNSEEDED, head=head))[0] == 1
    unused = "import random\n" + UNSEEDED + "\ndef later():\n    random.seed(7)\n"
    assert different(drawn(tmp_path, unused))[0] == 4


def test_seeding_with_nothing_chooses_no_seed(tmp_path):
    assert different(drawn(tmp_path, f"{UNSEEDED}\nrandom.seed(3); random.seed()"))[0] == 4


@pytest.mark.slow
def test_pods_draw_as_local_splits_do(tmp_path):
    for seeds, batch, expected in ((SEEDED, 1, 1), (SEEDED, 4, 1), (UNSEEDED, 1, 4), (UNSEEDED, 4, 4)):
        local = drawn(tmp_path, seeds)
        found = pods(tmp_path, seeds, batch)
        assert different(found) == [expected] * 5
        assert (found == local) == (seeds is SEEDED)


def pods(folder: Path, seeds: str, batch: int) -> list[list[float]]:
    """Return the numbers that pods leave in a store."""
    (folder / "main.py").write_text(HEAD.replace("SEEDS", seeds).replace("BATCH", str(batch)) + CALL)
    store = folder / f"store{len(list(folder.iterdir()))}"
    for index in range(4 // batch):
        environment = {**os.environ, "LAMINAR_DATASTORE": str(store), "LAMINAR_EXECUTION_ID": "one"}
        command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Draw", "--layer", "Trial", "--splits", "4"]
        command += ["--index", str(index), "--batch", str(batch)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    script = (
        "import json\nfrom laminar.configurations.datastores import Local\n"
        f"records = Local({str(store)!r}).records('Draw', 'one', 'Trial')\n"
        f"print(json.dumps([Local({str(store)!r}).read(record.artifacts['drawn']) for record in records.values()]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return [list(column) for column in zip(*json.loads(done.stdout), strict=True)]
