"""Take one of two branches: publish a model that is good enough, else report the missing accuracy.

laminar run examples/branches.py
laminar run examples/branches.py -p minimum=0.99
laminar compile examples/branches.py
"""

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import Container

POD = Container(command="python examples/branches.py", image="laminar-examples:latest", cpu=0.1, memory=128)


class Release(Flow):
    """Publish a model if its score is high enough."""

    minimum: float = 0.8
    """Lowest score of a model that is published."""


@Release.register(container=POD)
class Score(Layer):
    score: float

    def __call__(self) -> None:
        right = [guess == truth for guess, truth in zip("abcabcabca", "abcabcabcb", strict=True)]
        self.score = sum(right) / len(right)


@Release.register(container=POD)
class Publish(Layer):
    text: str

    @hooks.entry
    def is_good(self, score: Score, parameters: Parameters) -> bool:
        return bool(score.score >= parameters.minimum)

    def __call__(self, score: Score) -> None:
        self.text = f"published a model of score {score.score}"


@Release.register(container=POD)
class Reject(Layer):
    text: str

    @hooks.entry
    def is_bad(self, score: Score, parameters: Parameters) -> bool:
        return bool(score.score < parameters.minimum)

    def __call__(self, score: Score, parameters: Parameters) -> None:
        self.text = f"a score of {score.score} is too low: {parameters.minimum} is needed"


@Release.register(container=POD)
class Report(Layer):
    text: str

    @hooks.entry
    def always(self) -> bool:
        return True  # without an entry hook, a layer is skipped where one that it reads was skipped

    def __call__(self, publish: Publish, reject: Reject) -> None:
        self.text = publish.text if publish.state.finished else reject.text


if flow := Release():
    print(flow().layer(Report).text)
