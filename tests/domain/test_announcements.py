"""Announcements reach all members while they hold, until each has dismissed them."""

from __future__ import annotations

import pytest

from fedserver.domain import Invalid, NotFound, Site, announcements
from storage import Database
from tests.kit.clock import Clock
from tests.kit.people import people


async def test_shown_dismissed_changed_and_over(database: Database, here: Site, clock: Clock) -> None:
    ann, bob = await people(database, here, "ann", "bob")
    async with database.write() as tx:
        draft = await announcements.create(tx, here, None, "later", published=False)
        row = await announcements.create(
            tx, here, None, "See https://alpha.test/x <b>now</b>", ends_at=clock.now + 60_000
        )
        assert "&lt;b&gt;" in row.html and 'href="https://alpha.test/x"' in row.html
        assert await announcements.every(tx) == [row, draft]
        with pytest.raises(NotFound):
            await announcements.dismiss(tx, ann, draft.id)
        await announcements.dismiss(tx, ann, row.id)
        await announcements.dismiss(tx, ann, row.id)
        assert [(view.row.id, view.read) for view in await announcements.current(tx, ann)] == [(row.id, True)]
        assert await announcements.current(tx, ann, with_dismissed=False) == []
        assert [view.read for view in await announcements.current(tx, bob)] == [False]
        await announcements.update(tx, here, row.id, "changed")
        assert [view.row.source for view in await announcements.current(tx, ann, with_dismissed=False)] == [
            "changed"
        ]
    clock.forward(seconds=61)
    async with database.write() as tx:
        assert await announcements.current(tx, ann) == []
        await announcements.update(tx, here, draft.id, "now")
        assert [view.row.id for view in await announcements.current(tx, ann)] == [draft.id]
        await announcements.remove(tx, draft.id)
        for attempt in (
            announcements.remove(tx, draft.id),
            announcements.update(tx, here, draft.id, "x"),
            announcements.dismiss(tx, ann, draft.id),
        ):
            with pytest.raises(NotFound):
                await attempt


@pytest.mark.parametrize(
    ("text", "times"), [(" ", {}), ("x" * 10_001, {}), ("x", {"starts_at": 2, "ends_at": 1})]
)
async def test_wrong_values_are_refused(
    database: Database, here: Site, text: str, times: dict[str, int]
) -> None:
    async with database.write() as tx:
        with pytest.raises(Invalid):
            await announcements.create(tx, here, None, text, **times)  # type: ignore[arg-type]
