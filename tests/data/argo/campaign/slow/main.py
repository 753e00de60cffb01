from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry, Secret, Volume
import os, sys, time, signal
from dataclasses import replace

class Slow(Flow): ...
@Slow.register
class A(Layer):
    def __call__(self): self.shard(rows=range(4)); self.a = 1
@Slow.register(foreach=ForEach([Parameter(A, "rows")]))
class B(Layer):
    def __call__(self, a: A):
        for i in range(25): time.sleep(0.01)
        self.b = a.rows * 2
        self.shard(big=(os.urandom(10) * 0 + bytes([a.rows]) * 20000 for _ in range(20)))
@Slow.register
class C(Layer):
    def __call__(self, b: B): self.c = sum(b.b); self.n = sum(map(len, b.big))
if flow := Slow(): flow()
