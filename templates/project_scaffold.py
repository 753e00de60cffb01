"""Build the files of a new project: a flow, its tests, settings, image, rights and checks of CI."""

from __future__ import annotations

from importlib import resources

__all__ = ["PROGRAM", "WORKFLOW", "files"]

PROGRAM = "train.py"
"""Path of the program in the project."""
WORKFLOW = "train.yaml"
"""Path of the workflow that the program compiles to; it is compiled, and no file of the scaffold."""

PATHS = {
    "README.md": "scaffold/README.md.template",
    PROGRAM: "scaffold/train.py.template",
    "tests/test_train.py": "scaffold/test_train.py.template",
    "pyproject.toml": "scaffold/pyproject.toml.template",
    "requirements.txt": "scaffold/requirements.txt.template",
    "Dockerfile": "Dockerfile",
    ".dockerignore": "scaffold/dockerignore.template",
    "deploy/rbac.yaml": "rbac.yaml",
    "deploy/rbac-people.yaml": "rbac-people.yaml",
    ".github/workflows/ci.yaml": "scaffold/ci.yaml.template",
    ".gitignore": "scaffold/gitignore.template",
}
"""Files of a project with the files that they are made of."""


def files(name: str) -> dict[str, str]:
    """Return the texts of a project's files by their paths; ``name`` is the project's.

    >>> files("churn")["README.md"].splitlines()[0]
    '# churn'
    """
    folder = resources.files("laminar.templates")
    texts = {path: folder.joinpath(source).read_text(encoding="utf-8") for path, source in PATHS.items()}
    return {path: text.replace("PROJECT", name) if path in NAMED else text for path, text in texts.items()}


NAMED = ("README.md", "pyproject.toml")
"""Files in which PROJECT is the name of the project; in the Dockerfile it is a word of a comment."""
