"""A result is reused wherever the program runs: forked processes, batches, pods."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.programs import variables, write

MODEL = """\
import numpy as np
class Model:
    def __init__(self, w): self.w = w
    def predict(self, x): return x * self.w
RNG = np.random.default_rng(7)
"""

FITTING = "def fit(Model, k): return Model(k)\n"

PROGRAM = """\
import argparse, random
import numpy as np
import model
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Cache, ForEach, Parameter

random.seed(3)
np.random.seed(4)
parser = argparse.ArgumentParser()
parser.add_argument("--k", type=int, default=2)
ARGS = parser.parse_args()

class Train(Flow): ...

@Train.register(cache=True)
class Fit(Layer):
    def __call__(self, p: Parameters):
        from fitting import fit
        self.m = fit(model.Model, ARGS.k)
        self.noise = model.RNG.random(3)
        self.shard(xs=[np.arange(n) for n in range(p.n)])

@Train.register(cache=True, foreach=ForEach([Parameter(Fit, "xs")], batch=2))
class Predict(Layer):
    def __call__(self, f: Fit):
        self.y = f.m.predict(f.xs).sum() + np.random.random()

@Train.register(cache=True)
class Sum(Layer):
    def __call__(self, p: Predict):
        self.total = sum(p.y)

if t := Train():
    t(n=5)
"""


@pytest.mark.slow
def test_a_program_with_modules_seeds_and_arguments_is_reused_by_processes_and_pods_alike(tmp_path):
    pytest.importorskip("numpy")
    write(tmp_path, PROGRAM)
    write(tmp_path, MODEL, "model.py")
    write(tmp_path, FITTING, "fitting.py")

    def laminar(*words: str) -> str:
        command = [sys.executable, "-m", "laminar", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=variables(), check=True)
        return done.stdout + done.stderr

    def reused(output: str) -> list[str]:
        return re.findall(r"(\w+) finished in [\d.]+ m?s \((?:5 splits, )?reused", output)

    assert reused(laminar("run", "prog.py")) == []
    assert reused(laminar("run", "prog.py")) == ["Fit", "Predict", "Sum"]
    assert reused(laminar("run", "prog.py", "--no-cache")) == []
    pods = laminar("rehearse", "prog.py", "--datastore", str(tmp_path / ".laminar"), "-v")
    assert re.findall(r"note: (\w+) has the result", pods) == ["Fit", *["Predict"] * 5, "Sum"]
    assert reused(laminar("run", "prog.py", "--", "--k", "3")) == []
    write(tmp_path, MODEL.replace("x * self.w", "self.w * x"), "model.py")
    assert reused(laminar("run", "prog.py")) == []
    write(tmp_path, FITTING.replace("return Model(k)", "return Model(int(k))"), "fitting.py")
    assert reused(laminar("run", "prog.py")) == ["Predict", "Sum"]
