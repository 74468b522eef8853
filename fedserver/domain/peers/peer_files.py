"""Files with lists of peers: Mastodon's CSV of domain blocks and allows, and plain lists of domains.

docs.joinmastodon.org/admin/moderation (import and export of domain blocks): the columns are
`#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate`, for allowances `#domain`.
Column names may lack their `#`; without a header the columns are in this order.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.peers import peers
from fedserver.text import csv_files
from fedserver.text.locales import format_size, gettext
from fedserver.text.sanitize import clean_text
from storage.rows.peers import PeerRow

BLOCK, ALLOW = "block", "allow"
COLUMNS = ("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate")
POLICY_BY_SEVERITY = {"suspend": "block", "silence": "limit", "noop": "", "": "block"}
SEVERITY_BY_POLICY = {"block": "suspend", "limit": "silence", "": "noop"}
# The largest public blocklists have some thousand rows.
MAX_ROWS, MAX_BYTES = 10_000, 1_000_000


class PeerEntry(Struct, frozen=True):
    """One row of a file: a peer and the decision about it."""

    domain: str
    policy: str = "block"
    rejects_media: bool = False
    rejects_reports: bool = False
    public_comment: str = ""
    obfuscates: bool = False


class _Candidate(Struct):
    """The rows of a file as one delimiter gives them; `problem` is the first row that leaves a doubt."""

    entries: tuple[PeerEntry, ...] = ()
    unusable: int = 0
    problem: InvalidError | None = None


class ParsedPeerFile(Struct, frozen=True):
    """The entries of a file; `unusable` counts the rows without a host name or with unknown values."""

    entries: tuple[PeerEntry, ...]
    unusable: int


def parse(data: bytes | str, kind: str) -> ParsedPeerFile:
    """Return the entries of a file, each peer once.

    Raises InvalidError for other or too large files, and for one with a text where true or false is wanted,
    with the number of its line.
    """
    text = _decode(data)
    parsed = _parse_text(text, kind, csv_files.DELIMITERS[0])
    for delimiter in csv_files.DELIMITERS[1:] if parsed.unusable else ():
        other = _parse_text(text, kind, delimiter)
        if other.unusable < parsed.unusable:
            parsed = other
    if parsed.problem is not None:
        raise parsed.problem
    if not parsed.entries:
        raise InvalidError(
            "file",
            "names no peer",
            message=gettext("No domain was found in the file. Please choose another."),
        )
    return ParsedPeerFile(parsed.entries, parsed.unusable)


def _parse_text(text: str, kind: str, delimiter: str) -> _Candidate:
    """Return the entries, none if no row names a peer. Raises InvalidError."""
    rows = list(_parse_rows(text, delimiter))
    columns: tuple[str, ...] = COLUMNS
    if rows and rows[0][1][0].strip().lstrip("#").lower() in ("domain", "instance"):
        header = [cell.strip().lstrip("#").lower() for cell in rows.pop(0)[1]]
        columns = ("domain", *header[1:])
    if len(rows) > MAX_ROWS:
        raise InvalidError(
            "file",
            f"has more than {MAX_ROWS} rows",
            message=gettext("The file has too many rows: %(max)s are possible.", max=MAX_ROWS),
        )
    entries: dict[str, PeerEntry] = {}
    candidate = _Candidate()
    for number, row in rows:
        try:
            entry = _parse_entry(dict(zip(columns, row, strict=False)), kind)
        except _DoubtfulCellError as error:
            candidate.problem = candidate.problem or _build_doubt_error(number, error)
            continue
        if entry is None:
            candidate.unusable += 1
        else:
            entries.setdefault(entry.domain, entry)
    candidate.entries = tuple(entries.values())
    return candidate


class _DoubtfulCellError(Exception):
    """A text where true or false is wanted: a guess could block or spare what nobody decided."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(column, text)
        self.column, self.text = column, text


def _build_doubt_error(number: int, error: _DoubtfulCellError) -> InvalidError:
    return InvalidError(
        "file",
        f"has a text where true or false is wanted: line {number}, column {error.column}",
        message=gettext(
            "Line %(number)s: “%(text)s” in the column “%(column)s” is neither true nor false.",
            number=number,
            text=error.text[:80],
            column=error.column,
        ),
    )


def _decode(data: bytes | str) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidError(
            "file",
            f"is larger than {MAX_BYTES} bytes",
            message=gettext("The file is too large: %(size)s are possible.", size=format_size(MAX_BYTES)),
        )
    try:
        text = csv_files.decode(data) if isinstance(data, bytes) else csv_files.remove_delimiter_line(data)
    except UnicodeDecodeError as error:
        raise InvalidError("file", "is not text in UTF-8", message=_not_text()) from error
    if "\0" in text:
        raise InvalidError("file", "is not text", message=_not_text())
    return text


def _not_text() -> str:
    return gettext("This is not a text file. Please choose a CSV file in UTF-8.")


def _parse_rows(text: str, delimiter: str) -> Iterable[tuple[int, list[str]]]:
    """Yield line numbers and rows that are neither empty nor a comment, which begins with `# `."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not row[0].startswith(("# ", "##")):
                yield reader.line_num, row
    except csv.Error as error:
        raise InvalidError("file", f"is not CSV: {error}", message=_not_text()) from error


def _parse_entry(cells: dict[str, str], kind: str) -> PeerEntry | None:
    """Return None for rows without a full host name, for top-level domains, and for unknown severities.

    Raises _DoubtfulCellError.
    """
    name = (cells.get("domain") or "").strip().removeprefix("*.").removeprefix("@")
    try:
        domain = peers.normalize_domain(name)
    except InvalidError:
        return None
    severity = (cells.get("severity") or "").strip().lower()
    if "." not in domain or severity not in POLICY_BY_SEVERITY:
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
    cell = cells.get(name) or ""
    try:
        return csv_files.parse_bool(cell, default=False)
    except ValueError as error:
        raise _DoubtfulCellError(name, cell.strip()) from error


def render(rows: Iterable[PeerRow], kind: str) -> str:
    """Return a file as Mastodon writes it: blocks of any severity, or allows."""
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
