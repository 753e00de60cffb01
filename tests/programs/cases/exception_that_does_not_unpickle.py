# Situation: an exception that pickles but does not unpickle.
# Expected: a clear failure that names the exception; no hang.
from laminar import Flow, Layer

class Bad(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code

class Train(Flow): ...

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        raise Bad(7, "no more")

if flow := Train():
    flow()
