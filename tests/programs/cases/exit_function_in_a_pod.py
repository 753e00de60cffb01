# Situation: a layer registers an exit function, in a pod.
# Expected: FLUSHED is printed.
import atexit
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        atexit.register(print, "FLUSHED", flush=True)
        print("layer", flush=True)
if flow := Train():
    flow()
