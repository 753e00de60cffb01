"""Hold the patterns of names that Argo and Kubernetes allow, for the checks of programs and of documents."""

from __future__ import annotations

import re

__all__ = ["ARTIFACT", "KEY", "LABEL", "OBJECT", "PARAMETER", "TEMPLATE"]

TEMPLATE = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}\Z")
"""A template's, a task's or a step's name (Argo's manifests/base/crds/full, 4.1.2)."""

PARAMETER = re.compile(r"[-a-zA-Z0-9_]+\Z")
"""A parameter's name (Argo's manifests/base/crds/full, 4.1.2)."""

ARTIFACT = re.compile(r"[-a-zA-Z0-9_{}.]+\Z")
"""An artifact's name, which may hold a tag (Argo's manifests/base/crds/full, 4.1.2)."""

OBJECT = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
"""An object's name, a DNS subdomain (Kubernetes' apimachinery/pkg/util/validation, IsDNS1123Subdomain)."""

LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")
"""A label's value (Kubernetes' apimachinery/pkg/util/validation, IsValidLabelValue)."""

KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
"""The key of a label or an annotation (Kubernetes' apimachinery/pkg/util/validation, IsQualifiedName)."""
