from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry, Secret, Volume
import os, sys, time, signal
from dataclasses import replace

class Timeout(Flow): ...
@Timeout.register(container=Container(timeout=2), retry=Retry(attempts=2, delay=1))
class Slow(Layer):
    def __call__(self):
        if self.attempt == 1: time.sleep(300)
        self.at = self.attempt
@Timeout.register(container=Container(timeout=1))
class Never(Layer):
    def __call__(self): time.sleep(300)
@Timeout.register
class Free(Layer):
    def __call__(self, slow: Slow): self.x = slow.at
if flow := Timeout(): flow()
