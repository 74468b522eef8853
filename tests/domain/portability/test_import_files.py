"""Lines of imported files: accounts and domains in every spelling, and what is neither."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
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


@pytest.mark.parametrize(("true", "false"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERDADERO", "FALSO")])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_booleans_of_a_translated_spreadsheet_keep_their_meaning(
    true: str, false: str, encoding: str
) -> None:
    text = f"Account address;Show boosts;Notify on new posts\r\njürgen@beta.test;{false};{true}\r\n"
    (line,) = import_files.parse("following", text.encode(encoding))
    assert (line.problem, line.cells[0]) == ("", "jürgen@beta.test")
    assert import_files.parse_bool(line.cells[1], default=True) is False
    assert import_files.parse_bool(line.cells[2], default=False) is True


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("following", "Account address,Show boosts"),
        ("following", "Account address,Notify on new posts"),
        ("muting", "Account address,Hide notifications"),
    ],
)
def test_unknown_text_in_a_boolean_column_is_reported_with_its_column(kind: str, header: str) -> None:
    lines = import_files.parse(kind, f"{header}\na@beta.test,true\nb@beta.test,perhaps\n".encode())
    column = header.partition(",")[2]
    assert [line.problem for line in lines] == [
        "", f"“perhaps” in the column “{column}” is neither true nor false.",
    ]  # fmt: skip
    assert lines[1].number == 3
    with pytest.raises(InvalidError, match="true or false is wanted"):
        import_files.parse_bool("perhaps", default=True)


def test_named_value_of_misskey_is_no_boolean() -> None:
    (line,) = import_files.parse("following", b"bob@beta.test,withReplies=true\n")
    assert line.cells == ("bob@beta.test", "", "", "")
    assert not line.problem


def test_list_with_an_umlaut_from_a_western_spreadsheet_is_read() -> None:
    data = "List name;Account address\nBücher;bob@beta.test\n".encode("cp1252")
    (line,) = import_files.parse("lists", data)
    assert line.cells == ("Bücher", "bob@beta.test")
