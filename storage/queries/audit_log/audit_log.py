"""The moderation log: rows are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import BigInteger, Text, asc, bindparam, exists, literal, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.audit_log import ChainHeadRow, LogEntryRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.audit_log import act_heads, acts

COLUMNS = columns_of(acts, LogEntryRow)
INSERT = upsert(acts)
_head = upsert(act_heads).values(id=1, seq=1, hash="")
# The hash is still that of the last entry; other writers wait for the lock on this row.
ADVANCE = _head.on_conflict_do_update(
    index_elements=[act_heads.c.id], set_={"seq": act_heads.c.seq + 1}
).returning(act_heads.c.seq, act_heads.c.hash)
SET_HEAD = update(act_heads).where(act_heads.c.id == 1).values(hash=bindparam("new_hash"))
FIND_HEAD = select(act_heads.c.seq, act_heads.c.hash)
LIST_PAGE = PagedStatement(select(*COLUMNS), acts.c.seq)
_verb, _role = bindparam("verb", type_=Text()), bindparam("role", type_=Text())
_actor, _text = bindparam("actor_id", type_=BigInteger()), bindparam("text", type_=Text())
SEARCH = PagedStatement(
    select(*COLUMNS).where(
        or_(_verb == "", acts.c.verb.like(_verb, escape="\\")),
        or_(_role == "", acts.c.role == _role),
        or_(_actor == 0, acts.c.actor_member_id == _actor),
        or_(
            _text == "",
            acts.c.target.like(_text, escape="\\"),
            acts.c.reason.like(_text, escape="\\"),
        ),
        acts.c.at >= bindparam("since", type_=BigInteger()),
        acts.c.at < bindparam("until", type_=BigInteger()),
    ),
    acts.c.seq,
)
LIST_AFTER = (
    select(*COLUMNS)
    .where(acts.c.seq > bindparam("after"))
    .order_by(asc(acts.c.seq))
    .limit(bindparam("limit"))
)
ERASE_TARGET = update(acts).where(acts.c.target == bindparam("about")).values(target="", target_salt="")
ERASE_REASONS = (
    update(acts)
    .where(acts.c.target == bindparam("about"), ~acts.c.shows_reason)
    .values(reason="", reason_salt="")
)
ERASE_ACTOR = (
    update(acts)
    .where(acts.c.actor_member_id == bindparam("member_id"))
    .values(actor_member_id=None, by_salt="")
)
LIST_BY_TARGET = (
    select(*COLUMNS)
    .where(acts.c.target == bindparam("target"))
    .order_by(acts.c.seq.desc())
    .limit(bindparam("limit"))
)
LOAD_BY_IDS = select(*COLUMNS).where(one_of(acts.c.id, "ids"))
_later = acts.alias("later")
FIND_ACTIVE = (
    select(*COLUMNS)
    .where(
        acts.c.target == bindparam("target"),
        acts.c.verb == bindparam("verb"),
        ~exists(select(literal(1)).where(_later.c.undoes_id == acts.c.id)),
    )
    .order_by(acts.c.seq.desc())
    .limit(1)
)


async def advance(tx: ReadTx) -> ChainHeadRow:
    """Advance the head of the log; return the number of the next entry and the hash of the last one.

    Concurrent writers wait for our commit.
    """
    row = to_row_or_none(ChainHeadRow, await tx.one(ADVANCE))
    assert row is not None
    return row


async def insert(tx: Tx, row: LogEntryRow) -> None:
    """Add an entry; `advance` comes first."""
    await tx.run(INSERT, **structs.asdict(row))
    await tx.run(SET_HEAD, new_hash=row.hash)


async def find_head(tx: ReadTx) -> ChainHeadRow | None:
    """Return number and hash of the newest entry, None before the first."""
    return to_row_or_none(ChainHeadRow, await tx.one(FIND_HEAD))


async def list_page(tx: ReadTx, page: Page) -> list[LogEntryRow]:
    """Return a page of entries, newest first; the cursor is `seq`."""
    rows = to_rows(LogEntryRow, await tx.all(LIST_PAGE.for_page(page), **page.bind_params()))
    return sorted(rows, key=lambda row: row.seq, reverse=True)


async def search(
    tx: ReadTx,
    page: Page,
    *,
    verb: str,
    role: str,
    actor_id: int,
    text: str,
    since: int,
    until: int,
) -> list[LogEntryRow]:
    """Return a page of entries, newest first; the cursor is `seq`.

    `verb` and `text` are LIKE patterns, '' and 0 mean any; `since` and `until` are moments (ms UTC).
    """
    rows = await tx.all(
        SEARCH.for_page(page),
        verb=verb,
        role=role,
        actor_id=actor_id,
        text=text,
        since=since,
        until=until,
        **page.bind_params(),
    )
    return sorted(to_rows(LogEntryRow, rows), key=lambda row: row.seq, reverse=True)


async def list_after(tx: ReadTx, seq: int, limit: int) -> list[LogEntryRow]:
    """Return entries above a number, oldest first."""
    return to_rows(LogEntryRow, await tx.all(LIST_AFTER, after=seq, limit=limit))


async def erase_personal_data(tx: Tx, target: str, member_id: int | None) -> None:
    """Erase who acted and on whom; the public part and the chain stay valid."""
    await tx.run(ERASE_REASONS, about=target)
    await tx.run(ERASE_TARGET, about=target)
    if member_id is not None:
        await tx.run(ERASE_ACTOR, member_id=member_id)


async def list_by_target(tx: ReadTx, target: str, limit: int) -> list[LogEntryRow]:
    """Return entries about a target, newest first."""
    return to_rows(LogEntryRow, await tx.all(LIST_BY_TARGET, target=target, limit=limit))


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> list[LogEntryRow]:
    return to_rows(LogEntryRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))


async def find_active(tx: ReadTx, target: str, verb: str) -> LogEntryRow | None:
    """Return the latest entry of a kind on a target that was not undone."""
    return to_row_or_none(LogEntryRow, await tx.one(FIND_ACTIVE, target=target, verb=verb))
