"""What moderators and admins did: append-only rows, each holding the hash of the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.audit_log import hash_chain
from fedserver.domain.audit_log.hash_chain import ChainBrokenError, LogSubject
from fedserver.text.sanitize import clean_text
from storage.engine import Page, ReadTx, Tx
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import ChainHeadRow, LogEntryRow
from storage.rows.auth import MemberRow

# Code points. What people write is checked by the callers, in characters of a reader; this is for others.
MAX_REASON = 20_000
BATCH_SIZE = 500  # entries verified at once
OPERATOR, NODE = "operator", "node"  # roles without a member: the command line, and automatic entries
# The public subject by the first part of the verb; accounts and peers have functions of their own.
SUBJECT_KINDS = {
    "announcement": "announcement",
    "email": "mail address",
    "email_domain": "mail domain",
    "invitation": "invitation",
    "ip": "network",
    "member": "member",
    "node": "server",
    "peer_list": "list of peers",
    "queue": "queue",
    "relay": "relay",
    "report": "report",
    "suggestions": "suggestions",
    "tag": "tag",
    "trend": "trend",
    "trends": "setting",
}


class ChainValid(Struct, frozen=True):
    """The result of a successful check: numbers of the first and last entry, and the last hash."""

    first: int
    last: int
    hash: str


async def record(
    tx: Tx,
    member: MemberRow | None,
    verb: str,
    *,
    target: str,
    subject: LogSubject | None = None,
    rule: str = "",
    reason: str = "",
    shows_reason: bool = False,
    expires_at: int | None = None,
    undoes_id: int | None = None,
    role: str = OPERATOR,
) -> LogEntryRow:
    """Append an entry to the log. Without a member the actor is the command line, or what `role` says.

    Moderators see `target` and `reason`; everybody sees `subject`, and the reason if `shows_reason` is set or
    it is empty. Concurrent writers wait here until this transaction commits: call it before other rows are
    changed, so that two transactions cannot deadlock.
    """
    head = await audit_log_queries.advance(tx)
    kind = verb.partition(".")[0]
    shown = subject or LogSubject(SUBJECT_KINDS.get(kind, kind))
    by, why = str(member.id) if member else "", clean_text(reason, MAX_REASON).strip()
    salts = [hash_chain.new_salt() for _ in range(3)]
    row = LogEntryRow(
        id=tx.new_id(),
        seq=head.seq,
        verb=verb,
        role=member.role if member else role,
        rule=rule,
        at=tx.now,
        expires_at=expires_at,
        undoes_id=undoes_id,
        subject_kind=shown.kind,
        subject_name=shown.name,
        by_seal=hash_chain.compute_commitment(salts[0], by),
        target_seal=hash_chain.compute_commitment(salts[1], target),
        reason_seal=hash_chain.compute_commitment(salts[2], why),
        previous_hash=head.hash,
        hash="",
        actor_member_id=member.id if member else None,
        by_salt=salts[0],
        target=target,
        target_salt=salts[1],
        reason=why,
        reason_salt=salts[2],
        shows_reason=shows_reason or not why,
    )
    row = structs.replace(row, hash=hash_chain.compute_hash(hash_chain.to_entry(row)))
    await audit_log_queries.insert(tx, row)
    return row


def build_subject(kind: str, name: str = "") -> LogSubject:
    """Return the public subject of an entry; `name` is '' if it has none."""
    return LogSubject(kind, name)


def build_account_subject(account: AccountRow) -> LogSubject:
    """Return the public subject for an account, without its name: the log does not shame people."""
    return LogSubject("account", account.domain) if account.domain else LogSubject("member")


def identifies_account(account: AccountRow, text: str) -> bool:
    """Return True if the text names the account; such a text is not public."""
    names = [name for name in (account.username, account.display_name.strip()) if name]
    return "@" in text or any(re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) for name in names)


async def find_active(tx: ReadTx, target: str, verb: str) -> LogEntryRow | None:
    """Return the latest entry of this kind on a target that was not undone."""
    return await audit_log_queries.find_active(tx, target, verb)


async def list_by_target(tx: ReadTx, target: str, limit: int = 50) -> list[LogEntryRow]:
    """Return the entries about a target, newest first."""
    return await audit_log_queries.list_by_target(tx, target, limit)


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> dict[int, LogEntryRow]:
    """Return entries by id; unknown ids are missing."""
    return {row.id: row for row in await audit_log_queries.load_by_ids(tx, ids)}


async def list_page(tx: ReadTx, page: Page) -> list[LogEntryRow]:
    """Return a page of the log, newest first; the cursor is the number of an entry."""
    return await audit_log_queries.list_page(tx, page)


async def find_head(tx: ReadTx) -> ChainHeadRow | None:
    """Return number and hash of the newest entry, None before the first."""
    return await audit_log_queries.find_head(tx)


async def verify(tx: ReadTx, expected_hash: str = "") -> ChainValid:
    """Check the whole log. `expected_hash`, if given, is a hash noted earlier that must be in it.

    Raises ChainBrokenError for the first entry that was changed, removed or inserted.
    """
    checker, seen = hash_chain.ChainVerifier(), not expected_hash
    while rows := await audit_log_queries.list_after(tx, checker.number, BATCH_SIZE):
        if not checker.number and rows[0].seq != 1:
            raise ChainBrokenError("Entry %(number)s is missing.", number=1)
        for row in rows:
            checker.verify_next(hash_chain.to_entry(row))
            hash_chain.check_private_values(row)
            seen = seen or row.hash == expected_hash
    end = await find_head(tx) or ChainHeadRow(0, "")
    if end.seq != checker.number:
        raise ChainBrokenError(
            "The log ends with entry %(last)s, but its end was noted as entry %(noted)s.",
            last=checker.number,
            noted=end.seq,
        )
    if end.hash != checker.hash:
        raise ChainBrokenError(
            "Entry %(number)s is the last, but its hash is not the one noted as last.", number=end.seq
        )
    if not seen:
        raise hash_chain.build_unknown_hash_error(expected_hash)
    return ChainValid(checker.first, checker.number, checker.hash)
