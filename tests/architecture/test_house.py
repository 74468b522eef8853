"""The house measures and laws (docs/architecture.md), read from the source with `ast`.

Direction of imports is for `make check`; here are size, cycles and habits. The measures are
printed.
"""

from __future__ import annotations

import ast
import os
import re
from functools import cache
from pathlib import Path
from statistics import mean, median

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("activitypub", "storage", "fedserver")
MOST_LINES, MOST_FUNCTION = 600, 60
MOST_ARROWS, MEAN_ARROWS = 12, 3.5
COMPOSITION = {"fedserver.node"}  # puts everything together, so it knows everything
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "util", "helper"}
TEXT = (".py", ".md", ".toml", ".html", ".css", ".js", ".txt", ".mako")


@cache
def sources() -> dict[str, ast.Module]:
    """Shipped modules by dotted name; migrations are data."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "versions" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                found[name] = ast.parse(path.read_text())
    return found


def imports(name: str, tree: ast.Module) -> set[str]:
    """Modules of ours that a module imports, wherever the statement stands."""
    known = sources()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
    return {each for each in found if each in known and each != name}


@cache
def graph() -> dict[str, set[str]]:
    return {name: imports(name, tree) for name, tree in sources().items()}


def cycles(arrows: dict[str, set[str]]) -> list[str]:
    """Modules that can be reached from themselves."""
    remaining = {name: set(targets) for name, targets in arrows.items()}
    while free := [name for name, targets in remaining.items() if not targets]:
        for name in free:
            del remaining[name]
        for targets in remaining.values():
            targets.difference_update(free)
    return sorted(remaining)


@cache
def functions() -> dict[str, int]:
    """Lines of each function."""
    return {
        f"{name}.{node.name}:{node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@cache
def lines() -> dict[str, int]:
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "versions" not in path.parts:
                found[str(path.relative_to(ROOT))] = len(path.read_text().splitlines())
    return found


def test_no_import_cycles_of_any_kind() -> None:
    assert cycles(graph()) == []


def test_files_and_functions_stay_short() -> None:
    assert {name: size for name, size in lines().items() if size > MOST_LINES} == {}
    assert {name: size for name, size in functions().items() if size > MOST_FUNCTION} == {}


def test_doors_name_nothing_but_their_own_rooms() -> None:
    """A package's `__init__` is its table of contents; that is why its arrows are not counted."""
    for door in doors():
        package = door.removesuffix(".tables")
        assert all(target.startswith(f"{package}.") for target in graph()[door]), door


@cache
def doors() -> set[str]:
    """Packages, and the one other file that only lists what its package holds: the tables."""
    packages = {name for name in sources() if (ROOT / name.replace(".", "/") / "__init__.py").exists()}
    return packages | {"storage.schema"}


def test_modules_know_few_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Every arrow but those from a door into its own package counts, arrows to doors too."""
    counted = {name: len(targets) for name, targets in graph().items() if name not in doors()}
    sizes = [size for size in lines().values() if size > 3]
    with capsys.disabled():
        print(f"\nmodules {len(sources())} ({len(doors())} doors), cycles {len(cycles(graph()))}")
        print(f"arrows a module: mean {mean(counted.values()):.2f}, most but node ", end="")
        print(max((count, name) for name, count in counted.items() if name not in COMPOSITION))
        print(f"files: median {median(sizes):.0f} lines, largest {max(sizes)}")
        print(f"functions: median {median(functions().values()):.0f} lines, ", end="")
        print(f"largest {max(functions().values())}")
    assert {n: c for n, c in counted.items() if c > MOST_ARROWS and n not in COMPOSITION} == {}
    assert mean(counted.values()) <= MEAN_ARROWS
    assert 60 <= median(sizes) <= 120


def test_no_imports_inside_functions_and_none_for_types_only() -> None:
    wrong = []
    for name, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                wrong += [name for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
            if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
                wrong.append(name)
    assert wrong == []


def test_only_storage_knows_the_database_library() -> None:
    wrong = [
        name
        for name, tree in sources().items()
        if not name.startswith("storage")
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").split(".")[0] in ("sqlalchemy", "alembic")
        )
        or (isinstance(node, ast.Import) and any(a.name.startswith("sqlalchemy") for a in node.names))
    ]
    assert wrong == []


def httpsig_names(tree: ast.Module) -> set[str]:
    """Everything of httpsig that a module names, however it imports it; attributes by their last word."""
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
def test_the_watch_over_httpsig_sees_every_way_in(line: str) -> None:
    assert httpsig_names(ast.parse(line)) - {"httpsig.utils"}


def test_the_dangerous_part_of_httpsig_is_never_named() -> None:
    named = {name: found for name, tree in sources().items() if (found := httpsig_names(tree))}
    assert named == {"activitypub.signatures.httpsig_parts": {"httpsig.utils"}}


def test_names_are_the_fields_and_modules_say_what_they_are_for() -> None:
    for name, tree in sources().items():
        assert name.rpartition(".")[2] not in FORBIDDEN_NAMES, name
        assert ast.get_docstring(tree), f"{name} has no docstring"


def test_package_files_hold_nothing_but_words() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("__init__.py"):
            kinds = {type(node) for node in ast.parse(path.read_text()).body}
            assert kinds <= {ast.Expr, ast.Assign, ast.ImportFrom}, path


def test_nothing_committed_names_this_machine() -> None:
    machine, shared = "/wo" + "rk/", ".." + "/shared"
    registries = [".".join(("files", "pythonhosted", "org")), ".".join(("pypi", "org")) + "/simple"]
    made = {".venv", ".git", "data", ".mypy_cache", ".ruff_cache", ".pytest_cache", "build", "dist"}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in made | {"node_modules", "__pycache__"}]
        for path in (Path(folder) / name for name in names if name.endswith(TEXT)):
            text = path.read_text(errors="replace")
            for word in (machine, shared, *registries):
                assert word not in text, f"{path} holds {word}"


def test_cited_specs_are_in_the_index() -> None:
    index = (ROOT / "docs" / "specs.md").read_text()
    missing = set()
    for tree in sources().values():
        for cited in re.findall(r"RFC \d+|FEP-[0-9a-f]{4}", ast.get_docstring(tree) or ""):
            if cited not in index:
                missing.add(cited)
    assert missing == set()
