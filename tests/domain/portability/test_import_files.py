"""Lines of imported files: accounts and domains in every spelling, and what is neither."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import import_files


@pytest.mark.parametrize(
    ("kind", "cell", "address"),
    [
        ("following", "@Leser@Bücher.Example", "leser@xn--bcher-kva.example"),
        ("blocking", "leser@XN--BCHER-KVA.example", "leser@xn--bcher-kva.example"),
        ("muting", "jürgen@beta.test", "jürgen@beta.test"),
        ("domain_blocking", " Bücher.Example. ", "xn--bcher-kva.example"),
    ],
)
def test_line_names_the_same_in_every_spelling(here: NodeContext, kind: str, cell: str, address: str) -> None:
    (line,) = import_files.parse(kind, cell.encode())
    assert not line.problem
    assert import_files.normalize_address(here, kind, line.cells) == address


MALFORMED = {
    "following": ("a b@beta.test", "../x@beta.test", "x@xn--a.test", "x@a..b", "<b>@beta.test"),
    "domain_blocking": ("xn--a.test", "a..b", "localhost", "a b.test", "x@beta.test"),
    "bookmarks": ("javascript:x", "https://a@b.test/", "https://xn--a/", "https://a b/"),
}


@pytest.mark.parametrize(("kind", "cell"), [(kind, cell) for kind in MALFORMED for cell in MALFORMED[kind]])
def test_malformed_line_is_reported(kind: str, cell: str) -> None:
    good = "https://beta.test/1" if kind == "bookmarks" else "x.beta.test"
    first, second = import_files.parse(kind, f"{cell}\n{good}\n".encode())
    assert first.problem
    assert not second.problem
