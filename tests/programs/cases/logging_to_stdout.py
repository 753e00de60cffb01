# Situation: logging set up at the top with stream=sys.stdout.
# Expected: the layer's log line is shown as the layer's output.
import logging
import sys
from laminar import Flow, Layer

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("train")

class Train(Flow): ...

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        log.info("fitting now")
        self.x = 1

if flow := Train():
    e = flow()
    print("x", e.layer(Fit).x)
