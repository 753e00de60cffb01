"""Draw plans with hypothesis: any graph, fan-outs over any of it, containers and text as users write them."""

from __future__ import annotations

import shlex

from hypothesis import strategies as st

from laminar.compiler.ir import Factor, FanOut, Plan, Pod, Task
from laminar.configurations.layers import Retry, Secret, Volume
from tests.support.plans import chain, pod

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,70}", fullmatch=True) | st.sampled_from(
    ["nil", "let", "true", "matches", "_", "__", "Größe", "数据", "y", "No", "A" * 150, "A_B", "Å", "layer", "main"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).filter(
    lambda text: "{{" not in text
)
TRAPS = st.sampled_from(
    ["1e3", "0o17", "08", "yes", "null", "~", "1:30", "a: b", "a #b", "\u0085", "\u2028x", "x\n\ny\n", "$(A)$$"]
)
LABELS = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True)
OBJECTS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
VALUES = TEXTS | TRAPS


def pods() -> st.SearchStrategy[Pod]:
    """Draw containers that the checker takes."""
    sources = st.sampled_from(["claim", "secret", "config_map", "host_path", "empty_dir"])
    return st.builds(
        pod,
        image=st.sampled_from(["laminar:latest", "a/b@sha256:" + 16 * "1e30"]),
        command=st.just("python") | st.builds(command, st.sampled_from(["main.py", "a b.py", "0x1"]), st.lists(VALUES, max_size=3)),
        cpu=st.floats(0.001, 96),
        memory=st.integers(1, 10**6),
        gpu=st.integers(0, 2),
        env=st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), VALUES, max_size=2),
        secrets=st.dictionaries(st.just("s1"), st.builds(Secret, OBJECTS, LABELS), max_size=1),
        volumes=st.lists(st.tuples(sources, OBJECTS), max_size=3).map(volumes),
        labels=st.dictionaries(LABELS, LABELS, max_size=2),
        annotations=st.dictionaries(LABELS, VALUES, max_size=2),
        timeout=st.none() | st.floats(0.1, 1e6),
        retry=st.builds(Retry, attempts=st.integers(1, 9), delay=st.floats(0, 1e4), backoff=st.floats(0, 9)),
    )


def command(program: str, arguments: list[str]) -> str:
    return shlex.join(["python", program, *arguments])


def volumes(drawn: list[tuple[str, str]]) -> list[Volume]:
    return [
        Volume(f"/mnt/{place}", **{kind: f"/{name}" if kind == "host_path" else place if kind == "empty_dir" else name})
        for place, (kind, name) in enumerate(drawn)
    ]


@st.composite
def flows(draw: st.DrawFn, some: list[Pod], parameters: list[str]) -> list[Task]:
    """Draw the tasks of a flow."""
    made: dict[str, Task] = {}
    for layer in draw(st.lists(NAMES, min_size=1, max_size=6, unique=True)):
        needs = [name for name in made if draw(st.booleans())]
        fan_out = draw(fan_outs([made[name] for name in needs], parameters)) if draw(st.booleans()) else None
        pod = draw(st.sampled_from(some))
        if fan_out and pod.program is None:
            fan_out = fan_out.but(batch=1)
        made[layer] = Task(layer=layer, name=layer, needs=tuple(needs), fan_out=fan_out, pod=pod, where="main.py:1")
    return list(made.values())


@st.composite
def fan_outs(draw: st.DrawFn, sources: list[Task], parameters: list[str]) -> FanOut | None:
    """Draw a fan-out over some of the sources and parameters, if there are any."""
    choices = [*((task.layer, task.fan_out) for task in sources), *(("Parameters", None) for _ in parameters[:1])]
    if not choices:
        return None
    factors = []
    for layer, source in draw(st.lists(st.sampled_from(choices), min_size=1, max_size=3)):
        attribute = draw(st.sampled_from(parameters) if layer == "Parameters" else st.sampled_from(["rows", "y", "größe", "let"]))
        split = draw(st.none() | st.integers(0, 99)) if source else None
        length = draw(st.none() | st.integers(0, 30))
        factors.append(
            Factor(
                layer=layer,
                attribute=attribute,
                fan_out=bool(source),
                split=split,
                batch=source.batch if source else 1,
                length=length,
            )
        )
    return FanOut(factors=tuple(factors), batch=draw(st.integers(1, 7)), parallelism=draw(st.none() | st.integers(1, 5)))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan of up to three flows."""
    names = draw(st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,15}", fullmatch=True), min_size=1, max_size=3))
    parameters = draw(st.dictionaries(st.from_regex(r"[a-z_-][a-z0-9_-]{0,5}", fullmatch=True), VALUES, max_size=3))
    parameters.pop("json", None)
    some = draw(st.lists(pods(), min_size=1, max_size=3))
    known = list(parameters)
    return chain(
        *((name, draw(flows(some, known))) for name in names),
        parameters={name: f'"{len(value)}"' for name, value in parameters.items()},
        execution=draw(st.none() | st.sampled_from(["1e3", "nightly", "$(x)"])),
        chain=draw(st.integers(1, 2)),
    )
