"""Each error in docs/reference/errors.md is provoked, and has the text of the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "errors.md"

HEAD = """
from dataclasses import replace
from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations import hooks, serde
from laminar.configurations.datastores import AWS, Local, Memory, open_store
from laminar.configurations.executors import Docker, Process, Thread
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry, Volume
from laminar.elements import every, one

class Train(Flow): ...

@Train.register
class Read(Layer):
    rows: object
    late: object
    def __call__(self) -> None:
        self.shard(rows=[1, 2])

def made(flow=Train):
    return flow(datastore=Memory(), executor=Thread())

def run(flow=Train, **parameters):
    return made(flow)(**parameters)

def running(do):
    "Run a layer that does this."
    @Train.register
    class Fit(Layer):
        def __call__(self, read: Read) -> None:
            do(self)
    return run()
"""


def fit(body: str) -> str:
    """Return a case with a layer that has this in its class."""
    return f"@Train.register\nclass Fit(Layer):\n    {body}\nrun()"


CASES: dict[str, str] = {
    # a flow's definition
    "Flow '…' has no layers.": "class Empty(Flow): ...\nrun(Empty)",
    "Flow '…' registers two layers named '…'.": "Train.register(type('Read', (Layer,), {'__qualname__': 'Other.Read'}))",
    "Flow '…' registers layer '…' twice.": "Train.register(Read)",
    "Flow '…' inherits two layers named '…'.": "class Base(Flow): ...\n"
    "@Base.register\nclass Read(Layer):\n    __qualname__ = 'Base.Read'\nclass Both(Train, Base): ...\nrun(Both)",
    "Flow '…' has a layer 'Parameters' already.": "Train.register(type('Parameters', (Layer,), {}))",
    "Flow '…' registers no layer '…'.": "made().layer('Raed')",
    "Flow '…' keeps its data in this process's memory, which executor … cannot reach.": "Train(datastore=Memory())",
    "….register has no option '…'.": "Train.register(retires=Retry())",
    "….register takes …=…(...), not ….": "Train.register(retry=3)",
    "….register takes a layer or options, not both.": "Train.register(Read, retry=Retry())",
    "….register decorates a subclass of Layer, not ….": "Train.register(3)",
    "Layer '…' defines '…', a name that every layer uses itself.": "class Fit(Layer):\n    index = 1",
    "Parameter '…' of … has no annotation, so it is unknown which layer it is.": "@Train.register\nclass Fit(Layer):\n"
    "    def __call__(self, read): ...\nrun()",
    "Layer '…' reads layer '…', which flow '…' does not register.": "class Other(Layer): ...\n@Train.register\nclass Fit(Layer):\n"
    "    def __call__(self, other: Other): ...\nrun()",
    "Parameter '…' of … is annotated '…', which is no layer of flow '…'.": "@Train.register\nclass Fit(Layer):\n"
    "    def __call__(self, read: int): ...\nrun()",
    "… takes keyword-only parameters.": "@Train.register\nclass Fit(Layer):\n    def __call__(self, *, read: Read): ...\nrun()",
    "….__call__ takes …: it is unknown which layers these are.": fit("def __call__(self, *reads: Read): ..."),
    "….__call__ is decorated: … hides its parameters and their annotations.": fit(
        "__call__ = (lambda f: lambda *args: f(*args))(len)"
    ),
    "….__call__ is declared async: calling it would only make a coroutine.": fit("async def __call__(self): ..."),
    "….__call__ yields: calling it would only make a generator.": fit("def __call__(self): yield 1"),
    "….__call__ is a …, which has no layer to set artifacts on.": fit("@staticmethod\n    def __call__(): ..."),
    "Layer '…' has no __call__, so nothing calls its method '…'.": fit("def call(self, read: Read): ..."),
    "Hook … is declared async: calling it would only make a coroutine.": fit("@hooks.entry\n    async def check(self): ..."),
    "ForEach of layer '…' iterates over parameter '…', a …, which has no …": "@Train.register("
    "foreach=ForEach([Parameter(Parameters, 'rates')]))\nclass Fit(Layer): ...\nrun(rates={1, 2})",
    "Layers of flow '…' depend on each other in a cycle: … (each reads the next).": "@Train.register\nclass Fit(Layer):\n"
    "    def __call__(self, fit: 'Fit'): ...\nrun()",
    "ForEach of layer '…' iterates over layer '…', which flow '…' does not register.": "@Train.register("
    "foreach=ForEach([Parameter('Raed', 'rows')]))\nclass Fit(Layer): ...\nrun()",
    "ForEach of layer '…' iterates over …, which … never sets.": "@Train.register(foreach=ForEach([Parameter(Read, 'row')]))\n"
    "class Fit(Layer): ...\nrun()",
    "ForEach of layer '…' iterates over …, and … is a fan-out itself: it is unknown which of its splits.": "@Train.register("
    "foreach=ForEach([Parameter(Read, 'rows')]))\nclass Fit(Layer):\n    model: int\n"
    "@Train.register(foreach=ForEach([Parameter(Fit, 'model')]))\nclass Score(Layer): ...\nrun()",
    "ForEach of layer '…' iterates over split … of …, which is no fan-out.": "@Train.register("
    "foreach=ForEach([Parameter(Read, 'rows', index=1)]))\nclass Fit(Layer): ...\nrun()",
    "ForEach of layer '…' iterates over parameter '…', which flow '…' is not called with.": "@Train.register("
    "foreach=ForEach([Parameter(Parameters, 'rate')]))\nclass Fit(Layer): ...\nrun(rates=[1])",
    "Flow '…' is called with parameter '…', a name that every layer uses itself.": "run(index=1)",
    "Linker to flow '…' returned …, not Parameters.": "run().next(flow=made(), linker=lambda execution: {})",
    "next() takes linker=a function of the execution, not ….": "run().next(flow=made(), linker=3)",
    "… concurrency must be a whole number of at least 1, not ….": "Process(concurrency=0)",
    "Executor Thread has a timeout, and a thread cannot be stopped.": "Thread(timeout=1)",
    "Layer '…' has a timeout, and a thread cannot be stopped.": "@Train.register(container=Container(timeout=1))\n"
    "class Fit(Layer): ...\nrun()",
    "Catch expects exception classes, not ….": "Catch(3)",
    "ForEach parameters must be a list of at least one Parameter, not ….": "ForEach([])",
    "Retry attempts must be a whole number of at least 1, not ….": "Retry(attempts=0)",
    "Container cpu must be a positive number of cores, not ….": "Container(cpu=0)",
    "Container timeout must be a positive number of seconds, or a duration, not ….": "Container(timeout=-1)",
    "Container has no option '…'.": "Container(memroy=4000)",
    "Volume rejects its arguments: missing 1 required positional argument: '…'.": "Volume(claim='data')",
    "@entry decorates a method, not ….": "hooks.entry(3)",
    "Volume expects exactly one of claim, secret, config_map, host_path and empty_dir.": "Volume('/data')",
    # inside a layer
    "Layer '…' sets '…', a name that every layer uses itself.": "Read().index = 1",
    "Layer '…' sets '…' on '…', which it only reads: no other layer would see it.": "layer = Read()\n"
    "layer._binding.reader = 'Fit'\nlayer.rows = 1",
    "Layer '…' shards '…': an attribute with a leading underscore is not stored.": "Read().shard(_rows=[])",
    "Layer '…' shards '…' twice.": "layer = Read()\nlayer._binding.shards['rows'] = None\nlayer.shard(rows=[])",
    "Layer '…' has no attribute '…': it was never set, and the layer belongs to no execution.": "Read().rows",
    "Layer '…' has not finished, so '…' cannot be read (…).": "made().execution('one').layer(Read).rows",
    "Layer '…' finished without setting '…' (…).": "run().layer(Read).late",
    "Layer '…' was skipped, so it has no '…' (…).": "@Train.register\nclass Fit(Layer):\n    @hooks.entry\n"
    "    def no(self): return False\nrun().layer(Fit).model",
    "Layer '…' belongs to no execution.": "Read().execution",
    "Layer '…' belongs to no flow.": "Read().flow",
    "This attribute is read whole here, all … elements of it.": "one(run().layer(Read).rows)",
    "This attribute is one value here, of type …, not those of all splits.": "every(3)",
    # a run
    "Layer '…' of flow '…' failed (attempt …): …": "running(lambda layer: 1 / 0)",
    "Layer '…' of flow '…' failed (split … of …, attempt …): …": "@Train.register(foreach=ForEach([Parameter(Read, 'rows')]))\n"
    "class Fit(Layer):\n    def __call__(self): raise KeyError(self.index)\nrun()",
    "Layer '…' of flow '…' failed (attempt …): … hook …: …": "class Hooked(Train):\n    @hooks.execution\n"
    "    def before(self): raise ValueError('gone')\nrun(Hooked)",
    "Layer '…' of flow '…' failed (attempt …): SystemExit: …": "running(lambda layer: exit(3))",
    "Layer '…' of flow '…' failed (attempt …): LayerError: Attribute '…' of layer '…' cannot be stored: …": "def do(layer):\n"
    "    layer.generator = (x for x in ())\nrunning(do)",
    "Flow '…' is started inside a layer.": "from laminar.program import process_state\nprocess_state._worker = True\n"
    "try:\n    made().execution('one').resume()\nfinally:\n    process_state._worker = False",
    "Split … of layer '…' is not finished (…).": "@Train.register(foreach=ForEach([Parameter(Read, 'rows')]))\nclass Fit(Layer):\n"
    "    model = 1\n@Train.register(foreach=ForEach([Parameter(Fit, 'model', index=7)]))\nclass Score(Layer): ...\n"
    "made().execution('one').parameters().execute(layer=made().layer('Score'))",
    "Execution id '…' …: it becomes part of paths.": "run(execution='../../x')",
    "Execution '…' of flow '…' has records already.": "flow = made()\nflow(execution='one')\nflow(execution='one')",
    "There is no execution '…' in …: no id and no workflow's name among … of flow … begins so.": "made().execution('no').resume()",
    "Flow '…' has no layer '…' to run from.": "flow = made()\nflow(execution='one').resume(from_='Reed')",
    "Execution '…' of flow '…' was started with …, and is to be resumed with …: finished layers used the first value.": ""
    "from laminar.local.resumption import check_parameters\nfrom laminar.program.recording import Step\n"
    "check_parameters(Step(made()(n=1)), {'n': 2})",
    "Layer '…' needs '…', which is neither scheduled nor finished in execution '…'.": "@Train.register\nclass Fit(Layer): ...\n"
    "made().execution('one').parameters().schedule(dependencies={'Fit': {'Read'}})",
    "The layers to schedule form a cycle: ….": "made().execution('one').parameters().schedule(dependencies={'Read': {'Read'}})",
    "There is no command '…' on this machine.": "Train(executor=Docker(docker='no-docker'), datastore=Local(folder))()",
    # stored data
    "A Memory datastore cannot leave its process.": "import pickle\npickle.dumps(Memory())",
    "A Local datastore needs a folder.": "Local('')",
    "AWS.S3 expects an s3:// URL, not '…'.": "AWS.S3('bucket/prefix')",
    "The datastore's URL is empty.": "open_store('')",
    "This execution of flow '…' has no id, so no data of it is stored.": "flow = made()\n"
    "flow.configuration.datastore.list_layers(execution=flow.execution())",
    "Artifact … is missing from ….": "import shutil\nflow = Train(datastore=Local(folder), executor=Thread())\n"
    "@Train.register\nclass Fit(Layer):\n    def __call__(self): self.model = bytes(100_000)\n"
    "execution = flow()\nshutil.rmtree(folder + '/artifacts')\nexecution.layer(Fit).model",
    "Artifact … is damaged: ….": "import pathlib\nflow = Train(datastore=Local(folder), executor=Thread())\n"
    "@Train.register\nclass Fit(Layer):\n    def __call__(self): self.model = bytes(100_000)\n"
    "execution = flow()\nfor path in pathlib.Path(folder, 'artifacts').rglob('*'):\n"
    "    if path.is_file():\n        path.chmod(0o600)\n        data = bytearray(path.read_bytes())\n"
    "        data[len(data) // 2] ^= 1\n        path.write_bytes(data)\n"
    "execution.layer(Fit).model",
    "Document … is damaged: ….": "import pathlib\nflow = Train(datastore=Local(folder), executor=Thread())\nflow(execution='one')\n"
    "pathlib.Path(folder, 'Train/executions/one/Read/0.json').write_text('{')\nflow.execution('one').layer(Read).rows",
    "datastore.protocol expects types, not ….": "Memory().protocol(3)",
    "Protocol '…' does not define ….": "Memory().protocol(complex)(type('Half', (serde.Protocol,), {'dumps': repr}))",
    "A value was stored by protocol '…', which is not registered on ….": "store = Local(folder)\n@store.protocol(complex)\n"
    "class Text(serde.Protocol):\n    def dumps(self, value): return repr(value).encode()\n"
    "    def loads(self, data): return complex(data.decode())\n"
    "Local(folder).read(store.write(1j))",
}


def rows() -> list[tuple[str, str, str]]:
    """Return the lines of the page's tables: the exception, its message, its fix."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| `"):
            assert len(cells) == 3, line
            found.append((cells[0].strip("`"), cells[1].strip("`"), cells[2]))
    return found


def pattern(text: str) -> str:
    return re.escape(text).replace("…", "(.|\n)+?")


def test_every_line_of_the_page_has_a_case_and_every_case_a_line():
    assert sorted(says for _, says, _ in rows()) == sorted(CASES)


@pytest.mark.parametrize(("kind", "says", "mend"), rows(), ids=lambda text: text[:60])
def test_a_line_of_the_page_is_what_is_raised(kind, says, mend, tmp_path):
    space: dict[str, Any] = {"__name__": "case", "folder": str(tmp_path / "store")}
    exec(compile(HEAD, "<head>", "exec"), space)
    with pytest.raises(Exception) as raised:
        exec(compile(CASES[says], "<case>", "exec"), space)
    error = raised.value
    assert type(error).__name__ == kind, error
    what = getattr(error, "what", str(error)).split("\n")[0]
    assert re.fullmatch(pattern(says) + ".*" if says.endswith("…") else pattern(says) + "( Did you mean .*)?", what), what
    fix = getattr(error, "fix", "")
    assert mend
    if fix:  # where there is none the error is of the user's own code, or a standard exception
        assert re.fullmatch(pattern(mend.rstrip(". ")), fix.rstrip(". ")), fix
