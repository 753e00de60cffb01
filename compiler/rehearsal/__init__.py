"""Execute a workflow on this machine as Argo would; refuse unknown fields rather than guess.

Nothing of the emitter or of its blocks may be imported here: a rehearsal is to find their mistakes.
"""

from laminar.compiler.rehearsal.documents import Workflow, read, workflows
from laminar.compiler.rehearsal.pods import Mount, Outcome, Pod, RunPod
from laminar.compiler.rehearsal.refusal import Refused
from laminar.compiler.rehearsal.rehearsal import rehearse, rehearse_workflow
from laminar.compiler.rehearsal.trace import Node, Trace

__all__ = [
    "Mount",
    "Node",
    "Outcome",
    "Pod",
    "Refused",
    "RunPod",
    "Trace",
    "Workflow",
    "read",
    "rehearse",
    "rehearse_workflow",
    "workflows",
]
