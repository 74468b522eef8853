"""Mutes with and without an end, and private notes."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import relations
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.relationships import mutes
from fedserver.domain.timelines import timelines
from storage.engine import Database, Page
from tests.domain.relationships.test_blocks import list_home, list_kinds
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, establish_follow, publish

PAGE = Page()


async def test_mute_ends_after_its_time(database: Database, here: NodeContext, clock: Clock) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, ann, bob)
    old = await publish(database, here, bob, "old @ann")
    async with database.write() as tx:
        assert await list_kinds(tx, ann) == ["mention"]
        await mutes.mute(tx, ann, bob, seconds=60)
        relation = (await relations.load(tx, ann.id, [bob.id]))[0]
        assert relation.muting
        assert relation.muting_notifications
        assert relation.mute_expires_at
        assert relation.following
        assert await list_kinds(tx, ann) == []
        with pytest.raises(ForbiddenError):
            await mutes.mute(tx, ann, ann)
    silent = await publish(database, here, bob, "silent @ann")
    assert await list_home(database, ann) == []
    async with database.read() as tx:
        assert await timelines.list_public(tx, ann.id, PAGE) == []
        assert [muted_id for _, muted_id, _ in await mutes.list_muted(tx, ann, PAGE)] == [bob.id]
    clock.forward(seconds=61)
    loud = await publish(database, here, bob, "loud @ann")
    assert await list_home(database, ann) == [loud]
    async with database.write() as tx:
        assert await timelines.list_public(tx, ann.id, PAGE) == [loud, silent, old]
        assert not (await relations.load(tx, ann.id, [bob.id]))[0].muting
        assert await list_kinds(tx, ann) == ["mention", "mention"]
        assert await mutes.list_muted(tx, ann, PAGE) == []
        await mutes.mute(tx, ann, bob, hides_notifications=False)
        relation = (await relations.load(tx, ann.id, [bob.id]))[0]
        assert relation.muting
        assert not relation.muting_notifications
        assert relation.mute_expires_at is None
        assert await list_kinds(tx, ann) == ["mention", "mention"]
        await mutes.unmute(tx, ann, bob)
    assert await list_home(database, ann) == [loud, silent, old]


async def test_private_note_is_replaced_and_visible_to_its_author_only(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        for text in ("first", "knows\nSQL"):
            await mutes.set_note(tx, ann, bob, text)
        assert (await relations.load(tx, ann.id, [bob.id]))[0].note == "knows\nSQL"
        assert (await relations.load(tx, bob.id, [ann.id]))[0].note == ""
