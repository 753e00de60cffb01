"""Count the words of text files: one split a file, then one count of all.

laminar run examples/wordcount.py
laminar run examples/wordcount.py -p 'pattern="docs/howto/*.md"'
laminar compile examples/wordcount.py
"""

import re
from collections import Counter
from pathlib import Path

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Accessor
from laminar.configurations.layers import Container, ForEach, Parameter
from laminar.elements import every, one

POD = Container(command="python examples/wordcount.py", image="laminar-examples:latest", cpu=0.5, memory=256)
ROOT = Path(__file__).resolve().parent.parent


class WordCount(Flow):
    """Count the words of all text files that fit a pattern."""


@WordCount.register(container=POD)
class Find(Layer):
    files: Accessor[str]

    def __call__(self, parameters: Parameters) -> None:
        found = sorted(ROOT.glob(parameters.pattern))
        self.shard(files=(str(path.relative_to(ROOT)) for path in found))


@WordCount.register(container=POD, foreach=ForEach([Parameter(Find, "files")]))
class Count(Layer):
    words: Counter[str]

    def __call__(self, find: Find) -> None:
        file = one(find.files)
        text = (ROOT / file).read_text(encoding="utf-8")
        self.words = Counter(re.findall(r"[a-z]+", text.lower()))
        print(f"{file}: {self.words.total()} words")


@WordCount.register(container=POD)
class Merge(Layer):
    words: Counter[str]
    top: list[tuple[str, int]]

    def __call__(self, count: Count, parameters: Parameters) -> None:
        self.words = sum(every(count.words), Counter())
        self.top = self.words.most_common(parameters.top)


if flow := WordCount():
    execution = flow(pattern="*.md", top=5)
    merge = execution.layer(Merge)
    print(f"{merge.words.total()} words, {len(merge.words)} different ones, most of all:")
    for word, number in merge.top:
        print(f"  {word:10} {number:5}")
