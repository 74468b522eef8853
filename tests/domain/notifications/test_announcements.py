"""Announcements: shown to all members until they end or are dismissed, and reactions."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert

from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.notifications import announcements
from storage.engine import Database, Tx
from storage.tables.content import emojis
from tests.kit.clock import Clock
from tests.kit.people import create_accounts


async def test_announcement_is_shown_until_dismissed_or_ended(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        draft = await announcements.create(tx, here, None, "later", published=False)
        row = await announcements.create(
            tx, here, None, "See https://alpha.test/x <b>now</b>", ends_at=clock.now + 60_000
        )
        assert "&lt;b&gt;" in row.html
        assert 'href="https://alpha.test/x"' in row.html
        assert [view.row for view in await announcements.list_all(tx, here)] == [row, draft]
        with pytest.raises(NotFoundError):
            await announcements.dismiss(tx, ann, draft.id)
        await announcements.dismiss(tx, ann, row.id)
        await announcements.dismiss(tx, ann, row.id)
        assert [(view.row.id, view.is_read) for view in await announcements.list_current(tx, here, ann)] == [
            (row.id, True)
        ]
        assert await announcements.list_current(tx, here, ann, include_dismissed=False) == []
        assert [view.is_read for view in await announcements.list_current(tx, here, bob)] == [False]
        await announcements.update(tx, here, None, row.id, "changed")
        [unread] = await announcements.list_current(tx, here, ann, include_dismissed=False)
        assert unread.row.source == "changed"
    clock.forward(seconds=61)
    async with database.write() as tx:
        assert await announcements.list_current(tx, here, ann) == []
        await announcements.update(tx, here, None, draft.id, "now")
        assert [view.row.id for view in await announcements.list_current(tx, here, ann)] == [draft.id]
        await announcements.delete(tx, None, draft.id)
        for attempt in (
            announcements.delete(tx, None, draft.id),
            announcements.update(tx, here, None, draft.id, "x"),
            announcements.dismiss(tx, ann, draft.id),
        ):
            with pytest.raises(NotFoundError):
                await attempt


@pytest.mark.parametrize(
    ("text", "times"), [(" ", {}), ("x" * 10_001, {}), ("x", {"starts_at": 2, "ends_at": 1})]
)
async def test_invalid_announcements_are_refused(
    database: Database, here: NodeContext, text: str, times: dict[str, int]
) -> None:
    async with database.write() as tx:
        with pytest.raises(InvalidError):
            await announcements.create(tx, here, None, text, **times)  # type: ignore[arg-type]


async def insert_emoji(tx: Tx, shortcode: str) -> None:
    values = {"file_key": f"emoji/{shortcode}.png", "static_key": "", "content_type": "image/png"}
    await tx.run(
        insert(emojis), id=tx.new_id(), shortcode=shortcode, category=None, created_at=tx.now, **values
    )


async def test_reactions_are_counted_and_marked_as_own(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        await insert_emoji(tx, "bicycle")
        row = await announcements.create(tx, here, None, "We move")
        other = await announcements.create(tx, here, None, "Or not")
        for name, account in (("🎉", ann), ("bicycle", ann), ("🎉", bob), ("🎉", bob)):
            await announcements.react(tx, account, row.id, name)
        emitted = [event.data for event in tx.events if event.kind == events.ANNOUNCEMENT_REACTED]
        assert emitted == [{"announcement_id": row.id, "name": name} for name in ("🎉", "bicycle", "🎉")]
        first, second = await announcements.list_current(tx, here, bob)
        assert second.row.id == other.id
        assert second.reactions == ()
        reactions = [
            (reaction.row.name, reaction.row.count, reaction.row.is_own) for reaction in first.reactions
        ]
        assert reactions == [("🎉", 2, True), ("bicycle", 1, False)]
        assert first.reactions[0].custom is None
        assert first.reactions[1].custom
        assert first.reactions[1].custom.file_key == "emoji/bicycle.png"
        assert await announcements.count_reactions(tx, row.id, "🎉") == 2
        for _ in range(2):
            await announcements.unreact(tx, bob, row.id, "🎉")
        assert await announcements.count_reactions(tx, row.id, "🎉") == 1
        # An emoji that the node does not have any more is no reaction.
        await tx.run(delete(emojis))
        (first, _) = await announcements.list_current(tx, here, ann)
        assert [reaction.row.name for reaction in first.reactions] == ["🎉"]


async def test_reactions_are_limited_to_eight_emoji(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        row = await announcements.create(tx, here, None, "We move")
        draft = await announcements.create(tx, here, None, "later", published=False)
        for name in "🎉🚲🌱🌍🍀🎈🎁🎵":
            await announcements.react(tx, ann, row.id, name)
        await announcements.react(tx, bob, row.id, "🎉")
        for wrong in ("🎺", "bicycle", "<b>", "", "🎉🎉"):
            with pytest.raises(InvalidError):
                await announcements.react(tx, bob, row.id, wrong)
        for announcement_id in (draft.id, 1):
            for attempt in (
                announcements.react(tx, ann, announcement_id, "🎉"),
                announcements.unreact(tx, ann, announcement_id, "🎉"),
            ):
                with pytest.raises(NotFoundError):
                    await attempt


async def test_reactions_take_a_fixed_number_of_statements(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    taken = []
    for number in range(1, 7):
        async with database.write() as tx:
            row = await announcements.create(tx, here, None, f"notice {number}")
            for name in "🎉🚲🌱"[: 1 + number % 3]:
                await announcements.react(tx, ann, row.id, name)
        async with database.read() as tx:
            assert len(await announcements.list_current(tx, here, bob)) == number
            taken.append(tx.statement_count)
    assert set(taken) == {4}
