"""The source as the laws see it: modules, what they import, their functions; read once with `ast`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("addresses", "activitypub", "storage", "fedserver")
LOADERS = {"import_module", "on_demand", "find_spec"}  # a name of ours given to one of these is an import


@dataclass(frozen=True)
class SourceTree:
    """Shipped modules by dotted name. Revisions of the schema are data, not code."""

    texts: dict[str, str]
    packages: frozenset[str] = frozenset()
    planted: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path = ROOT) -> SourceTree:
        """Read the tree under `root`."""
        texts, packages = {}, set()
        for package in PACKAGES:
            for path in (root / package).rglob("*.py"):
                if "versions" in path.parts:
                    continue
                name = ".".join(path.relative_to(root).with_suffix("").parts)
                if name.endswith(".__init__"):
                    name = name.removesuffix(".__init__")
                    packages.add(name)
                texts[name] = path.read_text(encoding="utf-8")
        return cls(texts, frozenset(packages))

    def plant(self, name: str, text: str) -> SourceTree:
        """Return a tree that also holds the module `name`, or holds it with another text."""
        return SourceTree({**self.texts, name: text}, self.packages)

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """The parsed modules."""
        return {name: _parse(text) for name, text in self.texts.items()}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """For each module, the modules of ours that it imports, wherever and however it does so."""
        return {name: self._imports_of(name) for name in self.texts}

    def _imports_of(self, name: str) -> set[str]:
        found = set()
        for node in ast.walk(self.modules[name]):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    found.add(inner if inner in self.texts else node.module)
            elif isinstance(node, ast.Call) and _get_called_name(node) in LOADERS:
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
        return {module for module in found if module in self.texts and module != name}

    def below(self, package: str) -> list[str]:
        """Return the modules inside `package`, itself included."""
        return [name for name in self.texts if name == package or name.startswith(f"{package}.")]

    @cached_property
    def functions(self) -> dict[str, int]:
        """The number of lines of each function."""
        return {
            f"{name}.{node.name}:{node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
            for name, tree in self.modules.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }


_parsed: dict[str, ast.Module] = {}


def _parse(text: str) -> ast.Module:
    # A tree with one planted module shares all others with the real one.
    if text not in _parsed:
        _parsed[text] = ast.parse(text)
    return _parsed[text]


def _get_called_name(node: ast.Call) -> str:
    """Return the last word of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))
