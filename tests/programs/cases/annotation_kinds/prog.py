# Situation: from __future__ import annotations, TYPE_CHECKING imports, Optional/Union/Annotated layers.
# Expected: works or a FlowError that names the annotation.
import sys
import layers
from laminar import Flow, Layer

class Train(Flow): ...

@Train.register
class Prepare(Layer):
    def __call__(self) -> None:
        self.rows = [1, 2]

cls = Train.register(getattr(layers, sys.argv[1]))

if flow := Train():
    e = flow()
    print(sys.argv[1], "n", e.layer(cls).n)
