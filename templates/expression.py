"""Write the expressions that Argo evaluates: how many pods and splits a fan-out has."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, prod

__all__ = ["RESERVED", "Length", "counted", "pods", "pods_of_input", "splits", "tag", "term"]

RESERVED = frozenset(
    ("let", "matches", "contains", "startsWith", "endsWith", "nil", "true", "false", "in", "not", "and", "or", "if", "else")
)
"""Words of the expression language: as names they are in brackets in a path, and cannot be in ``depends``."""

UNSAFE = re.compile(r"[\x00-\x1f'\"\\{}@]")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def tag(path: str) -> str:
    """Return the tag that Argo replaces by a value: of a path, or of an expression, which begins with ``=``.

    >>> tag("inputs.parameters.layer")
    '{{inputs.parameters.layer}}'
    """
    return "{{" + path + "}}"


def term(*names: str) -> str:
    """Return a path of names as an expression, in brackets where a name is no identifier.

    >>> term("tasks", "J-gate", "outputs")
    "tasks['J-gate'].outputs"
    """
    return names[0] + "".join(map(_member, names[1:]))


def _member(name: str) -> str:
    if IDENTIFIER.match(name) and name not in RESERVED:
        return f".{name}"
    escaped = UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", name)
    return f"['{escaped}']"


@dataclass(frozen=True)
class Length:
    """One factor of a fan-out: ``source`` is an expression that gives JSON text, ``reading`` how its value, ``@``, is counted.

    ``whole`` means that the count is a whole number to Argo; numbers read from JSON are fractions.
    """

    source: str
    reading: str
    whole: bool = False

    @classmethod
    def of_parameter(cls, source: str) -> Length:
        """Count the elements of a parameter: those of a list, one for anything else."""
        return cls(source, "type(@) == 'array' ? len(@) : 1", whole=True)

    @classmethod
    def of_pod(cls, source: str, attribute: str) -> Length:
        """Count an attribute's elements of the one pod that published these lengths."""
        return cls(source, f"sum(@{_member(attribute)})")

    @classmethod
    def of_number(cls, source: str) -> Length:
        """Use a number that was counted elsewhere."""
        return cls(source, "@")

    @classmethod
    def of_all(cls, source: str, attribute: str) -> Length:
        """Count an attribute's elements of all pods of a fan-out."""
        return cls(source, f"sum(map(@, {{sum(#{_member(attribute)})}}))")

    @classmethod
    def of_split(cls, source: str, attribute: str, split: int, batch: int = 1) -> Length:
        """Count an attribute's elements of one split of a fan-out that runs ``batch`` splits a pod.

        >>> Length.of_split("x", "rows", 7, batch=5).reading
        '@[1].rows[2]'
        """
        return cls(source, f"@[{split // batch}]{_member(attribute)}[{split % batch}]")

    def or_none(self) -> Length:
        """Count nothing where the source was skipped: it then has its default, ``{}``, or ``[]`` for a bounded loop.

        >>> Length.of_pod("x", "rows").or_none().reading
        'len(@) > 0 ? sum(@.rows) : 0'
        """
        return Length(self.source, f"len(@) > 0 ? {self.reading} : 0", self.whole)


def splits(lengths: Sequence[int | Length], runs: str = "") -> str:
    """Return how many splits a grid has: the product of its lengths; none unless the expression ``runs`` is true.

    Sums of JSON numbers are fractional numbers to Argo, which writes a million of them as 1e+06: hence ``int``.

    >>> splits([Length.of_pod("x", "rows"), 3])
    '{{=string(int(3 * sum(fromJSON(x).rows)))}}'
    >>> splits([2, 3])
    '6'
    """
    constant, variable = _divide(lengths)
    before, product = _product(constant, variable)
    if not variable:
        return _guarded("", str(constant), runs, fixed=True)
    whole = all(length.whole for length in variable)
    return _guarded(before, product if whole else f"int({product})", runs)


def counted(length: Length) -> str:
    """Return a length as an expression that gives text, for an output.

    >>> counted(Length.of_pod("x", "rows"))
    'string(int(sum(fromJSON(x).rows)))'
    """
    return splits([length]).removeprefix("{{=").removesuffix("}}")


def pods(lengths: Sequence[int | Length], batch: int = 1, runs: str = "") -> str:
    """Return how many pods run a grid, ``batch`` splits each, and one where there is no split; none unless ``runs`` is true.

    >>> pods([Length.of_pod("x", "rows")], batch=2)
    '{{=string(max(1, int(ceil(sum(fromJSON(x).rows) / 2))))}}'
    >>> pods([5], batch=2)
    '3'
    >>> pods([5], runs="fromJSON(x).B")
    "{{=fromJSON(x).B ? '5' : '0'}}"
    """
    constant, variable = _divide(lengths)
    if not variable:
        return _guarded("", str(max(1, ceil(constant / batch))), runs, fixed=True)
    before, product = _product(constant, variable)
    return _guarded(before, _pods(product, batch), runs)


def _guarded(before: str, number: str, runs: str, *, fixed: bool = False) -> str:
    """Return a number as text, ``'0'`` unless a condition holds: that is how a loop is skipped."""
    if not runs:
        return number if fixed else tag(f"={before}string({number})")
    text = f"'{number}'" if fixed else f"string({number})"
    return tag(f"={before}{runs} ? {text} : '0'")


def pods_of_input(name: str, batch: int = 1) -> str:
    """Return the number of pods for the splits that an input parameter counts.

    >>> pods_of_input("splits")
    '{{=string(max(1, int(inputs.parameters.splits)))}}'
    """
    count = f"int({term('inputs', 'parameters', name)})"
    return tag(f"=string({_pods(count, batch)})")


def _pods(product: str, batch: int) -> str:
    if batch == 1:
        return f"max(1, {product})"
    product = f"({product})" if " ? " in product and not product.startswith("(") else product
    return f"max(1, int(ceil({product} / {batch})))"


def _divide(lengths: Sequence[int | Length]) -> tuple[int, list[Length]]:
    """Return the product of the constants and the other lengths; nothing of them is left where one length is 0."""
    constant = prod(length for length in lengths if isinstance(length, int))
    return constant, [length for length in lengths if isinstance(length, Length)] if constant else []


def _product(constant: int, lengths: Sequence[Length]) -> tuple[str, str]:
    """Return the product as an expression, and the text before it: a name for each source that is read more than once."""
    uses: dict[str, int] = {}
    for length in lengths:
        uses[length.source] = uses.get(length.source, 0) + length.reading.count("@")
    letters = _names()
    names = {source: next(letters) for source, count in uses.items() if count > 1}
    before = "".join(f"let {name} = fromJSON({source}); " for source, name in names.items())
    terms = [length.reading.replace("@", names.get(length.source, f"fromJSON({length.source})")) for length in lengths]
    factors = [str(constant), *terms] if constant != 1 else terms
    if len(factors) > 1:
        factors = [f"({factor})" if " ? " in factor else factor for factor in factors]
    return before, " * ".join(factors)


def _names() -> Iterator[str]:
    round_ = 0
    while True:
        yield from (f"{letter}{round_ or ''}" for letter in string.ascii_lowercase)
        round_ += 1
