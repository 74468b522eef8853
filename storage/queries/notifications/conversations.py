"""Conversations: who has which, their posts, and the last of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import BigInteger, bindparam, case, delete, exists, func, literal, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.notifications import ConversationRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.notifications import conversation_posts, conversations
from storage.tables.posts import posts

COLUMNS = columns_of(conversations, ConversationRow)
ADD = upsert(conversations).on_conflict_do_nothing()
ADD_POST = upsert(conversation_posts).on_conflict_do_nothing()
_own = conversations.c.account_id == bindparam("account_id")
PAGE = Paged(select(*COLUMNS).where(_own), conversations.c.last_post_id)
ONE = select(*COLUMNS).where(_own, conversations.c.id == bindparam("id"))
BY_ID = select(*COLUMNS).where(conversations.c.id == bindparam("id"))
OF_PEOPLE = select(*COLUMNS).where(
    conversations.c.thread_id == bindparam("thread_id"),
    conversations.c.people_hash == bindparam("people_hash"),
    one_of(conversations.c.account_id, "owners"),
)
MARK = (
    update(conversations)
    .where(conversations.c.account_id == bindparam("b_account_id"), conversations.c.id == bindparam("b_id"))
    .values(unread=bindparam("b_unread"))
)
REMOVE = delete(conversations).where(_own, conversations.c.id == bindparam("id"))
_post = bindparam("b_post_id", type_=BigInteger())
CONTINUE = (
    update(conversations)
    .where(one_of(conversations.c.id, "ids"))
    .values(
        last_post_id=case((conversations.c.last_post_id < _post, _post), else_=conversations.c.last_post_id),
        unread=conversations.c.account_id != bindparam("b_author_id", type_=BigInteger()),
    )
)
HOLDING = select(*COLUMNS).where(
    conversations.c.id.in_(
        select(conversation_posts.c.conversation_id).where(
            conversation_posts.c.post_id == bindparam("post_id")
        )
    )
)
TAKE_POST = delete(conversation_posts).where(conversation_posts.c.post_id == bindparam("post_id"))
_held = (
    select(func.max(conversation_posts.c.post_id))
    .where(conversation_posts.c.conversation_id == conversations.c.id)
    .scalar_subquery()
)
_holds = exists(select(literal(1)).where(conversation_posts.c.conversation_id == conversations.c.id))
DROP_EMPTY = delete(conversations).where(one_of(conversations.c.id, "ids"), ~_holds)
STEP_BACK = update(conversations).where(one_of(conversations.c.id, "ids")).values(last_post_id=_held)
WITH_AUTHOR = delete(conversations).where(
    _own,
    conversations.c.id.in_(
        select(conversation_posts.c.conversation_id)
        .select_from(conversation_posts.join(posts, posts.c.id == conversation_posts.c.post_id))
        .where(posts.c.account_id == bindparam("author_id"))
    ),
)
# Those whose posts are of this thread now, beside those that always were.
OF_THREAD = (
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
DROP = delete(conversations).where(one_of(conversations.c.id, "ids"))
MOVE = (
    update(conversations)
    .where(one_of(conversations.c.id, "ids"))
    .values(thread_id=bindparam("b_thread_id"), last_post_id=_held)
)


async def add(tx: Tx, found: Iterable[ConversationRow]) -> None:
    """Add those that are not there yet."""
    await tx.run_many(ADD, [structs.asdict(row) for row in found])


async def of_people(tx: Tx, thread_id: int, people_hash: str, owners: Sequence[int]) -> list[ConversationRow]:
    """The conversation of these people in a thread, as each owner keeps it."""
    found = await tx.all(OF_PEOPLE, thread_id=thread_id, people_hash=people_hash, owners=list(owners))
    return rows(ConversationRow, found)


async def proceed(tx: Tx, ids: Sequence[int], post_id: int, author_id: int) -> None:
    """A post came: it is the last one unless it is older, and unread but by its author."""
    await tx.run_many(ADD_POST, [{"conversation_id": each, "post_id": post_id} for each in ids])
    await tx.run(CONTINUE, ids=list(ids), b_post_id=post_id, b_author_id=author_id)


async def page(tx: Tx, account_id: int, page: Page) -> list[ConversationRow]:
    """By their last posts, newest first."""
    found = await tx.all(PAGE.towards(page), account_id=account_id, **page.params())
    return sorted(rows(ConversationRow, found), key=lambda row: row.last_post_id, reverse=True)


async def one(tx: Tx, account_id: int, conversation_id: int) -> ConversationRow | None:
    return row_or_none(ConversationRow, await tx.one(ONE, account_id=account_id, id=conversation_id))


async def by_id(tx: Tx, conversation_id: int) -> ConversationRow | None:
    return row_or_none(ConversationRow, await tx.one(BY_ID, id=conversation_id))


async def mark(tx: Tx, account_id: int, conversation_id: int, *, unread: bool) -> bool:
    return bool(await tx.run(MARK, b_account_id=account_id, b_id=conversation_id, b_unread=unread))


async def remove(tx: Tx, account_id: int, conversation_id: int) -> bool:
    return bool(await tx.run(REMOVE, account_id=account_id, id=conversation_id))


async def take_post(tx: Tx, post_id: int) -> list[ConversationRow]:
    """Take a post out of its conversations, which were these; one without any post goes."""
    holding = rows(ConversationRow, await tx.all(HOLDING, post_id=post_id))
    if holding:
        ids = [row.id for row in holding]
        await tx.run(TAKE_POST, post_id=post_id)
        await tx.run(DROP_EMPTY, ids=ids)
        await tx.run(STEP_BACK, ids=ids)
    return holding


async def remove_with(tx: Tx, account_id: int, author_id: int) -> None:
    """Remove the account's conversations in which somebody wrote."""
    await tx.run(WITH_AUTHOR, account_id=account_id, author_id=author_id)


async def join(tx: Tx, thread_id: int) -> None:
    """Threads became one: conversations of the same people in it become one too."""
    found = rows(ConversationRow, await tx.all(OF_THREAD, thread_id=thread_id))
    kept: dict[tuple[int, str], int] = {}
    moved = []
    for row in found:
        into = kept.setdefault((row.account_id, row.people_hash), row.id)
        if into != row.id:
            moved.append({"id": row.id, "into_id": into})
    await tx.run_many(MOVE_POSTS, moved)
    if moved:
        await tx.run(DROP, ids=[each["id"] for each in moved])
    if any(row.thread_id != thread_id for row in found):
        await tx.run(MOVE, ids=list(kept.values()), b_thread_id=thread_id)
