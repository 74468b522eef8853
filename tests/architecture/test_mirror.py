"""Storage and tests have the contexts of the domain; each check is seen to find a planted breach."""

from __future__ import annotations

import pytest

from tests.architecture import mirror
from tests.architecture.source_tree import ROOT, SourceTree

DOC = '"""Planted."""\n'
TREE = SourceTree.load()
TESTS = [path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")]


@pytest.mark.parametrize(
    "check",
    [mirror.find_misplaced_nouns, mirror.find_incomplete_contexts],
    ids=lambda check: check.__name__,
)
def test_storage_mirrors_the_domain(check: mirror.Check) -> None:
    assert check(TREE) == []


def test_tests_mirror_the_source() -> None:
    assert mirror.find_misplaced_tests(TREE, TESTS) == []
    assert mirror.find_untested_contexts(TESTS) == []


@pytest.mark.parametrize(
    ("module", "home"),
    [
        ("storage.queries.peers.likes", "posts"),  # a table has this name
        ("storage.queries.peers.archives", "portability"),  # a module of the domain has it
        ("fedserver.domain.peers.likes", "posts"),
    ],
)
def test_misplaced_nouns_with_a_noun_elsewhere_reports_it(module: str, home: str) -> None:
    assert f"{module}: belongs in {home}" in mirror.find_misplaced_nouns(TREE.plant(module, DOC))


def test_incomplete_contexts_without_queries_reports_it() -> None:
    texts = {name: text for name, text in TREE.texts.items() if not name.startswith("storage.queries.peers")}
    breaches = mirror.find_incomplete_contexts(SourceTree(texts, TREE.packages))
    assert breaches == ["storage.tables.peers: nothing at storage.queries.peers"]


def test_incomplete_contexts_with_rows_of_no_table_reports_it() -> None:
    tree = TREE.plant("storage.rows.metrics", DOC)
    assert mirror.find_incomplete_contexts(tree) == [
        "storage.rows.metrics: nothing at storage.tables.metrics"
    ]


@pytest.mark.parametrize(
    ("path", "breach"),
    [
        ("workers/test_pool.py", "tests/workers/test_pool.py: no folder workers in the source"),
        (
            "domain/stuff/test_polls.py",
            "tests/domain/stuff/test_polls.py: no folder domain/stuff in the source",
        ),
        ("domain/peers/test_likes.py", "tests/domain/peers/test_likes.py: belongs in posts"),
    ],
)
def test_misplaced_tests_in_a_wrong_folder_reports_it(path: str, breach: str) -> None:
    assert mirror.find_misplaced_tests(TREE, [path]) == [breach]


def test_untested_contexts_without_a_file_reports_it() -> None:
    tests = [path for path in TESTS if "portability" not in path]
    assert mirror.find_untested_contexts(tests) == ["portability"]
