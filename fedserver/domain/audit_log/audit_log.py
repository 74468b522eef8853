"""What moderators and admins did: rows that are only added, each holding the hash of the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.audit_log import hash_chain
from fedserver.domain.audit_log.hash_chain import Broken, Subject
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import ActHeadRow, ActRow
from storage.rows.auth import MemberRow

MAX_REASON = 2_000
BATCH = 500
OPERATOR, NODE = "operator", "node"  # who acts when it is no member: the command line, or the clock
# By the first word of the verb; accounts and peers are told of by their own.
KINDS = {
    "announcement": "announcement",
    "email": "mail address",
    "email_domain": "mail domain",
    "invitation": "invitation",
    "ip": "network",
    "member": "member",
    "peer_list": "list of peers",
    "relay": "relay",
    "report": "report",
    "suggestions": "suggestions",
    "tag": "tag",
    "trend": "trend",
    "trends": "setting",
}


class Checked(Struct, frozen=True):
    """The numbers of the first and the last entry that were checked, and the last one's hash."""

    first: int
    last: int
    hash: str


async def add(
    tx: Tx,
    member: MemberRow | None,
    verb: str,
    *,
    target: str,
    subject: Subject | None = None,
    rule: str = "",
    reason: str = "",
    shows_reason: bool = False,
    expires_at: int | None = None,
    undoes_id: int | None = None,
    role: str = OPERATOR,
) -> ActRow:
    """Write an act down. Without a member it was the command line, or what `role` says.

    `target` and `reason` are for moderators; everybody sees `subject`, and the reason if `shows_reason`
    or if there is none. Writers wait for each other here until the commit: call it before other rows are
    changed, so that no two wait for each other's.
    """
    head = await audit_log_queries.advance(tx)
    kind = verb.partition(".")[0]
    shown = subject or Subject(KINDS.get(kind, kind))
    by, why = str(member.id) if member else "", clean_text(reason, MAX_REASON).strip()
    salts = [hash_chain.new_salt() for _ in range(3)]
    row = ActRow(
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
        by_seal=hash_chain.seal(salts[0], by),
        target_seal=hash_chain.seal(salts[1], target),
        reason_seal=hash_chain.seal(salts[2], why),
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
    row = structs.replace(row, hash=hash_chain.digest(hash_chain.entry(row)))
    await audit_log_queries.add(tx, row)
    return row


def of(kind: str, name: str = "") -> Subject:
    """What an act is about, with the name that everybody reads, '' for none."""
    return Subject(kind, name)


def of_account(account: AccountRow) -> Subject:
    """A member without a name, or somebody of a peer: the log is no pillory."""
    return Subject("account", account.domain) if account.domain else Subject("member")


def names(account: AccountRow, text: str) -> bool:
    """True if a text says whom it is about: then it is not for everybody."""
    words = [word for word in (account.username, account.display_name.strip()) if word]
    return "@" in text or any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in words)


async def in_force(tx: Tx, target: str, verb: str) -> ActRow | None:
    """The latest act of a kind on a target that was not undone."""
    return await audit_log_queries.in_force(tx, target, verb)


async def of_target(tx: Tx, target: str, most: int = 50) -> list[ActRow]:
    """What was done to a target, newest first."""
    return await audit_log_queries.of_target(tx, target, most)


async def by_ids(tx: Tx, ids: Sequence[int]) -> dict[int, ActRow]:
    return {row.id: row for row in await audit_log_queries.by_ids(tx, ids)}


async def page(tx: Tx, page: Page) -> list[ActRow]:
    """The log, newest first; the cursor is the number of an entry."""
    return await audit_log_queries.page(tx, page)


async def head(tx: Tx) -> ActHeadRow | None:
    """The number and the hash of the newest entry, None before the first."""
    return await audit_log_queries.head(tx)


async def verify(tx: Tx, noted: str = "") -> Checked:
    """Check the whole log; `noted` is a hash that somebody wrote down and that must be in it.

    Raises Broken for the first entry that is not as it was.
    """
    checker, seen = hash_chain.Checker(), not noted
    while rows := await audit_log_queries.after(tx, checker.number, BATCH):
        if not checker.number and rows[0].seq != 1:
            raise Broken("entry 1: it is missing")
        for row in rows:
            checker.take(hash_chain.entry(row))
            hash_chain.check_private(row)
            seen = seen or row.hash == noted
    end = await head(tx) or ActHeadRow(0, "")
    if end.seq != checker.number:
        raise Broken(
            f"entry {min(end.seq, checker.number) + 1}: the log ends at {checker.number}, not {end.seq}"
        )
    if end.hash != checker.hash:
        raise Broken(f"entry {end.seq}: its hash is not the one that the log ends with")
    if not seen:
        raise Broken(f"no entry has the hash that was noted: {noted}")
    return Checked(checker.first, checker.number, checker.hash)
