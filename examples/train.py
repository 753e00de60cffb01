"""Search a grid of hyperparameters on handwritten digits, keep the best model, evaluate it in a second flow.

pip install scikit-learn
laminar run examples/train.py
laminar run examples/train.py -p 'trees=[10,50]' -p 'depths=[4,8,16]'
laminar compile examples/train.py
"""

from typing import Any

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import cross_val_score, train_test_split

from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Container, ForEach, Parameter, Retry
from laminar.elements import every

POD = Container(command="python examples/train.py", image="laminar-examples:latest", cpu=1, memory=1000)


class Train(Flow):
    """Fit a forest for each point of a grid and keep the best."""


@Train.register(container=POD)
class Split(Layer):
    train: tuple[Any, Any]
    test: tuple[Any, Any]

    def __call__(self, parameters: Parameters) -> None:
        digits = load_digits()
        parts = train_test_split(digits.data, digits.target, test_size=0.25, random_state=parameters.seed)
        x_train, x_test, y_train, y_test = parts
        self.train, self.test = (x_train, y_train), (x_test, y_test)


@Train.register(
    container=POD,
    foreach=ForEach([Parameter(Parameters, "trees"), Parameter(Parameters, "depths")]),
    retry=Retry(attempts=2, delay=1),
)
class Fit(Layer):
    score: float
    model: RandomForestClassifier

    def __call__(self, split: Split, parameters: Parameters) -> None:
        x, y = split.train
        forest = RandomForestClassifier(parameters.trees, max_depth=parameters.depths, random_state=parameters.seed)
        self.score = float(cross_val_score(forest, x, y, cv=3).mean())
        self.model = forest.fit(x, y)
        print(f"{parameters.trees} trees, depth {parameters.depths}: {self.score:.3f}")


@Train.register(container=POD)
class Best(Layer):
    place: int
    score: float
    model: RandomForestClassifier

    def __call__(self, fit: Fit) -> None:
        scores = list(every(fit.score))
        self.place = scores.index(max(scores))
        self.score = scores[self.place]
        self.model = every(fit.model)[self.place]


class Evaluate(Flow):
    """Judge a model on data that it has not seen."""


@Evaluate.register(container=POD)
class Report(Layer):
    accuracy: float
    confusion: list[list[int]]

    def __call__(self, parameters: Parameters) -> None:
        x, y = parameters.data
        self.accuracy = float(parameters.model.score(x, y))
        self.confusion = confusion_matrix(y, parameters.model.predict(x)).tolist()


if train := Train():
    evaluated = train(seed=0, trees=[10, 40], depths=[4, 12]).next(
        flow=Evaluate(),
        linker=lambda execution: Parameters(
            model=execution.layer(Best).model,
            data=execution.layer(Split).test,
        ),
    )
    report = evaluated.layer(Report)
    print(f"accuracy on unseen digits: {report.accuracy:.3f}")
