"""Files with lists of peers, as other servers and spreadsheets write them."""

from __future__ import annotations

import pytest

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
