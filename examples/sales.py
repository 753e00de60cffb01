"""Add up sales by product, map-reduce: one split for each file of a folder on S3, or on a disk.

laminar run examples/sales.py
laminar run examples/sales.py -p source=s3://bucket/sales
laminar compile examples/sales.py -p source=s3://bucket/sales
"""

import csv
from collections import Counter
from pathlib import Path

import fsspec

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Accessor
from laminar.configurations.layers import Container, ForEach, Parameter, Retry
from laminar.elements import every, one

POD = Container(command="python examples/sales.py", image="laminar-examples:latest", cpu=0.5, memory=256)
HERE = Path(__file__).resolve().parent


class Sales(Flow):
    """Add up the sales of all months by product."""

    source: str = "sales"
    """Folder of CSV files: a URL such as s3://bucket/sales, or a path beside this program."""
    top: int = 3
    """How many products to list."""


@Sales.register(container=POD, retry=Retry(attempts=3, delay=10))
class Find(Layer):
    files: Accessor[str]

    def __call__(self, parameters: Parameters) -> None:
        source = parameters.source if "://" in parameters.source else str(HERE / parameters.source)
        files, folder = fsspec.url_to_fs(source)
        self.shard(files=(files.unstrip_protocol(path) for path in sorted(files.glob(f"{folder}/*.csv"))))


@Sales.register(container=POD, foreach=ForEach([Parameter(Find, "files")], batch=10), retry=Retry(attempts=3, delay=10))
class Count(Layer):
    sold: Counter[str]

    def __call__(self, find: Find) -> None:
        self.sold = Counter()
        with fsspec.open(one(find.files), "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                self.sold[row["product"]] += int(row["pieces"])


@Sales.register(container=POD)
class Total(Layer):
    top: list[tuple[str, int]]

    def __call__(self, count: Count, parameters: Parameters) -> None:
        self.top = sum(every(count.sold), Counter()).most_common(parameters.top)


if flow := Sales():
    for product, pieces in flow().layer(Total).top:
        print(f"{product:10} {pieces:5}")
