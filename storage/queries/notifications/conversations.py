"""Conversations, their owners and their posts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import BigInteger, Text, bindparam, case, delete, exists, func, literal, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.notifications import ConversationRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.notifications import conversation_posts, conversations
from storage.tables.posts import posts

COLUMNS = columns_of(conversations, ConversationRow)
INSERT = upsert(conversations).on_conflict_do_nothing()
INSERT_POSTS = upsert(conversation_posts).on_conflict_do_nothing()
_own = conversations.c.account_id == bindparam("account_id")
LIST_BY_ACCOUNT = PagedStatement(select(*COLUMNS).where(_own), conversations.c.last_post_id)
LIST_PEOPLE = select(conversations.c.id, conversations.c.people).where(_own)
FIND = select(*COLUMNS).where(_own, conversations.c.id == bindparam("id"))
FIND_BY_ID = select(*COLUMNS).where(conversations.c.id == bindparam("id"))
LIST_BY_PEOPLE = select(*COLUMNS).where(
    conversations.c.thread_id == bindparam("thread_id"),
    conversations.c.people_hash == bindparam("people_hash"),
    one_of(conversations.c.account_id, "owners"),
)
SET_UNREAD = (
    update(conversations)
    .where(conversations.c.account_id == bindparam("b_account_id"), conversations.c.id == bindparam("b_id"))
    .values(unread=bindparam("b_unread"))
)
DELETE = delete(conversations).where(_own, conversations.c.id == bindparam("id"))
_post = bindparam("b_post_id", type_=BigInteger())
UPDATE_LAST_POST = (
    update(conversations)
    .where(one_of(conversations.c.id, "ids"))
    .values(
        last_post_id=case((conversations.c.last_post_id < _post, _post), else_=conversations.c.last_post_id),
        unread=conversations.c.account_id != bindparam("b_author_id", type_=BigInteger()),
    )
)
LIST_BY_POST = select(*COLUMNS).where(
    conversations.c.id.in_(
        select(conversation_posts.c.conversation_id).where(
            conversation_posts.c.post_id == bindparam("post_id")
        )
    )
)
DELETE_POST = delete(conversation_posts).where(conversation_posts.c.post_id == bindparam("post_id"))
_last_post_id = (
    select(func.max(conversation_posts.c.post_id))
    .where(conversation_posts.c.conversation_id == conversations.c.id)
    .scalar_subquery()
)
_has_posts = exists(select(literal(1)).where(conversation_posts.c.conversation_id == conversations.c.id))
DELETE_EMPTY = delete(conversations).where(one_of(conversations.c.id, "ids"), ~_has_posts)
RESET_LAST_POST = (
    update(conversations).where(one_of(conversations.c.id, "ids")).values(last_post_id=_last_post_id)
)
_person = bindparam("person", type_=Text())
DELETE_BY_PERSON = delete(conversations).where(
    _own,
    # `people` is a JSON list of numbers.
    or_(
        *(
            conversations.c.people.like(literal(before) + _person + literal(after))
            for before, after in (("[", "]"), ("[", ",%"), ("%,", ",%"), ("%,", "]"))
        )
    ),
)
# Conversations whose posts belong to this thread now, and those that always did.
LIST_BY_THREAD = (
    select(*COLUMNS)
    .where(
        conversations.c.id.in_(
            select(conversation_posts.c.conversation_id)
            .select_from(conversation_posts.join(posts, posts.c.id == conversation_posts.c.post_id))
            .where(posts.c.thread_id == bindparam("thread_id"))
        )
    )
    .order_by(conversations.c.id)
)
_other = conversation_posts.alias()
MOVE_POSTS = (
    upsert(conversation_posts)
    .from_select(
        ["conversation_id", "post_id"],
        select(bindparam("into_id", type_=BigInteger()), _other.c.post_id).where(
            _other.c.conversation_id == bindparam("id")
        ),
    )
    .on_conflict_do_nothing()
)
DELETE_BY_IDS = delete(conversations).where(one_of(conversations.c.id, "ids"))
SET_THREAD = (
    update(conversations)
    .where(one_of(conversations.c.id, "ids"))
    .values(thread_id=bindparam("b_thread_id"), last_post_id=_last_post_id)
)


async def insert_many(tx: Tx, conversation_rows: Iterable[ConversationRow]) -> None:
    """Add conversations that do not exist yet."""
    await tx.run_many(INSERT, [structs.asdict(row) for row in conversation_rows])


async def list_by_people(
    tx: ReadTx, thread_id: int, people_hash: str, owner_ids: Sequence[int]
) -> list[ConversationRow]:
    """Return the conversation of these participants in a thread, one row for each owner."""
    rows = await tx.all(LIST_BY_PEOPLE, thread_id=thread_id, people_hash=people_hash, owners=list(owner_ids))
    return to_rows(ConversationRow, rows)


async def append_post(tx: Tx, ids: Sequence[int], post_id: int, author_id: int) -> None:
    """Add a post: it becomes the last one unless it is older, and unread except by its author."""
    await tx.run_many(
        INSERT_POSTS, [{"conversation_id": conversation_id, "post_id": post_id} for conversation_id in ids]
    )
    await tx.run(UPDATE_LAST_POST, ids=list(ids), b_post_id=post_id, b_author_id=author_id)


async def list_by_account(tx: ReadTx, account_id: int, page: Page) -> list[ConversationRow]:
    """Return a page of conversations by their last posts, newest first."""
    rows = await tx.all(LIST_BY_ACCOUNT.for_page(page), account_id=account_id, **page.bind_params())
    return sorted(to_rows(ConversationRow, rows), key=lambda row: row.last_post_id, reverse=True)


async def find(tx: ReadTx, account_id: int, conversation_id: int) -> ConversationRow | None:
    return to_row_or_none(ConversationRow, await tx.one(FIND, account_id=account_id, id=conversation_id))


async def find_by_id(tx: ReadTx, conversation_id: int) -> ConversationRow | None:
    return to_row_or_none(ConversationRow, await tx.one(FIND_BY_ID, id=conversation_id))


async def set_unread(tx: Tx, account_id: int, conversation_id: int, *, unread: bool) -> bool:
    return bool(await tx.run(SET_UNREAD, b_account_id=account_id, b_id=conversation_id, b_unread=unread))


async def delete_by_id(tx: Tx, account_id: int, conversation_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, id=conversation_id))


async def delete_post(tx: Tx, post_id: int) -> list[ConversationRow]:
    """Take a post out of its conversations and return these; empty ones are deleted."""
    holding = to_rows(ConversationRow, await tx.all(LIST_BY_POST, post_id=post_id))
    if holding:
        ids = [row.id for row in holding]
        await tx.run(DELETE_POST, post_id=post_id)
        await tx.run(DELETE_EMPTY, ids=ids)
        await tx.run(RESET_LAST_POST, ids=ids)
    return holding


async def delete_by_person(tx: Tx, account_id: int, person_id: int) -> None:
    """Delete the account's conversations in which another one takes part."""
    await tx.run(DELETE_BY_PERSON, account_id=account_id, person=str(person_id))


async def list_people(tx: ReadTx, account_id: int) -> list[tuple[int, str]]:
    """Return the ids of the account's conversations, and who takes part (JSON)."""
    return [(row[0], row[1]) for row in await tx.all(LIST_PEOPLE, account_id=account_id)]


async def delete_by_ids(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(DELETE_BY_IDS, ids=list(ids))


async def merge_thread(tx: Tx, thread_id: int) -> None:
    """Merge conversations of the same participants, after threads became one."""
    rows = to_rows(ConversationRow, await tx.all(LIST_BY_THREAD, thread_id=thread_id))
    kept_ids: dict[tuple[int, str], int] = {}
    moved = []
    for row in rows:
        into = kept_ids.setdefault((row.account_id, row.people_hash), row.id)
        if into != row.id:
            moved.append({"id": row.id, "into_id": into})
    await tx.run_many(MOVE_POSTS, moved)
    if moved:
        await tx.run(DELETE_BY_IDS, ids=[move["id"] for move in moved])
    if any(row.thread_id != thread_id for row in rows):
        await tx.run(SET_THREAD, ids=list(kept_ids.values()), b_thread_id=thread_id)
