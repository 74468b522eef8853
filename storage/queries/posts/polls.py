"""Polls, their options and votes. Counters change only while the row of the poll is locked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, insert, select, update

from storage.engine import ReadTx, Tx
from storage.rows.posts import PollOptionRow, PollRow, PollVoteRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.posts import poll_options, poll_votes, polls

NO_VIEWER = -1
COLUMNS = columns_of(polls, PollRow)
OPTION_COLUMNS = columns_of(poll_options, PollOptionRow)
POLL_COLUMN_COUNT = len(COLUMNS)
LOCK = select(*COLUMNS).where(polls.c.post_id == bindparam("post_id")).with_for_update()
LIST_OPTIONS = (
    select(*OPTION_COLUMNS)
    .where(poll_options.c.post_id == bindparam("post_id"))
    .order_by(poll_options.c.position)
)
# A poll with its options, and beside each option the viewer's vote for it.
LOAD_BY_POSTS = (
    select(*COLUMNS, *OPTION_COLUMNS, poll_votes.c.id)
    .select_from(
        polls.join(poll_options, poll_options.c.post_id == polls.c.post_id).outerjoin(
            poll_votes,
            and_(
                poll_votes.c.post_id == polls.c.post_id,
                poll_votes.c.option_id == poll_options.c.id,
                poll_votes.c.account_id == bindparam("viewer_id", type_=BigInteger()),
            ),
        )
    )
    .where(one_of(polls.c.post_id, "ids"))
    .order_by(polls.c.post_id, poll_options.c.position)
)
INSERT = upsert(polls).on_conflict_do_nothing()
INSERT_OPTION = insert(poll_options)
UPDATE = (
    update(polls)
    .where(polls.c.post_id == bindparam("b_post_id"))
    .values({name: bindparam(f"b_{name}") for name in PollRow.__struct_fields__ if name != "post_id"})
)
DELETE_BY_POST = delete(polls).where(polls.c.post_id == bindparam("post_id"))
DELETE_OPTIONS = delete(poll_options).where(poll_options.c.post_id == bindparam("post_id"))
SET_VOTE_COUNT = (
    update(poll_options)
    .where(poll_options.c.id == bindparam("b_id"))
    .values(votes_count=bindparam("b_votes", type_=Integer()))
)
INSERT_VOTE = upsert(poll_votes).on_conflict_do_nothing()
INCREMENT_VOTES = (
    update(poll_options)
    .where(poll_options.c.id == bindparam("b_id"))
    .values(votes_count=poll_options.c.votes_count + 1)
)
INCREMENT_VOTERS = (
    update(polls)
    .where(polls.c.post_id == bindparam("b_post_id"))
    .values(voters_count=polls.c.voters_count + 1)
)
FIND_VOTE = select(*columns_of(poll_votes, PollVoteRow)).where(poll_votes.c.id == bindparam("id"))
LIST_CHOSEN_OPTIONS = select(poll_votes.c.option_id).where(
    poll_votes.c.post_id == bindparam("post_id"), poll_votes.c.account_id == bindparam("account_id")
)
_voters = (
    select(poll_votes.c.account_id)
    .join(accounts, accounts.c.id == poll_votes.c.account_id)
    .where(poll_votes.c.post_id == bindparam("post_id"))
    .distinct()
)
LIST_LOCAL_VOTERS = _voters.where(accounts.c.domain == "")
LIST_REMOTE_VOTERS = _voters.where(accounts.c.domain != "")


class PollWithOptions(Struct, frozen=True):
    """A poll with its options in order; `chosen` are the positions that the viewer voted for."""

    poll: PollRow
    options: tuple[PollOptionRow, ...]
    chosen: tuple[int, ...]


async def lock(tx: ReadTx, post_id: int) -> PollRow | None:
    """Return a poll, locked until this transaction ends so that no other one counts votes meanwhile."""
    return to_row_or_none(PollRow, await tx.one(LOCK, post_id=post_id))


async def list_options(tx: ReadTx, post_id: int) -> list[PollOptionRow]:
    """Return the options of a poll, in order."""
    return to_rows(PollOptionRow, await tx.all(LIST_OPTIONS, post_id=post_id))


async def load_by_posts(tx: ReadTx, ids: Sequence[int], viewer_id: int | None) -> dict[int, PollWithOptions]:
    """Return polls by post id, in one statement."""
    viewer = NO_VIEWER if viewer_id is None else viewer_id
    polls_by_post: dict[int, PollWithOptions] = {}
    for record in await tx.all(LOAD_BY_POSTS, ids=list(ids), viewer_id=viewer):
        values = tuple(record)
        option = PollOptionRow(*values[POLL_COLUMN_COUNT:-1])
        poll = polls_by_post.get(option.post_id) or PollWithOptions(
            PollRow(*values[:POLL_COLUMN_COUNT]), (), ()
        )
        chosen = poll.chosen if values[-1] is None else (*poll.chosen, option.position)
        polls_by_post[option.post_id] = structs.replace(poll, options=(*poll.options, option), chosen=chosen)
    return polls_by_post


async def insert_with_options(tx: Tx, poll: PollRow, options: Iterable[PollOptionRow]) -> None:
    """Add a poll to a post that has none."""
    if await tx.run(INSERT, **structs.asdict(poll)):
        await tx.run_many(INSERT_OPTION, [structs.asdict(option) for option in options])


async def update_poll(tx: Tx, poll: PollRow) -> None:
    """Write everything but the options."""
    await tx.run(UPDATE, **{f"b_{name}": value for name, value in structs.asdict(poll).items()})


async def replace_options(tx: Tx, post_id: int, options: Iterable[PollOptionRow]) -> None:
    """Replace the options; votes for the former ones are deleted with them."""
    await tx.run(DELETE_OPTIONS, post_id=post_id)
    await tx.run_many(INSERT_OPTION, [structs.asdict(option) for option in options])


async def delete_by_post(tx: Tx, post_id: int) -> None:
    await tx.run(DELETE_BY_POST, post_id=post_id)


async def set_vote_counts(tx: Tx, counts: Iterable[tuple[int, int]]) -> None:
    """Write the number of votes for each option: pairs of its id and the number."""
    await tx.run_many(SET_VOTE_COUNT, [{"b_id": option, "b_votes": votes} for option, votes in counts])


async def insert_vote(tx: Tx, row: PollVoteRow) -> bool:
    """Add a vote and count it; return False if it conflicts with an earlier vote."""
    if not await tx.run(INSERT_VOTE, **structs.asdict(row)):
        return False
    await tx.run(INCREMENT_VOTES, b_id=row.option_id)
    return True


async def increment_voters(tx: Tx, post_id: int) -> None:
    """Add one to the number of voters, which stays unknown (NULL) if the peer does not tell it."""
    await tx.run(INCREMENT_VOTERS, b_post_id=post_id)


async def find_vote(tx: ReadTx, vote_id: int) -> PollVoteRow | None:
    return to_row_or_none(PollVoteRow, await tx.one(FIND_VOTE, id=vote_id))


async def list_chosen_options(tx: ReadTx, post_id: int, account_id: int) -> set[int]:
    """Return ids of the options that an account voted for."""
    return set(await tx.values(LIST_CHOSEN_OPTIONS, post_id=post_id, account_id=account_id))


async def list_local_voters(tx: ReadTx, post_id: int) -> list[int]:
    """Return the local accounts that voted."""
    return await tx.values(LIST_LOCAL_VOTERS, post_id=post_id)


async def list_remote_voters(tx: ReadTx, post_id: int) -> list[int]:
    """Return the remote accounts that voted."""
    return await tx.values(LIST_REMOTE_VOTERS, post_id=post_id)
