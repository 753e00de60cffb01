"""Read the small languages inside fields: quantities, durations, image references."""

from __future__ import annotations

import re

from laminar.compiler.argo.tags import constant

__all__ = ["is_duration", "is_image", "is_quantity"]

QUANTITY = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(([KMGTPE]i)|[numkMGTPE]|[eE][+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+))?\Z")
"""The pattern of Kubernetes' resource.Quantity, as in Argo's custom resource definitions (manifests/base/crds/full, 4.1.2)."""

DURATION = re.compile(
    r"[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*)\Z"
)
"""Durations that Go's time.ParseDuration reads."""

HOST = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:{HOST}/)?{NAME}(?:/{NAME})*(?::\w[\w.-]{{0,127}})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{{32,}})?\Z",
    re.ASCII,
)
"""The grammar of an image reference (distribution/reference, regexp.go), which the kubelet parses."""


def is_quantity(value: object) -> bool:
    """Return whether Kubernetes reads a value as a quantity; a tag may stand for a number.

    >>> [is_quantity(value) for value in ("64Mi", "500m", 1, 0.5, "64mb", "1 Gi", "{{inputs.parameters.mem}}Mi")]
    [True, True, True, True, False, False, True]
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    return QUANTITY.match(constant(str(value), "1")) is not None


def is_duration(text: str, *, seconds: bool) -> bool:
    """Return whether Go reads a text as a duration; ``seconds`` allows a bare number of them.

    >>> [is_duration(text, seconds=True) for text in ("10s", "2m30s", "10", "10 s", "1d", "{{x}}")]
    [True, True, True, False, False, True]
    >>> is_duration("10", seconds=False)
    False
    """
    if "{{" in text:
        return True
    return DURATION.match(text) is not None or (seconds and re.fullmatch(r"[+-]?[0-9]+", text) is not None)


def is_image(text: str) -> bool:
    """Return whether a text names an image.

    >>> [is_image(text) for text in ("alpine:3.20", "ghcr.io:443/a/b_c@sha256:" + 32 * "0", "My/App", "alpine 3", "a{{x}}:{{y}}")]
    [True, True, False, False, True]
    """
    return IMAGE.match(constant(text, "x")) is not None
