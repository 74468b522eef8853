"""What members and moderators decided about remote accounts, which outlives the accounts.

A deleted remote account about which something was decided stays as a tombstone: a row with `deleted_at` and
without content. A limit of the whole domain is not meant: the domain keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)

from storage.engine import ReadTx, Tx
from storage.rows.moderation import ModerationNoteRow
from storage.rows.relationships import BlockRow, MuteRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.accounts import account_notes, accounts, suggestion_dismissals
from storage.tables.moderation import moderation_notes
from storage.tables.notifications import notification_permissions
from storage.tables.peers import peers
from storage.tables.relationships import blocks, mutes

_is_tombstone = and_(accounts.c.domain != "", accounts.c.deleted_at.is_not(None))


def _is_limited_by_hand(column: ColumnElement[Any], policy: str) -> ColumnElement[bool]:
    """Return the condition that a limit is set, and not by a decision about the domain, whose time it had."""
    covers = or_(peers.c.domain == accounts.c.domain, accounts.c.domain.like(literal("%.") + peers.c.domain))
    return and_(
        column.is_not(None),
        ~exists(select(literal(1)).where(peers.c.policy == policy, peers.c.decided_at == column, covers)),
    )


def _is_named(column: ColumnElement[int], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(column == accounts.c.id, *conditions))


# That a member or a moderator decided something about an account; statements with it take `now`.
decided_condition = or_(
    accounts.c.sensitized_at.is_not(None),
    _is_limited_by_hand(accounts.c.silenced_at, "limit"),
    _is_limited_by_hand(accounts.c.suspended_at, "block"),
    _is_named(blocks.c.target_id),
    _is_named(
        mutes.c.target_id,
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now", type_=BigInteger())),
    ),
    _is_named(account_notes.c.target_id, account_notes.c.note != ""),
    _is_named(notification_permissions.c.from_id),
    _is_named(suggestion_dismissals.c.target_id),
    _is_named(moderation_notes.c.account_id),
)
IS_DECIDED = select(accounts.c.id).where(accounts.c.id == bindparam("id"), decided_condition)
LIST_UNDECIDED = select(accounts.c.id).where(_is_tombstone, ~decided_condition).limit(bindparam("limit"))
DELETE_TOMBSTONES = delete(accounts).where(one_of(accounts.c.id, "ids"), _is_tombstone)
# Tombstones without the handle, which another account of the host got, beyond the oldest.
LIST_SURPLUS = (
    select(accounts.c.id)
    .where(
        _is_tombstone,
        accounts.c.domain == bindparam("domain"),
        accounts.c.username_lower.like(bindparam("pattern"), escape="\\"),
    )
    .order_by(accounts.c.id)
    .offset(bindparam("count"))
    .limit(bindparam("limit"))
)
COUNT_BY_PREFIX = select(func.count()).where(
    _is_tombstone,
    accounts.c.domain == bindparam("domain"),
    accounts.c.uri.like(bindparam("pattern"), escape="\\"),
)
_old, _new = bindparam("old_id", type_=BigInteger()), bindparam("new_id", type_=BigInteger())


def _is_missing(table: Any, column: str) -> ColumnElement[bool]:
    """Return the condition that the new account does not have the row of the old one yet."""
    other = table.alias()
    return ~exists(
        select(literal(1)).where(other.c.account_id == table.c.account_id, other.c[column] == _new)
    )


LIST_BLOCKS = select(*columns_of(blocks, BlockRow)).where(
    blocks.c.target_id == _old, blocks.c.account_id != _new, _is_missing(blocks, "target_id")
)
LIST_MUTES = select(*columns_of(mutes, MuteRow)).where(
    mutes.c.target_id == _old, mutes.c.account_id != _new, _is_missing(mutes, "target_id")
)
COPY_PAIRS = (
    upsert(account_notes)
    .from_select(
        ["account_id", "target_id", "note"],
        select(account_notes.c.account_id, _new, account_notes.c.note).where(
            account_notes.c.target_id == _old,
            account_notes.c.account_id != _new,
            _is_missing(account_notes, "target_id"),
        ),
    )
    .on_conflict_do_nothing(),
    upsert(notification_permissions)
    .from_select(
        ["account_id", "from_id"],
        select(notification_permissions.c.account_id, _new).where(
            notification_permissions.c.from_id == _old,
            notification_permissions.c.account_id != _new,
            _is_missing(notification_permissions, "from_id"),
        ),
    )
    .on_conflict_do_nothing(),
    upsert(suggestion_dismissals)
    .from_select(
        ["account_id", "target_id", "at"],
        select(suggestion_dismissals.c.account_id, _new, suggestion_dismissals.c.at).where(
            suggestion_dismissals.c.target_id == _old,
            suggestion_dismissals.c.account_id != _new,
            _is_missing(suggestion_dismissals, "target_id"),
        ),
    )
    .on_conflict_do_nothing(),
)
INSERT_BLOCK, INSERT_MUTE = (upsert(table).on_conflict_do_nothing() for table in (blocks, mutes))
LIST_NOTES = select(*columns_of(moderation_notes, ModerationNoteRow)).where(
    moderation_notes.c.account_id == _old
)
INSERT_NOTE = upsert(moderation_notes).on_conflict_do_nothing()
LOAD_LIMITS = select(
    accounts.c.sensitized_at,
    case((_is_limited_by_hand(accounts.c.silenced_at, "limit"), accounts.c.silenced_at)),
    case((_is_limited_by_hand(accounts.c.suspended_at, "block"), accounts.c.suspended_at)),
).where(accounts.c.id == bindparam("id"))


async def is_decided(tx: ReadTx, account_id: int) -> bool:
    """Return True if a member or a moderator decided something about an account."""
    return await tx.value(IS_DECIDED, id=account_id, now=tx.now) is not None


async def load_limits(tx: ReadTx, account_id: int) -> tuple[int | None, int | None, int | None]:
    """Return when an account was marked as sensitive, limited and suspended by hand (ms UTC, None: not)."""
    row = await tx.one(LOAD_LIMITS, id=account_id)
    return (row[0], row[1], row[2]) if row is not None else (None, None, None)


async def list_undecided(tx: ReadTx, limit: int) -> list[int]:
    """Return tombstones for which there is no reason any more."""
    return await tx.values(LIST_UNDECIDED, limit=limit, now=tx.now)


async def list_surplus(tx: ReadTx, username_lower: str, domain: str, count: int, limit: int) -> list[int]:
    """Return tombstones that had a handle before, without the `count` oldest."""
    pattern = f"{_escape(username_lower)}:%"
    return await tx.values(LIST_SURPLUS, pattern=pattern, domain=domain, count=count, limit=limit)


async def count_by_prefix(tx: ReadTx, domain: str, prefix: str) -> int:
    """Return how many tombstones of a domain have a URI that begins with `prefix`."""
    return int(await tx.value(COUNT_BY_PREFIX, domain=domain, pattern=f"{_escape(prefix)}%"))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def delete_tombstones(tx: Tx, ids: Sequence[int]) -> None:
    """Delete tombstones, with what was decided about them; accounts that are not deleted stay."""
    await tx.run(DELETE_TOMBSTONES, ids=list(ids))


async def copy_relations(tx: Tx, old_id: int, new_id: int) -> list[BlockRow]:
    """Copy what members and moderators keep about an account to another; return the new blocks."""
    pair = {"old_id": old_id, "new_id": new_id}
    new_blocks = []
    for block in to_rows(BlockRow, await tx.all(LIST_BLOCKS, **pair)):
        block_id = tx.new_id()
        # The URI of a block ends with its id.
        uri = f"{block.uri.removesuffix(str(block.id))}{block_id}"
        new_blocks.append(structs.replace(block, id=block_id, target_id=new_id, uri=uri))
    await tx.run_many(INSERT_BLOCK, map(structs.asdict, new_blocks))
    mute_rows = to_rows(MuteRow, await tx.all(LIST_MUTES, **pair))
    new_mutes = [structs.replace(mute, id=tx.new_id(), target_id=new_id) for mute in mute_rows]
    await tx.run_many(INSERT_MUTE, map(structs.asdict, new_mutes))
    for statement in COPY_PAIRS:
        await tx.run(statement, **pair)
    notes = to_rows(ModerationNoteRow, await tx.all(LIST_NOTES, old_id=old_id))
    new_notes = [structs.replace(note, id=tx.new_id(), account_id=new_id) for note in notes]
    await tx.run_many(INSERT_NOTE, map(structs.asdict, new_notes))
    return new_blocks
