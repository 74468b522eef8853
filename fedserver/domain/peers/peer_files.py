"""Lists of peers as files: Mastodon's CSV of blocks and of allowances, and plain lists of names.

docs.joinmastodon.org/admin/moderation (import and export of domain blocks): the columns are
`#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate`, for allowances `#domain`.
Names of columns may lack their `#`; without a first line of names the columns stand in this order.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.peers import peers
from fedserver.text.sanitize import clean_text
from storage.rows.peers import PeerRow

BLOCK, ALLOW = "block", "allow"
COLUMNS = ("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate")
SEVERITIES = {"suspend": "block", "silence": "limit", "noop": "", "": "block"}
WRITTEN = {"block": "suspend", "limit": "silence", "": "noop"}
TRUE = frozenset({"true", "t", "1", "yes", "on"})
MOST_ROWS, MOST_BYTES = 10_000, 1_000_000


class Entry(Struct, frozen=True):
    """What a file says of a peer."""

    domain: str
    policy: str = "block"
    rejects_media: bool = False
    rejects_reports: bool = False
    public_comment: str = ""
    obfuscates: bool = False


class Reading(Struct, frozen=True):
    """What a file says; `unusable` rows name no host, or are not understood."""

    entries: tuple[Entry, ...]
    unusable: int


def read(data: bytes | str, kind: str) -> Reading:
    """The entries of a file, each peer once. Raises Invalid for what is no such file, or is too large."""
    text = _decoded(data)
    rows = list(_rows(text))
    names: tuple[str, ...] = COLUMNS
    if rows and rows[0] and rows[0][0].strip().lstrip("#").lower() in ("domain", "instance"):
        head = [each.strip().lstrip("#").lower() for each in rows.pop(0)]
        names = ("domain", *head[1:])
    if len(rows) > MOST_ROWS:
        raise Invalid("file", f"has more than {MOST_ROWS} rows")
    found: dict[str, Entry] = {}
    unusable = 0
    for row in rows:
        entry = _entry(dict(zip(names, row, strict=False)), kind)
        if entry is None:
            unusable += 1
        else:
            found.setdefault(entry.domain, entry)
    if not found:
        raise Invalid("file", "names no peer")
    return Reading(tuple(found.values()), unusable)


def _decoded(data: bytes | str) -> str:
    if len(data) > MOST_BYTES:
        raise Invalid("file", f"is larger than {MOST_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise Invalid("file", "is not text in UTF-8") from error
    if "\0" in text:
        raise Invalid("file", "is not text")
    return text


def _rows(text: str) -> Iterable[list[str]]:
    """Rows with anything in them; a comment is a line that begins with `# `."""
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            if any(cell.strip() for cell in row) and not row[0].startswith(("# ", "##")):
                yield row
    except csv.Error as error:
        raise Invalid("file", f"is not CSV: {error}") from error


def _entry(cells: dict[str, str], kind: str) -> Entry | None:
    """None for what names no host of its own: a part of a name, a whole top level, an unknown severity."""
    name = (cells.get("domain") or "").strip().removeprefix("*.").removeprefix("@")
    try:
        domain = peers.plain_domain(name)
    except Invalid:
        return None
    severity = (cells.get("severity") or "").strip().lower()
    if "." not in domain.strip(".") or ".." in domain or severity not in SEVERITIES:
        return None
    if kind == ALLOW:
        return Entry(domain, "allow")
    return Entry(
        domain,
        SEVERITIES[severity],
        _true(cells, "reject_media"),
        _true(cells, "reject_reports"),
        clean_text(cells.get("public_comment") or "", peers.MAX_REASON).strip(),
        _true(cells, "obfuscate"),
    )


def _true(cells: dict[str, str], name: str) -> bool:
    return (cells.get(name) or "").strip().lower() in TRUE


def write(rows: Iterable[PeerRow], kind: str) -> str:
    """Decisions as Mastodon writes them: blocks of any severity, or allowances."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    columns = COLUMNS if kind == BLOCK else COLUMNS[:1]
    writer.writerow([f"#{name}" for name in columns])
    for row in rows:
        if (row.policy == "allow") is not (kind == ALLOW):
            continue
        cells = [
            row.domain,
            WRITTEN.get(row.policy, ""),
            str(row.rejects_media).lower(),
            str(row.rejects_reports).lower(),
            row.public_comment,
            str(row.obfuscates).lower(),
        ]
        writer.writerow(cells[: len(columns)])
    return out.getvalue()
