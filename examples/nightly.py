"""Make a report each night: the scheduler compiles to a CronWorkflow.

laminar run examples/nightly.py
laminar run examples/nightly.py -p day=2026-01-31
laminar compile examples/nightly.py
laminar deploy examples/nightly.py
"""

from datetime import date, datetime, timedelta, timezone

from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Container
from laminar.configurations.schedulers import Argo

POD = Container(command="python examples/nightly.py", image="laminar-examples:latest", cpu=0.1, memory=128)
NIGHTLY = Argo(schedule="30 2 * * mon-fri", timezone="Europe/Berlin", concurrency_policy="Forbid", failed_history=5)


class Nightly(Flow):
    """Report a day."""

    day: date | None = None
    """Day to report. Without one, it is the day before the run."""


@Nightly.register(container=POD)
class Read(Layer):
    day: date
    visits: int

    def __call__(self, parameters: Parameters) -> None:
        # The layer computes the default, not the program: the program is compiled once, and runs each night.
        self.day = parameters.day or datetime.now(timezone.utc).date() - timedelta(days=1)
        self.visits = 1000 + self.day.toordinal() % 100


@Nightly.register(container=POD)
class Write(Layer):
    text: str

    def __call__(self, read: Read) -> None:
        self.text = f"{read.day}: {read.visits} visits"
        print(self.text)


if flow := Nightly(scheduler=NIGHTLY):
    flow()
