"""What was decided about remote accounts outlives them: for their URI and for their handle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import bindparam, func, select

from fedserver.domain.accounts import account_removal, accounts, decisions, keys, relations
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import admin_accounts, moderation, moderation_notes, purges
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.peers import peers
from fedserver.domain.portability import moves
from fedserver.domain.relationships import blocks, mutes
from fedserver.domain.timelines import post_views
from storage.engine import Database, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.notifications import notification_policies as policy_queries
from storage.rows.accounts import AccountRow
from storage.tables.accounts import accounts as account_table
from storage.tables.notifications import notification_permissions
from tests.domain.accounts.test_accounts import list_jobs
from tests.domain.moderation.test_moderation import add
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, create_remote_account, establish_follow, new_keys, publish

HOUR_S = 3_600
COUNT_PERMISSIONS = select(func.count()).where(notification_permissions.c.from_id == bindparam("from_id"))
COUNT_BY_DOMAIN = select(func.count()).where(account_table.c.domain == bindparam("domain"))
Decide = Callable[[Tx, NodeContext, AccountRow, AccountRow], Awaitable[object]]
Check = Callable[[AccountRow, relations.Relation], bool]


async def limit(tx: Tx, here: NodeContext, account: AccountRow, kind: str) -> None:
    await moderation.apply(tx, here, None, account.id, ModerationAction(kind))


DECISIONS: dict[str, tuple[Decide, Check]] = {
    "suspend": (
        lambda tx, here, ann, bob: limit(tx, here, bob, "suspend"),
        lambda account, relation: account.suspended_at is not None,
    ),
    "silence": (
        lambda tx, here, ann, bob: limit(tx, here, bob, "silence"),
        lambda account, relation: account.silenced_at is not None,
    ),
    "sensitive": (
        lambda tx, here, ann, bob: limit(tx, here, bob, "sensitive"),
        lambda account, relation: account.sensitized_at is not None,
    ),
    "block": (
        lambda tx, here, ann, bob: blocks.block(tx, here, ann, bob),
        lambda account, relation: relation.blocking,
    ),
    "mute": (
        lambda tx, here, ann, bob: mutes.mute(tx, ann, bob, hides_notifications=False),
        lambda account, relation: relation.muting and not relation.muting_notifications,
    ),
    "mute for an hour": (
        lambda tx, here, ann, bob: mutes.mute(tx, ann, bob, seconds=HOUR_S),
        lambda account, relation: relation.muting and relation.mute_expires_at is not None,
    ),
    "note": (
        lambda tx, here, ann, bob: mutes.set_note(tx, ann, bob, "beware"),
        lambda account, relation: relation.note == "beware",
    ),
}


async def load(tx: Tx, ann: AccountRow, account: AccountRow) -> tuple[AccountRow, relations.Relation]:
    return await accounts.get(tx, account.id), (await relations.load(tx, ann.id, [account.id]))[0]


async def count_rows(tx: Tx, domain: str = "beta.test") -> int:
    return int(await tx.value(COUNT_BY_DOMAIN, domain=domain))


@pytest.mark.parametrize("decision", DECISIONS)
async def test_delete_remote_of_a_decided_account_keeps_the_decision(
    database: Database, here: NodeContext, decision: str
) -> None:
    decide, is_decided = DECISIONS[decision]
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await decide(tx, here, ann, bob)
        await account_removal.delete_remote(tx, bob)
        assert await accounts.find_by_uri(tx, bob.uri) is None
        assert await accounts.find_by_handle(tx, "bob", "beta.test") is None
        assert await keys.list_by_account(tx, bob.id) == [], "an old key opens nothing"
    async with database.write() as tx:
        again = await create_remote_account(tx, "bob", display_name="Clean?")
        assert again.deleted_at is None
        assert is_decided(*await load(tx, ann, again))
        assert await accounts.find_by_uri(tx, bob.uri) == await accounts.get(tx, again.id)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("is_deleted", [False, True])
async def test_receive_of_another_actor_with_a_decided_handle_keeps_the_decision(
    database: Database, here: NodeContext, decision: str, is_deleted: bool
) -> None:
    decide, is_decided = DECISIONS[decision]
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await decide(tx, here, ann, bob)
        if is_deleted:
            await account_removal.delete_remote(tx, bob)
    async with database.write() as tx:
        other = await create_remote_account(tx, "Bob", uri="https://beta.test/ap/2", keys=())
        assert is_decided(*await load(tx, ann, other))
        row = await accounts.get(tx, other.id)
        for column in decisions.LIMIT_COLUMNS.values():
            assert getattr(other, column) == getattr(row, column), "the row that is returned has the limits"
    async with database.write() as tx:
        again = await create_remote_account(tx, "bobby", uri=bob.uri)
        assert again.id == bob.id
        assert is_decided(*await load(tx, ann, again)), "and the first actor keeps them"


@pytest.mark.parametrize("decision", ["suspend", "block"])
async def test_receive_of_a_renamed_actor_keeps_the_decision_for_both_names(
    database: Database, here: NodeContext, decision: str
) -> None:
    decide, is_decided = DECISIONS[decision]
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await decide(tx, here, ann, bob)
        renamed = await create_remote_account(tx, "robert", uri=bob.uri)
        assert renamed.id == bob.id
        assert is_decided(*await load(tx, ann, renamed))
        other = await create_remote_account(tx, "bob", uri="https://beta.test/ap/2", keys=())
        assert is_decided(*await load(tx, ann, other))
        assert await count_rows(tx) == 2, "what stood for the name alone is not needed any more"


async def test_receive_of_another_key_keeps_the_decision(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await limit(tx, here, bob, "suspend")
        await blocks.block(tx, here, ann, bob)
        again = await create_remote_account(tx, "bob", keys=((f"{bob.uri}#key-2", "rsa", "PEM"),))
        row, relation = await load(tx, ann, again)
        assert row.suspended_at is not None
        assert relation.blocking


async def test_block_of_a_handle_is_sent_for_its_new_actor(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        other = await create_remote_account(tx, "bob", uri="https://beta.test/ap/2", keys=())
        sent = await list_jobs(tx, jobs.Block)
        assert {job.target_id for job in sent} == {bob.id, other.id}
        assert len({job.uri for job in sent}) == 2
        await blocks.unblock(tx, ann, other)
        assert (await relations.load(tx, ann.id, [bob.id]))[0].blocking


async def test_delete_remote_keeps_nothing_about_strangers(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob@beta.test", "eve@beta.test")
    await establish_follow(database, here, ann, bob)
    async with database.write() as tx:
        await peers.decide(tx, None, "beta.test", peers.PeerDecision("limit"))
        for account in (bob, eve):
            await account_removal.delete_remote(tx, await accounts.get(tx, account.id))
        assert await count_rows(tx) == 0, "the limit of the domain is the domain's"
        again = await create_remote_account(tx, "bob")
        assert again.silenced_at is not None
        await peers.reset(tx, None, "beta.test")
        assert (await accounts.get(tx, again.id)).silenced_at is None


async def test_limit_of_an_account_outlasts_that_of_its_domain(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    [bob] = await create_accounts(database, here, "bob@beta.test")
    async with database.write() as tx:
        await peers.decide(tx, None, "beta.test", peers.PeerDecision("limit"))
    clock.forward(seconds=1)
    async with database.write() as tx:
        await limit(tx, here, bob, "silence")
        await peers.reset(tx, None, "beta.test")
        assert (await accounts.get(tx, bob.id)).silenced_at is not None


async def test_tombstone_shows_nothing_and_goes_with_the_last_decision(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    await establish_follow(database, here, ann, bob)
    async with database.write() as tx:
        moderator, _ = await add(tx, here, "mod", "moderator")
        await moderation_notes.add(tx, moderator, bob.id, "spam in May")
        await mutes.set_note(tx, ann, bob, "beware")
        await limit(tx, here, bob, "silence")
        await account_removal.delete_remote(tx, bob)
        row = await accounts.get(tx, bob.id)
        assert (row.display_name, row.note_html, row.fields, row.avatar_url) == ("", "", "[]", "")
        assert (await accounts.get(tx, ann.id)).following_count == 0
        assert await accounts.search(tx, "bob", ann.id, 10) == []
        view = await admin_accounts.get(tx, bob.id)
        assert view.view.handle == "bob@beta.test"
        await moderation.revoke(tx, None, bob.id, "silence")
        [note] = await moderation_notes.list_by_account(tx, bob.id)
        await moderation_notes.remove(tx, bob.id, note.row.id)
        await decisions.purge_tombstones(tx)
        assert await count_rows(tx) == 1, "the private note is still there"
        await mutes.set_note(tx, ann, bob, "")
        await decisions.purge_tombstones(tx)
        assert await count_rows(tx) == 0
        again = await create_remote_account(tx, "bob")
        assert again.silenced_at is None


async def test_tombstone_of_a_mute_goes_when_it_ends(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await mutes.mute(tx, ann, bob, seconds=HOUR_S)
        await account_removal.delete_remote(tx, bob)
        await decisions.purge_tombstones(tx)
        assert await count_rows(tx) == 1
    clock.forward(seconds=HOUR_S + 1)
    async with database.write() as tx:
        await decisions.purge_tombstones(tx)
        assert await count_rows(tx) == 0


async def test_purge_of_a_remote_account_keeps_decisions(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        moderator, _ = await add(tx, here, "mod", "moderator")
        await moderation_notes.add(tx, moderator, bob.id, "spam in May")
        await blocks.block(tx, here, ann, bob)
        await policy_queries.insert_permission(tx, ann.id, bob.id)
        assert await tx.value(COUNT_PERMISSIONS, from_id=bob.id) == 1
        await limit(tx, here, bob, "suspend")
        await purges.purge(tx, None, bob.id)
        await account_removal.delete_remote(tx, await accounts.get(tx, bob.id))
        again = await create_remote_account(tx, "bob")
        row, relation = await load(tx, ann, again)
        assert row.suspended_at is not None
        assert relation.blocking
        assert len(await moderation_notes.list_by_account(tx, again.id)) == 1
        assert await tx.value(COUNT_PERMISSIONS, from_id=again.id) == 1


@pytest.mark.parametrize("kind", ["silence", "sensitive", "suspend"])
async def test_move_of_a_limited_account_carries_the_limit(
    database: Database, here: NodeContext, clock: Clock, kind: str
) -> None:
    column = decisions.LIMIT_COLUMNS[kind]
    [bob] = await create_accounts(database, here, "bob@beta.test")
    async with database.write() as tx:
        await limit(tx, here, bob, kind)
    clock.forward(seconds=1)
    async with database.write() as tx:
        await peers.decide(tx, None, "beta.test", peers.PeerDecision("limit"))
        target = await create_remote_account(tx, "bob", "gamma.test", also_known_as=(bob.uri,))
        assert await moves.receive(tx, bob, target)
        moved = await accounts.get(tx, target.id)
        assert getattr(moved, column) is not None
        assert (moved.silenced_at is not None) == (kind == "silence"), "that of the old domain stays there"
        local = await create_accounts_within(tx, here, "carol")
        await moderation.apply(tx, here, None, local.id, ModerationAction("silence"))
        away = await create_remote_account(tx, "carol", "gamma.test", also_known_as=(local.uri,))
        await moves.move(tx, local, away)
        assert (await accounts.get(tx, away.id)).silenced_at is not None


async def create_accounts_within(tx: Tx, here: NodeContext, name: str) -> AccountRow:
    return await accounts.create_local(tx, here, name, new_keys())


async def test_inherited_limit_ends_with_the_first(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    [bob] = await create_accounts(database, here, "bob@beta.test")
    async with database.write() as tx:
        await moderation.apply(tx, here, None, bob.id, ModerationAction("silence", days=1))
        other = await create_remote_account(tx, "bob", uri="https://beta.test/ap/2", keys=())
        assert other.silenced_at is not None
        ends = await list_jobs(tx, jobs.ExpireModerationAction)
        assert {job.account_id for job in ends} == {bob.id, other.id}
    clock.forward(days=1)
    async with database.write() as tx:
        for job in ends:
            await moderation.expire(tx, job.act_id, job.account_id)
        for account in (bob, other):
            assert (await accounts.get(tx, account.id)).silenced_at is None


async def test_peer_that_passes_a_handle_on_again_and_again_leaves_few_rows(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        for number in range(12):
            last = await create_remote_account(tx, "bob", uri=f"https://beta.test/ap/{number}", keys=())
            assert (await relations.load(tx, ann.id, [last.id]))[0].blocking
            await account_removal.delete_remote(tx, last)
        await account_removal.delete_remote(tx, bob)
        assert await count_rows(tx) <= decisions.MAX_FORMER_HOLDERS + 2
        again = await create_remote_account(tx, "bob", uri=bob.uri)
        assert again.id == bob.id
        assert (await relations.load(tx, ann.id, [again.id]))[0].blocking


async def test_posts_of_an_account_that_came_back_are_hidden_from_who_muted_it(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        await account_removal.delete_remote(tx, bob)
        await create_remote_account(tx, "bob")
    post_id = await publish(database, here, bob, "hello")
    async with database.read() as tx:
        assert await post_views.load(tx, [post_id], ann.id, context="public") == []
        assert await account_queries.find(tx, bob.id) is not None
