"""Write flows in Python, run them on a laptop, compile them to Argo Workflows."""

from laminar.components import Execution, Flow, Layer, Parameters
from laminar.components.runtime import install
from laminar.runtime import LocalRuntime

__version__ = "0.1.0"

__all__ = ["Execution", "Flow", "Layer", "Parameters", "__version__"]

install(LocalRuntime())
