"""What must not be named: the dangerous part of a library, and this machine."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, SourceTree

TEXT = (".py", ".md", ".toml", ".html", ".css", ".js", ".txt", ".mako")


def httpsig_names(tree: ast.Module) -> set[str]:
    """Return what a module names of httpsig, however it imports it; attributes by their last word."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "httpsig"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "httpsig":
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith("httpsig.")
        ):
            found.add(node.value)
        elif isinstance(node, ast.Attribute | ast.Name):
            word = node.attr if isinstance(node, ast.Attribute) else node.id
            if word in ("HeaderVerifier", "Verifier"):
                found.add(word)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "import httpsig",
        "import httpsig.verify",
        "from httpsig import verify",
        "from httpsig import HeaderVerifier as h",
        "from httpsig.verify import Verifier",
        "import importlib; importlib.import_module('httpsig.verify')",
    ],
)
def test_httpsig_names_sees_each_way_to_import(line: str) -> None:
    assert httpsig_names(ast.parse(line)) - {"httpsig.utils"}


def test_httpsig_is_named_in_one_module_and_without_its_verifier() -> None:
    named = {
        name: found for name, tree in SourceTree.load().modules.items() if (found := httpsig_names(tree))
    }
    assert named == {"activitypub.signatures.httpsig_parts": {"httpsig.utils"}}


def test_committed_files_do_not_name_this_machine() -> None:
    machine, shared = "/wo" + "rk/", ".." + "/shared"
    registries = [".".join(("files", "pythonhosted", "org")), ".".join(("pypi", "org")) + "/simple"]
    made = {".venv", ".git", "data", ".mypy_cache", ".ruff_cache", ".pytest_cache", "build", "dist"}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in made | {"node_modules", "__pycache__"}]
        for path in (Path(folder) / name for name in names if name.endswith(TEXT)):
            text = path.read_text(errors="replace")
            for word in (machine, shared, *registries):
                assert word not in text, f"{path} holds {word}"
