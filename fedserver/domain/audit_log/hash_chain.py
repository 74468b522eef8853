"""The public form of the moderation log: what is hashed, what is committed to, where a chain breaks.

docs/log.md describes it for those who verify it from outside. An entry's hash is SHA-256 over its canonical
JSON (RFC 8785) without `hash`, `reason` and `reason_salt`; it includes the hash of the entry before. Private
values are part of it as commitments, SHA-256 over a random salt and the value: a value can be disclosed or
erased, and the hash stays valid.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import msgspec
import rfc8785
from msgspec import Struct

from fedserver.marked_text import MarkedError
from storage.rows.audit_log import LogEntryRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXCLUDED_FROM_HASH = ("hash", "reason", "reason_salt")


class ChainBrokenError(MarkedError):
    """The chain is invalid; the text names the entry and what differs."""


class LogSubject(Struct, frozen=True):
    """The public part of the subject of an entry; `name` is '' if nobody is named."""

    kind: str
    name: str = ""


class Commitments(Struct, frozen=True):
    """Commitments to who acted, on whom or what, and why."""

    by: str
    subject: str
    reason: str


class LogEntry(Struct, frozen=True, kw_only=True):
    """An entry in its public form. `reason` and its salt are None if only moderators may read them."""

    number: int
    id: str
    at: str
    act: str
    role: str
    rule: str
    until: str | None
    undoes: str | None
    subject: LogSubject
    seals: Commitments
    previous: str
    hash: str
    reason: str | None
    reason_salt: str | None


def new_salt() -> str:
    """Return a random salt, long enough that short values cannot be guessed from their commitment."""
    return secrets.token_hex(16)


def compute_commitment(salt: str, value: str) -> str:
    """Return SHA-256 (hex) over the salt, a line feed and the value in UTF-8."""
    return hashlib.sha256(f"{salt}\n{value}".encode()).hexdigest()


def compute_hash(entry: LogEntry) -> str:
    """Return the hash that an entry must have.

    Raises ChainBrokenError if it cannot be written as canonical JSON.
    """
    values = msgspec.to_builtins(entry)
    hashed = {name: value for name, value in values.items() if name not in EXCLUDED_FROM_HASH}
    try:
        return hashlib.sha256(rfc8785.dumps(hashed)).hexdigest()
    except rfc8785.CanonicalizationError as error:
        raise ChainBrokenError(
            "Entry %(number)s cannot be checked (%(reason)s).", number=entry.number, reason=error
        ) from error


def to_entry(row: LogEntryRow) -> LogEntry:
    """Return the public form of a row."""
    shown = row.shows_reason and bool(row.reason_salt)
    return LogEntry(
        number=row.seq,
        id=str(row.id),
        at=_format_iso(row.at),
        act=row.verb,
        role=row.role,
        rule=row.rule,
        until=None if row.expires_at is None else _format_iso(row.expires_at),
        undoes=None if row.undoes_id is None else str(row.undoes_id),
        subject=LogSubject(row.subject_kind, row.subject_name),
        seals=Commitments(row.by_seal, row.target_seal, row.reason_seal),
        previous=row.previous_hash,
        hash=row.hash,
        reason=row.reason if shown else None,
        reason_salt=row.reason_salt if shown else None,
    )


def _format_iso(moment: int) -> str:
    at = EPOCH + timedelta(milliseconds=moment)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ChainVerifier:
    """Verifies entries from the oldest to the newest; the first one may have any number."""

    def __init__(self) -> None:
        self.first = self.number = 0
        self.hash = ""

    def verify_next(self, entry: LogEntry) -> None:
        """Check the next entry. Raises ChainBrokenError if it does not continue the chain."""
        if not self.number:
            self.first = entry.number
            if entry.number == 1 and entry.previous:
                raise ChainBrokenError("Entry 1 is the first, but it says that it follows another.")
        elif entry.number != self.number + 1:
            raise ChainBrokenError("Entry %(number)s is missing.", number=self.number + 1)
        # guard: the log: links
        elif entry.previous != self.hash:
            raise ChainBrokenError(
                "Entry %(number)s does not follow from entry %(previous)s: one of them was changed.",
                number=entry.number,
                previous=self.number,
            )
        # guard: the log: hashes
        if compute_hash(entry) != entry.hash:
            raise ChainBrokenError(
                "Entry %(number)s was changed: its hash does not match.", number=entry.number
            )
        if (
            entry.reason is not None
            and compute_commitment(entry.reason_salt or "", entry.reason) != entry.seals.reason
        ):
            raise _build_commitment_error("reason", entry.number)
        self.number, self.hash = entry.number, entry.hash


def check_private_values(row: LogEntryRow) -> None:
    """Check the private values of a row against its commitments; erased values must stay empty.

    Raises ChainBrokenError if one differs.
    """
    by = "" if row.actor_member_id is None else str(row.actor_member_id)
    for name, value, salt, sealed in (
        ("actor", by, row.by_salt, row.by_seal),
        ("target", row.target, row.target_salt, row.target_seal),
        ("reason", row.reason, row.reason_salt, row.reason_seal),
    ):
        # guard: the log: private parts
        if compute_commitment(salt, value) != sealed if salt else value:
            raise _build_commitment_error(name, row.seq)


def _build_commitment_error(name: str, number: int) -> ChainBrokenError:
    """Return the error for a private value, `name`, of an entry that does not match its commitment."""
    match name:
        case "actor":
            return ChainBrokenError(
                "Entry %(number)s was changed: someone else is named as actor.", number=number
            )
        case "target":
            return ChainBrokenError(
                "Entry %(number)s was changed: its subject is another one.", number=number
            )
    return ChainBrokenError("Entry %(number)s was changed: its reason is another one.", number=number)


def build_unknown_hash_error(noted_hash: str) -> ChainBrokenError:
    """Return the error for a hash, noted earlier, that no entry has."""
    return ChainBrokenError("No entry has the hash that you noted: %(hash)s", hash=noted_hash)
