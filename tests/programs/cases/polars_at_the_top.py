# Situation: polars is used at the top of the program (to make the list of parameters) and in layers.
# Expected: works; never a run that hangs without a word.
import polars as pl
from laminar import Flow, Layer, Parameters

INDEX = pl.DataFrame({"k": list(range(200_000)), "g": [i % 7 for i in range(200_000)]})
GROUPS = INDEX.group_by("g").len().sort("g")["g"].to_list()

class Train(Flow): ...

@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        frame = pl.DataFrame({"k": list(range(200_000)), "g": [i % 7 for i in range(200_000)]})
        self.sums = frame.group_by("g").agg(pl.col("k").sum()).sort("g")["k"].to_list()

if flow := Train():
    e = flow(groups=GROUPS)
    print("sums", e.layer(Fit).sums)
