"""Branches that meet again, a layer that may fail and is retried, one whose failure is no reason to stop.

laminar run examples/report.py
laminar run examples/report.py -p 'source="CHANGELOG.md"'
laminar compile examples/report.py
"""

from pathlib import Path

from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Catch, Container, Retry

POD = Container(command="python examples/report.py", image="laminar-examples:latest", cpu=0.1, memory=128)
ROOT = Path(__file__).resolve().parent.parent


class Report(Flow):
    """Describe a text from several sides."""


@Report.register(container=POD)
class Read(Layer):
    lines: list[str]

    def __call__(self, parameters: Parameters) -> None:
        self.lines = (ROOT / parameters.source).read_text(encoding="utf-8").splitlines()


@Report.register(container=POD)
class Headings(Layer):
    headings: list[str]

    def __call__(self, read: Read) -> None:
        self.headings = [line.lstrip("# ") for line in read.lines if line.startswith("#")]


@Report.register(container=POD, retry=Retry(attempts=3, delay=0.1))
class Links(Layer):
    links: int

    def __call__(self, read: Read) -> None:
        if self.attempt == 1:
            raise ConnectionError("the first try always fails here, to show the second one")
        self.links = sum(line.count("](") for line in read.lines)


@Report.register(container=POD, catch=Catch(ZeroDivisionError))
class Average(Layer):
    tables = 0
    length: float | None = None

    def __call__(self, read: Read) -> None:
        self.tables = sum(line.startswith("|") for line in read.lines)
        cells = sum(line.count("|") - 1 for line in read.lines if line.startswith("|"))
        self.length = cells / self.tables


@Report.register(container=POD)
class Write(Layer):
    text: str

    def __call__(self, headings: Headings, links: Links, average: Average) -> None:
        cells = "no tables" if average.length is None else f"{average.length:.1f} cells a table row"
        self.text = f"{len(headings.headings)} headings, {links.links} links, {cells}"


if flow := Report():
    print(flow(source="README.md").layer(Write).text)
