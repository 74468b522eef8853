"""Files with lists of peers, as other servers and spreadsheets write them."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.peers import peer_files
from fedserver.domain.peers.peer_files import PeerEntry

LINES = [
    ["#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"],
    ["spam.example", "suspend", "false", "false", "lies; and ads, too", "false"],
    ["loud.example", "silence", "true", "false", "", "false"],
]
ENTRIES = (
    PeerEntry("spam.example", "block", public_comment="lies; and ads, too"),
    PeerEntry("loud.example", "limit", rejects_media=True),
)


def write(delimiter: str, encoding: str) -> bytes:
    rows = [delimiter.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in LINES]
    return ("\r\n".join(rows) + "\r\n").encode(encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_peer_file_of_a_spreadsheet_gives_the_same_entries(delimiter: str, encoding: str) -> None:
    assert peer_files.parse(write(delimiter, encoding), peer_files.BLOCK) == peer_files.ParsedPeerFile(
        ENTRIES, 0
    )


def test_peer_file_of_domains_alone_keeps_each_line() -> None:
    parsed = peer_files.parse("a.example\nb.example\n", peer_files.ALLOW)
    assert [entry.domain for entry in parsed.entries] == ["a.example", "b.example"]


@pytest.mark.parametrize(("true", "false"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("صواب", "خطأ")])
def test_peer_file_of_a_translated_spreadsheet_gives_the_same_entries(true: str, false: str) -> None:
    data = write(";", "utf-8-sig").replace(b";true", b";" + true.encode())
    assert peer_files.parse(data.replace(b";false", b";" + false.encode()), peer_files.BLOCK) == (
        peer_files.ParsedPeerFile(ENTRIES, 0)
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_unknown_text_in_a_boolean_column_is_an_error_with_line_and_column(delimiter: str) -> None:
    data = write(delimiter, "utf-8").replace(b"true", b"perhaps")
    with pytest.raises(InvalidError) as refused:
        peer_files.parse(data, peer_files.BLOCK)
    assert refused.value.message == (
        "Line 3: “perhaps” in the column “reject_media” is neither true nor false."
    )


def test_pasted_file_may_name_its_delimiter() -> None:
    parsed = peer_files.parse("sep=;\ndomain;severity\na.example;silence\n", peer_files.BLOCK)
    assert parsed == peer_files.ParsedPeerFile((PeerEntry("a.example", "limit"),), 0)
