"""Train with more memory in each attempt: the first one has too little, and the next has twice as much.

laminar run examples/memory.py
laminar compile examples/memory.py
"""

from dataclasses import replace

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import Container, Retry

POD = Container(command="python examples/memory.py", image="laminar-examples:latest", cpu=1, memory=500)


class Train(Flow):
    """Train a model whose memory is hard to predict."""

    rows: int = 1500
    """How many rows to train on; each needs 1 MB here."""


@Train.register(container=POD, retry=Retry(attempts=3, delay=0.1))
class Fit(Layer):
    attempts: int
    memory: int

    @hooks.retry
    def grow(self) -> None:
        container = self.configuration.container
        self.configuration.container = replace(container, memory=2 * container.memory)  # 500, 1000, 2000 MB

    def __call__(self, parameters: Parameters) -> None:
        # A real program is killed here, or raises MemoryError. This one compares, so that it shows the same on any machine.
        memory = self.configuration.container.memory
        if parameters.rows > memory:
            raise MemoryError(f"{parameters.rows} MB needed, {memory} MB given")
        self.attempts, self.memory = self.attempt, memory


if flow := Train():
    fit = flow().layer(Fit)
    print(f"trained in attempt {fit.attempts} with {fit.memory} MB")
