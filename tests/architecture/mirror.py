"""Law 11: a noun of the domain has table, rows, queries and tests under the same context."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from tests.architecture.laws import CONTEXTS
from tests.architecture.source_tree import SourceTree

Check = Callable[[SourceTree], list[str]]
# Tests of several floors together, and what they are built from, stand beside the floors.
FOLDERS_BESIDE = {"architecture", "faults", "journeys", "kit", "peers"}
# The kernel holds errors, jobs and events that all contexts use; it has no behaviour to test by itself.
WITHOUT_TESTS = {"kernel"}


def map_nouns(tree: SourceTree, floor: str) -> dict[str, str]:
    """Return the context of each noun of a floor: `likes` of the domain is in `posts`."""
    nouns = {}
    for name in tree.below(floor):
        parts = name.removeprefix(f"{floor}.").split(".")
        if name not in tree.packages and len(parts) == 2:
            nouns[parts[1]] = parts[0]
    return nouns


def map_tables(tree: SourceTree) -> dict[str, str]:
    """Return the context of each table: `likes` is in `posts`."""
    return {
        name.id: module.rpartition(".")[2]
        for module in tree.below("storage.tables")
        if module.rpartition(".")[2] in CONTEXTS
        for node in tree.modules[module].body
        if isinstance(node, ast.Assign)
        for name in node.targets
        if isinstance(name, ast.Name)
    }


def find_misplaced_nouns(tree: SourceTree) -> list[str]:
    """Return modules that are not in the context of the table of their name,
    and queries that are not in the context of the domain module of their name.
    """
    domain, queries, tables = (
        map_nouns(tree, "fedserver.domain"),
        map_nouns(tree, "storage.queries"),
        map_tables(tree),
    )
    return [
        f"{floor}.{context}.{noun}: belongs in {homes[noun]}"
        for floor, nouns, homes in (
            ("storage.queries", queries, tables),
            ("storage.queries", queries, domain),
            ("fedserver.domain", domain, tables),
        )
        for noun, context in nouns.items()
        if homes.get(noun, context) != context
    ]


def find_incomplete_contexts(tree: SourceTree) -> list[str]:
    """Return contexts that have tables without rows, queries or a domain, or one of those for no context."""
    breaches = []
    tables = {name.rpartition(".")[2] for name in tree.below("storage.tables")} & set(CONTEXTS)
    for context in sorted(tables):
        for place in ("storage.rows", "storage.queries", "fedserver.domain"):
            if f"{place}.{context}" not in tree.texts:
                breaches.append(f"storage.tables.{context}: nothing at {place}.{context}")
    for name in tree.below("storage.rows"):
        context = name.rpartition(".")[2]
        if context in CONTEXTS and context not in tables:
            breaches.append(f"{name}: nothing at storage.tables.{context}")
    return breaches


def find_misplaced_tests(tree: SourceTree, tests: Iterable[str]) -> list[str]:
    """Return test files whose folder is none of the source, and tests of a noun in another context.

    `tests` are paths below `tests/`: `domain/posts/test_polls.py`.
    """
    breaches = []
    domain = map_nouns(tree, "fedserver.domain")
    for path in tests:
        folders, noun = PurePosixPath(path).parts[:-1], PurePosixPath(path).stem.removeprefix("test_")
        if not folders or folders[0] in FOLDERS_BESIDE:
            continue
        dotted = ".".join(folders)
        if dotted not in tree.texts and f"fedserver.{dotted}" not in tree.texts:
            breaches.append(f"tests/{path}: no folder {'/'.join(folders)} in the source")
        elif folders[0] == "domain" and domain.get(noun, folders[-1]) != folders[-1]:
            breaches.append(f"tests/{path}: belongs in {domain[noun]}")
    return breaches


def find_untested_contexts(tests: Iterable[str]) -> list[str]:
    """Return contexts for which no test file stands, on whatever floor."""
    tested = {folder for path in tests for folder in PurePosixPath(path).parts[:-1]}
    return [context for context in CONTEXTS if context not in tested | WITHOUT_TESTS]
