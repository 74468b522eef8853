"""Each path and module that a document names exists; the check is seen to find what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.references import find_broken_references
from tests.architecture.source_tree import ROOT


def test_references_of_the_documents_exist() -> None:
    broken = find_broken_references(ROOT)
    assert not broken, "\n" + "\n".join(broken)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Build a small source with one module."""
    (tmp_path / "fedserver" / "web").mkdir(parents=True)
    (tmp_path / "fedserver" / "web" / "paging.py").write_text("MAX = 5\n\n\nasync def read() -> None: ...\n")
    (tmp_path / "docs").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "`fedserver/web/paging.py`",
        "`fedserver/web/`",
        "`fedserver/*/paging.py`",
        "`fedserver/web/paging.py::read`",
        "`fedserver.web.paging.MAX`",
        "`fedserver.toml` and `/var/lib/fedserver/fedserver.toml`",
        "[it](../fedserver/web/paging.py)",
        "```\nvim fedserver/gone.py\n```",
    ],
)
def test_broken_references_of_what_exists_are_none(tree: Path, text: str) -> None:
    (tree / "docs" / "a.md").write_text(text)
    assert find_broken_references(tree) == []


@pytest.mark.parametrize(
    "reference",
    [
        "fedserver/web/gone.py",
        "fedserver/gone/",
        "fedserver/*/gone.py",
        "web/paging.py",
        "paging.py",
        "fedserver/web/paging.py::gone",
        "fedserver.web.gone",
        "fedserver.web.paging.GONE",
    ],
)
def test_broken_references_of_what_is_gone_names_it(tree: Path, reference: str) -> None:
    (tree / "docs" / "a.md").write_text(f"```\nx\n```\nSee `{reference}`.")
    assert find_broken_references(tree) == [f"docs/a.md:4: {reference}"]


def test_broken_references_of_a_broken_link_names_it(tree: Path) -> None:
    (tree / "README.md").write_text("[it](docs/gone.md#part) and [that](https://gone.example/)")
    assert find_broken_references(tree) == ["README.md:1: docs/gone.md"]
