"""Parse and evaluate the expressions of Argo's ``{{=...}}``: expr-lang with Argo's additions.

The package uses nothing of the emitter, so that a second reader judges its expressions.
"""

from laminar.compiler.argo.expressions.evaluator import evaluate
from laminar.compiler.argo.expressions.functions import FUNCTIONS, SPRIG, Function
from laminar.compiler.argo.expressions.nodes import (
    Array,
    Binary,
    Call,
    Closure,
    Conditional,
    ExprError,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pointer,
    Sequence,
    Slice,
    Unary,
)
from laminar.compiler.argo.expressions.parser import parse
from laminar.compiler.argo.expressions.references import Reference, problems, references

__all__ = [
    "FUNCTIONS",
    "SPRIG",
    "Array",
    "Binary",
    "Call",
    "Closure",
    "Conditional",
    "ExprError",
    "Function",
    "Let",
    "Literal",
    "Map",
    "Member",
    "Name",
    "Node",
    "Pointer",
    "Reference",
    "Sequence",
    "Slice",
    "Unary",
    "evaluate",
    "parse",
    "problems",
    "references",
]
