# Situation: Local("~/x"), Local(Path), S3 without credentials or network.
# Expected: home folder (or an error), works, an error within seconds.
import pathlib, sys
from laminar import Flow, Layer
from laminar.configurations.datastores import Local, AWS
class Train(Flow): ...
@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = 1
store = {"tilde": lambda: Local("~/case-store"), "path": lambda: Local(pathlib.Path("here")), "s3": lambda: AWS.S3("s3://case-store-bucket/p")}[sys.argv[1]]()
if flow := Train(datastore=store):
    e = flow()
    print("x", e.layer(Fit).x)
