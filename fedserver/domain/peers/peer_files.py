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

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.peers import peers
from fedserver.text.sanitize import clean_text
from storage.rows.peers import PeerRow

BLOCK, ALLOW = "block", "allow"
COLUMNS = ("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate")
POLICY_BY_SEVERITY = {"suspend": "block", "silence": "limit", "noop": "", "": "block"}
SEVERITY_BY_POLICY = {"block": "suspend", "limit": "silence", "": "noop"}
TRUE_VALUES = frozenset({"true", "t", "1", "yes", "on"})
MAX_ROWS, MAX_BYTES = 10_000, 1_000_000


class PeerEntry(Struct, frozen=True):
    """What a file says of a peer."""

    domain: str
    policy: str = "block"
    rejects_media: bool = False
    rejects_reports: bool = False
    public_comment: str = ""
    obfuscates: bool = False


class ParsedPeerFile(Struct, frozen=True):
    """What a file says; `unusable` rows name no host, or are not understood."""

    entries: tuple[PeerEntry, ...]
    unusable: int


def parse(data: bytes | str, kind: str) -> ParsedPeerFile:
    """The entries of a file, each peer once. Raises Invalid for what is no such file, or is too large."""
    text = _decode(data)
    rows = list(_parse_rows(text))
    names: tuple[str, ...] = COLUMNS
    if rows and rows[0] and rows[0][0].strip().lstrip("#").lower() in ("domain", "instance"):
        head = [each.strip().lstrip("#").lower() for each in rows.pop(0)]
        names = ("domain", *head[1:])
    if len(rows) > MAX_ROWS:
        raise InvalidError("file", f"has more than {MAX_ROWS} rows")
    found: dict[str, PeerEntry] = {}
    unusable = 0
    for row in rows:
        entry = _parse_entry(dict(zip(names, row, strict=False)), kind)
        if entry is None:
            unusable += 1
        else:
            found.setdefault(entry.domain, entry)
    if not found:
        raise InvalidError("file", "names no peer")
    return ParsedPeerFile(tuple(found.values()), unusable)


def _decode(data: bytes | str) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidError("file", f"is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise InvalidError("file", "is not text in UTF-8") from error
    if "\0" in text:
        raise InvalidError("file", "is not text")
    return text


def _parse_rows(text: str) -> Iterable[list[str]]:
    """Rows with anything in them; a comment is a line that begins with `# `."""
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            if any(cell.strip() for cell in row) and not row[0].startswith(("# ", "##")):
                yield row
    except csv.Error as error:
        raise InvalidError("file", f"is not CSV: {error}") from error


def _parse_entry(cells: dict[str, str], kind: str) -> PeerEntry | None:
    """None for what names no host of its own: a part of a name, a whole top level, an unknown severity."""
    name = (cells.get("domain") or "").strip().removeprefix("*.").removeprefix("@")
    try:
        domain = peers.normalize_domain(name)
    except InvalidError:
        return None
    severity = (cells.get("severity") or "").strip().lower()
    if "." not in domain.strip(".") or ".." in domain or severity not in POLICY_BY_SEVERITY:
        return None
    if kind == ALLOW:
        return PeerEntry(domain, "allow")
    return PeerEntry(
        domain,
        POLICY_BY_SEVERITY[severity],
        _is_true(cells, "reject_media"),
        _is_true(cells, "reject_reports"),
        clean_text(cells.get("public_comment") or "", peers.MAX_REASON).strip(),
        _is_true(cells, "obfuscate"),
    )


def _is_true(cells: dict[str, str], name: str) -> bool:
    return (cells.get(name) or "").strip().lower() in TRUE_VALUES


def render(rows: Iterable[PeerRow], kind: str) -> str:
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
            SEVERITY_BY_POLICY.get(row.policy, ""),
            str(row.rejects_media).lower(),
            str(row.rejects_reports).lower(),
            row.public_comment,
            str(row.obfuscates).lower(),
        ]
        writer.writerow(cells[: len(columns)])
    return out.getvalue()
