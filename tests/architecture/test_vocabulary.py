"""The vocabulary holds in names, docstrings, texts and documents, and is seen to find what is planted."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.architecture import vocabulary
from tests.architecture.vocabulary import Allowance, Use


@cache
def find_uses_in_the_tree() -> list[Use]:
    """Return all uses; finding them takes seconds."""
    return list(vocabulary.find_uses())


def test_vocabulary_in_the_tree_has_no_banned_word() -> None:
    uses = vocabulary.drop_allowed(find_uses_in_the_tree(), vocabulary.load_allowances())
    assert not uses, "\n" + "\n".join(map(str, uses))


def test_allowances_are_each_used_and_have_a_reason() -> None:
    uses = find_uses_in_the_tree()
    for allowance in vocabulary.load_allowances():
        assert len(allowance.reason) > 20, allowance
        assert any(allowance.covers(use) for use in uses), f"nothing uses {allowance}"


@pytest.mark.parametrize(
    ("source", "kind", "word"),
    [
        ("def owe_jobs() -> None: ...", "function", "owe_jobs"),
        ("class JobTeller: ...", "class", "JobTeller"),
        ("class Seal: ...", "class", "Seal"),
        ("class Found: ...", "class", "Found"),
        ("IpFences = 1", "variable", "IpFences"),
        ("def give_back(tx: int) -> None: ...", "function", "give_back"),
        ("def _told() -> None: ...", "function", "_told"),
        ("def _liked() -> None: ...", "function", "_liked"),
        ("async def hidden_posts() -> None: ...", "function", "hidden_posts"),
        ("def of() -> None: ...", "function", "of"),
        ("def put() -> None: ...", "function", "put"),
        ("def every() -> None: ...", "function", "every"),
        ("def fetch_again() -> None: ...", "function", "fetch_again"),
        ("MOST_POSTS = 5", "variable", "MOST_POSTS"),
        ("LEAST_POSTS = 5", "variable", "LEAST_POSTS"),
        ("longest_name = 5", "variable", "longest_name"),
        ("poll_seconds_least = 5", "variable", "poll_seconds_least"),
        ("def show(strangers: int) -> None: ...", "parameter", "strangers"),
        ("def show(found: int) -> None: ...", "parameter", "found"),
        ("for each in (1, 2): ...", "variable", "each"),
        ("if kept := 5: ...", "variable", "kept"),
        ("made = [told for told in (1, 2)]", "variable", "made"),
        ("made = [told for told in (1, 2)]", "variable", "told"),
        ("row.verdict = 5", "attribute", "verdict"),
        ("class Row:\n    owed: int", "variable", "owed"),
        ('def f() -> None:\n    """Whether it is so."""', "docstring", "Whether"),
        ('def f() -> None:\n    """The posts of a member."""', "docstring", "The"),
        ('class A:\n    """Who may read."""', "docstring", "Who"),
        ('"""A module that tells somebody."""', "docstring", "somebody"),
        ('"""Two lines,\nwhere peers are\ntold."""', "docstring", "are told"),
        ("x = 1  # gone for good", "comment", "for good"),
    ],
)
def test_find_in_source_with_a_planted_word_names_it(source: str, kind: str, word: str) -> None:
    uses = list(vocabulary.find_in_source("fedserver/planted.py", source))
    assert (kind, word) in [(use.kind, use.text) for use in uses]
    assert all(use.instead for use in uses)


@pytest.mark.parametrize(
    "source",
    [
        "def need_approval() -> None: ...",
        "def feed_posts() -> None: ...",
        "def list_liked_posts() -> None: ...",
        "class Row:\n    @property\n    def pinned(self) -> bool: ...",
        "keep_alive = True",
        "hotel = intelligence = 1",
        'class A:\n    """The state of a peer."""',
        'def f() -> None:\n    """Return the posts. All of them, for good reason."""',
    ],
)
def test_find_in_source_with_plain_names_finds_nothing(source: str) -> None:
    assert list(vocabulary.find_in_source("fedserver/planted.py", source)) == []


def test_find_in_source_of_a_badly_named_module_names_it() -> None:
    uses = list(vocabulary.find_in_source("fedserver/domain/tellers.py", ""))
    assert [str(use) for use in uses] == ["fedserver/domain/tellers.py:1: module `tellers`: handlers"]


def test_find_in_document_names_words_and_quoted_names_by_line() -> None:
    uses = list(vocabulary.find_in_document("docs/x.md", "Fine.\nWhoever reads\ncalls `jobs.owe_all`."))
    assert [(use.line, use.text) for use in uses] == [(2, "Whoever"), (3, "owe_all")]


def test_find_in_template_names_words_and_variables() -> None:
    uses = list(vocabulary.find_in_template("x.html", "<p>You lost it for\ngood.</p>{% for each in rows %}"))
    assert [(use.line, use.text) for use in uses] == [(1, "for good"), (2, "each")]


def test_find_in_catalogue_reads_texts_that_are_broken_over_lines() -> None:
    text = '#: pages/whoever.py:1\nmsgid ""\n"This is gone for "\n"good."\nmsgstr ""\n'
    assert [(use.line, use.text) for use in vocabulary.find_in_catalogue("x.pot", text)] == [(3, "for good")]


def test_find_uses_of_a_tree_reads_source_templates_catalogues_and_documents(tmp_path: Path) -> None:
    planted = {
        "fedserver/planted.py": "made = 1",
        "storage/planted.py": "kept = 1",
        "fedserver/pages/templates/deep/planted.html": "anew",
        "fedserver/locales/fedserver.pot": 'msgid "in vain"',
        "docs/decisions/0001.md": "whoever",
        "README.md": "somebody",
    }
    for path, text in planted.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert {use.path for use in vocabulary.find_uses(tmp_path)} == set(planted)


def test_drop_allowed_keeps_the_same_word_elsewhere() -> None:
    allowance = Allowance("docs/a.md", "owed", "A word of the field, as the sources say.")
    here, elsewhere = Use("docs/a.md", 1, "text", "Owed", "due"), Use("docs/b.md", 1, "text", "owed", "due")
    assert vocabulary.drop_allowed([here, elsewhere], [allowance]) == [elsewhere]
