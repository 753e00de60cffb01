"""Write flows in Python, run them on a laptop, compile them to Argo Workflows."""

from laminar.components import Execution, Flow, Layer, Parameters
from laminar.components import runtime as _runtime
from laminar.program import random_generators as _random_generators
from laminar.program import uncaught_error as _uncaught_error
from laminar.runtime import LocalRuntime as _LocalRuntime

__version__ = "0.1.0"

__all__ = ["Execution", "Flow", "Layer", "Parameters", "__version__"]

_runtime.install(_LocalRuntime())
_random_generators.install()
_uncaught_error.install()
