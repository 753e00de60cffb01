"""Hold the classes of the DSL: a class a file."""

from laminar.components.execution import Execution
from laminar.components.flow import Flow
from laminar.components.layer import Layer
from laminar.components.parameters import Parameters

__all__ = ["Execution", "Flow", "Layer", "Parameters"]
